// Canonical bytes, checked by an RFC 8785 library of others: npm `canonicalize`.
//
// For each case: the library makes the same bytes of the input, and of the bytes themselves; and no text that differs
// from the bytes in one byte is taken for them.

import canonicalize from 'canonicalize';
import {Count, changed, main} from './cases.mjs';

const MUTANTS_MAX = 64;

const utf8 = text => Buffer.from(text, 'utf8');

/** The library's bytes of a JSON text; none when it is not JSON. */
function bytesOf(text) {
  try {
    return utf8(canonicalize(JSON.parse(text)));
  } catch {
    return null;
  }
}

export function verify({canonical}) {
  const count = new Count('canonical');
  for(const [n, {input, bytes_base64}] of canonical.entries()) {
    count.seen();
    const bytes = Buffer.from(bytes_base64, 'base64');
    const text = bytes.toString('utf8');
    count.check(utf8(text).equals(bytes), `case ${n}: the bytes are not UTF-8`);
    count.check(bytesOf(input)?.equals(bytes), `case ${n}: other bytes of the input`);
    count.check(bytesOf(text)?.equals(bytes), `case ${n}: the bytes are not a fixed point`);
    const step = Math.max(1, Math.floor(text.length / MUTANTS_MAX));
    for(let at = 0; at < text.length; at += step) {
      const other = changed(text, at);
      const taken = bytesOf(other)?.equals(bytes) === true;
      count.check(other !== text && !taken, `case ${n}: a change of byte ${at} goes unseen`);
    }
  }
  return count.report();
}

await main(import.meta, verify);
