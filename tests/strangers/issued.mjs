// What other people's libraries issue, judged by the program; and what the program presents, judged by them.
//
// `@digitalbazaar/vc` issues credentials (did:key, and did:web with a document) and presentations with
// `eddsa-jcs-2022`; each is VALID, and no change of one byte in any member is.

import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {
  createSignCryptosuite, createVerifyCryptosuite
} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import jsigs from 'jsonld-signatures';
import {Count, mutants} from './cases.mjs';

const {purposes: {AuthenticationProofPurpose}} = jsigs;
const CONTEXT = 'https://www.w3.org/ns/credentials/v2';
const AS_OF = '2026-11-20T12:00:00Z';
const [challenge, domain] = ['c-1', 'bank.example'];

/** A fresh key under its did:key. */
async function keyed() {
  const key = await Ed25519Multikey.generate();
  const did = `did:key:${key.publicKeyMultibase}`;
  Object.assign(key, {id: `${did}#${key.publicKeyMultibase}`, controller: did});
  return {key, did};
}

const suiteOf = key => new DataIntegrityProof({
  signer: key.signer(), date: '2026-11-20T00:00:00Z', cryptosuite: createSignCryptosuite()
});

/** Nothing is fetched: the suite needs no context, and keys are did:key. */
async function documentLoader(url) {
  const [did, multikey] = url.split('#');
  const id = `${did}#${multikey ?? did.slice('did:key:'.length)}`;
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id, type: 'Multikey', controller: did, publicKeyMultibase: id.split('#')[1]
  };
  const controller = {
    '@context': 'https://www.w3.org/ns/did/v1',
    id: did, verificationMethod: [method], authentication: [id], assertionMethod: [id]
  };
  return {contextUrl: null, documentUrl: url, document: multikey ? method : controller};
}

const draft = (issuer, holder, more) => ({
  '@context': [CONTEXT],
  type: ['VerifiableCredential', 'LicenseCredential'],
  issuer,
  validFrom: '2026-11-20T00:00:00Z',
  validUntil: '2027-11-20T00:00:00Z',
  credentialSubject: {id: holder, ...more}
});

/** The program's verdict on a document. */
function judge(program, folder, document, words) {
  const file = join(folder, 'document.json');
  writeFileSync(file, JSON.stringify(document));
  const {stdout, stderr} = spawnSync(program, ['verify', file, '--json', ...words]);
  try {
    return JSON.parse(stdout).verdict;
  } catch {
    return `${stderr}`;
  }
}

async function theirs(count, program, folder) {
  const [issuer, holder] = [await keyed(), await keyed()];
  const bound = ['--trust', issuer.did, '--as-of', AS_OF];
  const issue = (credential, key) =>
    vc.issue({credential, suite: suiteOf(key), documentLoader, now: new Date(AS_OF)});
  const web = {key: await Ed25519Multikey.generate(), did: 'did:web:issuer.example'};
  Object.assign(web.key, {id: `${web.did}#key-1`, controller: web.did});
  const file = join(folder, 'did.json');
  writeFileSync(file, JSON.stringify({
    '@context': 'https://www.w3.org/ns/did/v1', id: web.did,
    verificationMethod: [{
      id: web.key.id, type: 'Multikey', controller: web.did,
      publicKeyMultibase: web.key.publicKeyMultibase
    }],
    assertionMethod: [web.key.id]
  }));
  const credential = await issue(draft(issuer.did, holder.did), issuer.key);
  const presentation = await vc.signPresentation({
    presentation: {
      '@context': [CONTEXT], type: ['VerifiablePresentation'],
      holder: holder.did, verifiableCredential: [credential]
    },
    suite: suiteOf(holder.key), challenge, domain, documentLoader
  });
  const rows = [
    ['credential', credential, bound],
    // A fraction, which the program's own form refuses, is judged over the document's own bytes.
    ['fraction', await issue(draft(issuer.did, holder.did, {share: 12.5}), issuer.key), bound],
    ['did:web', await issue(draft(web.did, holder.did), web.key),
      ['--trust', web.did, '--as-of', AS_OF, '--did-document', file]],
    ['presentation', presentation, [...bound, '--challenge', challenge, '--domain', domain]]
  ];
  for(const [name, document, words] of rows) {
    count.seen();
    const verdict = judge(program, folder, document, words);
    count.check(verdict === 'VALID', `${name}: ${verdict}`);
    for(const [where, mutant] of mutants(document)) {
      const seen = judge(program, folder, mutant, words) !== 'VALID';
      count.check(seen, `${name}: a change of ${where} goes unseen`);
    }
  }
}

/** A presentation the program made, judged by the library. */
async function ours(count, program, folder) {
  const at = name => join(folder, name);
  const run = (...words) => {
    const {status, stderr} = spawnSync(program, words, {cwd: folder});
    count.check(status === 0, `mez ${words.slice(0, 2).join(' ')}: ${stderr}`);
  };
  run('vc', 'keygen', '--prefix', 'issuer');
  run('vc', 'keygen', '--prefix', 'holder');
  const method = JSON.parse(readFileSync(at('holder.priv.json'))).verificationMethod;
  const [holder] = method.split('#');
  writeFileSync(at('subject.json'), JSON.stringify({id: holder}));
  run('vc', 'issue', '--key', 'issuer.priv.json', '--id', 'urn:x:1', '--type', 'LicenseCredential',
    '--subject', 'subject.json', '--valid-until', '2099-01-01T00:00:00Z', '--out', 'vc.json');
  run('vc', 'present', 'vc.json', '--key', 'holder.priv.json', '--challenge', challenge,
    '--domain', domain, '--out', 'shown.json');
  const shown = JSON.parse(readFileSync(at('shown.json')));
  const suite = new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});
  const holds = async (document, asked) => {
    const purpose = new AuthenticationProofPurpose({...asked, controller: (await documentLoader(holder)).document});
    return (await jsigs.verify(document, {suite, purpose, documentLoader})).verified;
  };
  count.seen();
  count.check(await holds(shown, {challenge, domain}), 'our presentation does not verify');
  count.check(!await holds(shown, {challenge: 'c-2', domain}), 'another challenge verifies');
  for(const [where, mutant] of mutants(shown)) {
    let verified = false;
    try {
      verified = await holds(mutant, {challenge, domain});
    } catch {
      // Refusing by throwing is refusing.
    }
    count.check(!verified, `our presentation: a change of ${where} goes unseen`);
  }
}

export async function both(program) {
  const count = new Count('credentials of others and presentations');
  const folder = mkdtempSync(join(tmpdir(), 'issued-'));
  try {
    await theirs(count, program, folder);
    await ours(count, program, folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  return count.report();
}
