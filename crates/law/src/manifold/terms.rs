//! Terms of passage as a file: what the corridors of a network ask, whose figures these are, and of
//! which day.
//!
//! ```yaml
//! currency: USD
//! source: { title: "…", address: "…", read: 2026-11-21, review: unreviewed }
//! attestations: [{ attestation: kyc_verification, cost: "150.00", hours: 24 }]
//! zones: [{ zone: sg, entry_fee: "200.00", requires: [kyc_verification] }]
//! corridors:
//!   - { corridor: …, from: sg, to: pk-sifc, both_ways: true, flat_fee: "50.00", fee_bps: 15,
//!       transfer_hours: 12, settlement_hours: 24, risk: 2, requires: [aml_screening] }
//! ```
//!
//! Every figure has a source and a day, or the file is refused.

use canon::{Amount, Currency, Date, Digest};

use crate::files::Problems;
use crate::manifest::document;
use crate::yaml::{Map, Node, Reader, one_of};

use super::{
    Attestation, Attestations, BadManifold, FEE_MAX, Manifold, Passage, Prices, VALUE_MAX, Zone,
};

/// Whose figures these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What they were taken from.
    pub title: String,
    /// Where that is.
    pub address: String,
    /// The day it was read.
    pub read: Date,
    /// `unreviewed` or `reviewed`.
    pub review: String,
}

/// Terms as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The currency of every amount.
    pub currency: Currency,
    /// Whose figures these are.
    pub source: Source,
    /// Zones, in the order of the file.
    pub zones: Vec<Zone>,
    /// Passages: a corridor that is passed both ways is two.
    pub passages: Vec<Passage>,
    /// What getting each attestation takes.
    pub prices: Prices,
    /// SHA-256 of the canonical model of the file.
    pub digest: Digest,
}

impl Terms {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let (terms, digest) = document(path, bytes, read)?;
        Ok(Self { digest, ..terms })
    }

    /// The manifold of these terms.
    ///
    /// # Errors
    /// See [`BadManifold`].
    pub fn manifold(&self) -> Result<Manifold, BadManifold> {
        Manifold::new(self.zones.clone(), self.passages.clone(), self.prices)
    }
}

const ROOT: [&str; 5] = ["currency", "source", "attestations", "zones", "corridors"];

fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Terms> {
    let map = reader.map(node, Some(&ROOT))?;
    let currency = reader.need_as(map, "currency", Currency::parse);
    let source = source(reader, map);
    let (currency, source) = (currency?, source?);
    let money = (currency, source.read);
    let mut prices = Prices::default();
    for node in items(reader, map, "attestations") {
        price(reader, node, money, &mut prices);
    }
    let mut zones: Vec<Zone> = Vec::new();
    for node in items(reader, map, "zones") {
        let Some(zone) = zone(reader, node, money) else { continue };
        if zones.iter().any(|known| known.name == zone.name) {
            reader.problem(node.at, format!("zone `{}` stands here twice", zone.name));
        }
        zones.push(zone);
    }
    let mut passages = Vec::new();
    for node in items(reader, map, "corridors") {
        passages.extend(corridor(reader, node, money, &zones).into_iter().flatten());
    }
    let digest = Digest::from_bytes([0; 32]);
    Some(Terms { currency, source, zones, passages, prices, digest })
}

fn items<'n>(reader: &mut Reader<'_>, map: Map<'n>, key: &str) -> &'n [Node] {
    map.get(key).and_then(|node| reader.sequence(node)).unwrap_or_default()
}

fn source(reader: &mut Reader<'_>, map: Map<'_>) -> Option<Source> {
    let node = reader.need(map, "source")?;
    let map = reader.map(node, Some(&["title", "address", "read", "review"]))?;
    let title = reader.need_text(map, "title");
    let address = reader.need_text(map, "address");
    let read = reader.need_date(map, "read");
    let known = |text: &str| ["unreviewed", "reviewed"].contains(&text).then(|| text.to_owned());
    let known = one_of("review state", known, vec!["unreviewed", "reviewed"]);
    let review = reader.need_as(map, "review", known);
    Some(Source { title: title?, address: address?, read: read?, review: review? })
}

type Money = (Currency, Date);

/// An amount in minor units, at most `most`.
fn amount(
    reader: &mut Reader<'_>,
    map: Map<'_>,
    key: &str,
    (currency, date): Money,
    most: u64,
) -> Option<u64> {
    let minor = |text: &str| {
        let amount = Amount::parse(text, currency, date).map_err(|error| error.to_string())?;
        u64::try_from(amount.minor())
            .ok()
            .filter(|minor| *minor <= most)
            .ok_or_else(|| format!("`{text}` is negative or above the bound"))
    };
    map.get(key).and_then(|node| reader.parse_as(node, minor))
}

/// A whole number from 0 to `most`; 0 when absent.
fn count<T: TryFrom<i64> + Default>(
    reader: &mut Reader<'_>,
    map: Map<'_>,
    key: &str,
    most: i64,
) -> T {
    let Some(node) = map.get(key) else { return T::default() };
    let found = reader.int(node).filter(|found| (0..=most).contains(found));
    let Some(found) = found.and_then(|found| T::try_from(found).ok()) else {
        reader.problem(node.at, format!("`{key}` is a whole number from 0 to {most}"));
        return T::default();
    };
    found
}

fn kind(text: &str) -> Result<Attestation, String> {
    let names = Attestation::ALL.iter().map(|kind| kind.name()).collect();
    one_of("attestation", Attestation::parse, names)(text)
}

fn requires(reader: &mut Reader<'_>, map: Map<'_>) -> Attestations {
    reader.list_as(map, "requires", kind).into_iter().collect()
}

fn price(reader: &mut Reader<'_>, node: &Node, money: Money, prices: &mut Prices) {
    let Some(map) = reader.map(node, Some(&["attestation", "cost", "hours"])) else { return };
    let kind = reader.need_as(map, "attestation", kind);
    let cost = amount(reader, map, "cost", money, FEE_MAX).unwrap_or_default();
    let hours = count(reader, map, "hours", 10_000);
    if let Some(price) = kind.and_then(|kind| prices.get_mut(kind as usize)) {
        price.cost = u32::try_from(cost).unwrap_or(u32::MAX);
        price.hours = hours;
    }
}

fn zone(reader: &mut Reader<'_>, node: &Node, money: Money) -> Option<Zone> {
    let map = reader.map(node, Some(&["zone", "entry_fee", "requires", "closed"]))?;
    let name = reader.need_text(map, "zone");
    let entry_fee = amount(reader, map, "entry_fee", money, FEE_MAX).unwrap_or_default();
    let requires = requires(reader, map);
    let closed = reader.maybe_text(map, "closed");
    Some(Zone { name: name?, entry_fee, requires, closed })
}

const CORRIDOR: [&str; 12] = [
    "corridor",
    "from",
    "to",
    "both_ways",
    "flat_fee",
    "fee_bps",
    "transfer_hours",
    "settlement_hours",
    "risk",
    "requires",
    "value_max",
    "closed",
];

fn corridor(
    reader: &mut Reader<'_>,
    node: &Node,
    money: Money,
    zones: &[Zone],
) -> Option<Vec<Passage>> {
    let map = reader.map(node, Some(&CORRIDOR))?;
    let at = |text: &str| {
        let found = zones.iter().position(|zone| zone.name == text);
        let found = found.and_then(|at| u32::try_from(at).ok());
        found.ok_or_else(|| format!("`{text}` is none of the zones above"))
    };
    let corridor = reader.need_text(map, "corridor");
    let (from, to) = (reader.need_as(map, "from", at), reader.need_as(map, "to", at));
    let both = map.get("both_ways").and_then(|node| reader.bool(node)).unwrap_or(false);
    // A fee or a time left out would read as none.
    let _ = reader.need(map, "flat_fee");
    let _ = reader.need(map, "fee_bps");
    let _ = reader.need(map, "transfer_hours");
    let _ = reader.need(map, "settlement_hours");
    let flat_fee = amount(reader, map, "flat_fee", money, FEE_MAX).unwrap_or_default();
    let fee_bps = count(reader, map, "fee_bps", 10_000);
    let transfer: u16 = count(reader, map, "transfer_hours", 10_000);
    let settlement: u16 = count(reader, map, "settlement_hours", 10_000);
    let risk = count(reader, map, "risk", 9);
    let requires = requires(reader, map);
    let value_max = amount(reader, map, "value_max", money, VALUE_MAX);
    let closed = reader.maybe_text(map, "closed");
    let (corridor, from, to) = (corridor?, from?, to?);
    if from == to {
        reader.problem(node.at, "a corridor joins two zones");
    }
    let hours = transfer + settlement;
    let there =
        Passage { corridor, from, to, flat_fee, fee_bps, hours, risk, requires, value_max, closed };
    let back = both.then(|| Passage { from: to, to: from, ..there.clone() });
    Some(std::iter::once(there).chain(back).collect())
}
