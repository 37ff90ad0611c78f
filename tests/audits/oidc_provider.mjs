// An OpenID provider on loopback over TLS, with clients that get JWT access tokens for themselves.
// node oidc_provider.mjs CERTIFICATE KEY CLIENTS: CLIENTS is {id: {secret, scope}} as JSON. It prints its issuer.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { Provider } from "oidc-provider";

const [cert, key] = process.argv.slice(2, 4).map((path) => readFileSync(path));
const clients = JSON.parse(process.argv[4]);
let answer;
const server = createServer({ cert, key }, (request, response) => answer(request, response));

server.listen(0, "127.0.0.1", () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: Object.entries(clients).map(([id, { secret }]) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource, client) => ({
          audience: resource,
          scope: clients[client.clientId].scope,
          accessTokenFormat: "jwt",
          accessTokenTTL: 300,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  answer = provider.callback();
  console.log(issuer);
});
