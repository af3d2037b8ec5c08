//! What a deployment consists of: the zone asked for, its peers here, and peers running elsewhere.

use std::path::Path;

use canon::{Did, JurisdictionId, Realm};
use law::manifest::{Catalog, Stack, StackError, Witnesses, Zone};
use proof::PublicKey;

use crate::cli::Failure;
use crate::cli::content::Content;
use crate::layout::ZoneDir;

/// A peer already running elsewhere, pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// What it is called here.
    pub(crate) name: String,
    /// Its base URL.
    pub(crate) url: String,
    /// Its pinned DID.
    pub(crate) did: Did,
}

/// One word of `--corridors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A zone to be deployed beside.
    Beside(String),
    /// A zone elsewhere.
    Elsewhere(Elsewhere),
}

/// Everything to be deployed.
pub(crate) struct Plan {
    /// The zones run here; the one asked for first.
    pub(crate) zones: Vec<Stack>,
    /// Peers elsewhere.
    pub(crate) elsewhere: Vec<Elsewhere>,
    /// The realm of all of them.
    pub(crate) realm: Realm,
}

/// Read `--corridors`: names and `NAME=URL#DID`, separated by commas.
pub(crate) fn peers(text: &str) -> Result<Vec<Peer>, Failure> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(peer).collect()
}

fn peer(word: &str) -> Result<Peer, Failure> {
    let Some((name, rest)) = word.split_once('=') else {
        return Ok(Peer::Beside(word.to_owned()));
    };
    let wrong = |why: &str| {
        let what = format!("`{word}` is not a corridor peer: {why}");
        Failure::usage(what, "write a zone's name, or NAME=URL#DID for one running elsewhere")
    };
    let (url, did) = rest.split_once('#').ok_or_else(|| wrong("`#DID` is missing"))?;
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(wrong("the URL must start with http:// or https://"));
    }
    let did = Did::parse(did).map_err(|error| wrong(&error.to_string()))?;
    PublicKey::from_did_key(did.as_str()).map_err(|error| wrong(&error.to_string()))?;
    let (name, url) = (name.to_owned(), url.trim_end_matches('/').to_owned());
    Ok(Peer::Elsewhere(Elsewhere { name, url, did }))
}

impl Plan {
    /// Resolve zones, profiles, modules and packs. A zone laid in `dir` before keeps the profile and
    /// the witnesses it was laid with, unless others are asked for.
    pub(crate) fn resolve(
        content: &Content,
        (jurisdiction, profile): (&str, Option<&str>),
        peers: Vec<Peer>,
        (realm, witnesses): (Realm, Option<&Witnesses>),
        dir: &Path,
    ) -> Result<Self, Failure> {
        let catalog = &Catalog::new(content);
        let named = |zone: &str, profile: Option<&str>| {
            let laid = laid(catalog, zone, dir);
            let kept = laid.as_ref().map(|laid| laid.profile.to_string());
            let stack = named(catalog, zone, profile.or(kept.as_deref()))?;
            super::witnesses::watched(catalog, stack, witnesses, laid.as_ref())
        };
        let mut zones = vec![named(jurisdiction, profile)?];
        let mut elsewhere = Vec::new();
        for peer in peers {
            match peer {
                // A peer keeps the profile of its own definition.
                Peer::Beside(name) => zones.push(named(&name, None)?),
                Peer::Elsewhere(known) => elsewhere.push(known),
            }
        }
        let far = neighbours(catalog, &zones, &elsewhere)?;
        let defined = zones.into_iter().zip(far).map(|(stack, far)| {
            redefined(catalog, stack, |zone| {
                zone.peers = far;
                // What the sandbox rulebook decided stays undecided in production, and is refused there.
                zone.sandbox_rulebook &= realm == Realm::Sandbox;
            })
        });
        let zones = defined.collect::<Result<Vec<Stack>, _>>()?;
        for (at, zone) in zones.iter().enumerate() {
            if zones.iter().skip(at + 1).any(|other| other.zone.id == zone.zone.id) {
                let what = format!("zone `{}` is named twice", zone.zone.id);
                return Err(Failure::usage(what, "name each zone once"));
            }
        }
        Ok(Self { zones, elsewhere, realm })
    }
}

fn named(catalog: &Catalog<'_>, zone: &str, profile: Option<&str>) -> Result<Stack, Failure> {
    Stack::named(catalog, zone, profile).map_err(|error| refused(zone, &error))
}

/// The definition a zone was laid with, where it was laid before.
fn laid(catalog: &Catalog<'_>, zone: &str, dir: &Path) -> Option<Zone> {
    let zone = catalog.zone(zone).ok()?;
    let laid = ZoneDir::at(dir.join(zone.jurisdiction.as_str())).zone_yaml();
    let laid = Zone::parse("zone.yaml", &crate::layout::read(&laid).ok()?).ok()?;
    (laid.id == zone.id).then_some(laid)
}

/// For each zone run here, the jurisdictions its corridors lead to, as far as there is law of them: the
/// first zone has a corridor to every other one.
fn neighbours(
    catalog: &Catalog<'_>,
    zones: &[Stack],
    elsewhere: &[Elsewhere],
) -> Result<Vec<Vec<JurisdictionId>>, Failure> {
    let of = |stack: &Stack| stack.zone.jurisdiction.clone();
    let known = elsewhere.iter().filter_map(|peer| catalog.zone(&peer.name).ok());
    let mut far: Vec<_> =
        zones.iter().skip(1).map(of).chain(known.map(|zone| zone.jurisdiction)).collect();
    let mut near: Vec<_> = zones.first().map(of).into_iter().collect();
    for places in [&mut far, &mut near] {
        places.sort_unstable();
        places.dedup();
        let mut held = Vec::new();
        for place in places.drain(..) {
            let has = catalog.has_pack(place.as_str()).map_err(|error| {
                let what = format!("the law of `{place}` cannot be looked for");
                let remedy = "check the content with `mez validate`";
                Failure::new(crate::cli::Exit::Error, "content", what, remedy).because(&error)
            })?;
            if has {
                held.push(place);
            }
        }
        *places = held;
    }
    let others = zones.iter().skip(1).map(|_| near.clone());
    Ok(std::iter::once(far).chain(others).collect())
}

/// A stack whose definition is changed, resolved again; as it was where nothing changes.
pub(super) fn redefined(
    catalog: &Catalog<'_>,
    stack: Stack,
    change: impl FnOnce(&mut Zone),
) -> Result<Stack, Failure> {
    let mut zone = stack.zone.clone();
    change(&mut zone);
    let yaml = zone.to_yaml();
    if yaml == stack.zone.to_yaml() {
        return Ok(stack);
    }
    let name = zone.id.to_string();
    let zone = Zone::parse("zone.yaml", yaml.as_bytes()).map_err(|problems| {
        let what = format!("zone `{name}` has no definition as it is deployed");
        Failure::new(crate::cli::Exit::Error, "zone", what, "report this").because(&problems)
    })?;
    Stack::resolve(catalog, zone).map_err(|error| refused(&name, &error))
}

fn refused(zone: &str, error: &StackError) -> Failure {
    let what = format!("zone `{zone}` cannot be resolved");
    let remedy = "see `mez zone show` for the names there are, and `mez validate` for content";
    Failure::new(crate::cli::Exit::Usage, "unknown-name", what, remedy).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_pinned_urls_are_told_apart() {
        let key = "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";
        let read = peers(&format!("pk-sifc, sg=http://127.0.0.1:9#{key}")).unwrap();
        let did = Did::parse(key).unwrap();
        let url = "http://127.0.0.1:9".to_owned();
        let expected = [
            Peer::Beside("pk-sifc".to_owned()),
            Peer::Elsewhere(Elsewhere { name: "sg".to_owned(), url, did }),
        ];
        assert_eq!(read, expected);
        assert!(peers("").unwrap().is_empty());
        assert!(peers("sg=http://127.0.0.1:9").is_err());
        assert!(peers("sg=127.0.0.1#did:key:z").is_err());
    }
}
