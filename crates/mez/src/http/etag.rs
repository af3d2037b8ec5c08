//! Entity tags (RFC 9110, section 8.8.3) and the conditions that name them (section 13.1).
//!
//! A tag here is strong: the digest of the bytes of an answer, so that two answers with one tag are the same answer. A
//! weak tag is never made, and is understood where others send one.

use axum::http::HeaderMap;
use canon::Digest;

use super::problem::Problem;

/// Only where the record is one of these.
pub(crate) const IF_MATCH: &str = "if-match";
/// Only where the record is none of these.
pub(crate) const IF_NONE_MATCH: &str = "if-none-match";
/// Most tags in a condition.
pub(crate) const TAGS_MAX: usize = 16;
/// Longest condition, in bytes.
pub(crate) const CONDITION_BYTES_MAX: usize = 2_048;
/// What a condition is: anything, or a list of tags with nothing between some of its commas. [`TAGS_MAX`] is in it.
pub(crate) const CONDITION: &str =
    r#"^(\*|[ \t,]*(W/)?"[!#-~]*"([ \t]*,[ \t,]*(W/)?"[!#-~]*"){0,15}[ \t,]*)$"#;
/// What a tag of ours is.
pub(crate) const STRONG: &str = r#"^"[0-9a-f]{64}"$"#;

/// A tag as it is sent.
pub(crate) fn tag(digest: Digest) -> String {
    format!("\"{digest}\"")
}

/// A condition that names tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Any there is.
    Any,
    /// One of these.
    OneOf(Vec<Tag>),
}

/// A tag that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    weak: bool,
    opaque: String,
}

impl Condition {
    /// The condition of a header, in one line or several.
    pub(super) fn of(headers: &HeaderMap, name: &'static str) -> Result<Option<Self>, Problem> {
        let refuse = |detail: String| Problem::new(400, "bad-entity-tag", detail);
        let mut lines = Vec::new();
        for line in headers.get_all(name) {
            let line = line.to_str();
            lines.push(line.map_err(|_| refuse(format!("`{name}` is not plain text")))?);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let parsed = Self::parse(&lines.join(","));
        parsed.map(Some).map_err(|detail| refuse(format!("`{name}` {detail}")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > CONDITION_BYTES_MAX {
            return Err(format!("is longer than {CONDITION_BYTES_MAX} bytes"));
        }
        if text.trim_matches([' ', '\t']) == "*" {
            return Ok(Self::Any);
        }
        let (mut tags, mut rest) = (Vec::new(), next(text));
        while !rest.is_empty() {
            let (tag, after) = one(rest).ok_or("is neither `*` nor a list of entity tags")?;
            tags.push(tag);
            if tags.len() > TAGS_MAX {
                return Err(format!("names more than {TAGS_MAX} entity tags"));
            }
            rest = next(after);
            if !rest.is_empty() && !after.trim_start().starts_with(',') {
                return Err("has no comma between two entity tags".to_owned());
            }
        }
        if tags.is_empty() { Err("names nothing".to_owned()) } else { Ok(Self::OneOf(tags)) }
    }

    /// Whether it names a strong tag by the strong comparison: a weak one is never the same.
    pub(super) fn is_strongly(&self, digest: Digest) -> bool {
        self.names(digest, |tag| !tag.weak)
    }

    /// The same by the weak comparison, which looks away from what is said of a tag.
    pub(super) fn is_weakly(&self, digest: Digest) -> bool {
        self.names(digest, |_| true)
    }

    fn names(&self, digest: Digest, counts: impl Fn(&Tag) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => {
                let opaque = digest.to_string();
                tags.iter().any(|tag| counts(tag) && tag.opaque == opaque)
            }
        }
    }
}

/// Where the next tag of a list begins: places without one are passed over (RFC 9110, section 5.6.1.2).
fn next(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', ','])
}

/// The tag that a text begins with, and what follows it.
fn one(text: &str) -> Option<(Tag, &str)> {
    let (weak, text) = match text.strip_prefix("W/") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (opaque, rest) = text.strip_prefix('"')?.split_once('"')?;
    let plain = opaque.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| (Tag { weak, opaque: opaque.to_owned() }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Option<Condition>, Problem> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, line.parse().unwrap());
        }
        Condition::of(&headers, IF_MATCH)
    }

    fn parsed(lines: &[&str]) -> Condition {
        read(lines).unwrap().unwrap()
    }

    #[test]
    fn a_condition_is_anything_or_a_list_of_tags_on_as_many_lines_as_it_likes() {
        let digest = Digest::of_blob(b"one");
        let (one, weak) = (tag(digest), format!("W/{}", tag(digest)));
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(parsed(&["*"]), Condition::Any);
        let spaced = format!(" ,\"\" ,\t,\"a,b\",{one}, ");
        for lines in [&[one.as_str()][..], &["\"x\"", &one], &[spaced.as_str()]] {
            assert!(parsed(lines).is_strongly(digest) && parsed(lines).is_weakly(digest));
            assert!(!parsed(lines).is_strongly(Digest::of_blob(b"two")));
        }
        let weak = parsed(&[&weak]);
        assert!(!weak.is_strongly(digest) && weak.is_weakly(digest));
        assert!(parsed(&["*"]).is_strongly(digest));
    }

    #[test]
    fn what_is_no_condition_is_refused_and_so_is_a_long_one() {
        let many = |count: usize| vec!["\"x\""; count].join(", ");
        assert!(read(&[&many(TAGS_MAX)]).is_ok());
        let long = format!("\"{}\"", "x".repeat(CONDITION_BYTES_MAX));
        let too_many = many(TAGS_MAX + 1);
        let wrong = [
            "",
            ", ,",
            "x",
            "\"x",
            "x\"",
            "*,*",
            "\"x\",*",
            "*, \"x\"",
            "\"x\" \"y\"",
            "w/\"x\"",
            "W/x",
            "W/ \"x\"",
            "\"a b\"",
            &long,
            &too_many,
        ];
        for text in wrong {
            let refused = read(&[text]).unwrap_err();
            assert_eq!((refused.status(), refused.code()), (400, "bad-entity-tag"), "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, axum::http::HeaderValue::from_bytes(b"\"\xe4\"").unwrap());
        assert_eq!(Condition::of(&headers, IF_MATCH).unwrap_err().code(), "bad-entity-tag");
    }

    /// The grammar, every way to part a text being tried: `[tag] *( OWS "," OWS [tag] )`.
    fn allows(text: &str) -> bool {
        fn element(text: &str) -> Option<usize> {
            let text = text.trim_matches(' ');
            if text.is_empty() {
                return Some(0);
            }
            let inner =
                text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?.strip_suffix('"')?;
            (!inner.contains(['"', ' '])).then_some(1)
        }
        fn most(text: &str) -> Option<usize> {
            let whole = element(text);
            let parted = text
                .match_indices(',')
                .filter_map(|(at, _)| Some(element(&text[..at])? + most(&text[at + 1..])?));
            parted.chain(whole).max()
        }
        text.trim_matches(' ') == "*" || most(text).is_some_and(|tags| tags > 0)
    }

    #[test]
    fn what_is_a_condition_is_what_the_grammar_allows_and_nothing_else() {
        const LETTERS: [&str; 7] = ["\"", "W/", "*", ",", " ", "a", "\"a\""];
        let (mut texts, mut allowed) = (vec![String::new()], 0);
        for _ in 0..6 {
            let longer = |text: &String| LETTERS.map(|letter| format!("{text}{letter}"));
            texts = texts.iter().flat_map(longer).collect();
            for text in &texts {
                assert_eq!(Condition::parse(text).is_ok(), allows(text), "{text:?}");
                allowed += usize::from(allows(text));
            }
        }
        assert!(allowed > 1_000, "{allowed}");
    }

    #[test]
    fn the_pattern_of_the_document_says_how_many() {
        assert!(CONDITION.contains(&format!("{{0,{}}}", TAGS_MAX - 1)));
        let of_ours = format!("\"{}\"", Digest::of_blob(b""));
        assert_eq!(of_ours.len(), 66);
    }
}
