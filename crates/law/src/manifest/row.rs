//! Rows: zones known by name and place before anybody wrote a definition of their own.
//!
//! Invariant: a row claims no law. Which of its jurisdictions have a pack is looked up when the row
//! is read as a [`Zone`]; the others are pending there, and every domain with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use canon::{JurisdictionId, ProfileId, ZoneId};

use super::compose::{Composition, layers};
use super::zone::ZONE_KINDS;
use super::{PREFIX, document};
use crate::files::{Problem, Problems};
use crate::yaml::{At, Map, Node, Reader, one_of};

/// Most rows of one file.
const ROWS_MAX: usize = 1_000;

/// Regions of the world, as the rows group them.
const REGIONS: [&str; 11] = [
    "africa",
    "apac",
    "caribbean",
    "central-asia",
    "europe",
    "latam",
    "mena",
    "north-america",
    "pacific",
    "south-asia",
    "synthetic",
];

/// ISO 3166-1 alpha-2, the 249 codes assigned.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// A zone as a row of `zones/<file>.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRow {
    /// Its jurisdiction, which is also its name.
    pub jurisdiction: JurisdictionId,
    /// Its name for people.
    pub name: String,
    /// Region of the world.
    pub region: &'static str,
    /// Country, free zone and the like.
    pub kind: &'static str,
    /// Whether it belongs to the network whose corridors are derived by default.
    pub network: bool,
    /// The profile it would run, last part of the id.
    pub profile: String,
    /// Whose law it takes, domain by domain, where it is a composition.
    pub composition: Composition,
    /// Where it is written.
    pub(super) place: (String, At),
}

impl ZoneRow {
    /// Read the rows of a file.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse_all(path: &str, bytes: &[u8]) -> Result<Vec<Self>, Problems> {
        document(path, bytes, file).map(|(rows, _)| rows)
    }

    /// Whether it is a zone of another's law, made by composition.
    #[must_use]
    pub fn is_synthetic(&self) -> bool {
        self.kind == "synthetic"
    }

    /// Whether it is a free or special zone.
    #[must_use]
    pub fn is_free(&self) -> bool {
        matches!(self.kind, "free-zone" | "special-zone")
    }

    /// Its id: the parts of its jurisdiction joined by dots.
    #[must_use]
    pub fn id(&self) -> String {
        let text = self.jurisdiction.as_str();
        match text.strip_prefix("synth-") {
            Some(name) => format!("{PREFIX}zone.synthetic.{name}"),
            None => format!("{PREFIX}zone.{}", text.replace('-', ".")),
        }
    }

    /// Its jurisdictions, most specific first: each part of its own id that `known` answers to.
    pub(super) fn stack(&self, known: impl Fn(&str) -> bool) -> Vec<String> {
        let mut stack = vec![self.jurisdiction.to_string()];
        let mut text = self.jurisdiction.as_str();
        while let Some((above, _)) = text.rsplit_once('-') {
            if known(above) {
                stack.push(above.to_owned());
            }
            text = above;
        }
        stack
    }

    /// A problem with it, at its place.
    pub(super) fn problem(&self, detail: impl Into<String>) -> Problem {
        let (file, At { line, column }) = self.place.clone();
        Problem { file, line, column, detail: detail.into() }
    }

    /// The row as `zone.yaml` text.
    pub(super) fn to_yaml(
        &self,
        profile: (&ProfileId, &str),
        stack: &[String],
        pending: &[String],
    ) -> String {
        let name = serde_json::Value::String(self.name.clone());
        let mut out = format!(
            "zone_id: {}\njurisdiction_id: {}\nzone_name: {name}\nzone_kind: {}\n\
             profile: {{ profile_id: {}, version: {} }}\njurisdiction_stack: {stack:?}\n",
            self.id(),
            self.jurisdiction,
            self.kind,
            profile.0,
            profile.1,
        );
        if !pending.is_empty() {
            let _ = writeln!(out, "pending_jurisdictions: {pending:?}");
        }
        if !self.composition.is_empty() {
            let _ = writeln!(out, "composition: {}", self.composition.to_yaml());
        }
        // As a definition is written out, so that both have one digest.
        out.push_str("sandbox_rulebook: false\n");
        out
    }
}

/// Rows of all files by jurisdiction, each written once.
pub(super) fn tied(rows: Vec<ZoneRow>) -> Result<BTreeMap<String, ZoneRow>, Problems> {
    let (mut all, mut problems) = (BTreeMap::new(), Vec::new());
    for row in rows {
        if let Some(other) = all.get(row.jurisdiction.as_str()) {
            let ZoneRow { place: (file, at), .. } = other;
            problems.push(row.problem(format!("written before, at {file}:{}", at.line)));
        } else {
            all.insert(row.jurisdiction.to_string(), row);
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(Problems(problems)) }
}

fn file(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<ZoneRow>> {
    let map = reader.map(node, Some(&["zones"]))?;
    let items = reader.need(map, "zones").and_then(|node| reader.sequence(node))?;
    if items.len() > ROWS_MAX {
        reader.problem(map.at, format!("more than {ROWS_MAX} zones in one file"));
        return None;
    }
    let mut all: Vec<ZoneRow> = Vec::new();
    for item in items {
        let Some(row) = row(reader, item) else { continue };
        if all.iter().any(|other| other.jurisdiction == row.jurisdiction) {
            reader.problem(item.at, format!("zone `{}` is written twice", row.jurisdiction));
        }
        all.push(row);
    }
    Some(all)
}

fn row(reader: &mut Reader<'_>, node: &Node) -> Option<ZoneRow> {
    const KEYS: [&str; 7] = ["zone", "name", "region", "kind", "network", "profile", "composition"];
    let map = reader.map(node, Some(&KEYS))?;
    let jurisdiction = reader.need_as(map, "zone", jurisdiction);
    let name = reader.need_text(map, "name");
    let region = named(reader, map, "region", &REGIONS);
    let kind = named(reader, map, "kind", &ZONE_KINDS);
    let network = map.get("network").and_then(|node| reader.bool(node)).unwrap_or(false);
    let profile = reader.need_text(map, "profile");
    let composition = layers(reader, map);
    let synthetic = jurisdiction.as_ref().is_some_and(|id| id.as_str().starts_with("synth-"));
    if synthetic != (kind == Some("synthetic")) || synthetic == composition.is_empty() {
        let detail =
            "a zone `synth-…` is of kind `synthetic` and has a `composition`, no other has";
        reader.problem(node.at, detail);
    }
    let row = ZoneRow {
        jurisdiction: jurisdiction?,
        name: name?,
        region: region?,
        kind: kind?,
        network,
        profile: profile?,
        composition,
        place: (reader.file().to_owned(), node.at),
    };
    if let Err(error) = ZoneId::parse(&row.id()) {
        reader.problem(node.at, error.to_string());
    }
    Some(row)
}

fn named(
    reader: &mut Reader<'_>,
    map: Map<'_>,
    key: &str,
    known: &'static [&'static str],
) -> Option<&'static str> {
    let what = if key == "kind" { "zone kind" } else { "region" };
    let parse = |text: &str| known.iter().copied().find(|name| *name == text);
    reader.need_as(map, key, one_of(what, parse, known.to_vec()))
}

/// A jurisdiction whose country there is.
fn jurisdiction(text: &str) -> Result<JurisdictionId, String> {
    let id = JurisdictionId::parse(text).map_err(|error| error.to_string())?;
    let country = text.split('-').next().unwrap_or_default();
    let assigned = |code: &str| COUNTRIES.split(' ').any(|known| known == code);
    if country != "synth" && !assigned(&country.to_uppercase()) {
        return Err(format!("`{country}` of `{text}` is not a country code of ISO 3166-1"));
    }
    Ok(id)
}
