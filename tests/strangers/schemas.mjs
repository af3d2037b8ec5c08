// The JSON Schemas of `schemas/`, used by a validator of others: npm `ajv`.
//
// Every golden document of `vectors/` is valid under its schema. No mutant of it is: a member of another type, a member
// too many, a required member too few, at every place of the document. And the documents of a live deployment, told
// by their type, are valid too.

import {readFileSync, readdirSync} from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import {Count, main} from './cases.mjs';

const here = name => new URL(`../../${name}`, import.meta.url);
const json = name => JSON.parse(readFileSync(here(name), 'utf8'));

const ajv = new Ajv({strict: true, allErrors: false, allowUnionTypes: true});
const files = readdirSync(here('schemas')).map(file => [file, json(`schemas/${file}`)]);
// They name each other.
files.forEach(([_, schema]) => ajv.addSchema(schema));
const schemas = Object.fromEntries(files.map(([file, {$id}]) => {
  return [file.replace('.schema.json', ''), ajv.getSchema($id)];
}));

/** Members that a document may also lack. */
const OPTIONAL = new Set([
  'ack', 'challenge', 'credentialStatus', 'decision_commitment', 'domain', 'evidence', 'identified', 'last', 'seen',
  '@context', 'byte_length', 'id', 'uri', 'attested_by', 'checked', 'holder', 'realm'
]);
/** Places where a member may be absent that is needed elsewhere. */
const ABSENT = [
  /^peer-delivery\/items\/\d+\/payload$/, /^peer-history\/(root_here|cuts|here\/\d+\/payload)$/,
  /\/candidates\/\d+\/(next_root|root)$/, /^corridor-halt\/alarm$/, /\/activation\/fork_authority$/,
  /^request-(rename|move)-entity\/from$/, /^request-(declare-owners|appoint-officer)\/from$/, /^request-end-appointment\/until$/,
  /^request-declare-owners\/beneficial_owners\/\d+\/(birth_date|identifiers|nationality)$/,
  /^request-appoint-officer\/officer\/(birth_date|identifiers|nationality|voter)$/,
  /^request-(declare-owners|appoint-officer|register-person)\/.*identifiers\/\d+\/jurisdiction_id$/,
  /^request-register-person\/(entity_id|particulars\/(address|birth_date|contact|identifiers|nationality))$/,
  /^request-apply-for-license\/activities$/, /^request-change-license\/(until|obligations)$/,
  /^request-issue-invoice\/(reference|valid_secs)$/, /^request-pay-invoice\/route$/,
  /^request-make-token\/expires$/, /^request-verify-credential\/as_of$/, /^request-propose-corridor\/url$/,
  /^request-write-receipt\/statement$/, /^request-compute-settlement\/\w+$/,
  /^request-change-entity\/(consent_id|evidence\/resolution)$/, /^request-(pay|fund-account)\/reference$/,
  /^request-pay\/(dividend|to\/(corridor_id|name|zone_id))$/, /^request-form-entity\/(beneficial_owners|registered_office)$/,
  /^request-form-entity\/beneficial_owners\/\d+\/(birth_date|identifiers|nationality)$/,
  /^request-form-entity\/.*\/identifiers\/\d+\/jurisdiction_id$/,
  /^problem\/(blocking|decision_sha256|errors|expected|faults|module|outcome|remedy)$/,
  /^problem\/blocking\/\d+\/(citation|jurisdiction|missing|remedy|rule)$/,
  /^report-artifact-graph\/(edges|edges\/\d+\/from)$/, /^report-artifact-graph\/resolved\/.+$/,
  /^report-chain\/lanes\/\d+\/(corridor_id|genesis|last_root|offending|timestamp|witnesses|zone_id)$/,
  /^request-open-trade-flow\/(bank_holidays|corridor_id|(buyer|seller)\/(name|zone_id))$/,
  /^trade-transition\/(opening|opening\/corridor_id|opening\/(buyer|seller)\/party\/name|transition\/(bol|invoice|lc)_(id|ref))$/,
  /^trade-transition\/transition\/(honor_amount|release_location|(amended|decided|issued)_by_party_id|amendment\/new_\w+)$/,
  /^trade-transition\/transition\/invoice\/(due_date|incoterms|invoice_number|line_items|tax|(buyer|seller)\/name)$/,
  /^trade-transition\/transition\/invoice\/line_items\/\d+\/(hs_code|unit_of_measure)$/,
  /^trade-transition\/transition\/bol\/(originals_count|vessel_name|(carrier|shipper|consignee)\/name)$/,
  /^trade-transition\/transition\/bol\/goods\/\d+\/(gross_weight|hs_code)$/,
  /^trade-transition\/transition\/lc\/(amount_tolerance_bp|documents_required|latest_shipment_date|rules|issuing_bank\/name)$/,
  /^trade-transition\/transition\/lc\/documents_required\/\d+\/required$/,
  /^corridor-piece\/lanes\/\d+\/(root|items\/\d+\/(payload|sealed))$/, /^settlement-failure\/leg$/, /^request-register-asset\/description$/, /^request-fee\/(fixed|rate_bp|until)$/,
  /^request-pay-by-raast\/(reference|to\/ntn)$/, /^request-tax-event\/(counterparty_entity_id|occurred)$/, /^request-transfers\/(effective|pending_until)$/, /^request-request-attestation\/cut_sha256$/,
  /^finality-certificate\/(anchor|coverage)$/,
  /^request-(open-cap-table|enter-ownership)\/(effective|consent_id)$/,
  /^request-open-cap-table\/classes\/\d+\/(par_value|pre_emption|transfer|transfer\/(approval|first_refusal|locked_until))$/,
  /^request-enter-ownership\/entry\/(waivers|price|grant\/strike|holder\/(entity_id|voter))$/,
  /^request-open-consent\/(description|voters|voters\/\d+\/did)$/, /^request-halt-corridor\/consent_id$/, /^request-open-council-proposal\/description$/,
  /^request-amend-corridor\/(effective_from|holders|thresholds|thresholds\/\d+\/class)$/,
  /^request-verify-(cnic|company|license|ntn)\/(date_of_birth|entity_id|jurisdiction_id)$/,
  /^request-(make|replay)-webhook\/(after|types)$/, /^request-renew-webhook-secret\/overlap_secs$/,
  /^report-verify\/(claims|corridor_id|issuer|log|root|size)$/, /^signer-answer\/state\/(keys\/\w+|next|next\/\w+)$/
];
/** Optional inside, needed at the top. */
const NEEDED = new Set(['@context']);
/** Places, after the name of the schema, whose inside is nobody's business here. */
const OPEN = [
  /^request-bind-did\/binding$/, /^corridor-payload\/payload$/, /\/payload\/payload$/, /^credential\/credentialSubject$/, /\/evidence\/\d+$/,
  /\/verifiableCredential\/\d+$/, /^request-(verify-credential|tax-status)\/credential$/, /^report-verify\/claims$/,
  /^(bridge-prepare|request-pay-invoice)\/invoice$/, /^request-write-receipt\/statement\/body$/,
  /^corridor-piece\/(cuts|zones)\/\d+$/, /^statement\/body$/, /^handshake-file\/message$/, /^asset-transfer\/compliance$/,
  /^finality-certificate\/(zones\/\d+|acceptance\/acks\/\d+|coverage\/(attestations\/\d+|watcher_set))$/,
  /^request-(give-endorsement\/endorsement|attach-checkpoint\/attachment)$/,
  /^request-(cast-vote\/ballot|delegate-vote\/delegation)$/,
  /^request-consent-to-plan\/plan$/, /^request-take-handshake\/file$/,
  /^request-(attest-cut\/attestation|register-watcher\/registration|slash-watcher\/evidence|bring-evidence\/evidence)$/
];

const PAYLOADS = {
  'bridge.commit.v1': 'bridge-commit',
  'bridge.prepare.v1': 'bridge-prepare',
  'bridge.release.v1': 'bridge-release',
  'halt': 'corridor-halt',
  'payment.return': 'payment-return',
  'payment.transfer': 'payment-transfer'
};

/** [schema, document] of every golden document. */
function golden() {
  const proof = json('vectors/proof.json');
  const corridor = json('vectors/corridor.json');
  const rows = [['zone-inception', proof.inception.document]];
  rows.push(['zone-keys', proof.rotations.document]);
  for(const rotation of proof.rotations.document.rotations) {
    rows.push(['zone-key-rotation', rotation]);
  }
  rows.push(['corridor-definition', corridor.definition], ['corridor-activation', corridor.activation]);
  for(const {agreement, inception} of corridor.zones) {
    rows.push(['corridor-agreement', agreement], ['zone-inception', inception]);
  }
  for(const {receipt, payload} of corridor.lanes.flatMap(lane => lane.receipts)) {
    rows.push(['corridor-lane-receipt', receipt], ['corridor-payload', payload]);
    const schema = PAYLOADS[receipt.transition.kind];
    if(schema && payload.payload.type) {
      rows.push([schema, payload.payload]);
    }
    if(receipt.transition.kind === 'resume') {
      rows.push(['corridor-resume', payload.payload]);
    }
  }
  const forks = json('vectors/forks.json');
  rows.push(['corridor-fork-resolution', forks.resolution], ['corridor-agreement', forks.agreements[0]]);
  for(const {payload} of forks.lanes.flatMap(lane => lane.receipts).filter(({payload}) => payload.payload.alarm)) {
    rows.push(['corridor-halt', payload.payload], ['corridor-fork-alarm', payload.payload.alarm.credential]);
  }
  rows.push(...corridor.cuts.map(({cut}) => ['corridor-checkpoint', cut]));
  for(const {steps} of json('vectors/trade.json').flows) {
    rows.push(...steps.map(({message}) => ['trade-transition', message]));
  }
  for(const file of readdirSync(here('vectors'))) {
    for(const {schema, document} of json(`vectors/${file}`).documents ?? []) {
      rows.push([schema, document]);
    }
  }
  return rows;
}

/** The schema of a document as it was found. */
function told({type}) {
  const names = {
    MEZBridgeInvoiceCredential: 'bridge-invoice',
    MEZCorridorActivationCredential: 'corridor-activation',
    MEZCorridorAmendmentCredential: 'corridor-amendment',
    MEZCorridorAgreementCredential: 'corridor-agreement',
    MEZCorridorCheckpoint: 'corridor-checkpoint',
    MEZCorridorDefinitionCredential: 'corridor-definition',
    MEZForkAlarmCredential: 'corridor-fork-alarm',
    MEZForkResolutionCredential: 'corridor-fork-resolution',
    MEZCorridorLaneReceipt: 'corridor-lane-receipt',
    MEZCorridorResumeCredential: 'corridor-resume',
    MEZPayloadKey: 'payload-key',
    MEZZoneInception: 'zone-inception',
    MEZZoneKeyRotation: 'zone-key-rotation'
  };
  return [type].flat().map(name => names[name]).find(name => name !== undefined);
}

const other = value => typeof value === 'string' ? 7 : 'x y';

/** Copies of a document, each wrong in one place; `path` says where, beginning with the schema's name. */
function* wrong(document, path) {
  if(OPEN.some(place => place.test(path))) {
    return;
  }
  if(document === null || typeof document !== 'object') {
    yield [path, other(document)];
    return;
  }
  yield [path, 'x y'];
  if(Array.isArray(document)) {
    for(const [index, item] of document.entries()) {
      for(const [where, value] of wrong(item, `${path}/${index}`)) {
        yield [where, document.with(index, value)];
      }
    }
    return;
  }
  yield [`${path}/surplus`, {...document, surplus: true}];
  for(const [name, member] of Object.entries(document)) {
    const optional = OPTIONAL.has(name) && (path.includes('/') || !NEEDED.has(name));
    if(!optional && !ABSENT.some(place => place.test(`${path}/${name}`))) {
      const {[name]: _, ...rest} = document;
      yield [`${path}/${name} left out`, rest];
    }
    for(const [where, value] of wrong(member, `${path}/${name}`)) {
      yield [where, {...document, [name]: value}];
    }
  }
}

export function verify({credentials, signed}) {
  const count = new Count('schemas');
  const valid = (schema, document, name) => {
    count.seen();
    const check = schemas[schema];
    count.check(check?.(document) === true, `${name}: ${JSON.stringify(check?.errors?.[0] ?? 'no such schema')}`);
  };
  const rows = golden();
  for(const [n, [schema, document]] of rows.entries()) {
    valid(schema, document, `golden ${n} (${schema})`);
    for(const [path, mutant] of wrong(document, schema)) {
      count.check(!schemas[schema](mutant), `golden ${n}: a change at ${path} goes unseen`);
    }
  }
  for(const [n, document] of [...credentials, ...signed].entries()) {
    const schema = told(document);
    if(schema) {
      valid(schema, document, `live ${n} (${schema})`);
    }
  }
  const used = new Set(rows.map(([schema]) => schema));
  console.log(`schemas without a golden document: ${Object.keys(schemas).filter(name => !used.has(name)).join(', ')}`);
  return count.report();
}

await main(import.meta, verify);
