// Audits the server at the address given, and prints {"status": count} and each audit that is not ok, as JSON.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const counts = {};
const others = [];
for (const { id, name, reason, status } of results) {
  counts[status] = (counts[status] ?? 0) + 1;
  if (status !== "ok") others.push({ id, name, reason, status });
}
console.log(JSON.stringify({ counts, others }));
