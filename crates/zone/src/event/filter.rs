//! Which types of events are wanted.

use super::types::{PREFIX, event_types};
use crate::limits::EVENT_TYPES_MAX;
use crate::refused::Refused;

/// What a pattern ends with that stands for every type of a record.
const ALL_OF: &str = ".*";

/// Types, or records with all of theirs; none stands for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter(Vec<String>);

impl Filter {
    /// Types as given: each is one of the list, or `org.momentum.mez.<record>.*`. A pattern nothing can fit is a mistake.
    ///
    /// # Errors
    /// `bad-event-types`.
    pub(super) fn of(patterns: &[String]) -> Result<Self, Refused> {
        if patterns.len() > EVENT_TYPES_MAX {
            let detail = format!("at most {EVENT_TYPES_MAX} types of events are named");
            return Err(Refused::invalid("bad-event-types", detail));
        }
        let all = event_types();
        for pattern in patterns {
            if !all.iter().any(|(known, _)| fits(pattern, known)) {
                let detail = format!(
                    "`{pattern}` is no type of event: they begin with `{PREFIX}`, and the OpenAPI document lists them"
                );
                return Err(Refused::invalid("bad-event-types", detail));
            }
        }
        Ok(Self(patterns.to_vec()))
    }

    /// What was checked before.
    pub(super) fn kept(patterns: &[String]) -> Self {
        Self(patterns.to_vec())
    }

    pub(super) fn wants(&self, type_: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| fits(pattern, type_))
    }
}

fn fits(pattern: &str, type_: &str) -> bool {
    match pattern.strip_suffix(ALL_OF) {
        Some(record) => type_.strip_prefix(record).is_some_and(|rest| rest.starts_with('.')),
        None => pattern == type_,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(patterns: &[&str]) -> Result<Filter, Refused> {
        let owned: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        Filter::of(&owned)
    }

    #[test]
    fn a_record_stands_for_all_its_types_and_for_no_other() {
        let wanted =
            filter(&["org.momentum.mez.payment.*", "org.momentum.mez.entity.formed"]).unwrap();
        for (type_, fits) in [
            ("org.momentum.mez.payment.sent", true),
            ("org.momentum.mez.payment.refused", true),
            ("org.momentum.mez.entity.formed", true),
            ("org.momentum.mez.entity.changed", false),
            ("org.momentum.mez.paymentx.sent", false),
        ] {
            assert_eq!(wanted.wants(type_), fits, "{type_}");
        }
        assert!(Filter::default().wants("org.momentum.mez.cap.changed"));
        assert!(filter(&["org.momentum.mez.*"]).is_ok());
    }

    #[test]
    fn what_nothing_fits_is_refused() {
        for wrong in [
            "",
            "*",
            ".*",
            "payment.sent",
            "org.momentum.mez.payment.sen",
            "org.momentum.mez.pay.*",
        ] {
            assert_eq!(filter(&[wrong]).unwrap_err().code(), "bad-event-types", "{wrong}");
        }
        let many = vec!["org.momentum.mez.entity.formed"; EVENT_TYPES_MAX + 1];
        assert!(filter(&many).is_err());
    }
}
