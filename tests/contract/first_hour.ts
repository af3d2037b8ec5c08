/**
 * The first hour of an integrator, lived with the client that TypeScript checks against the OpenAPI document: the same
 * as `first_hour.py`, and beside it what happens as it is told by a stream and to a receiver.
 *
 * node out/first_hour.js URL TOKEN ISSUER MEZ
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import createClient from "openapi-fetch";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

import type { components, paths } from "./zone.js";

/** What a write is answered with that law admits, whatever it made. */
type Admitted = Omit<components["schemas"]["Admitted"], "result"> & { result: unknown };
type AdmittedEntity = components["schemas"]["AdmittedEntity"];
type Event = components["schemas"]["Event"];
type Rehearsed = components["schemas"]["Rehearsed"];

const [url, token, issuer, mez] = process.argv.slice(2);
if (url === undefined || token === undefined || issuer === undefined || mez === undefined) {
  throw new Error("URL TOKEN ISSUER MEZ");
}
const zone = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

const KINDS = {
  beneficial_ownership: "MEZBeneficialOwnershipCredential",
  source_of_funds: "MEZSourceOfFundsCredential",
  tax_residency: "MEZTaxResidencyCredential",
  license: "MEZLicenseCredential",
  data_protection_registration: "MEZDataProtectionRegistrationCredential",
  office_lease: "MEZOfficeLeaseCredential",
} as const;
const OWNERS = [
  { name: "Orla Thistlewood", ownership_bp: 6000, kind: "person" as const },
  { name: "Bertil Quillfeather", ownership_bp: 4000, kind: "person" as const },
];

function said(words: string[], input?: unknown): unknown {
  const text = execFileSync(mez as string, words, {
    input: input === undefined ? "" : JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(text);
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Credentials about a company, by the issuer that the zone's anchors name. */
function evidence(name: string): unknown[] {
  const key = join(issuer as string, "sandbox-issuer.priv.json");
  return Object.entries(KINDS).map(([kind, type]) => {
    const owners = OWNERS.map(({ name, ownership_bp }) => ({ name, ownership_bp }));
    const subject = kind === "beneficial_ownership" ? { legal_name: name, owners } : { legal_name: name };
    const words = ["vc", "issue", "--key", key, "--id", `urn:uuid:${randomUUID()}`, "--type", type, "--subject", "-"];
    return said([...words, "--realm", "sandbox", "--valid-until", inDays(300)], subject);
  });
}

/** What must hold. */
function must(holds: boolean, what: unknown): asserts holds {
  if (!holds) {
    throw new Error(JSON.stringify(what));
  }
}

/** What was answered, or the problem that was. */
function done<T>(answer: { data?: T; error?: unknown }): T {
  must(answer.data !== undefined, answer.error);
  return answer.data;
}

type Sent<T> = (headers: { "Idempotency-Key": string }) => Promise<{ data?: T; error?: unknown; response: Response }>;

/** Sent twice under one key: done once, answered twice. */
async function write<T extends Admitted>(send: Sent<T | Rehearsed>): Promise<T> {
  const headers = { "Idempotency-Key": randomUUID() };
  const told = done(await send(headers));
  const again = await send(headers);
  must(JSON.stringify(told) === JSON.stringify(again.data), again);
  must(again.response.headers.get("idempotency-replayed") === "true", "answered again");
  // A rehearsal has the same status and no result.
  must("result" in told, told);
  must(told.compliance.outcome === "allow", told);
  return told as T;
}

/** A receiver that believes nothing its library does not. */
class Receiver {
  readonly got: Event[] = [];
  secret = "";
  private readonly ids = new Set<string>();
  private server = createServer((request, response) => {
    void this.take(request).then((status) => response.writeHead(status).end());
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  private async take(request: IncomingMessage): Promise<number> {
    const parts: Buffer[] = [];
    for await (const part of request) {
      parts.push(part as Buffer);
    }
    const body = Buffer.concat(parts).toString("utf8");
    const headers = request.headers as Record<string, string>;
    const judge = new Webhook(this.secret);
    judge.verify(body, headers);
    for (const [changed, with_] of [[body.replace("1.0", "1.1"), headers], [body, { ...headers, "webhook-id": "evt_0" }]] as const) {
      try {
        judge.verify(changed, with_);
        throw new Error("a changed event is believed");
      } catch (error) {
        must(error instanceof WebhookVerificationError, String(error));
      }
    }
    const id = headers["webhook-id"];
    must(id !== undefined && !id.includes("."), headers);
    if (!this.ids.has(id)) {
      this.ids.add(id);
      this.got.push(JSON.parse(body) as Event);
    }
    return 204;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Reads a stream of server-sent events until `enough`. */
async function streamed(after: string, enough: (event: Event) => boolean): Promise<Event[]> {
  const headers = { Authorization: `Bearer ${token}`, "Last-Event-ID": after };
  const response = await fetch(`${url}/v1/events/stream`, { headers });
  must(response.ok && response.body !== null, response.status);
  const found: Event[] = [];
  let rest = "";
  const decoder = new TextDecoder();
  for await (const part of response.body) {
    rest += decoder.decode(part as Uint8Array, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data === undefined) {
        continue;
      }
      const event = JSON.parse(data.slice("data: ".length)) as Event;
      found.push(event);
      if (enough(event)) {
        return found;
      }
    }
  }
  throw new Error("the stream ended");
}

async function company(name: string): Promise<[AdmittedEntity, string, string]> {
  const body = {
    entity_type: "private-company",
    legal_name: name,
    jurisdiction_id: "sg",
    activity: "general trading",
    registered_office: { address: "1 Lantern Quay", jurisdiction_id: "sg" },
    beneficial_owners: OWNERS.map((owner) => ({ ...owner, identifiers: [] })),
    evidence: evidence(name),
  };
  const formed = await write((header) => zone.POST("/v1/entities", { params: { header }, body }));
  const entity = formed.result.entity_id;
  const account = { entity_id: entity, currency: "USD" };
  const opened = await write((header) => zone.POST("/v1/fiscal/accounts", { params: { header }, body: account }));
  return [formed, entity, opened.result.account_id];
}

async function balance(id: string): Promise<string> {
  return done(await zone.GET("/v1/fiscal/accounts/{id}", { params: { path: { id } } })).balance;
}

async function live(): Promise<void> {
  const receiver = new Receiver();
  const hook = done(await zone.POST("/v1/webhooks", { body: { url: await receiver.listen() } }));
  receiver.secret = hook.secret;

  const [formed, buyer, purse] = await company("First Hour Shipping");
  const [, , till] = await company("Second Hour Stores");

  const license = { entity_id: buyer, license_type_id: "sg-mas.cms-dealing", activities: ["dealing"] };
  const applied = await write((header) => zone.POST("/v1/licenses", { params: { header }, body: license }));
  const id = applied.result.license_id;
  const review = { event: "review" as const };
  await write((header) => zone.POST("/v1/licenses/{id}/events", { params: { header, path: { id } }, body: review }));
  const issue = { event: "issue" as const, number: "CMS1", from: "2026-01-01", until: "2999-01-01" };
  await write((header) => zone.POST("/v1/licenses/{id}/events", { params: { header, path: { id } }, body: issue }));
  must(done(await zone.GET("/v1/licenses/{id}", { params: { path: { id } } })).in_force, "in force");

  const funds = { amount: "250.00", currency: "USD", purpose: "capital" };
  await write((header) => zone.POST("/v1/fiscal/accounts/{id}/fund", { params: { header, path: { id: purse } }, body: funds }));
  const to = { account_id: till, name: "Second Hour Stores" };
  const pay = { from_account_id: purse, to, amount: "99.95", currency: "USD", purpose: "goods" };
  const paid = await write((header) => zone.POST("/v1/fiscal/payments", { params: { header }, body: pay }));
  must((await balance(purse)) === "150.05" && (await balance(till)) === "99.95", "balances");

  const orla = join(issuer as string, "orla-ts");
  execFileSync(mez as string, ["vc", "keygen", "--output", issuer as string, "--prefix", "orla-ts"], { stdio: "ignore" });
  const did = `did:key:${(JSON.parse(readFileSync(`${orla}.pub.json`, "utf8")) as { kid: string }).kid}`;
  const common = { class_id: "common", name: "Common", authorized: 1000, votes_per_share: 1 };
  const classes = [{ ...common, par_value: { currency: "SGD", value: "0.0001" }, pre_emption: false, transfer: { approval: false, first_refusal: false } }];
  const table = { entity_id: buyer, classes };
  await write((header) => zone.POST("/v1/ownership/cap-tables", { params: { header }, body: table }));
  const path = { entity_id: buyer };
  type Entry = components["schemas"]["EnterOwnership"];
  const enter = async (body: Entry): Promise<void> => {
    await write((header) =>
      zone.POST("/v1/ownership/cap-tables/{entity_id}/events", { params: { header, path }, body }),
    );
  };
  const shares = (count: number): Entry["entry"] =>
    ({ event: "issue", class_id: "common", allotments: [{ holder_id: "orla", shares: count }] }) as Entry["entry"];
  const holder = { holder_id: "orla", name: "Orla Thistlewood", kind: "person", voter: did };
  await enter({ entry: { event: "enter", holder } as Entry["entry"] });
  await enter({ entry: shares(1000) });
  const proposal = {
    entity_id: buyer,
    title: "500 more",
    operation: { operation: "issue_shares" as const, class_id: "common", shares: 500 },
    rule: { quorum_bp: 5000, threshold: { threshold: "majority" as const, of: "cast" as const } },
    expires: inDays(30),
  };
  const proposed = await write((header) => zone.POST("/v1/consent", { params: { header }, body: proposal }));
  const consent = proposed.result.consent_id;
  const ballot = {
    type: "MEZBallot",
    consent_id: consent,
    proposal_sha256: proposed.result.proposal_sha256,
    voter: did,
    choice: "approve",
  };
  const voted = { ballot: said(["vc", "sign", "--key", `${orla}.priv.json`, "-"], ballot) as Record<string, unknown> };
  await write((header) => zone.POST("/v1/consent/{id}/votes", { params: { header, path: { id: consent } }, body: voted }));
  await enter({ entry: shares(500), consent_id: consent });
  const held = done(await zone.GET("/v1/ownership/cap-tables/{entity_id}", { params: { path } }));
  must(held.classes[0]?.issued === 1500, held);

  const shown = done(await zone.GET("/v1/entities/{id}", { params: { path: { id: buyer } } }));
  must(shown.formation.legal_name === "First Hour Shipping", shown);
  const law = done(await zone.GET("/v1/compliance/{entity_id}", { params: { path } }));
  must(law.total_domains === 20 && law.blocking_count === 0, law);
  const sha256 = formed.compliance.decision_sha256;
  const explained = done(await zone.GET("/v1/decisions/{sha256}", { params: { path: { sha256 } } }));
  must(explained.decision_sha256 === sha256, explained);

  // The zone's own word, judged without the zone.
  const keys = done(await zone.GET("/.well-known/mez/keys.json")) as { inception: { root_key: string } };
  const folder = join(issuer as string, "ts");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "keys.json"), JSON.stringify(keys));
  writeFileSync(join(folder, "credential.json"), JSON.stringify(formed.credential));
  const words = ["--json", "verify", join(folder, "credential.json"), "--keys", join(folder, "keys.json")];
  const verdict = said([...words, "--trust", `did:key:${keys.inception.root_key}`]) as { verdict: string };
  must(verdict.verdict === "VALID", verdict);

  // What happened is told three times, and is the same.
  const last = String(paid.receipt.sequence);
  const events = done(await zone.GET("/v1/events", { params: { query: { limit: 200 } } })).items;
  const payment = events.find((event) => event.id === last);
  must(payment?.type === "org.momentum.mez.payment.paid", payment);
  const first = events.find((event) => event.subject === `entity:${buyer}`);
  must(first !== undefined, "the company's event");
  const flowed = await streamed(first.id, (event) => event.id === last);
  must(JSON.stringify(flowed.at(-1)) === JSON.stringify(payment), flowed.at(-1));
  for (let tries = 0; tries < 200 && !receiver.got.some((event) => event.id === last); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const got = receiver.got.find((event) => event.id === last);
  must(JSON.stringify(got) === JSON.stringify(payment), got);
  must(receiver.got.every((event, at) => at === 0 || Number(event.id) > Number(receiver.got[at - 1]?.id)), "in order");
  const webhook = { params: { path: { id: hook.result.webhook_id } } };
  const tried = done(await zone.GET("/v1/webhooks/{id}/attempts", webhook)).items;
  must(tried.length > 0 && tried.every((attempt) => attempt.arrived), tried);
  must(done(await zone.DELETE("/v1/webhooks/{id}", webhook)).result.status === "ended", "taken back");
  receiver.close();
  console.log(
    "first hour in TypeScript: lived as in Python, with a strictly checked client; events paged, streamed and received, " +
      "signatures verified by standardwebhooks",
  );
}

await live();
