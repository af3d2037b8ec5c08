//! How often each kind of thing occurred, so that nobody believes in a fault that never came.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Counters by class and name. Names that must occur stand at zero from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(&'static str, String), u64>);

impl Counts {
    /// One more.
    pub fn one(&mut self, class: &'static str, name: &str) {
        self.many(class, name, 1);
    }

    /// So many more.
    pub fn many(&mut self, class: &'static str, name: &str, count: u64) {
        let entry = self.0.entry((class, name.to_owned())).or_default();
        *entry = entry.saturating_add(count);
    }

    /// Must occur in a set of runs.
    pub fn expect(&mut self, class: &'static str, names: &[&str]) {
        names.iter().for_each(|name| self.many(class, name, 0));
    }

    /// Together with those of another run.
    pub fn add(&mut self, other: &Self) {
        for ((class, name), count) in &other.0 {
            self.many(class, name, *count);
        }
    }

    /// Of one name.
    #[must_use]
    pub fn of(&self, class: &'static str, name: &str) -> u64 {
        self.0.get(&(class, name.to_owned())).copied().unwrap_or(0)
    }

    /// Of a whole class.
    #[must_use]
    pub fn total(&self, class: &'static str) -> u64 {
        let of_class = self.0.iter().filter(|((known, _), _)| *known == class);
        of_class.map(|(_, count)| *count).sum()
    }

    /// What was to occur and did not.
    #[must_use]
    pub fn absent(&self) -> Vec<String> {
        let absent = self.0.iter().filter(|(_, count)| **count == 0);
        absent.map(|((class, name), _)| format!("{class} {name}")).collect()
    }

    /// One line for each class.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        let mut class_before = "";
        for ((class, name), count) in &self.0 {
            if *class != class_before {
                let _ = write!(text, "{}{class}:", if text.is_empty() { "" } else { "\n" });
                class_before = class;
            }
            let _ = write!(text, " {name} {count} ·");
        }
        text.push('\n');
        text
    }
}
