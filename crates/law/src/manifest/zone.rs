//! Zone definitions: who the zone is, whose law applies, which profile it runs.

use std::fmt::Write as _;

use canon::{Currency, Did, Digest, JurisdictionId, ModuleId, ProfileId, ZoneId};
use proof::PublicKey;

use super::compose::{Composition, layers};
use super::module::module_id;
use super::{PREFIX, document, version};
use crate::files::Problems;
use crate::yaml::{Map, Node, Reader, one_of};

/// What a zone can be.
pub(super) const ZONE_KINDS: [&str; 8] =
    ["country", "state", "emirate", "city", "free-zone", "special-zone", "territory", "synthetic"];

/// How often keys are to be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Days a key is used.
    pub rotation_days: i64,
    /// Days in which the old key is still honoured; less than `rotation_days`.
    pub grace_days: i64,
}

/// Who cosigns the zone's logs (C2SP `tlog-witness`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnesses {
    /// Each as `<base URL>#<verifier key>`.
    pub at: Vec<String>,
    /// How many of them make a checkpoint believable.
    pub quorum: i64,
    /// How long a cosignature counts, in seconds.
    pub max_age_secs: i64,
}

/// A zone definition, `zone.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The zone.
    pub id: ZoneId,
    /// Its own jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// Its name.
    pub name: String,
    /// Country, free zone and the like.
    pub kind: Option<String>,
    /// Other names it answers to.
    pub aliases: Vec<String>,
    /// The profile it runs.
    pub profile: ProfileId,
    /// The profile's version.
    pub profile_version: String,
    /// Modules of its profile that are switched off here, with all they provide.
    pub modules_off: Vec<ModuleId>,
    /// Overlays over its profile, in order; the last that sets a parameter decides.
    pub overlays: Vec<String>,
    /// Its jurisdictions, most specific first; the chain of its pack.
    pub stack: Vec<JurisdictionId>,
    /// Those of its jurisdictions that may lack a pack: what has none is pending there, and refused.
    pub pending: Vec<JurisdictionId>,
    /// Whose law it takes, domain by domain, where it is a composition.
    pub composition: Composition,
    /// Jurisdictions of counterparties whose law is loaded beside its own.
    pub peers: Vec<JurisdictionId>,
    /// The currency it counts in by habit; never used to guess a jurisdiction.
    pub currency: Option<Currency>,
    /// Corridor templates.
    pub corridors: Vec<String>,
    /// Oldest sanctions list admitted, in days.
    pub max_list_age_days: Option<i64>,
    /// Whether the sandbox rulebook is loaded; refused in realm production.
    pub sandbox_rulebook: bool,
    /// Who must have signed the rules it decides by, any one of them; empty admits unsigned rules.
    pub pack_signers: Vec<Did>,
    /// Key rotation policy.
    pub rotation: Option<Rotation>,
    /// Who cosigns its logs.
    pub witnesses: Option<Witnesses>,
    /// SHA-256 of the canonical model of what [`Zone::to_yaml`] writes.
    pub digest: Digest,
}

impl Zone {
    /// Read a zone definition.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let (zone, _) = document(path, bytes, read)?;
        // One definition has one digest, whatever defaults its file spells out: a zone is run from the file
        // that `to_yaml` wrote, under the lock of the file somebody else wrote.
        let (_, digest) = document(path, zone.to_yaml().as_bytes(), read)?;
        Ok(Self { digest, ..zone })
    }

    /// The definition as `zone.yaml` text, which reads back to the same zone.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        let quoted = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
        let list = |items: Vec<&str>| {
            let items: Vec<String> = items.into_iter().map(quoted).collect();
            format!("[{}]", items.join(", "))
        };
        let strings = |items: &[String]| list(items.iter().map(String::as_str).collect());
        let places =
            |items: &[JurisdictionId]| list(items.iter().map(JurisdictionId::as_str).collect());
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "{key}: {value}");
        };
        line("zone_id", self.id.to_string());
        line("jurisdiction_id", self.jurisdiction.to_string());
        line("zone_name", quoted(&self.name));
        if let Some(kind) = &self.kind {
            line("zone_kind", kind.clone());
        }
        if !self.aliases.is_empty() {
            line("aliases", strings(&self.aliases));
        }
        let profile =
            format!("{{ profile_id: {}, version: {} }}", self.profile, self.profile_version);
        line("profile", profile);
        if !self.modules_off.is_empty() {
            let short = |id: &ModuleId| id.as_str().replacen(PREFIX, "", 1);
            line("modules_off", strings(&self.modules_off.iter().map(short).collect::<Vec<_>>()));
        }
        if !self.overlays.is_empty() {
            line("overlays", strings(&self.overlays));
        }
        line("jurisdiction_stack", places(&self.stack));
        if !self.pending.is_empty() {
            line("pending_jurisdictions", places(&self.pending));
        }
        if !self.composition.is_empty() {
            line("composition", self.composition.to_yaml());
        }
        if !self.peers.is_empty() {
            line("peer_jurisdictions", places(&self.peers));
        }
        if let Some(currency) = self.currency {
            line("currency", currency.code().to_owned());
        }
        if !self.corridors.is_empty() {
            line("corridors", strings(&self.corridors));
        }
        if let Some(days) = self.max_list_age_days {
            line("max_list_age_days", days.to_string());
        }
        line("sandbox_rulebook", self.sandbox_rulebook.to_string());
        if !self.pack_signers.is_empty() {
            line("pack_signers", list(self.pack_signers.iter().map(Did::as_str).collect()));
        }
        if let Some(Rotation { rotation_days, grace_days }) = self.rotation {
            let text = format!("{{ rotation_days: {rotation_days}, grace_days: {grace_days} }}");
            line("key_rotation_policy", text);
        }
        if let Some(Witnesses { at, quorum, max_age_secs }) = &self.witnesses {
            let at = strings(at);
            let text = format!("{{ at: {at}, quorum: {quorum}, max_age_secs: {max_age_secs} }}");
            line("witnesses", text);
        }
        out
    }
}

const KEYS: [&str; 19] = [
    "zone_id",
    "jurisdiction_id",
    "zone_name",
    "zone_kind",
    "aliases",
    "profile",
    "modules_off",
    "overlays",
    "jurisdiction_stack",
    "pending_jurisdictions",
    "composition",
    "peer_jurisdictions",
    "currency",
    "corridors",
    "max_list_age_days",
    "sandbox_rulebook",
    "pack_signers",
    "key_rotation_policy",
    "witnesses",
];

fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Zone> {
    let map = reader.map(node, Some(&KEYS))?;
    let id = reader.need_as(map, "zone_id", ZoneId::parse);
    let jurisdiction = reader.need_as(map, "jurisdiction_id", JurisdictionId::parse);
    let name = reader.need_text(map, "zone_name");
    let kinds = |text: &str| ZONE_KINDS.contains(&text).then(|| text.to_owned());
    let kinds = one_of("zone kind", kinds, ZONE_KINDS.to_vec());
    let kind = map.get("zone_kind").and_then(|node| reader.parse_as(node, kinds));
    let aliases = reader.texts(map, "aliases");
    let (profile, profile_version) = profile(reader, map)?;
    let modules_off = reader.list_as(map, "modules_off", module_id);
    let overlays = reader.texts(map, "overlays");
    let stack = reader.list_as(map, "jurisdiction_stack", JurisdictionId::parse);
    if stack.first() != jurisdiction.as_ref() {
        reader.problem(map.at, "`jurisdiction_stack` begins with `jurisdiction_id`");
    }
    let pending = reader.list_as(map, "pending_jurisdictions", JurisdictionId::parse);
    if let Some(stray) = pending.iter().find(|place| !stack.contains(place)) {
        let detail = format!("`{stray}` of `pending_jurisdictions` is not in `jurisdiction_stack`");
        reader.problem(map.at, detail);
    }
    let composition = layers(reader, map);
    let peers = reader.list_as(map, "peer_jurisdictions", JurisdictionId::parse);
    let currency = map.get("currency").and_then(|node| reader.parse_as(node, Currency::parse));
    let corridors = reader.texts(map, "corridors");
    let age = map.get("max_list_age_days").and_then(|node| reader.int(node));
    if age.is_some_and(|days| days < 0) {
        reader.problem(map.at, "`max_list_age_days` cannot be negative");
    }
    let rulebook = map.get("sandbox_rulebook").and_then(|node| reader.bool(node));
    let pack_signers = reader.list_as(map, "pack_signers", signer);
    let rotation = rotation(reader, map);
    let witnesses = witnesses(reader, map);
    Some(Zone {
        id: id?,
        jurisdiction: jurisdiction?,
        name: name?,
        kind,
        aliases,
        profile,
        profile_version,
        modules_off,
        overlays,
        stack,
        pending,
        composition,
        peers,
        currency,
        corridors,
        max_list_age_days: age,
        sandbox_rulebook: rulebook.unwrap_or(false),
        pack_signers,
        rotation,
        witnesses,
        digest: Digest::from_bytes([0; 32]),
    })
}

/// A key by its own name, the one form that needs nobody to resolve it.
fn signer(text: &str) -> Result<Did, String> {
    PublicKey::from_did_key(text).map(|key| key.did()).map_err(|error| error.to_string())
}

fn profile(reader: &mut Reader<'_>, map: Map<'_>) -> Option<(ProfileId, String)> {
    let node = reader.need(map, "profile")?;
    let map = reader.map(node, Some(&["profile_id", "version"]))?;
    let id = reader.need_as(map, "profile_id", ProfileId::parse);
    let version = reader.need_as(map, "version", version);
    Some((id?, version?))
}

fn rotation(reader: &mut Reader<'_>, map: Map<'_>) -> Option<Rotation> {
    let node = map.get("key_rotation_policy")?;
    let map = reader.map(node, Some(&["rotation_days", "grace_days"]))?;
    let days = reader.need(map, "rotation_days").and_then(|node| reader.int(node));
    let grace = reader.need(map, "grace_days").and_then(|node| reader.int(node));
    let (rotation_days, grace_days) = (days?, grace?);
    if rotation_days <= 0 || grace_days < 0 || grace_days >= rotation_days {
        reader.problem(node.at, "0 <= grace_days < rotation_days");
    }
    Some(Rotation { rotation_days, grace_days })
}

fn witnesses(reader: &mut Reader<'_>, map: Map<'_>) -> Option<Witnesses> {
    let node = map.get("witnesses")?;
    let map = reader.map(node, Some(&["at", "quorum", "max_age_secs"]))?;
    let at = reader.texts(map, "at");
    let quorum = reader.need(map, "quorum").and_then(|node| reader.int(node));
    let age = reader.need(map, "max_age_secs").and_then(|node| reader.int(node));
    let (quorum, max_age_secs) = (quorum?, age?);
    let all = i64::try_from(at.len()).unwrap_or(i64::MAX);
    if !(1..=all).contains(&quorum) || max_age_secs <= 0 {
        reader.problem(node.at, "1 <= quorum <= the witnesses, and max_age_secs > 0");
    }
    if let Some(wrong) = at.iter().find(|text| !text.contains('#')) {
        reader.problem(node.at, format!("`{wrong}` is not `<base URL>#<verifier key>`"));
    }
    Some(Witnesses { at, quorum, max_age_secs })
}
