// An identity provider by other people (oidc-provider) and a zone that believes it: tokens of its own making open what the
// operator's mapping says, under RS256, ES256 and EdDSA; what it did not sign, or not for this zone, opens nothing; and
// when it goes away its keys are gone by for their time and no longer.
//
// `MEZ_BIN` is the build of `mez`, `MEZ_HOME` an empty folder. Run by the suite `oidc` of `cargo xtask test`.

import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Provider from "oidc-provider";

const { MEZ_BIN: BIN, MEZ_HOME: HOME } = process.env;
assert(BIN && HOME, "MEZ_BIN and MEZ_HOME are set");
const KEYS_MAX_AGE_SECS = 24;

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

function jwk(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: alg };
}

const jwks = {
  keys: [
    jwk("rsa", { modulusLength: 2048 }, "RS256"),
    jwk("ec", { namedCurve: "P-256" }, "ES256"),
    jwk("ed25519", {}, "EdDSA"),
  ],
};

// One client for each algorithm and right; what a client may ask for is settled at the provider.
const client = (client_id, scope) => ({
  client_id, client_secret: "secret", grant_types: ["client_credentials"], redirect_uris: [], response_types: [], scope,
});

function provide(issuer, entity) {
  const resources = {
    "urn:mez:zone": "zone",
    "urn:mez:other": "another",
  };
  const provider = new Provider(issuer, {
    jwks,
    clients: ["RS256", "ES256", "EdDSA"].map((alg) => client(`reader-${alg}`, "mez.read"))
      .concat([client("clerk", "mez.read mez.register"), client("nobody", "unmapped"), client("bound", "mez.read")]),
    scopes: ["mez.read", "mez.register", "unmapped"],
    enabledJWA: { clientAuthSigningAlgValues: ["RS256"], idTokenSigningAlgValues: ["RS256", "ES256", "EdDSA"] },
    extraTokenClaims: (_, token) => (token.clientId === "bound" ? { entity } : undefined),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource, asked) => ({
          scope: "mez.read mez.register unmapped",
          audience: resources[resource],
          accessTokenTTL: Number(ctx.request.headers["x-ttl"] ?? 300),
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: asked.clientId.startsWith("reader-") ? asked.clientId.slice(7) : "RS256" } },
        }),
      },
    },
  });
  provider.on("server_error", (_, error) => console.error(error));
  return http.createServer(provider.callback());
}

async function token(issuer, client_id, scope, { resource = "urn:mez:zone", ttl = 300 } = {}) {
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret: "secret", scope, resource });
  const told = await fetch(`${issuer}/token`, { method: "POST", body, headers: { "x-ttl": String(ttl) } });
  const answer = await told.json();
  assert.equal(told.status, 200, JSON.stringify(answer));
  return answer.access_token;
}

async function ask(url, bearer) {
  const told = await fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
  const body = await told.json();
  return [told.status, body.code];
}

function changed(text) {
  const [header, payload, signature] = text.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const more = Buffer.from(JSON.stringify({ ...claims, scope: "mez.read mez.register" })).toString("base64url");
  return [header, more, signature].join(".");
}

function unsigned(text) {
  const header = Buffer.from(JSON.stringify({ alg: "none", kid: "RS256" })).toString("base64url");
  return [header, text.split(".")[1], ""].join(".");
}

async function serve(dir, port) {
  const zone = spawn(BIN, ["serve", "--exit-with-parent", "--dir", dir, "--listen", `127.0.0.1:${port}`], { stdio: ["pipe", "inherit", "inherit"] });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries++) {
    try {
      if ((await fetch(`${url}/health/readiness`)).ok) return { zone, url };
    } catch {}
    await sleep(100);
  }
  throw new Error("the zone is not ready");
}

async function ended(child) {
  const over = new Promise((exit) => child.once("exit", exit));
  child.kill("SIGTERM");
  await over;
}

async function founded(port) {
  const deploy = spawn(BIN, ["deploy", "--profile", "digital-financial-center", "--jurisdiction", "sg", "--dir", HOME, "--port", String(port)], { stdio: ["ignore", "inherit", "inherit"] });
  for (let tries = 0; tries < 300; tries++) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/health/readiness`)).ok) break;
    } catch {}
    await sleep(100);
  }
  deploy.kill("SIGINT");
  await new Promise((exit) => deploy.once("exit", exit));
  return path.join(HOME, "sg");
}

async function main() {
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME, { recursive: true });
  const dir = await founded(await freePort());
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  let provider = provide(issuer, "11111111-1111-4111-8111-111111111111").listen(port, "127.0.0.1");
  await new Promise((ready) => provider.once("listening", ready));
  const oidc = {
    issuer, audience: "zone", keys_max_age_secs: KEYS_MAX_AGE_SECS,
    mapping: { "mez.read": ["reader"], "mez.register": ["registrar"] },
  };
  const access = { type: "MEZAccess", realm: "sandbox", oidc };
  writeFileSync(path.join(dir, "access.json"), JSON.stringify(access));
  let { zone, url } = await serve(dir, await freePort());
  const entities = `${url}/v1/entities`;

  for (const alg of ["RS256", "ES256", "EdDSA"]) {
    const bearer = await token(issuer, `reader-${alg}`, "mez.read");
    assert.equal(JSON.parse(Buffer.from(bearer.split(".")[0], "base64url")).alg, alg);
    assert.deepEqual(await ask(entities, bearer), [200, undefined], alg);
    assert.deepEqual(await ask(`${url}/v1/audit`, bearer), [403, "forbidden"], alg);
    assert.deepEqual(await ask(entities, changed(bearer)), [401, "unauthenticated"], alg);
    assert.deepEqual(await ask(entities, unsigned(bearer)), [401, "unauthenticated"], alg);
    console.log(`oidc: ${alg} holds, changed and unsigned do not`);
  }
  const other = await token(issuer, "clerk", "mez.read", { resource: "urn:mez:other" });
  assert.deepEqual(await ask(entities, other), [401, "unauthenticated"], "for somebody else");
  const unmapped = await token(issuer, "nobody", "unmapped");
  assert.deepEqual(await ask(entities, unmapped), [403, "forbidden"], "nothing is mapped");
  console.log("oidc: another audience and words without a mapping open nothing");

  const clerk = await token(issuer, "clerk", "mez.read mez.register");
  const formed = await fetch(entities, {
    method: "POST", body: "{}", headers: { authorization: `Bearer ${clerk}`, "content-type": "application/json" },
  });
  assert.equal(formed.status, 422, "a registrar is let in, and told what is missing");
  const operator = readFileSync(path.join(dir, "operator.token"), "utf8").trim();
  const made = await fetch(`${url}/v1/tokens`, {
    method: "POST", body: JSON.stringify({ principal: "oidc:clerk", scopes: ["reader"] }),
    headers: { authorization: `Bearer ${operator}`, "content-type": "application/json" },
  });
  assert.equal(made.status, 422, "nobody is given a provider's name");

  // Away: keys are gone by until their age. A token issued before is in force all the while.
  const before = await token(issuer, "reader-ES256", "mez.read");
  assert.deepEqual(await ask(entities, before), [200, undefined]);
  provider.closeAllConnections();
  await new Promise((closed) => provider.close(closed));
  assert.deepEqual(await ask(entities, before), [200, undefined], "by the keys that are known");
  await sleep((KEYS_MAX_AGE_SECS + 1) * 1000);
  assert.deepEqual(await ask(entities, before), [503, "provider-unavailable"], "by keys that are too old");
  assert.deepEqual(await ask(entities, operator), [200, undefined], "the zone's own tokens need no provider");
  console.log("oidc: a provider away is gone by for its time, then told of as 503");

  provider = provide(issuer, "11111111-1111-4111-8111-111111111111").listen(port, "127.0.0.1");
  await new Promise((ready) => provider.once("listening", ready));
  await sleep(11_000);
  assert.deepEqual(await ask(entities, await token(issuer, "reader-RS256", "mez.read")), [200, undefined], "it is back");

  // Bound to an entity by a claim: what is somebody else's does not exist, and a token without the claim opens nothing.
  await ended(zone);
  access.oidc = { ...oidc, entity_claim: "entity" };
  writeFileSync(path.join(dir, "access.json"), JSON.stringify(access));
  ({ zone, url } = await serve(dir, await freePort()));
  const bound = await token(issuer, "bound", "mez.read");
  assert.deepEqual(await ask(`${url}/v1/entities`, bound), [403, "bound-token"]);
  assert.deepEqual(await ask(`${url}/v1/entities/somebody`, bound), [404, "not-found"]);
  const free = await token(issuer, "reader-RS256", "mez.read");
  assert.deepEqual(await ask(`${url}/v1/entities`, free), [401, "unauthenticated"]);
  console.log("oidc: a claim binds to an entity");
  await ended(zone);
  provider.closeAllConnections();
  provider.close();
}

await main();
console.log("oidc: all held");
process.exit(0);
