//! Which returns and payments fall due, out of the packs in force; holidays are shown, and move nothing.

use canon::{Date, JurisdictionId};
use registry::tax::Reach;
use serde_json::{Value, json};

use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// The calendar of the zone's own jurisdiction: deadlines of one authority (that of withholding unless named;
    /// every one where the packs name none), and rates in force.
    ///
    /// # Errors
    /// Never at present.
    pub fn tax_calendar(&self, authority: Option<&str>) -> Result<Value, Refused> {
        let (place, today) = (&self.here.participant.jurisdiction_id, self.now().date());
        let own = self.figure(place, Reach::AUTHORITY, today).map(|figure| figure.value);
        let own = own.and_then(|value| match value {
            law::Value::Text(name) => Some(name),
            _ => None,
        });
        let of = authority.map(str::to_owned).or(own);
        let law = self.law();
        let mut filings = Vec::new();
        for pack in law.rulebook.chain(place) {
            let holidays = rows(pack, "calendar");
            for row in rows(pack, "deadlines") {
                let regulator = text(row, "regulator").unwrap_or_default();
                if of.as_deref().is_none_or(|of| of == regulator) {
                    filings.push(filing(row, (pack.id().as_str(), today), holidays));
                }
            }
        }
        filings.sort_by_key(|filing| filing["due"].as_str().unwrap_or("~").to_owned());
        Ok(json!({
            "jurisdiction_id": place,
            "authority": of,
            "as_of": today,
            "filings": filings,
        }))
    }

    /// Every figure by which tax is withheld somewhere, as the packs in force carry it.
    ///
    /// # Errors
    /// Never at present.
    pub fn tax_rules(&self, place: &JurisdictionId) -> Result<Value, Refused> {
        let (law, today) = (self.law(), self.now().date());
        let named = |name: &str| {
            name.starts_with("withhold_")
                || [Reach::EVENTS, Reach::AUTHORITY, Reach::YEAR_BEGINS].contains(&name)
        };
        let mut rules = Vec::new();
        for pack in law.rulebook.chain(place) {
            let own = pack.parameters().iter().filter(|figure| named(&figure.name));
            rules.extend(own.map(|figure| {
                json!({
                    "pack": pack.id(),
                    "parameter": figure.name,
                    "value": figure.value,
                    "from": figure.from,
                    "until": figure.until,
                    "citation": figure.citation,
                })
            }));
        }
        Ok(json!({ "jurisdiction_id": place, "as_of": today, "rules": rules }))
    }
}

fn rows<'p>(pack: &'p law::Pack, table: &str) -> &'p [Value] {
    let rows = pack.table(table).and_then(Value::as_array);
    rows.map_or(&[], Vec::as_slice)
}

fn text<'r>(row: &'r Value, name: &str) -> Option<&'r str> {
    row.get(name).and_then(Value::as_str)
}

/// A deadline as told: a day where the row has one, how far it is, and whether offices are closed then.
fn filing(row: &Value, (pack, today): (&str, Date), holidays: &[Value]) -> Value {
    let due = text(row, "due").and_then(|due| Date::parse(due).ok());
    let closed = due.and_then(|due| {
        let day = due.to_string();
        let named = holidays.iter().find(|row| text(row, "date") == Some(&day));
        named.and_then(|row| text(row, "name")).map(str::to_owned)
    });
    json!({
        "deadline_id": row.get("id"),
        "pack": pack,
        "authority": row.get("regulator"),
        "type": row.get("type"),
        "rule": row.get("rule"),
        "due": due,
        "days_left": due.map(|due| today.days_until(due)),
        "holiday": closed,
        "grace_days": row.get("grace_days"),
        "citation": row.get("citation"),
    })
}
