// SD-JWT VC against a library of others, `@sd-jwt/sd-jwt-vc`: what the program issues and presents verifies there, what
// the library issues and presents is VALID here; and no text that differs in one place is.
//
// Signatures are node's own Ed25519; nothing is fetched.

import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {spawnSync} from 'node:child_process';
import {createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {changed, Count} from './cases.mjs';

const AS_OF = '2026-11-20T12:00:00Z';
const NOW = Date.parse(AS_OF) / 1000;
const [nonce, aud] = ['n-1', 'https://bank.example'];
const ASKED = ['--challenge', nonce, '--domain', aud];

const signer = key => data => sign(null, Buffer.from(data), key).toString('base64url');
const verifier = jwk => (data, signature) => {
  const key = createPublicKey({key: jwk, format: 'jwk'});
  return verify(null, Buffer.from(data), key, Buffer.from(signature, 'base64url'));
};

/** The library, with the keys it signs or verifies with. */
const library = more => new SDJwtVcInstance({
  hasher: data => createHash('sha256').update(data).digest(), hashAlg: 'sha-256',
  saltGenerator: length => randomBytes(length).toString('base64url'),
  kbVerifier: (data, signature, {cnf}) => verifier(cnf.jwk)(data, signature),
  signAlg: 'EdDSA', kbSignAlg: 'EdDSA', ...more
});

/** A folder with the keys of an issuer and a holder, made by the program. */
class Desk {
  constructor(count, program, folder) {
    Object.assign(this, {count, program, folder});
    for(const name of ['issuer', 'holder']) {
      this.run('vc', 'keygen', '--prefix', name);
      const {private_jwk: {d, ...jwk}, verificationMethod: kid} = JSON.parse(this.read(`${name}.priv.json`));
      const {kty, crv, x} = jwk;
      const key = createPrivateKey({key: {kty, crv, x, d}, format: 'jwk'});
      this[name] = {key, jwk: {kty, crv, x}, kid, did: kid.split('#')[0]};
    }
  }

  at(name) {
    return join(this.folder, name);
  }

  read(name) {
    return readFileSync(this.at(name), 'utf8').trim();
  }

  run(...words) {
    const {status, stderr} = spawnSync(this.program, words, {cwd: this.folder});
    this.count.check(status === 0, `mez ${words.slice(0, 3).join(' ')}: ${stderr}`);
  }

  /** The program's answer about a text. */
  judge(text, ...words) {
    writeFileSync(this.at('text.sd'), text);
    const bound = ['--trust', this.issuer.did, '--as-of', AS_OF, '--json'];
    const {stdout, stderr} = spawnSync(this.program, ['verify', this.at('text.sd'), ...bound, ...words]);
    try {
      return JSON.parse(stdout);
    } catch {
      return {verdict: `${stderr}`};
    }
  }
}

/** Texts that differ in one place: a character of every part, a disclosure left out, twice, or in another's place. */
function* tampered(text) {
  const parts = text.split('~');
  for(const [n, part] of parts.entries()) {
    const dots = [...part.matchAll(/\./g)].map(({index}) => index);
    const starts = n === 0 ? [dots[0] + 1, dots[1] + 1] : [0, ...dots.map(dot => dot + 1)];
    // Never a last character: some of its bits are in no byte, and the library does not look at them.
    const places = [...starts, ...dots.slice(1).map(dot => dot - 2), part.length >> 1, part.length - 2];
    for(const at of new Set(places.filter(at => at >= 0 && at < part.length && part[at] !== '.'))) {
      yield [`part ${n} at ${at}`, parts.with(n, changed(part, at)).join('~')];
    }
  }
  const shown = parts.slice(1, -1);
  if(parts.at(-1) !== '' && shown.length > 0) {
    yield ['the first disclosure left out', parts.toSpliced(1, 1).join('~')];
  }
  for(const disclosure of shown.slice(0, 1)) {
    yield ['a disclosure twice', parts.toSpliced(1, 0, disclosure).join('~')];
  }
  const alien = Buffer.from(JSON.stringify(['c2FsdA', 'admin', true])).toString('base64url');
  yield ['a disclosure of nothing signed', parts.toSpliced(1, 0, alien).join('~')];
}

/** What the library issued and presented, judged by the program. */
async function theirs(desk) {
  const {count, issuer, holder} = desk;
  const lib = library({signer: signer(issuer.key), kbSigner: signer(holder.key)});
  const claims = {
    iss: issuer.did, vct: 'urn:x:identity', nbf: NOW - 60, exp: NOW + 3600, cnf: {jwk: holder.jwk},
    name: 'Ada', birthdate: '1815-12-10', address: {street: 'St James', country: 'GB'}, langs: ['en', 'fr', 'de']
  };
  const frame = {
    _sd: ['name', 'birthdate', 'address'], _sd_decoy: 3, address: {_sd: ['street']}, langs: {_sd: [0, 2]}
  };
  const issued = await lib.issue(claims, frame, {header: {kid: issuer.kid}});
  const held = await lib.present(issued,
    {birthdate: true, address: {street: true}, langs: {0: true}},
    {kb: {payload: {iat: NOW, aud, nonce}}});
  for(const [name, text, words, shown] of [
    ['as issued', issued, [], {...claims}],
    ['presented', held, ASKED, {...claims, name: undefined, langs: ['en', 'fr']}]
  ]) {
    count.seen();
    const judged = desk.judge(text, ...words);
    count.check(judged.verdict === 'VALID', `theirs, ${name}: ${JSON.stringify(judged)}`);
    for(const claim of ['name', 'birthdate', 'address', 'langs']) {
      count.check(isDeepStrictEqual(judged.claims?.[claim], shown[claim]), `theirs, ${name}: \`${claim}\` differs`);
    }
    for(const [where, mutant] of tampered(text)) {
      const {verdict} = desk.judge(mutant, ...words);
      count.check(verdict === 'INVALID', `theirs, ${name}: ${where} is ${verdict}`);
    }
  }
  const other = desk.judge(held, '--challenge', 'n-2', '--domain', aud).verdict;
  count.check(other === 'INVALID', `theirs: another challenge is ${other}`);
}

/** What the program issued and presented, judged by the library. */
async function ours(desk) {
  const {count, issuer, holder} = desk;
  writeFileSync(desk.at('claims.json'), JSON.stringify({
    name: 'Ada', birthdate: '1815-12-10', address: {country: 'GB'}, langs: ['en']
  }));
  desk.run('vc', 'sd', 'issue', '--key', 'issuer.priv.json', '--type', 'urn:x:identity', '--claims', 'claims.json',
    '--hide', 'name', '--hide', 'birthdate', '--hide', 'address', '--holder', holder.did,
    '--valid-from', '2026-11-20T00:00:00Z', '--valid-until', '2099-01-01T00:00:00Z', '--out', 'id.sd');
  desk.run('vc', 'sd', 'present', 'id.sd', '--key', 'holder.priv.json', ...ASKED,
    '--reveal', 'birthdate', '--reveal', 'address', '--out', 'shown.sd');
  const lib = library({verifier: verifier(issuer.jwk)});
  const seen = async (text, asked) => {
    try {
      const {payload} = await lib.verify(text, {currentDate: NOW, ...asked});
      return payload;
    } catch {
      // Refusing by throwing is refusing.
      return null;
    }
  };
  for(const [name, asked, shown] of [
    ['id.sd', {}, {name: 'Ada', birthdate: '1815-12-10', address: {country: 'GB'}, langs: ['en']}],
    ['shown.sd', {keyBindingNonce: nonce}, {birthdate: '1815-12-10', address: {country: 'GB'}, langs: ['en']}]
  ]) {
    count.seen();
    const text = desk.read(name);
    const payload = await seen(text, asked);
    count.check(payload?.iss === issuer.did && payload.vct === 'urn:x:identity', `ours, ${name}: does not verify`);
    for(const claim of ['name', 'birthdate', 'address', 'langs']) {
      count.check(isDeepStrictEqual(payload?.[claim], shown[claim]), `ours, ${name}: \`${claim}\` differs`);
    }
    for(const [where, mutant] of tampered(text)) {
      // The library passes over a disclosure of nothing signed (RFC 9901 §7.1 step 5 has it refused, as it is here)
      // where no holder signed which ones there are; then nothing of it may be shown.
      const read = await seen(mutant, asked);
      const bare = name === 'id.sd' && !where.startsWith('part 0');
      const as = claim => read[claim] === undefined || isDeepStrictEqual(read[claim], shown[claim]);
      const refused = read === null || bare && ['name', 'birthdate', 'address', 'langs', 'admin'].every(as);
      count.check(refused, `ours, ${name}: ${where} goes unseen`);
    }
  }
  const other = await seen(desk.read('shown.sd'), {keyBindingNonce: 'n-2'});
  count.check(other === null, 'ours: another challenge verifies');
}

export async function disclosed(program) {
  const count = new Count('SD-JWT both ways');
  const folder = mkdtempSync(join(tmpdir(), 'sdjwt-'));
  try {
    const desk = new Desk(count, program, folder);
    await theirs(desk);
    await ours(desk);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  return count.report();
}
