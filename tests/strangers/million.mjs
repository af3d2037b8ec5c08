// Canonical form at a million documents: npm `canonicalize` and `mez digest --lines` must agree on every one.
//
// Documents are made from a seed, as a careless writer would send them: members in any order, space anywhere, escapes
// where none are needed. The program gets the text; the library gets the parsed value. One digest differing fails.

import canonicalize from 'canonicalize';
import {createHash} from 'node:crypto';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {Count} from './cases.mjs';

const DOCUMENTS = 1_000_000;
const BATCH = 2_000;
const KEYS = ['a', 'zone', 'é', '\u{e001}', '𝄞', 'k', '~', 'A', '10', '9'];
const PIECES = ['a', 'zone', '"', '\\', '/', '\n', '\u0007', 'é', '😀', '\u{e000}', '\u007f', '0123456789abcdef', 'ﬀ'];

/** mulberry32: the same documents for the same seed. */
function chance(seed) {
  let state = seed;
  return below => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % below;
  };
}

function text(next) {
  let out = '';
  for(let count = next(4); count > 0; count -= 1) {
    out += PIECES[next(PIECES.length)];
  }
  return out;
}

function value(next, depth) {
  const kind = next(depth < 4 ? 8 : 5);
  if(kind === 0) {
    return [null, true, false][next(3)];
  }
  if(kind === 1) {
    return (next(2 ** 21) * 2 ** 32 + next(2 ** 32)) * (next(2) === 0 ? 1 : -1) || 0;
  }
  if(kind < 5) {
    return kind === 2 ? next(100) : text(next);
  }
  if(kind === 5) {
    return Array.from({length: next(5)}, () => value(next, depth + 1));
  }
  return Object.fromEntries(Array.from({length: next(6)}, () => {
    return [KEYS[next(KEYS.length)] + text(next), value(next, depth + 1)];
  }));
}

/** JSON of a value with space and escapes strewn in, never a line break. */
function careless(next, item) {
  const space = () => ['', '', '', ' ', '\t'][next(5)];
  if(item === null || typeof item !== 'object') {
    const plain = JSON.stringify(item);
    const escaped = typeof item === 'string' && next(3) === 0;
    return space() + (escaped ? plain.replaceAll('a', '\\u0061').replaceAll('/', '\\/') : plain) + space();
  }
  if(Array.isArray(item)) {
    return `${space()}[${item.map(one => careless(next, one)).join(',')}${item.length ? '' : space()}]${space()}`;
  }
  const members = Object.entries(item).map(([key, one]) => `${careless(next, key)}:${careless(next, one)}`);
  return `${space()}{${(next(2) === 0 ? members : members.reverse()).join(',')}}${space()}`;
}

export async function agree(program) {
  const count = new Count('a million documents');
  const child = spawn(program, ['digest', '--lines', '-'], {stdio: ['pipe', 'pipe', 'inherit']});
  const next = chance(0x6d657a);
  // What was sent and not answered yet: the pipes hold only so much.
  const sent = [];
  const send = async () => {
    for(let done = 0; done < DOCUMENTS && !child.killed; done += BATCH) {
      let text = '';
      for(let index = 0; index < BATCH; index += 1) {
        const item = value(next, 0);
        const document = careless(next, item);
        text += `${document}\n`;
        sent.push([createHash('sha256').update(canonicalize(item)).digest('hex'), document]);
      }
      if(!child.stdin.write(text)) {
        await once(child.stdin, 'drain');
      }
    }
    child.stdin.end();
  };
  const sending = send();
  for await (const line of createInterface({input: child.stdout})) {
    const [digest, document] = sent[count.cases % BATCH] ?? [];
    count.seen();
    count.check(line === digest, `${document}: ${line} instead of ${digest}`);
    if(count.cases % BATCH === 0) {
      sent.splice(0, BATCH);
    }
    if(count.failed > 9) {
      child.kill();
      return count.report();
    }
  }
  await sending;
  count.check(count.cases === DOCUMENTS, `${count.cases} answers`);
  return count.report();
}
