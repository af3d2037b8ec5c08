//! Profiles: which parts a zone has, which routes it mounts, which evidence it asks for beyond law.

use std::collections::BTreeMap;
use std::fmt;

use canon::{Digest, ModuleId, ProfileId};
use serde::{Deserialize, Serialize};

use super::{document, text_map, version};
use crate::domain::Domain;
use crate::facts::evidence_types;
use crate::files::Problems;
use crate::kind::Kind;
use crate::rulebook::ExtraEvidence;
use crate::yaml::{Map, Node, Reader, one_of};

/// A group of routes a profile mounts. Health, OpenAPI and metrics are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteGroup {
    /// `/v1/entities`.
    Entities,
    /// `/v1/fiscal/*`.
    Fiscal,
    /// `/v1/corridors/*`.
    Corridors,
    /// `/v1/compliance/*`.
    Compliance,
    /// `/v1/credentials/*`.
    Credentials,
    /// `/v1/trade/*`.
    Trade,
    /// `/v1/assets/*`.
    Assets,
    /// `/v1/ownership/*`.
    Ownership,
    /// `/v1/identity/*`.
    Identity,
    /// `/v1/consent/*`.
    Consent,
    /// `/v1/tax/*`.
    Tax,
    /// `/v1/regulator/*`.
    Regulator,
}

impl RouteGroup {
    /// All groups.
    pub const ALL: [Self; 12] = [
        Self::Entities,
        Self::Fiscal,
        Self::Corridors,
        Self::Compliance,
        Self::Credentials,
        Self::Trade,
        Self::Assets,
        Self::Ownership,
        Self::Identity,
        Self::Consent,
        Self::Tax,
        Self::Regulator,
    ];

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entities => "entities",
            Self::Fiscal => "fiscal",
            Self::Corridors => "corridors",
            Self::Compliance => "compliance",
            Self::Credentials => "credentials",
            Self::Trade => "trade",
            Self::Assets => "assets",
            Self::Ownership => "ownership",
            Self::Identity => "identity",
            Self::Consent => "consent",
            Self::Tax => "tax",
            Self::Regulator => "regulator",
        }
    }

    /// The group of that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == text)
    }
}

impl fmt::Display for RouteGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A module as a profile uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleUse {
    /// The module.
    pub id: ModuleId,
    /// The version wanted.
    pub version: String,
    /// The variant wanted.
    pub variant: String,
    /// Parameters set.
    pub params: BTreeMap<String, String>,
}

/// A profile under `profiles/<name>/profile.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its full id.
    pub id: ProfileId,
    /// `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Other names it answers to.
    pub aliases: Vec<String>,
    /// Its modules, in order.
    pub modules: Vec<ModuleUse>,
    /// Routes mounted, sorted.
    pub routes: Vec<RouteGroup>,
    /// Evidence asked beyond the law: domain to evidence types.
    pub extra_evidence: BTreeMap<Domain, Vec<String>>,
    /// Transitions at which it is asked.
    pub extra_evidence_kinds: Vec<Kind>,
    /// Parameters of the zone as a whole, text.
    pub parameters: BTreeMap<String, String>,
    /// Corridor templates offered.
    pub corridors: Vec<String>,
    /// SHA-256 of the canonical model of the file.
    pub digest: Digest,
}

impl Profile {
    /// Read a profile.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let (profile, digest) = document(path, bytes, read)?;
        Ok(Self { digest, ..profile })
    }

    /// The last part of its id, as used on the command line.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.as_str().rsplit('.').next().unwrap_or_default()
    }

    /// Whether a route group is mounted.
    #[must_use]
    pub fn mounts(&self, group: RouteGroup) -> bool {
        self.routes.contains(&group)
    }

    /// The evidence it asks for, as the rulebook wants it; none when it asks for none.
    #[must_use]
    pub fn evidence(&self) -> Option<ExtraEvidence> {
        (!self.extra_evidence.is_empty()).then(|| ExtraEvidence {
            profile: self.id.clone(),
            version: self.version.clone(),
            asks: self.extra_evidence.clone(),
            kinds: self.extra_evidence_kinds.clone(),
        })
    }
}

fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Profile> {
    const KEYS: [&str; 10] = [
        "profile_id",
        "version",
        "title",
        "aliases",
        "modules",
        "routes",
        "extra_evidence",
        "extra_evidence_kinds",
        "parameters",
        "corridors",
    ];
    let map = reader.map(node, Some(&KEYS))?;
    let id = reader.need_as(map, "profile_id", ProfileId::parse);
    let version_of = reader.need_as(map, "version", version);
    let title = reader.need_text(map, "title");
    let aliases = reader.texts(map, "aliases");
    let modules = modules(reader, map);
    let known = RouteGroup::ALL.map(RouteGroup::name).to_vec();
    let mut routes = Vec::new();
    if reader.need(map, "routes").is_some() {
        routes = reader.list_as(map, "routes", one_of("route group", RouteGroup::parse, known));
        routes.sort_unstable();
        routes.dedup();
    }
    let extra_evidence = evidence(reader, map, "extra_evidence");
    let extra_evidence_kinds = if map.get("extra_evidence_kinds").is_some() {
        let known = Kind::ALL.map(Kind::name).to_vec();
        reader.list_as(map, "extra_evidence_kinds", one_of("kind", Kind::parse, known))
    } else {
        vec![Kind::EntityForm]
    };
    let parameters = text_map(reader, map, "parameters");
    let corridors = reader.texts(map, "corridors");
    Some(Profile {
        id: id?,
        version: version_of?,
        title: title?,
        aliases,
        modules,
        routes,
        extra_evidence,
        extra_evidence_kinds,
        parameters,
        corridors,
        digest: Digest::from_bytes([0; 32]),
    })
}

fn modules(reader: &mut Reader<'_>, map: Map<'_>) -> Vec<ModuleUse> {
    let Some(node) = reader.need(map, "modules") else { return Vec::new() };
    let items = reader.sequence(node).unwrap_or_default();
    if items.is_empty() {
        reader.problem(node.at, "a profile needs at least one module");
    }
    let mut found: Vec<ModuleUse> = Vec::new();
    for item in items {
        let Some(used) = module_use(reader, item) else { continue };
        if found.iter().any(|other| other.id == used.id) {
            reader.problem(item.at, format!("module `{}` is used twice", used.id));
        }
        found.push(used);
    }
    found
}

fn module_use(reader: &mut Reader<'_>, item: &Node) -> Option<ModuleUse> {
    let map = reader.map(item, Some(&["module_id", "version", "variant", "params"]))?;
    let id = reader.need_as(map, "module_id", ModuleId::parse);
    let version = reader.need_as(map, "version", version);
    let variant = reader.need_text(map, "variant");
    let params = text_map(reader, map, "params");
    Some(ModuleUse { id: id?, version: version?, variant: variant?, params })
}

/// Domain to evidence types, under a key.
pub(crate) fn evidence(
    reader: &mut Reader<'_>,
    map: Map<'_>,
    key: &str,
) -> BTreeMap<Domain, Vec<String>> {
    let mut found = BTreeMap::new();
    let inner = map.get(key).and_then(|node| reader.map(node, None));
    let Some(inner) = inner else { return found };
    for (name, at, _) in inner.entries() {
        let Some(domain) = Domain::parse(name) else {
            let hint = crate::nearest::hint(name, Domain::ALL.map(Domain::name));
            reader.problem(*at, format!("unknown domain `{name}`{hint}"));
            continue;
        };
        let known: Vec<&'static str> = evidence_types().collect();
        let one = |text: &str| evidence_types().any(|known| known == text).then(|| text.to_owned());
        let asks = reader.list_as(inner, name, one_of("evidence type", one, known));
        found.insert(domain, asks);
    }
    found
}
