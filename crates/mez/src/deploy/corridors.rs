//! Opening corridors from the first zone to each peer, over HTTP, with pinned identities.

use std::time::Duration;

use canon::CorridorId;
use serde_json::json;

use super::json::text;
use super::plan::Elsewhere;
use super::smoke::Member;
use crate::cli::{Exit, Failure};
use crate::watch::Patience;

/// Longest wait for a corridor to become ACTIVE between zones run here.
const ACTIVE_WAIT: Duration = Duration::from_secs(20);

/// Longest wait for a proposal to reach a zone elsewhere.
const DELIVERY_WAIT: Duration = Duration::from_secs(3);

/// The corridors of the first zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Linked {
    /// ACTIVE, with the index of the member at the far end.
    pub(crate) active: Vec<(CorridorId, usize)>,
    /// Proposed to zones elsewhere.
    pub(crate) elsewhere: Vec<Proposed>,
}

/// A corridor proposed to a zone elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    /// What the zone is called here.
    pub(crate) name: String,
    /// Its base URL.
    pub(crate) url: String,
    /// The corridor.
    pub(crate) id: CorridorId,
    /// How it stands.
    pub(crate) state: String,
}

fn failed(peer: &str, detail: &dyn std::fmt::Display) -> Failure {
    let what = format!("the corridor to `{peer}` does not open: {detail}");
    Failure::new(Exit::Error, "corridor", what, "see `mez corridor status` on both zones")
}

/// Propose to every peer; accept on those run here; wait until theirs are ACTIVE.
pub(crate) fn link(members: &[Member], elsewhere: &[Elsewhere]) -> Result<Linked, Failure> {
    let Some((here, peers)) = members.split_first() else { return Ok(Linked::default()) };
    for member in members {
        if !member.groups.iter().any(|group| group == "corridors") {
            let detail = format!("the profile of `{}` mounts no corridors", member.name);
            return Err(failed(&member.name, &detail));
        }
    }
    let mut linked = Linked::default();
    for (at, peer) in peers.iter().enumerate() {
        let (id, _) = propose(here, peer.client.url(), peer.did.as_str(), &peer.name)?;
        linked.active.push((id, at + 1));
    }
    for (id, there) in &linked.active {
        let Some(peer) = members.get(*there) else { continue };
        accept(peer, id, here)?;
    }
    for (id, there) in &linked.active {
        let Some(peer) = members.get(*there) else { continue };
        for side in [here, peer] {
            wait_active(side, id)?;
        }
    }
    for peer in elsewhere {
        let (id, _) = propose(here, &peer.url, peer.did.as_str(), &peer.name)?;
        let state = wait_delivered(here, &id);
        let (name, url) = (peer.name.clone(), peer.url.clone());
        linked.elsewhere.push(Proposed { name, url, id, state });
    }
    Ok(linked)
}

fn propose(
    here: &Member,
    url: &str,
    did: &str,
    name: &str,
) -> Result<(CorridorId, String), Failure> {
    let body = json!({ "url": url, "did": did });
    // A zone that moved, here or there, proposes again under another key.
    let both = format!("{}>{url}#{did}", here.client.url());
    let key = format!("propose-{}", canon::Digest::of_blob(both.as_bytes()));
    let proposed = here.client.post("/v1/corridors", &body, &key);
    let proposed = proposed.map_err(|error| {
        let mut failure = failed(name, &error);
        if error.problem().is_some_and(|problem| problem.status == 502) {
            failure.exit = Exit::Unavailable;
        }
        failure
    })?;
    let id = CorridorId::parse(&text(&proposed, "corridor_id")).map_err(|e| failed(name, &e))?;
    Ok((id, text(&proposed, "state")))
}

/// Accept as the peer's operator, once the proposal has arrived there.
fn accept(peer: &Member, id: &CorridorId, here: &Member) -> Result<(), Failure> {
    let patience = Patience::of(ACTIVE_WAIT);
    let body = json!({ "peer_did": here.did });
    let path = format!("/v1/corridors/{id}/accept");
    let mut tries = 0u32;
    loop {
        let state = peer.client.get(&format!("/v1/corridors/{id}"));
        let state = state.map(|known| text(&known, "state"));
        if state.is_ok_and(|state| state != "PENDING" && state != "DRAFT") {
            return Ok(());
        }
        let key = format!("accept-{id}-{tries}");
        match peer.client.post(&path, &body, &key) {
            Ok(_) => return Ok(()),
            // Accepted in an earlier run, and waiting for its activation.
            Err(error) if error.problem().is_some_and(|p| p.code == "nothing-to-accept") => {
                return Ok(());
            }
            Err(error) if patience.is_over() => return Err(failed(&peer.name, &error)),
            Err(_) => patience.pause(),
        }
        tries += 1;
    }
}

/// A zone elsewhere decides in its own time; only the delivery of the proposal is waited for.
fn wait_delivered(here: &Member, id: &CorridorId) -> String {
    let patience = Patience::of(DELIVERY_WAIT);
    let mut state = String::new();
    while !patience.is_over() {
        if let Ok(known) = here.client.get(&format!("/v1/corridors/{id}")) {
            state = text(&known, "state");
            if state != "DRAFT" {
                break;
            }
        }
        patience.pause();
    }
    state
}

fn wait_active(side: &Member, id: &CorridorId) -> Result<(), Failure> {
    let patience = Patience::of(ACTIVE_WAIT);
    let path = format!("/v1/corridors/{id}");
    let mut last = String::new();
    while !patience.is_over() {
        if let Ok(known) = side.client.get(&path) {
            last = text(&known, "state");
            if last == "ACTIVE" {
                return Ok(());
            }
        }
        patience.pause();
    }
    Err(failed(&side.name, &format!("on `{}` it is {last}, not ACTIVE", side.name)))
}
