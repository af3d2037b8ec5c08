//! The lawpack we ship: the structure of what a pack cites — act, section, heading — and under each
//! section our own statements of its effect. No statute is copied.

use std::collections::BTreeMap;

use canon::JurisdictionId;

use super::akn::{Act, Section};
use super::import::slug;
use super::{BadLawpack, Head, LAWPACK_VERSION, Lawpack, TextSource};
use crate::pack::Pack;
use crate::rule::Rule;

impl Lawpack {
    /// The structure of everything the rules of a pack cite.
    ///
    /// # Errors
    /// A pack without jurisdiction or rules.
    pub fn of_pack(pack: &Pack) -> Result<Self, BadLawpack> {
        let Some(jurisdiction) = pack.jurisdiction() else {
            return super::bad("pack.yaml", "the pack speaks for no jurisdiction");
        };
        let mut cited: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
        for rule in pack.rules() {
            cited.entry(rule.citation.instrument.as_str()).or_default().push(rule);
        }
        let mut acts: BTreeMap<String, Act> = BTreeMap::new();
        for (title, rules) in cited {
            let act = act(pack, jurisdiction, title, &rules);
            acts.entry(act.name.clone())
                .and_modify(|a| a.sections.extend(act.sections.clone()))
                .or_insert(act);
        }
        let mut sources: Vec<TextSource> = pack
            .sources()
            .iter()
            .map(|s| TextSource { source_id: s.id.clone(), uri: s.place.clone(), sha256: None })
            .collect();
        sources.sort();
        let head = Head {
            lawpack_format_version: LAWPACK_VERSION.to_owned(),
            jurisdiction_id: jurisdiction.clone(),
            domain: "corpus".to_owned(),
            as_of_date: pack.as_of(),
            license: "Apache-2.0".to_owned(),
            sources,
        };
        Self::of_acts(head, &acts.into_values().collect::<Vec<_>>())
    }
}

fn act(pack: &Pack, jurisdiction: &JurisdictionId, title: &str, rules: &[&Rule]) -> Act {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    for rule in rules {
        let e_id = format!("sec_{}", slug(&rule.citation.section).replace('-', "_"));
        let heading = rule.citation.heading.clone().unwrap_or_default();
        let number = rule.citation.section.clone();
        let empty = Section { e_id: e_id.clone(), number, heading, text: String::new() };
        let section = sections.entry(e_id).or_insert(empty);
        section.text.push_str(&format!("{}\n", rule.summary));
    }
    let source = rules.first().map(|rule| rule.citation.source.as_str()).unwrap_or_default();
    let place = pack.sources().iter().find(|s| s.id == source).map(|s| s.place.clone());
    Act {
        name: slug(title),
        jurisdiction: jurisdiction.clone(),
        title: title.to_owned(),
        made: rules.iter().map(|rule| rule.from).min().unwrap_or_else(|| pack.as_of()),
        read: pack.as_of(),
        uri: place.unwrap_or_default(),
        sections: sections.into_values().collect(),
    }
}
