// The file of cases, the count of checks, and ways to change one byte.
//
// cases.json, all byte strings in lower-case hex unless named otherwise:
//   canonical:   [{input, bytes_base64}]     input: any admissible JSON text; bytes: what `mez canon` made of it
//   credentials: [credential]                W3C VC 2.0, each with at least one proof
//   signed:      [document]                  any other signed document: inception, receipt, cut, agreement
//   documents:   [controller document]       keys of issuers that are not the did:key that signed
//   logs:        [{name?, entries_hex: [32 bytes], size, root_hex,
//                  inclusion: [{index, path_hex}],
//                  consistency: [{old, new, old_root, new_root, path_hex}]}]
// `signed` and `documents` may be left out. Nothing else may be in it.

import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const KNOWN = ['canonical', 'credentials', 'signed', 'documents', 'logs'];

/** Reads a file of cases. Throws when it is not one. */
export function read(path) {
  const cases = JSON.parse(readFileSync(path, 'utf8'));
  const unknown = Object.keys(cases).filter(key => !KNOWN.includes(key));
  if(unknown.length > 0) {
    throw new Error(`${path}: unknown members: ${unknown.join(', ')}`);
  }
  for(const key of KNOWN) {
    cases[key] ??= [];
    if(!Array.isArray(cases[key])) {
      throw new Error(`${path}: "${key}" is not a list`);
    }
  }
  return cases;
}

/** Counts checks; every failure is printed when it happens. */
export class Count {
  constructor(title) {
    Object.assign(this, {title, cases: 0, passed: 0, failed: 0});
  }

  /** One case was looked at. */
  seen() {
    this.cases += 1;
  }

  check(ok, what) {
    if(ok === true) {
      this.passed += 1;
    } else {
      this.failed += 1;
      console.error(`FAILED ${this.title}: ${what}`);
    }
  }

  /** Prints the count. True when there were cases and none failed. */
  report() {
    console.log(`${this.title}: ${this.cases} cases, ${this.passed} passed, ${this.failed} failed`);
    if(this.cases === 0) {
      console.error(`FAILED ${this.title}: there are no cases`);
    }
    return this.cases > 0 && this.failed === 0;
  }
}

/** Runs `verify(cases)` on the file named on the command line, when this module is the program. */
export async function main(meta, verify) {
  if(meta.url !== pathToFileURL(process.argv[1] ?? '').href) {
    return;
  }
  const [path] = process.argv.slice(2);
  if(path === undefined) {
    console.error('usage: node <script> cases.json');
    process.exit(64);
  }
  process.exit(await verify(read(path)) ? 0 : 1);
}

/** One byte of a text changed, so that it most likely stays a text of the same kind. */
export function changed(text, at) {
  const old = text[at];
  const swap = /[0-9]/.test(old) ? (old === '7' ? '3' : '7') :
    /[a-z]/.test(old) ? (old === 'k' ? 'q' : 'k') :
      /[A-Z]/.test(old) ? (old === 'K' ? 'Q' : 'K') : 'k';
  return text.slice(0, at) + swap + text.slice(at + 1);
}

/** A copy of some bytes with one bit of one byte turned. */
export function turned(bytes, at) {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 1;
  return copy;
}

/** Bytes of a hex text; anything else than lower-case hex throws. */
export function hex(text) {
  if(typeof text !== 'string' || !/^(?:[0-9a-f]{2})*$/.test(text)) {
    throw new Error(`not lower-case hex: ${JSON.stringify(text)}`);
  }
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/**
 * A document with one byte changed, once for each of its members: a character of every text and every member name, a
 * digit of every number, the other of every boolean. Long texts are changed at their beginning, middle and end.
 */
export function* mutants(document, path = '') {
  if(typeof document === 'string') {
    const last = document.length - 1;
    for(const at of last > 8 ? new Set([0, last >> 1, last]) : last < 0 ? [] : [last]) {
      yield [`${path}[${at}]`, changed(document, at)];
    }
  } else if(typeof document === 'number') {
    yield [path, document ^ 1];
  } else if(typeof document === 'boolean') {
    yield [path, !document];
  } else if(Array.isArray(document)) {
    for(const [at, part] of document.entries()) {
      for(const [where, mutant] of mutants(part, `${path}/${at}`)) {
        yield [where, document.with(at, mutant)];
      }
    }
  } else if(document !== null) {
    for(const [name, part] of Object.entries(document)) {
      const {[name]: _, ...others} = document;
      const renamed = changed(name, name.length - 1);
      if(!(renamed in document)) {
        yield [`${path}/${name} renamed`, {...others, [renamed]: part}];
      }
      for(const [where, mutant] of mutants(part, `${path}/${name}`)) {
        yield [where, {...document, [name]: mutant}];
      }
    }
  }
}
