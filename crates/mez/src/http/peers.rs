//! `/v1/corridors/peers`: messages of other zones, signed instead of carrying a token.

use zone::{PeerCall, PeerMessage, Refused, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;
use super::signature::{Headers, SignatureRefused, verify};

/// Verify the HTTP signature; everything else is the zone's to judge.
fn take(zone: &Zone, asked: &Asked, call: PeerCall) -> Result<Answer, Problem> {
    let refuse = |code: &'static str, detail: String| Problem::from(Refused::Peer { code, detail });
    let header = |name: &'static str| match asked.header(name)? {
        Some(text) => Ok(text.to_owned()),
        None => Err(refuse("peer-signature", SignatureRefused::Header(name).to_string())),
    };
    let headers = Headers {
        content_digest: header("content-digest")?,
        signature_input: header("signature-input")?,
        signature: header("signature")?,
    };
    let target = format!("{}{}", asked.url, asked.path);
    let signed = verify(&target, &asked.body, &headers);
    let signed = signed.map_err(|error| refuse("peer-signature", error.to_string()))?;
    asked.tree()?;
    let message = PeerMessage {
        call,
        key: signed.key,
        created: signed.created,
        nonce: signed.nonce,
        body: asked.body.clone(),
    };
    let taken = zone.from_peer(&message)?;
    // What waits for this peer goes out at once: the bell is rung after every message of a peer.
    zone.heard(&message);
    Ok(taken.into())
}

pub(super) fn propose(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::Propose)
}

pub(super) fn accept(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::Accept)
}

pub(super) fn activate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::Activate)
}

pub(super) fn receipts(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::Receipts)
}

pub(super) fn cut(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::Cut)
}

pub(super) fn resume(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::Resume)
}

pub(super) fn amend(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::Amend)
}

pub(super) fn history(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    take(zone, asked, PeerCall::History)
}
