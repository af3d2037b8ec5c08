//! SHA-256 (FIPS 180-4) of many messages at once: eight of them abreast, a word of each in one register.
//!
//! A chain of blocks cannot be hashed faster than its blocks follow each other, but eight chains can go
//! side by side. Where the processor hashes by an instruction of its own, or has no wide registers,
//! `ring` takes the messages one by one.

use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Level, u32x8};

use super::{Digest, sha256_parts};

/// A message as the pieces it is made of; what is cut out of a document is not copied.
pub type Pieces<'a> = [&'a [u8]; 3];

/// Messages hashed side by side.
const LANES: usize = 8;
/// Fewer messages are quicker one by one.
const ABREAST_MIN: usize = 4;
/// A longer message would run on alone when its neighbours are done.
const LENGTH_MAX: usize = 16 << 10;
const BLOCK: usize = 64;
/// The bytes of a block that its length takes, when it is the last.
const TAIL: usize = BLOCK - 8;

/// One word of each message.
type Words = [u32; LANES];

/// The digest of each message, in order.
#[must_use]
pub fn sha256_each(messages: &[Pieces<'_>]) -> Vec<Digest> {
    static WIDE: LazyLock<Option<Level>> = LazyLock::new(wide);
    let mut out = vec![Digest([0; 32]); messages.len()];
    let abreast = WIDE.filter(|_| messages.len() >= ABREAST_MIN);
    match abreast {
        Some(level) => fearless_simd::dispatch!(level, simd => all(simd, messages, &mut out)),
        None => one_by_one(messages.iter().zip(&mut out)),
    }
    out
}

fn one_by_one<'a>(messages: impl Iterator<Item = (&'a Pieces<'a>, &'a mut Digest)>) {
    messages.for_each(|(pieces, out)| *out = sha256_parts(pieces));
}

/// Whether eight abreast beat one by one here.
#[cfg(target_arch = "x86_64")]
fn wide() -> Option<Level> {
    let level = Level::new();
    // With rotations and three-way logic in one instruction, eight abreast beat the hash instruction too.
    let hashes = std::is_x86_feature_detected!("sha");
    (level.as_avx512().is_some() || level.as_avx2().is_some() && !hashes).then_some(level)
}

#[cfg(not(target_arch = "x86_64"))]
fn wide() -> Option<Level> {
    None
}

/// What is left of one message, and where its digest goes.
struct Lane<'a> {
    pieces: Pieces<'a>,
    bits: u64,
    end: End,
    out: Option<&'a mut Digest>,
}

/// How far the padding of a message is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Bytes are left, or the bit after them.
    Open,
    /// Only zeros and the length are left.
    Marked,
    /// Nothing is left.
    Over,
}

impl<'a> Lane<'a> {
    fn idle() -> Self {
        Self { pieces: [&[]; 3], bits: 0, end: End::Over, out: None }
    }

    fn new(pieces: &Pieces<'a>, out: &'a mut Digest) -> Self {
        let bits = 8 * length(pieces) as u64;
        Self { pieces: *pieces, bits, end: End::Open, out: Some(out) }
    }

    /// The next block, in `room` where it does not lie in one piece.
    fn next<'b>(&mut self, room: &'b mut [u8; BLOCK]) -> &'b [u8; BLOCK]
    where
        'a: 'b,
    {
        if let [piece, ..] = &mut self.pieces
            && let Some((block, rest)) = piece.split_first_chunk::<BLOCK>()
        {
            *piece = rest;
            return block;
        }
        let filled = self.gather(room);
        let (_, free) = room.split_at_mut(filled);
        free.fill(0);
        if self.end == End::Open
            && let Some(mark) = free.first_mut()
        {
            *mark = 0x80;
            self.end = End::Marked;
        }
        if self.end == End::Marked
            && filled < TAIL
            && let Some(length) = room.last_chunk_mut::<8>()
        {
            *length = self.bits.to_be_bytes();
            self.end = End::Over;
        }
        room
    }

    /// Moves bytes of the pieces into `room` until either is at its end; how many.
    fn gather(&mut self, room: &mut [u8; BLOCK]) -> usize {
        let mut filled = 0;
        loop {
            let [piece, next, last] = &mut self.pieces;
            let free = room.get_mut(filled..).unwrap_or_default();
            let taken = piece.len().min(free.len());
            let (head, rest) = piece.split_at(taken);
            free.iter_mut().zip(head).for_each(|(to, from)| *to = *from);
            *piece = rest;
            filled += taken;
            if filled == BLOCK || next.is_empty() && last.is_empty() {
                return filled;
            }
            if piece.is_empty() {
                self.pieces = [next, last, &[]];
            }
        }
    }
}

/// Eight messages at a time; a lane that is done takes the next one.
#[inline(always)]
fn all<S: Simd>(simd: S, messages: &[Pieces<'_>], out: &mut [Digest]) {
    let mut waiting = messages.iter().zip(out);
    let mut lanes: [Lane<'_>; LANES] = std::array::from_fn(|_| Lane::idle());
    let mut states = [[0; LANES]; 8];
    let mut room = [0; BLOCK];
    loop {
        let idle = lanes.iter().all(|lane| lane.end == End::Over);
        for (at, lane) in lanes.iter_mut().enumerate().filter(|(_, lane)| lane.end == End::Over) {
            if let Some(out) = lane.out.take() {
                *out = digest(&states, at);
            }
            if idle && waiting.len() < ABREAST_MIN {
                continue;
            }
            if let Some((pieces, out)) = next_short(&mut waiting) {
                *lane = Lane::new(pieces, out);
                for (row, start) in states.iter_mut().zip(START) {
                    put(row, at, start);
                }
            }
        }
        if lanes.iter().all(|lane| lane.out.is_none()) {
            return one_by_one(waiting);
        }
        let mut words = [[0; LANES]; 16];
        for (at, lane) in lanes.iter_mut().enumerate().filter(|(_, lane)| lane.out.is_some()) {
            let (bytes, _) = lane.next(&mut room).as_chunks::<4>();
            for (row, word) in words.iter_mut().zip(bytes) {
                put(row, at, u32::from_be_bytes(*word));
            }
        }
        compress(simd, &mut states, &words);
    }
}

/// The next message that is not too long for its neighbours.
fn next_short<'a>(
    waiting: &mut impl Iterator<Item = (&'a Pieces<'a>, &'a mut Digest)>,
) -> Option<(&'a Pieces<'a>, &'a mut Digest)> {
    waiting.find_map(|(pieces, out)| {
        if length(pieces) <= LENGTH_MAX {
            return Some((pieces, out));
        }
        *out = sha256_parts(pieces);
        None
    })
}

fn length(pieces: &Pieces<'_>) -> usize {
    pieces.iter().map(|piece| piece.len()).sum()
}

#[inline(always)]
fn put(row: &mut Words, at: usize, word: u32) {
    if let Some(place) = row.get_mut(at) {
        *place = word;
    }
}

fn digest(states: &[Words; 8], at: usize) -> Digest {
    let mut bytes = [0; 32];
    for (to, row) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(states) {
        *to = row.get(at).copied().unwrap_or_default().to_be_bytes();
    }
    Digest(bytes)
}

#[inline(always)]
fn rotate<S: Simd, const BY: u32>(word: u32x8<S>) -> u32x8<S> {
    (word >> BY) | (word << (32 - BY))
}

/// One block of each message into its state (FIPS 180-4 §6.2.2).
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "counted by the arrays' own lengths, or masked by 15")]
fn compress<S: Simd>(simd: S, states: &mut [Words; 8], words: &[Words; 16]) {
    let wide = |row: &Words| u32x8::from_slice(simd, row);
    let mut schedule = words.each_ref().map(wide);
    let before = states.each_ref().map(wide);
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = before;
    for (round, constants) in ROUNDS.iter().enumerate() {
        for at in 0..16 {
            if round > 0 {
                let (near, far) = (schedule[(at + 14) & 15], schedule[(at + 1) & 15]);
                let near = rotate::<S, 17>(near) ^ rotate::<S, 19>(near) ^ (near >> 10);
                let far = rotate::<S, 7>(far) ^ rotate::<S, 18>(far) ^ (far >> 3);
                schedule[at] = schedule[at] + far + schedule[(at + 9) & 15] + near;
            }
            let sum = rotate::<S, 6>(e) ^ rotate::<S, 11>(e) ^ rotate::<S, 25>(e);
            let choice = g ^ (e & (f ^ g));
            let one = h + sum + choice + schedule[at] + u32x8::splat(simd, constants[at]);
            let sum = rotate::<S, 2>(a) ^ rotate::<S, 13>(a) ^ rotate::<S, 22>(a);
            let two = sum + ((a & b) | (c & (a | b)));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
        }
    }
    for ((row, before), after) in states.iter_mut().zip(before).zip([a, b, c, d, e, f, g, h]) {
        (before + after).store_slice(row);
    }
}

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Those of the cube roots of the first sixty-four, sixteen to each turn of the schedule.
#[rustfmt::skip]
const ROUNDS: [[u32; 16]; 4] = [
    [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    ],
    [
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    ],
    [
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    ],
    [
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ],
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(pieces: &Pieces<'_>) -> Digest {
        Digest::of_blob(&pieces.concat())
    }

    /// Every length around the ends of the first blocks, cut at every kind of place.
    #[test]
    fn each_length_and_cut_gives_the_digest_of_the_whole() {
        let bytes: Vec<u8> = (0..300).map(|at| (at * 7) as u8).collect();
        for length in 0..200 {
            let message = &bytes[..length];
            let cuts = [
                (0, 0),
                (0, length),
                (length, length),
                (length / 3, length / 2),
                (1, 64),
                (63, 65),
                (64, 128),
            ];
            let cuts = cuts.map(|(one, two)| (one.min(length), two.min(length)));
            let pieces: Vec<Pieces<'_>> = cuts
                .iter()
                .map(|(one, two)| [&message[..*one], &message[*one..*two], &message[*two..]])
                .collect();
            assert_eq!(
                sha256_each(&pieces),
                pieces.iter().map(whole).collect::<Vec<_>>(),
                "{length}"
            );
        }
    }

    proptest! {
        /// Lanes end at different times, take new messages, and leave the long ones out.
        #[test]
        fn any_messages_together_have_the_digests_they_have_alone(
            lengths in prop::collection::vec(prop_oneof![4 => 0usize..1500, 1 => 0usize..70, 1 => LENGTH_MAX - 2..LENGTH_MAX + 3], 0..40),
            cut in 0usize..1500,
        ) {
            let bytes: Vec<u8> = (0..LENGTH_MAX + 3).map(|at| (at % 251) as u8).collect();
            let messages: Vec<Pieces<'_>> = lengths
                .iter()
                .enumerate()
                .map(|(at, length)| {
                    let message = &bytes[at..(at + length).min(bytes.len())];
                    let (head, rest) = message.split_at(cut.min(message.len()));
                    let (middle, tail) = rest.split_at(rest.len() / 2);
                    [head, middle, tail]
                })
                .collect();
            prop_assert_eq!(sha256_each(&messages), messages.iter().map(whole).collect::<Vec<_>>());
        }
    }
}
