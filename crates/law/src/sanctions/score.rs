//! How alike two names are: tokens are paired, each pair weighs what its word tells, and the
//! result is a share in basis points with its reasons.

use serde::Serialize;

use super::birth::Birth;
use super::list::{Scheme, SubjectKind};
use super::name::Class;
use super::similar::{EQUAL_BP, Token, similarity};

/// By what an entry was found; later variants are stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A similar name.
    Fuzzy,
    /// The same name: equal words in any order, legal forms aside.
    Exact,
    /// The same identifier.
    Identifier,
}

/// The rule by which two tokens were paired, or one stayed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenRule {
    /// Equal in normal form.
    Equal,
    /// Spelled differently, sounding the same.
    Sound,
    /// The same consonants; one is written in a script without vowels.
    Consonants,
    /// One is the initial of the other.
    Initial,
    /// So many edits apart.
    Edits(u8),
    /// In the query only.
    QueryOnly,
    /// In the listed name only.
    ListedOnly,
}

/// One line of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenMatch {
    /// Token of the query, in normal form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Token of the listed name, in normal form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<String>,
    /// Why they were paired, or that one stayed alone.
    pub rule: TokenRule,
    /// How alike they are, 0–10000; 0 for a token alone.
    pub alike_bp: u32,
    /// What the token weighs; words that many names share weigh less.
    pub weight: u32,
}

/// Why an entry is a hit. For officers, never for the subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The same identifier.
    SameIdentifier {
        /// Its kind on the list.
        scheme: Scheme,
        /// As published.
        value: String,
    },
    /// The names, token by token.
    Names {
        /// The queried name.
        query: String,
        /// The listed name.
        listed: String,
        /// Pairs first, tokens alone after them.
        tokens: Vec<TokenMatch>,
    },
    /// The listed name is a nickname or graded low; it counts only when equal, or when it is long and
    /// all its letters but one slip agree.
    WeakAlias,
    /// The same letters in the same order, spaced differently.
    SameLetters,
    /// The same letters but for one slip, whatever separates the words.
    OneSlip,
    /// The same name with one word in its middle left out.
    WordLeftOut,
    /// The same name with its last word cut to the initial.
    CutShort,
    /// The same consonants in the same order as they are heard, few letters differing.
    SameConsonants,
    /// Dates of birth agree.
    BirthAgrees {
        /// The listed date.
        listed: Birth,
    },
    /// Every listed date of birth differs; lowers the score.
    BirthDiffers {
        /// Years between the nearest two.
        years: u32,
    },
    /// The subject is another kind of thing; lowers the score.
    KindDiffers {
        /// What is listed.
        listed: SubjectKind,
    },
    /// The identifier's kind or country differs; lowers the score a little.
    IdentifierDetailDiffers,
}

/// Score of an exact name.
pub(super) const EXACT_BP: u32 = 9_900;
/// Most a similar name can score.
pub(super) const FUZZY_MAX_BP: u32 = 9_800;
/// Equal letters, spaced differently.
pub(super) const SAME_LETTERS_BP: u32 = 9_700;
/// Fewest letters for that rule.
pub(super) const SAME_LETTERS_MIN: usize = 6;

/// Weight of a one-letter token.
pub(super) const INITIAL_WEIGHT: u32 = 10;
const PARTICLE_WEIGHT: u32 = 6;
const LEGAL_FORM_WEIGHT: u32 = 1;
const WORD_WEIGHT_MIN: u32 = 25;
/// Weight of a word no list contains.
pub(super) const WORD_WEIGHT_MAX: u32 = 120;

/// Most a word of so many letters weighs, from none: short words are shared and mistyped.
const SHORT_WEIGHTS: [u32; 5] = [0, 10, 40, 60, 100];
/// Most a word of two or three letters weighs.
pub(super) const SHORT_WEIGHT_MAX: u32 = 60;
/// Most consonants weigh: several words have the same.
const CONSONANTS_WEIGHT_MAX: u32 = 60;

/// Tenths of a listed token's weight that count when the query lacks it: people leave names out.
pub(super) const PERSON_MISSING_TENTHS: u32 = 3;
/// The same for everything that is not a person.
const OTHER_MISSING_TENTHS: u32 = 5;
const _: () = assert!(PERSON_MISSING_TENTHS <= OTHER_MISSING_TENTHS, "the index counts on it");

/// Weight of a token that occurs in `frequency` of `names` names: ten per halving.
pub(super) fn weight_of(text: &str, class: Class, names: u32, frequency: u32) -> u32 {
    match class {
        Class::Initial => INITIAL_WEIGHT,
        Class::Particle => PARTICLE_WEIGHT,
        Class::LegalForm => LEGAL_FORM_WEIGHT,
        Class::Word | Class::Number | Class::Consonants => {
            // Rarer than this weighs no more; it also keeps the products below small.
            let rarity = (names / frequency.max(1)).clamp(1, 1 << (WORD_WEIGHT_MAX / 10));
            let halvings = rarity.ilog2();
            let part = (rarity - (1 << halvings)) * 10 / (1 << halvings);
            let most = match class {
                Class::Consonants => CONSONANTS_WEIGHT_MAX,
                _ => SHORT_WEIGHTS.get(text.chars().count()).copied().unwrap_or(WORD_WEIGHT_MAX),
            };
            (halvings * 10 + part).clamp(WORD_WEIGHT_MIN, WORD_WEIGHT_MAX).min(most)
        }
    }
}

/// Tenths of a queried word's weight that count although it is paired with a listed initial.
const SPELLED_OUT_TENTHS: u32 = 3;
/// Tenths of a family name's weight that count more when no word of it is in the query.
const STRANGER_TENTHS: u32 = 5;
/// Most of a listed token's weight that counts when the query lacks it.
const MISSING_WEIGHT_MAX: u32 = 60;

/// What a listed token counts when the query lacks it, before its tenths.
pub(super) fn missing_weight(weight: u32) -> u32 {
    weight.min(MISSING_WEIGHT_MAX)
}

/// Whether a name has neither word nor number. Its small tokens are all it has, so it is compared
/// for equality only.
pub(super) fn is_bare(classes: impl IntoIterator<Item = Class>) -> bool {
    !classes
        .into_iter()
        .any(|class| matches!(class, Class::Word | Class::Number | Class::Consonants))
}

/// Weight one listed token brings into a pair with one queried token.
pub(super) fn pair_weight(rule: TokenRule, query: u32, listed: u32) -> u32 {
    if rule == TokenRule::Initial { query.min(listed) } else { listed }
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    query: usize,
    listed: usize,
    rule: TokenRule,
    alike: u32,
    weight: u32,
}

/// Scratch space and the outcome of one comparison.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    pairs: Vec<Pair>,
    kept: usize,
}

/// A score before what else is known about the two is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameScore {
    pub bp: u32,
    /// How much the paired tokens tell, ten for each halving of the bearers.
    pub told: u32,
    pub channel: Channel,
    pub same_letters: bool,
}

impl Alignment {
    /// Pair the tokens, best pairs first, and score the names. The first `family` tokens of the
    /// listed name are its family name, as far as the list tells.
    pub(super) fn score(
        &mut self,
        query: &[Token<'_>],
        listed: &[Token<'_>],
        kind: SubjectKind,
        family: usize,
    ) -> NameScore {
        self.pair(query, listed, kind);
        let kept = || self.pairs.iter().take(self.kept);
        let alone = |tokens: &[Token<'_>], side: fn(&Pair) -> usize, cost: fn(u32) -> u32| {
            let paired = |i: usize| kept().any(|pair| side(pair) == i);
            let left = tokens.iter().enumerate().filter(|(i, _)| !paired(*i));
            left.fold((0, true), |(sum, forms), (_, token)| {
                (sum + cost(token.weight), forms && token.class == Class::LegalForm)
            })
        };
        let (query_alone, query_forms) = alone(query, |pair| pair.query, |weight| weight);
        let (listed_alone, listed_forms) = alone(listed, |pair| pair.listed, missing_weight);
        let told = kept().map(|pair| pair.alike * pair.weight).sum::<u32>() / EQUAL_BP;
        let whole = listed.iter().all(|token| token.class != Class::Consonants);
        let equal = whole && kept().all(|pair| pair.rule == TokenRule::Equal);
        let bare =
            is_bare(listed.iter().map(|t| t.class)) || is_bare(query.iter().map(|t| t.class));
        let same = if bare { query_alone + listed_alone == 0 } else { query_forms && listed_forms };
        if equal && same && self.kept > 0 {
            return NameScore { bp: EXACT_BP, told, channel: Channel::Exact, same_letters: false };
        }
        if bare {
            return NameScore { bp: 0, told, channel: Channel::Fuzzy, same_letters: false };
        }
        let tenths = match kind {
            SubjectKind::Person => PERSON_MISSING_TENTHS,
            _ => OTHER_MISSING_TENTHS,
        };
        let (alike, weight) = kept().fold((0, 0), |(alike, weight), pair| {
            (alike + pair.alike * pair.weight, weight + pair.weight)
        });
        // A word against a listed initial: what the word tells beyond the letter is not confirmed.
        let spelled_out = kept().filter(|pair| pair.rule == TokenRule::Initial).map(|pair| {
            query.get(pair.query).map_or(0, |token| token.weight.saturating_sub(pair.weight))
        });
        let spelled_out = SPELLED_OUT_TENTHS * spelled_out.sum::<u32>();
        let nameless = !kept().any(|pair| pair.listed < family);
        let stranger: u32 = listed.iter().take(family).map(|token| token.weight).sum();
        let stranger = if nameless { STRANGER_TENTHS * stranger } else { 0 };
        let whole = 10 * (weight + query_alone) + tenths * listed_alone + stranger + spelled_out;
        let share = (10 * alike).checked_div(whole).unwrap_or(0).min(FUZZY_MAX_BP);
        let same_letters = share < SAME_LETTERS_BP && same_letters(query, listed);
        let bp = if same_letters { SAME_LETTERS_BP } else { share };
        NameScore { bp, told, channel: Channel::Fuzzy, same_letters }
    }

    fn pair(&mut self, query: &[Token<'_>], listed: &[Token<'_>], kind: SubjectKind) {
        self.pairs.clear();
        for (q, a) in query.iter().enumerate() {
            for (l, b) in listed.iter().enumerate() {
                if let Some((rule, alike)) = similarity(*a, *b) {
                    // Letters of a company's name are not initials of words.
                    if rule == TokenRule::Initial && kind != SubjectKind::Person {
                        continue;
                    }
                    let weight = pair_weight(rule, a.weight, b.weight);
                    self.pairs.push(Pair { query: q, listed: l, rule, alike, weight });
                }
            }
        }
        let rank = |p: &Pair| (p.alike * p.weight, p.alike);
        self.pairs.sort_by(|a, b| {
            rank(b).cmp(&rank(a)).then((a.query, a.listed).cmp(&(b.query, b.listed)))
        });
        let mut kept: usize = 0;
        for next in 0..self.pairs.len() {
            let Some(pair) = self.pairs.get(next).copied() else { break };
            let taken = |p: &Pair| p.query == pair.query || p.listed == pair.listed;
            if !self.pairs.iter().take(kept).any(taken) {
                self.pairs.swap(kept, next);
                // A swapped-out pair may come again later; it was already refused, so it stays out.
                kept += 1;
            }
        }
        self.kept = kept;
    }

    /// The explanation of the last comparison.
    pub(super) fn explain(&self, query: &[Token<'_>], listed: &[Token<'_>]) -> Vec<TokenMatch> {
        let kept = || self.pairs.iter().take(self.kept);
        let text = |tokens: &[Token<'_>], i: usize| tokens.get(i).map(|t| t.text.to_owned());
        let mut lines: Vec<TokenMatch> = kept()
            .map(|pair| TokenMatch {
                query: text(query, pair.query),
                listed: text(listed, pair.listed),
                rule: pair.rule,
                alike_bp: pair.alike,
                weight: pair.weight,
            })
            .collect();
        for (i, token) in query.iter().enumerate() {
            if !kept().any(|pair| pair.query == i) {
                let query = Some(token.text.to_owned());
                let rule = TokenRule::QueryOnly;
                lines.push(TokenMatch {
                    query,
                    listed: None,
                    rule,
                    alike_bp: 0,
                    weight: token.weight,
                });
            }
        }
        for (i, token) in listed.iter().enumerate() {
            if !kept().any(|pair| pair.listed == i) {
                let listed = Some(token.text.to_owned());
                let rule = TokenRule::ListedOnly;
                lines.push(TokenMatch {
                    query: None,
                    listed,
                    rule,
                    alike_bp: 0,
                    weight: token.weight,
                });
            }
        }
        lines
    }
}

/// Letters of a name in order, legal forms aside.
pub(super) fn letters<'a>(tokens: &'a [Token<'a>]) -> impl Iterator<Item = char> + 'a {
    tokens.iter().filter(|t| t.class != Class::LegalForm).flat_map(|t| t.text.chars())
}

fn same_letters(a: &[Token<'_>], b: &[Token<'_>]) -> bool {
    letters(a).nth(SAME_LETTERS_MIN - 1).is_some() && letters(a).eq(letters(b))
}
