// Logs, checked by an RFC 9162 library of others: npm `@transmute/rfc9162`.
//
// For each log: the library builds the same root of the entries, verifies every inclusion and consistency proof, and
// makes the same proofs itself; and it refuses each proof with one bit turned in the entry, in a root or in a hash of
// the path, with another index, and with a hash too many or too few.

import {CoMETRE, RFC9162} from '@transmute/rfc9162';
import {Count, hex, main, turned} from './cases.mjs';

const {RFC9162_SHA256} = CoMETRE;
// The library makes a proof by hashing the whole log again; above this many entries it only verifies.
const REBUILT_MAX = 1024;

const same = (one, other) => Buffer.from(one).equals(Buffer.from(other));
const samePath = (one, other) =>
  one.length === other.length && one.every((hash, n) => same(hash, other[n]));
const powerOf2 = number => (number & (number - 1)) === 0;

async function refusal(verifying) {
  try {
    return await verifying() !== true;
  } catch {
    return true;
  }
}

/** RFC 9162 §2.1.4.2 step 2, which the library leaves to its caller: the old root goes first if it is a node. */
const whole = (old, oldRoot, path) => powerOf2(old) ? [oldRoot, ...path] : path;

async function included(root, entry, size, index, path) {
  const proof = {log_id: '', tree_size: size, leaf_index: index, inclusion_path: path};
  return RFC9162.verifyInclusionProof(root, await RFC9162.leaf(entry), proof);
}

async function consistent(old, oldRoot, now, newRoot, path) {
  const consistency_path = whole(old, oldRoot, path);
  const proof = {log_id: '', tree_size_1: old, tree_size_2: now, consistency_path};
  return RFC9162.verifyConsistencyProof(oldRoot, newRoot, proof);
}

/** A path with one bit turned in each of its hashes, one hash too many, one too few. */
function* badPaths(path) {
  for(const [n, hash] of path.entries()) {
    yield [`hash ${n}`, path.with(n, turned(hash, n % 32))];
  }
  yield ['a hash too many', [...path, new Uint8Array(32)]];
  if(path.length > 0) {
    yield ['a hash too few', path.slice(1)];
  }
}

async function inclusion(count, name, log, {index, path_hex}) {
  const {entries, leaves, root, size} = log;
  const path = path_hex.map(hex);
  count.check(index < size, `${name}: index ${index} is not below size ${size}`);
  count.check(await included(root, entries[index], size, index, path), `${name}: does not verify`);
  if(size <= REBUILT_MAX) {
    const {inclusion_path} = await RFC9162_SHA256.inclusion_proof(index, leaves);
    count.check(samePath(path, inclusion_path), `${name}: the library makes another path`);
  }
  const refused = async (what, ...proof) =>
    count.check(await refusal(() => included(...proof)), `${name}: ${what} goes unseen`);
  await refused('a change of the entry', root, turned(entries[index], 31), size, index, path);
  await refused('a change of the root', turned(root, 0), entries[index], size, index, path);
  if(size > 1) {
    const other = index ^ 1;
    await refused('another index', root, entries[index], size, other, path);
  }
  for(const [what, bad] of badPaths(path)) {
    await refused(what, root, entries[index], size, index, bad);
  }
}

async function consistency(count, name, log, proof) {
  const {old, new: now, path_hex} = proof;
  const [oldRoot, newRoot] = [hex(proof.old_root), hex(proof.new_root)];
  const path = path_hex.map(hex);
  if(!(0 < old && old < now && now <= log.size)) {
    count.check(false, `${name}: proves nothing, 0 < ${old} < ${now} <= ${log.size} does not hold`);
    return;
  }
  count.check(await consistent(old, oldRoot, now, newRoot, path), `${name}: does not verify`);
  for(const [size, root] of [[old, oldRoot], [now, newRoot]]) {
    const own = await RFC9162.treeHead(log.entries.slice(0, size));
    count.check(same(own, root), `${name}: the root of ${size} entries is another`);
  }
  if(now <= REBUILT_MAX) {
    const leaves = log.leaves.slice(0, now);
    const {consistency_path} = await RFC9162_SHA256.consistency_proof({tree_size: old}, leaves);
    const made = whole(old, oldRoot, path);
    count.check(samePath(made, consistency_path), `${name}: the library makes another path`);
  }
  const refused = async (what, ...given) =>
    count.check(await refusal(() => consistent(...given)), `${name}: ${what} goes unseen`);
  await refused('a change of the old root', old, turned(oldRoot, 5), now, newRoot, path);
  await refused('a change of the new root', old, oldRoot, now, turned(newRoot, 5), path);
  for(const [what, bad] of badPaths(path)) {
    await refused(what, old, oldRoot, now, newRoot, bad);
  }
}

export async function verify({logs}) {
  const count = new Count('tlog');
  for(const [n, given] of logs.entries()) {
    count.seen();
    const name = given.name ?? `log ${n}`;
    const entries = given.entries_hex.map(hex);
    const leaves = await Promise.all(entries.map(entry => RFC9162.leaf(entry)));
    const log = {entries, leaves, root: hex(given.root_hex), size: given.size};
    count.check(entries.every(entry => entry.length === 32), `${name}: an entry is not 32 bytes`);
    count.check(entries.length === log.size, `${name}: ${entries.length} entries, size ${log.size}`);
    count.check(same(await RFC9162.treeHead(entries), log.root), `${name}: the root is another`);
    if(log.size > 0) {
      const first = [turned(entries[0], 0), ...entries.slice(1)];
      const other = await RFC9162.treeHead(first);
      count.check(!same(other, log.root), `${name}: a change of entry 0 goes unseen`);
    }
    const proofs = given.inclusion.length + given.consistency.length;
    count.check(proofs > 0, `${name}: carries no proofs`);
    for(const proof of given.inclusion) {
      await inclusion(count, `${name} inclusion of ${proof.index}`, log, proof);
    }
    for(const proof of given.consistency) {
      await consistency(count, `${name} from ${proof.old} to ${proof.new}`, log, proof);
    }
  }
  return count.report();
}

await main(import.meta, verify);
