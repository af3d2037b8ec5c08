//! Peers elsewhere, met before anything is founded: who answers there is who was named and pinned.

use std::path::Path;

use law::manifest::{Catalog, Zone};
use proof::Inception;

use super::plan::{Elsewhere, Plan};
use crate::cli::content::Content;
use crate::cli::failure::Fault;
use crate::cli::{Exit, Failure};
use crate::client::Client;
use crate::layout::ZoneDir;

/// Where every zone publishes its inception document.
const INCEPTION: &str = "/.well-known/mez/inception.json";

/// Ask each for its inception document and compare it with the pinned DID and with its name here.
/// A zone laid before starts again while a peer is away: it has met that peer, or asks it itself.
pub(super) fn meet(plan: &Plan, content: &Content, dir: &Path) -> Result<(), Failure> {
    let first = plan.zones.first().map(|stack| stack.zone.jurisdiction.as_str());
    let laid = first.is_some_and(|name| ZoneDir::at(dir.join(name)).inception().exists());
    for peer in &plan.elsewhere {
        let answered = Client::new(&peer.url, "").get(INCEPTION);
        if laid && answered.is_err() {
            continue;
        }
        let document = answered.map_err(|error| {
            let what = format!("peer `{}` does not answer at `{}`", peer.name, peer.url);
            let remedy = "check that it runs and that the URL is its own, then try again";
            Failure::new(Exit::Unavailable, "peer-unreachable", what, remedy).because(&error)
        })?;
        let inception = Inception::verify(&document, &peer.did).map_err(|error| {
            let what = format!("who answers at `{}` is not the zone pinned there", peer.url);
            let remedy = "learn the peer's DID from its operator, by a way you trust";
            let pinned = Fault::new(format!("pinned {}", peer.did));
            Failure::new(Exit::Error, "peer-not-pinned", what, remedy).with(pinned).because(&error)
        })?;
        // A name nobody here defines is the operator's own word for it.
        if let Ok(named) = Catalog::new(content).zone(&peer.name) {
            must_be(peer, &named, &inception)?;
        }
    }
    Ok(())
}

fn must_be(peer: &Elsewhere, named: &Zone, found: &Inception) -> Result<(), Failure> {
    if named.id == *found.zone_id() && named.jurisdiction == *found.jurisdiction_id() {
        return Ok(());
    }
    let what = format!(
        "`{}` is zone `{}`, but the zone at `{}` is `{}`",
        peer.name,
        named.id,
        peer.url,
        found.zone_id()
    );
    Err(Failure::usage(what, "name the zone that runs there: NAME=URL#DID"))
}
