// `node exact.mjs FILE`: that FILE's invoicesIn() misses and doubles nothing, and keeps amounts to the last digit.
import assert from "node:assert/strict";

const { invoicesIn } = await import(`./${process.argv[2]}`);

// More than any amount has.
const FRACTION_DIGITS = 64;

// A whole number, since a JavaScript number would round.
function scaled(amount) {
  assert.equal(typeof amount, "string");
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  return BigInt(`${sign}${whole}${fraction.padEnd(FRACTION_DIGITS, "0")}`);
}

for (const currencyCode of ["CHF", "EUR", "GBP"]) {
  const { nodes, total } = await invoicesIn(currencyCode);
  assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
  const amounts = nodes.map(({ totalCharges }) => totalCharges ?? "0");
  assert.equal(amounts.map(scaled).reduce((sum, amount) => sum + amount), scaled(total));
  console.log(`${currencyCode}: ${nodes.length} invoices make ${total} exactly`);
}
