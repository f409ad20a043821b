// A customer's identity provider: a real OpenID provider on loopback with the two grants the client uses.
// Prints its port once it listens. Client and user are given on the command line.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [clientId, clientSecret, user, password] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ["client_credentials", "password"],
        token_endpoint_auth_method: "client_secret_post",
        introspection_endpoint_auth_method: "client_secret_post",
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ["openid", "profile", "cloud"],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      devInteractions: { enabled: false },
    },
    ttl: { ClientCredentials: () => 600, AccessToken: () => 600 },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  // The resource-owner password grant is old, so the provider leaves it to be registered.
  provider.registerGrantType(
    "password",
    async (ctx) => {
      const { username, password: given, scope } = ctx.oidc.params;
      if (username !== user || given !== password) {
        ctx.status = 400;
        ctx.body = { error: "invalid_grant", error_description: "the user name or the password is wrong" };
        return;
      }
      const grant = new provider.Grant({ accountId: username, clientId: ctx.oidc.client.clientId });
      grant.addOIDCScope(scope ?? "openid");
      const token = new provider.AccessToken({
        accountId: username,
        client: ctx.oidc.client,
        grantId: await grant.save(),
        gty: "password",
        scope: scope ?? "openid",
      });
      ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: "Bearer", scope: token.scope };
    },
    ["username", "password", "scope", "audience"],
  );
  provider.on("server_error", (_ctx, error) => console.error(error));
  server.on("request", provider.callback());
  console.log(server.address().port);
});
