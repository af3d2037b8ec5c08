//! The rows of what two zones agree on: handshakes by hand, amendments, and endorsements that thresholds ask for.

use corridor::messages;
use law::manifest::RouteGroup;

use super::{MIRROR, OPERATE, get, post};
use crate::http::agreeing::{
    self, AcceptAmendmentBody, AmendBody, AnchorBody, AttachBody, EndorseBody, EndorsementBody,
    SealBody,
};
use crate::http::answer::JSON;
use crate::http::bodies::{HandshakeBody, NothingBody};
use crate::http::openapi::documents::{self, files};
use crate::http::route::Handler::Zone;
use crate::http::route::{Route, schema};
use crate::http::{corridors, peers};

pub(super) const AGREEING: &[Route] = &[
    post(
        "/v1/corridors/handshake",
        "Take a message of a peer's handshake as a file.",
        Zone(corridors::take_handshake),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<HandshakeBody>)
    .refuses(&[404])
    .tells(schema::<documents::HandshakeTaken>),
    post(
        "/v1/corridors/{id}/handshake",
        "What this zone has to say next in the handshake, as a file for its peer.",
        Zone(corridors::handshake),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<NothingBody>)
    .refuses(&[404])
    .tells(schema::<files::HandshakeFile>),
    post(
        "/v1/corridors/{id}/activate",
        "Tell the peer at once whatever the handshake waits for.",
        Zone(corridors::activate),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<NothingBody>)
    .refuses(&[404])
    .tells(schema::<documents::Corridor>),
    post(
        "/v1/corridors/{id}/amendments",
        "Offer the peer new terms of a corridor.",
        Zone(agreeing::amend),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<AmendBody>)
    .refuses(&[404])
    .tells(schema::<documents::Corridor>),
    get(
        "/v1/corridors/{id}/amendments",
        "The amendments of a corridor, and the one that is offered.",
        Zone(agreeing::amendments),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .refuses(&[404, 422])
    .tells(schema::<documents::Amendments>),
    post(
        "/v1/corridors/{id}/amendments/accept",
        "Accept exactly this amendment of the peer: both lanes go over to it.",
        Zone(agreeing::accept),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<AcceptAmendmentBody>)
    .refuses(&[404])
    .tells(schema::<documents::Corridor>),
    post(
        "/v1/corridors/{id}/endorsements",
        "Keep what somebody signed for transitions of this zone.",
        Zone(agreeing::give),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<EndorsementBody>)
    .refuses(&[404])
    .tells(schema::<documents::EndorsementKept>),
    post(
        "/v1/corridors/{id}/endorse",
        "Stand, as the other zone, for transitions of the peer.",
        Zone(agreeing::endorse),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<EndorseBody>)
    .refuses(&[404])
    .tells(schema::<files::AnyCredential>),
    post(
        "/v1/corridors/{id}/attachments",
        "Attach a checkpoint of another chain, in a receipt.",
        Zone(agreeing::attach),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<AttachBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::ReceiptWritten>),
    post(
        "/v1/corridors/{id}/anchors",
        "Keep the proof that another chain holds a cut.",
        Zone(agreeing::anchor),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<AnchorBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::CutAnchored>),
    post(
        "/v1/corridors/{id}/sealing",
        "Encrypt the payloads sent on a corridor, or no longer.",
        Zone(agreeing::seal),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<SealBody>)
    .refuses(&[404])
    .tells(schema::<documents::Corridor>),
    post("/v1/corridors/peers/amend", "Take an offer of new terms.", Zone(peers::amend))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::AmendmentOffer>)
        .tells(schema::<files::PeerTaken>),
];
