//! The same where a signer makes its own keys, as one in a token does: it signs, and passes to them.
//!
//! Invariant: the new key is the one that the zone committed to and the signer holds; the signer passes
//! to it only after `keys.json` names it.

use link::RemoteError;
use proof::inception::key_commitment;
use proof::integrity::{ProofOptions, sign_document};
use proof::rotation::Cause;
use zone::cuts;

use super::{Args, answer, rotation, unfollowed, uninstalled, unsound};
use crate::cli::key::{host, ready, root_key, roots, unreadable};
use crate::cli::screen::Answer;
use crate::cli::{Context, Exit, Failure};
use crate::founding::{Known, read_keys};
use crate::layout::{ZoneDir, write_atomic};
use crate::rotating::document;
use crate::serve::{Loading, configure};
use crate::signers::{link_of, turned};

pub(super) fn run(args: &Args, dir: &ZoneDir, context: &Context<'_>) -> Result<Answer, Failure> {
    let elsewhere = || {
        let what = "the keys of this zone are with its signer, which makes none now";
        let remedy = "start `mez-hsm serve`; any other signer is stopped, and its folder named by --signer DIR";
        Failure::new(Exit::Usage, "signer-elsewhere", what, remedy)
    };
    let known = read_keys(dir).map_err(|error| unreadable(&error))?;
    let link = link_of(dir).map_err(|error| elsewhere().because(&error))?;
    let link = link.ok_or_else(elsewhere)?;
    let (signer, passed) = match turned(&link, &known) {
        Err(error @ RemoteError::Unreachable { .. }) => return Err(elsewhere().because(&error)),
        asked => asked.map_err(|error| unanswered(&error))?,
    };
    if !passed.is_empty() {
        let finished = "the rotation that was cut short is finished";
        return Ok(answer(&known.history, known.history.head(), finished));
    }
    let purpose = args.purpose.purpose();
    if !signer.next.contains_key(&purpose) {
        return Err(elsewhere());
    }
    let database = args.database.clone();
    let loading = Loading { dir, database, store: None, sanctions: None, url: String::new() };
    let (clock, entropy) = host()?;
    // Holds the store: a zone that runs keeps its keys.
    let config = ready(configure(&loading, clock, entropy))?;
    let cut_over = cuts(&config).map_err(|error| unsound(&error))?;
    let (new, after) = signer.rotating.next(purpose).map_err(|error| unanswered(&error))?;
    if key_commitment(purpose, &new) != known.history.commitment(purpose) {
        let what = format!("the zone committed to another next {purpose} key than the signer's");
        let remedy = "the signer rotates only a zone that was founded on keys it made";
        return Err(Failure::new(Exit::Error, "next-key", what, remedy));
    }
    let commits = (new, key_commitment(purpose, &after));
    let rotation = rotation(args, commits, &known.history, cut_over, context);
    let mut signed =
        signer.rotating.rotate(rotation.clone()).map_err(|error| unanswered(&error))?;
    if rotation.reason == Cause::Compromise {
        let (roots, name) = roots(&args.dir, args.root_keys.as_ref());
        let root = root_key(&roots, &name, known.history.inception())?;
        let options = ProofOptions::assertion(rotation.created, &root);
        signed = sign_document(signed, &options, &root).map_err(|error| unfollowed(&error))?;
    }
    let history = known.history.extend(&signed).map_err(|error| unfollowed(&error))?;
    let keys = document(&known.inception, &known.rotations, &signed);
    let keys = keys.map_err(|error| Failure::refusal("keys.json", &error))?;
    write_atomic(&dir.keys(), keys.bytes()).map_err(|error| uninstalled(&error.into()))?;
    let rotations = known.rotations.into_iter().chain([signed]).collect();
    let known = Known { history, inception: known.inception, rotations };
    turned(&link, &known).map_err(|error| unanswered(&error))?;
    let next = "start the zone: it states the rotation in each lane";
    Ok(answer(&known.history, known.history.head(), next))
}

fn unanswered(error: &RemoteError) -> Failure {
    let what = "the rotation is not finished";
    let failure = match error {
        RemoteError::OtherEnd { .. } => {
            Failure::new(Exit::Error, "signer-other-key", what, "find out who answers there")
        }
        RemoteError::Refused { .. } => {
            Failure::new(Exit::Error, "signer-refused", what, "see `mez-hsm status` at the signer")
        }
        _ => Failure::new(
            Exit::Unavailable,
            "signer-unavailable",
            what,
            "start the signer, and ask again: what took effect is finished, nothing is lost",
        ),
    };
    failure.because(error)
}
