//! Any case at all: facts missing, fresh and expired, with any value.

use canon::{Amount, Currency, Date, Did, Digest, JurisdictionId};
use law::{Case, Facts, Kind, Provenance, Source, Type, Value, known};

const TEXTS: [&str; 6] = ["private-company", "software", "remittance", "sg", "ae-dubai-difc", "x"];

/// A small generator of our own, so that equal seeds give equal cases everywhere.
pub struct Lot(pub u64);

impl Lot {
    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Any case: each fact of the vocabulary is missing, fresh or expired, with any value.
pub fn case(lot: &mut Lot, zones: &[&str]) -> Case {
    let as_of = Date::parse("2026-11-20").unwrap().plus_days(lot.below(700) as i64 - 600).unwrap();
    let known_at = as_of.start().plus_secs(43_200).unwrap();
    let mut facts = Facts::new();
    let wanted = 2 + lot.below(6);
    for fact in known()
        .iter()
        .filter(|fact| !fact.name.starts_with("evidence.") || fact.name.len() % 7 == 0)
    {
        if lot.below(8) >= wanted {
            continue;
        }
        let value = match fact.kind {
            Type::Bool => Value::Bool(lot.below(4) > 0),
            Type::Int => Value::Int(lot.below(12) as i64 - 1),
            Type::Text if !fact.one_of.is_empty() => Value::from(fact.one_of[0]),
            Type::Text if fact.name.ends_with("currency") => {
                Value::from(["SGD", "AED", "PKR", "USD"][lot.below(4) as usize])
            }
            Type::Text => Value::from(TEXTS[lot.below(6) as usize]),
            Type::Date => Value::Date(as_of.plus_days(lot.below(100) as i64 - 50).unwrap()),
            Type::Money => {
                let currency =
                    Currency::parse(["SGD", "AED", "PKR"][lot.below(3) as usize]).unwrap();
                Value::Money(Amount::of_minor(i128::from(lot.below(400_000_000)), currency))
            }
            _ => Value::set(TEXTS.iter().take(lot.below(4) as usize).map(|t| (*t).to_owned())),
        };
        let source = match fact.name.split('.').next() {
            Some("screening") => Source::Screening,
            Some("evidence") => Source::Credential,
            _ => Source::Registry,
        };
        let mut provenance = Provenance::new(source, Digest::of_blob(fact.name.as_bytes()));
        if lot.below(4) == 0 {
            let end = known_at.plus_secs(lot.below(2_000_000) as i64 - 1_000_000).unwrap();
            provenance = provenance.until(end);
        }
        facts.state(&fact.name, value, provenance).unwrap();
    }
    if lot.below(3) > 0 {
        let kinds = law::evidence_types().filter(|_| lot.below(3) > 0);
        let kinds = Value::set(kinds.map(str::to_owned).collect::<Vec<_>>());
        let mut by = Provenance::new(Source::Credential, Digest::of_blob(b"declaration"));
        if lot.below(3) == 0 {
            by = by.until(known_at.plus_secs(lot.below(2_000) as i64 - 1_000).unwrap());
        }
        facts.state("evidence.declaration.occasions", kinds, by).unwrap();
    }
    for zone in zones {
        if lot.below(5) == 0 {
            let end = known_at.plus_secs(lot.below(2_000) as i64 - 1_000).unwrap();
            let by = Provenance::new(Source::Credential, Digest::of_blob(b"exemption"))
                .by(Did::parse("did:web:tax.example").unwrap())
                .until(end);
            let name = law::exemption_name(zone, law::Domain::ALL[lot.below(20) as usize]);
            let _ = facts.state(&name, lot.below(3) > 0, by);
        }
    }
    let count = 1 + lot.below(2) as usize;
    let jurisdictions = (0..count)
        .map(|_| JurisdictionId::parse(zones[lot.below(zones.len() as u64) as usize]).unwrap())
        .collect();
    let kind = Kind::ALL[lot.below(Kind::ALL.len() as u64) as usize];
    Case { kind, jurisdictions, as_of, known_at, facts, there: None }
}
