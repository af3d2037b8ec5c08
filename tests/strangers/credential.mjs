// Signatures, checked by libraries of others: `jsonld-signatures` with the `eddsa-jcs-2022` suite for every signed
// document, and `@digitalbazaar/vc`, which also holds the issuer and the VC 2.0 data model, for credentials.
//
// For each case: every proof verifies; and no document that differs in one byte, in any member of the document or of
// its proof, does. Nothing is fetched: a document loader that is asked for anything but a key throws.

import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import jsigs from 'jsonld-signatures';
import {Count, main, mutants} from './cases.mjs';

const {purposes: {AssertionProofPurpose}} = jsigs;

// A key that signed nothing here (vc-di-eddsa, test vectors of eddsa-jcs-2022).
const NOBODY = 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2';
const DID_KEY = /^did:key:(z6Mk[1-9A-HJ-NP-Za-km-z]+)$/;

const proofsOf = document => [document.proof ?? []].flat();

/** The controller document that a did:key is. */
function controllerOf(did) {
  const [, key] = did.match(DID_KEY) ?? [];
  if(key === undefined) {
    return null;
  }
  const id = `${did}#${key}`;
  return {
    '@context': 'https://www.w3.org/ns/did/v1',
    id: did,
    verificationMethod: [{id, type: 'Multikey', controller: did, publicKeyMultibase: key}],
    assertionMethod: [id]
  };
}

/**
 * Finds controllers and keys for a document: the issuer's in the given controller documents first, then in did:key
 * itself, then in the other given ones, and nowhere else. A zone's key is a did:key of its own too, so the issuer decides
 * whose key it is.
 */
function loader(documents, {issuer}) {
  const issuing = documents.filter(known => known.id === (issuer?.id ?? issuer));
  return async url => {
    const [did] = url.split('#');
    const known = [...issuing, controllerOf(did) ?? [], ...documents].flat();
    const methods = known.flatMap(controller => controller.verificationMethod ?? []);
    const found = [...known, ...methods].find(({id}) => id === url);
    if(!found) {
      throw new Error(`nothing is known of ${url}`);
    }
    const document = {'@context': 'https://w3id.org/security/multikey/v1', ...found};
    return {contextUrl: null, documentUrl: url, document};
  };
}

const suite = () => new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});

/** Whether every proof of a document verifies. The library is content with one of them. */
function all(document, {verified, results}) {
  return verified === true && results.length === proofsOf(document).length &&
    results.every(result => result.verified === true);
}

async function signed(document, documents) {
  const documentLoader = loader(documents, document);
  const purpose = new AssertionProofPurpose();
  try {
    return all(document, await jsigs.verify(document, {suite: suite(), purpose, documentLoader}));
  } catch {
    return false;
  }
}

async function credential(document, documents, now) {
  const documentLoader = loader(documents, document);
  const options = {credential: document, suite: suite(), documentLoader, now};
  try {
    return all(document, await vc.verifyCredential(options));
  } catch {
    return false;
  }
}

/** The document as if somebody else had signed it. */
function claimedBy(other, document) {
  const verificationMethod = `${other}#${other.slice('did:key:'.length)}`;
  const [first, ...more] = proofsOf(document);
  const proof = [{...first, verificationMethod}, ...more];
  return {...document, ...('issuer' in document && {issuer: other}), proof};
}

async function one(count, name, document, accepted) {
  count.seen();
  count.check(proofsOf(document).length > 0, `${name}: carries no proof`);
  count.check(await accepted(document), `${name}: does not verify`);
  for(const [where, mutant] of mutants(document)) {
    count.check(!await accepted(mutant), `${name}: a change of ${where} goes unseen`);
  }
  const {proof: _, ...bare} = document;
  count.check(!await accepted(bare), `${name}: verifies without its proof`);
  count.check(!await accepted(claimedBy(NOBODY, document)), `${name}: verifies with another key`);
}

export async function verify({credentials, signed: others, documents}) {
  const count = new Count('credential');
  for(const [n, document] of credentials.entries()) {
    // Judged in its first second: a case does not turn bad because time went by.
    const now = new Date(document.validFrom);
    await one(count, `credential ${n}`, document, async given =>
      await signed(given, documents) && await credential(given, documents, now));
  }
  for(const [n, document] of others.entries()) {
    await one(count, `signed document ${n}`, document, given => signed(given, documents));
  }
  return count.report();
}

await main(import.meta, verify);
