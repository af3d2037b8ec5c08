//! A seeded mutator: the same seed makes the same inputs everywhere.

/// Longest input that is made.
pub const INPUT_BYTES_MAX: usize = 32 * 1024;

/// Words that decoders look for, and edges of numbers.
const WORDS: [&str; 24] = [
    "0",
    "-0",
    "-1",
    "1e9",
    "0.5",
    "9007199254740991",
    "9007199254740993",
    "18446744073709551615",
    "null",
    "true",
    "[]",
    "{}",
    "[[[[[[[[",
    "\"\"",
    "\"type\":",
    "\\u0000",
    "\\ud800",
    "\u{e9}",
    "\u{2014} ",
    "\n",
    "\n\n",
    "../",
    "=",
    ",",
];

/// A stream of inputs near the seeds.
pub struct Mutator<'a> {
    seeds: &'a [Vec<u8>],
    state: u64,
}

impl<'a> Mutator<'a> {
    /// From `seed` on; the same seeds and the same number give the same stream.
    #[must_use]
    pub fn new(seeds: &'a [Vec<u8>], seed: u64) -> Self {
        Self { seeds, state: seed }
    }

    /// The next input.
    pub fn input(&mut self) -> Vec<u8> {
        let mut bytes = self.pick().to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes);
        }
        bytes.truncate(INPUT_BYTES_MAX);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(16)).min(bytes.len());
        match self.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let word = WORDS.get(self.below(WORDS.len())).copied().unwrap_or_default();
                drop(bytes.splice(at..end, word.bytes()));
            }
            3 => {
                let other = self.pick();
                let from = self.below(other.len() + 1);
                let tail: Vec<u8> = other.iter().skip(from).copied().collect();
                drop(bytes.splice(at.., tail));
            }
            4 => {
                let again: Vec<u8> = bytes.iter().skip(at).take(end - at).copied().collect();
                drop(bytes.splice(at..at, again));
            }
            flip => {
                let random = self.next();
                if let Some(byte) = bytes.get_mut(at) {
                    let bit = 1 << (random % 8);
                    *byte = if flip == 5 { *byte ^ bit } else { random.to_le_bytes()[1] };
                }
            }
        }
    }

    fn pick(&mut self) -> &'a [u8] {
        let at = self.below(self.seeds.len());
        self.seeds.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
