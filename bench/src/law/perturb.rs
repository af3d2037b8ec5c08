//! Names as they arrive misspelled: one family of changes at a time, chosen by a seed.
//!
//! Written apart from the variants the smoke run screens with, so that neither is measured by what
//! it was made with. Families marked *held out* were not looked at while the screener was changed.

/// Deterministic choices from a seed (SplitMix64, Steele et al. 2014).
pub(crate) struct Dice(pub u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.roll() % n.max(1) as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }
}

pub(crate) type Change = fn(&[String], &mut Dice) -> Option<Vec<String>>;

/// One way of changing a name.
pub(crate) struct Family {
    pub name: &'static str,
    /// Not looked at while the screener was changed.
    pub held_out: bool,
    /// For names of persons only.
    pub persons: bool,
    /// Changes more than one thing.
    pub several: bool,
    pub change: Change,
}

const fn family(name: &'static str, change: Change) -> Family {
    Family { name, held_out: false, persons: false, several: false, change }
}

impl Family {
    const fn held_out(self) -> Self {
        Self { held_out: true, ..self }
    }

    const fn persons(self) -> Self {
        Self { persons: true, ..self }
    }

    const fn several(self) -> Self {
        Self { several: true, ..self }
    }
}

pub(crate) const FAMILIES: &[Family] = &[
    family("words in another order", order),
    family("one slip in the longest word", slip_longest),
    family("a middle word left out", drop_middle).persons(),
    family("the last word cut to its initial", initial).persons(),
    family("two words written together", join_two),
    family("all words written together", join_all),
    family("a word broken in two", break_one),
    family("letters read as digits", digits),
    family("letters misread in print", misread),
    family("one slip in any word", slip_any),
    family("one sound spelled another way", respell),
    family("sounds spelled another way throughout", respell_all).several(),
    family("vowels written another way", vowels).several(),
    family("a title put before", title).held_out(),
    family("marks on letters", marks).held_out(),
    family("order and a slip", order_slip).held_out().several(),
    family("a middle word left out and a slip", drop_slip).persons().several(),
];

fn own(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn order(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    if words.len() < 2 {
        return None;
    }
    let mut words = words.to_vec();
    let by = 1 + dice.below(words.len() - 1);
    words.rotate_left(by);
    Some(words)
}

fn longest(words: &[String]) -> usize {
    (0..words.len()).max_by_key(|at| words[*at].chars().count()).unwrap_or(0)
}

fn slip(word: &str, dice: &mut Dice) -> Option<String> {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 4 || !letters.iter().all(|c| c.is_alphabetic()) {
        return None;
    }
    let at = dice.below(letters.len());
    match dice.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters[at] = (b'a' + dice.below(26) as u8) as char,
        _ => letters.swap(at.min(word.chars().count() - 2), at.min(word.chars().count() - 2) + 1),
    }
    Some(letters.into_iter().collect())
}

fn slip_longest(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let mut words = words.to_vec();
    let at = longest(&words);
    words[at] = slip(&words[at], dice).filter(|word| word.len() > 4)?;
    Some(words)
}

fn slip_any(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let mut words = words.to_vec();
    let at = dice.below(words.len());
    words[at] = slip(&words[at], dice)?;
    Some(words)
}

fn drop_middle(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    if words.len() < 3 {
        return None;
    }
    let mut words = words.to_vec();
    let at = 1 + dice.below(words.len() - 2);
    words.remove(at);
    Some(words)
}

fn initial(words: &[String], _: &mut Dice) -> Option<Vec<String>> {
    let mut words = words.to_vec();
    if words.len() < 2 || words.iter().filter(|word| word.chars().count() > 3).count() < 2 {
        return None;
    }
    let last = words.last_mut()?;
    *last = last.chars().next()?.to_string();
    Some(words)
}

fn join_two(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    if words.len() < 2 {
        return None;
    }
    let mut words = words.to_vec();
    let at = dice.below(words.len() - 1);
    let second = words.remove(at + 1);
    words[at].push_str(&second);
    Some(words)
}

fn join_all(words: &[String], _: &mut Dice) -> Option<Vec<String>> {
    (words.len() > 1).then(|| vec![words.concat()])
}

fn break_one(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let mut words = words.to_vec();
    let at = longest(&words);
    let letters: Vec<char> = words[at].chars().collect();
    if letters.len() < 6 {
        return None;
    }
    let cut = 2 + dice.below(letters.len() - 3);
    words[at] = letters[..cut].iter().collect();
    words.insert(at + 1, letters[cut..].iter().collect());
    Some(words)
}

fn replace_some(
    words: &[String],
    dice: &mut Dice,
    pairs: &[(&str, &str)],
    most: usize,
) -> Option<Vec<String>> {
    let mut out = words.to_vec();
    let (mut done, start) = (0, dice.below(pairs.len()));
    for at in 0..pairs.len() {
        let (from, to) = pairs[(start + at) % pairs.len()];
        let fits = |word: &String| word.len() > 3 && word.contains(from);
        let open: Vec<usize> = (0..out.len()).filter(|at| fits(&out[*at])).collect();
        if let Some(word) = dice.pick(&open) {
            out[*word] = out[*word].replacen(from, to, 1);
            done += 1;
            if done == most {
                break;
            }
        }
    }
    (done > 0).then_some(out)
}

fn digits(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let most = 1 + dice.below(2);
    let pairs =
        [("o", "0"), ("i", "1"), ("l", "1"), ("e", "3"), ("a", "4"), ("s", "5"), ("b", "8")];
    replace_some(words, dice, &pairs, most)
}

fn misread(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let pairs = [
        ("rn", "m"),
        ("m", "rn"),
        ("cl", "d"),
        ("d", "cl"),
        ("vv", "w"),
        ("w", "vv"),
        ("li", "h"),
        ("l", "i"),
        ("i", "l"),
        ("l", "1"),
        ("o", "0"),
        ("s", "5"),
        ("h", "b"),
        ("e", "c"),
        ("c", "e"),
        ("u", "v"),
        ("g", "q"),
        ("n", "u"),
        ("t", "f"),
        ("b", "6"),
    ];
    replace_some(words, dice, &pairs, 1)
}

const SOUNDS: &[(&str, &str)] = &[
    ("ou", "u"),
    ("oo", "u"),
    ("ee", "i"),
    ("kh", "h"),
    ("q", "k"),
    ("y", "i"),
    ("w", "v"),
    ("dh", "d"),
    ("gh", "g"),
    ("ei", "ai"),
    ("ai", "ay"),
    ("mm", "m"),
    ("ss", "s"),
    ("dd", "d"),
    ("ll", "l"),
    ("ph", "f"),
    ("c", "k"),
    ("x", "ks"),
    ("j", "dj"),
    ("sh", "ch"),
    ("ck", "k"),
    ("u", "ou"),
    ("f", "ff"),
    ("z", "s"),
    ("th", "t"),
    ("ts", "tz"),
    ("zh", "j"),
    ("k", "kh"),
];

fn respell(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    replace_some(words, dice, &SOUNDS[..20], 1)
}

fn respell_all(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    replace_some(words, dice, SOUNDS, words.len().min(3))
}

fn vowels(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let pairs = [("a", "e"), ("e", "a"), ("i", "e"), ("e", "i"), ("o", "u"), ("u", "o")];
    replace_some(words, dice, &pairs, 2)
}

fn title(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let titles = own(&["Mr", "Dr", "Haji", "Sheikh", "Prof", "Gen"]);
    let mut out = vec![dice.pick(&titles)?.clone()];
    out.extend_from_slice(words);
    Some(out)
}

fn marks(words: &[String], _: &mut Dice) -> Option<Vec<String>> {
    let mark = |c: char| match c {
        'a' => 'ā',
        'i' => 'ī',
        'u' => 'ū',
        'e' => 'ë',
        'o' => 'ö',
        's' => 'š',
        'c' => 'ć',
        'n' => 'ñ',
        other => other,
    };
    Some(words.iter().map(|word| word.chars().map(mark).collect()).collect())
}

fn order_slip(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    order(&slip_longest(words, dice)?, dice)
}

fn drop_slip(words: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let left = drop_middle(words, dice)?;
    let telling = left.iter().filter(|word| word.chars().count() > 4).count();
    if telling < 2 { None } else { slip_longest(&left, dice) }
}
