// `node untrusted.mjs ADDRESS`: a document that no manifest has is refused there.
import assert from "node:assert/strict";

const response = await fetch(process.argv[2], {
  method: "POST",
  headers: {
    Accept: "application/graphql-response+json",
    "Content-Type": "application/json",
    Authorization: `Bearer ${process.env.TOKEN}`,
  },
  body: JSON.stringify({ query: "{ invoices(first: 1) { totalCount } }" }),
});
assert.equal(response.status, 403);
assert.equal((await response.json()).errors[0].extensions.code, "DOCUMENT_NOT_TRUSTED");
