//! The codes of problems, from the one table that explains them: `docs/errors.md`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

const TABLE: &str = include_str!("../../../../../docs/errors.md");

/// What to do, by status and code.
static REMEDIES: LazyLock<BTreeMap<(u64, String), String>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter_map(row);
    let each = rows.flat_map(|(codes, of)| codes.into_iter().map(move |code| (code, of.clone())));
    each.filter_map(|(code, of)| {
        let (status, remedy) = (of.get("status")?.as_u64()?, of.get("remedy")?.as_str()?);
        Some(((status, code), remedy.to_owned()))
    })
    .collect()
});

/// What to do about a problem; of a code that has one row, whatever the status.
pub(in crate::http) fn remedy(status: u16, code: &str) -> Option<&'static str> {
    let exactly = REMEDIES.get(&(status.into(), code.to_owned()));
    let other = || REMEDIES.iter().find(|((_, known), _)| known == code).map(|(_, remedy)| remedy);
    exactly.or_else(other).map(String::as_str)
}

/// Each code with its status, whose fault it is, what it means and what to do.
pub(super) fn all() -> Value {
    let mut all = Map::new();
    for line in TABLE.lines() {
        let Some((codes, of)) = row(line) else { continue };
        all.extend(codes.into_iter().map(|code| (code, of.clone())));
    }
    Value::Object(all)
}

/// ``| `code`, `code` | status | whose | meaning | remedy |``.
fn row(line: &str) -> Option<(Vec<String>, Value)> {
    let inside = line.strip_prefix('|')?.trim().strip_suffix('|')?;
    let mut cells = inside.split(" | ").map(str::trim);
    let name = |code: &str| Some(code.trim().strip_prefix('`')?.strip_suffix('`')?.to_owned());
    let codes: Option<Vec<String>> = cells.next()?.split(',').map(name).collect();
    let status: u16 = cells.next()?.parse().ok().filter(|status| (400..600).contains(status))?;
    let (whose, meaning, remedy) = (cells.next()?, cells.next()?, cells.next()?);
    let of = json!({ "status": status, "whose": whose, "meaning": meaning, "remedy": remedy });
    Some((codes?, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let all = all();
        let rows = TABLE.lines().filter(|line| line.starts_with("| `")).count();
        assert!(all.as_object().unwrap().len() > 150, "of {rows} rows");
        assert!(all["trade-stale"].is_object() && all["trade-dates"].is_object());
        assert_eq!(all["busy"]["status"], 503);
        assert_eq!(all["bad-event-types"]["whose"], "caller");
        assert!(remedy(429, "too-many-requests").unwrap().contains("Retry-After"));
        assert_eq!(remedy(409, "too-many-requests"), Some("wait for answers"));
        assert!(remedy(422, "too-large").is_some() && remedy(409, "no-such-code").is_none());
        for (code, of) in all.as_object().unwrap() {
            assert!(of["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{code}");
        }
    }
}
