//! Did-you-mean: the nearest known name by edit distance.

/// Longest name compared, in characters; longer ones get no suggestion.
const NAME_MAX: usize = 80;

/// Levenshtein distance in characters.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            let cost = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = *above;
            left = cost;
            next.push(cost);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// The known name nearest to `asked`, if near enough to be a slip (a third of its length, at most
/// three edits); ties go to the first in order.
#[must_use]
pub fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let asked: Vec<char> = asked.chars().take(NAME_MAX + 1).collect();
    if asked.len() > NAME_MAX {
        return None;
    }
    let bound = (asked.len() / 3).min(3);
    known
        .into_iter()
        .filter(|name| name.chars().count() <= NAME_MAX)
        .map(|name| (distance(&asked, &name.chars().collect::<Vec<_>>()), name))
        .filter(|(edits, _)| *edits <= bound)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// ` (did you mean …?)`, or nothing.
pub(crate) fn hint<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(asked, known).map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = ["sanctions", "securities", "settlement"];
        assert_eq!(nearest("sanction", known), Some("sanctions"));
        assert_eq!(nearest("setlement", known), Some("settlement"));
        assert_eq!(nearest("environmental", known), None);
        assert_eq!(distance(&['a', 'b'], &[]), 2);
    }
}
