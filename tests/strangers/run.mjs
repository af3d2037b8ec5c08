// `npm test`: every verifier over the sample beside this file and over the cases of a live deployment.
//
//   npm test                     the sample, and the file named by MEZ_CASES if there is one
//   npm test -- cases.json …     these files alone
//   MEZ_BIN=…/mez                also asks this program for the canonical bytes of every `canonical` input, afresh
//
// Prints what it ran on. Anything that could not be checked fails.

import {spawnSync} from 'node:child_process';
import {Count, read} from './cases.mjs';
import {verify as canonical} from './canonical.mjs';
import {verify as credential} from './credential.mjs';
import {both} from './issued.mjs';
import {agree} from './million.mjs';
import {verify as schemas} from './schemas.mjs';
import {disclosed} from './sdjwt.mjs';
import {verify as tlog} from './tlog.mjs';

/** The same inputs, canonical bytes made now by the program itself. */
function askProgram(program, {canonical: cases}) {
  const count = new Count(`canonical bytes by ${program}`);
  for(const [n, {input, bytes_base64}] of cases.entries()) {
    count.seen();
    const {status, stdout, error} = spawnSync(program, ['canon', '-'], {input});
    const bytes = Buffer.from(bytes_base64, 'base64');
    const same = status === 0 && stdout.equals(bytes);
    count.check(same, `case ${n}: ${error ?? (status === 0 ? 'other bytes' : `exit ${status}`)}`);
  }
  return count.report();
}

/** Artifact roots over an S3 service and a file server by other people. */
function roots(program) {
  const script = new URL('roots.py', import.meta.url).pathname;
  const {status} = spawnSync('python3', [script, program], {stdio: 'inherit', timeout: 120_000});
  return status === 0;
}

const given = process.argv.slice(2);
const {MEZ_BIN: program, MEZ_CASES: live} = process.env;
const sample = new URL('sample/cases.json', import.meta.url).pathname;
const files = given.length > 0 ? given : [sample, ...live ? [live] : []];
let good = true;
for(const file of files) {
  console.log(file);
  const cases = read(file);
  for(const verify of [canonical, credential, schemas, tlog]) {
    good = await verify(cases) && good;
  }
  if(program) {
    good = askProgram(program, cases) && good;
  }
}
if(given.length === 0 && !live) {
  console.log('no live deployment was checked: MEZ_CASES names no file');
}
if(program && given.length === 0) {
  good = await both(program) && good;
  good = await disclosed(program) && good;
  good = await agree(program) && good;
  good = roots(program) && good;
}
process.exit(good ? 0 : 1);
