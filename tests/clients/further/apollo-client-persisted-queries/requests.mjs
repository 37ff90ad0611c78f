// Prints the requests of another process that does what the recipe does. The gateway must know nothing of its operation
// yet, so a field's alias makes it another.
import { readFile, writeFile } from "node:fs/promises";

const recipe = await readFile("invoices.mjs", "utf8");
await writeFile("other.mjs", recipe.replace("id totalCharges", "id other: id totalCharges"));
const requests = [];
const send = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  const answer = await send(address, options);
  const sent = options.method === "GET" ? new URL(address).search : options.body;
  const text = sent.includes("totalCharges") ? "with its text" : "by hash";
  requests.push(`${options.method} ${text}: ${answer.status} ${answer.headers.get("Cache-Control").split(",")[0]}`);
  return answer;
};
console.log = () => {};
await import("./other.mjs");
process.stdout.write(`${requests.join("\n")}\n`);
