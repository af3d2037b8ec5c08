//! `mez key rotate`: the next key takes over from a running one of a stopped zone.
//!
//! Invariant: the private key that takes over is the one the zone committed to, and comes from the
//! folder of root keys; the one after it is made and committed to before anything takes effect.

mod token;

use std::path::PathBuf;

use canon::{Canonical, Digest};
use clap::ValueEnum;
use proof::inception::key_commitment;
use proof::rotation::{Cause, CutOver, Rotation, TYPE};
use proof::{KeyHistory, PublicKey, Purpose, SecretKey, Signer};
use serde_json::json;
use store::cell::{Cell, CellError};
use zone::{CutsError, cuts};

use super::{BRING, host, ready, root_key, roots, unreadable};
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Exit, Failure};
use crate::founding::{Known, key_at, read_key, read_keys};
use crate::layout::{RootKeys, ZoneDir};
use crate::rotating::{InstallError, Place, Rotated, document, next_key, unhindered};
use crate::serve::{Loading, configure_with, keys_at};

/// Which key to replace, and why.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the stopped zone, D/<zone>
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// What the key is for
    #[arg(long, value_enum, default_value_t = Of::Log)]
    purpose: Of,
    /// The old key may be in other hands: the root key signs in its place
    #[arg(long)]
    compromised: bool,
    /// The folder of the root keys and the next keys; D/root-keys, unless given
    #[arg(long, value_name = "DIR")]
    root_keys: Option<PathBuf>,
    /// The folder of the zone's signer, where its keys were moved to one; the signer is stopped
    #[arg(long, value_name = "DIR")]
    signer: Option<PathBuf>,
    /// Store of the zone, if it is not the embedded one
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// A running purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// Documents: credentials, agreements, cuts
    Assertion,
    /// Lanes and checkpoints
    #[value(alias = "lane")]
    Log,
    /// Cosignatures of other logs
    Cosigner,
    /// Messages to peers
    Http,
}

impl Of {
    const fn purpose(self) -> Purpose {
        match self {
            Self::Assertion => Purpose::Assertion,
            Self::Log => Purpose::Log,
            Self::Cosigner => Purpose::Cosigner,
            Self::Http => Purpose::Http,
        }
    }
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let dir = ZoneDir::at(&args.dir);
    let own = dir.signer();
    if args.signer.is_none() && dir.signer_elsewhere().exists() {
        return token::run(args, &dir, context);
    }
    let place = Place { dir: &dir, signer: args.signer.as_deref().unwrap_or(&own) };
    let known = read_keys(&dir).map_err(|error| unreadable(&error))?;
    let finished = {
        // Held while files change: a zone that runs keeps its keys.
        let log = known.history.key(Purpose::Log).to_multikey();
        let _held = Cell::open(place.signer, &log).map_err(|error| uninstalled(&error.into()))?;
        place.finish(&known.history, &mut unhindered).map_err(|error| uninstalled(&error))?
    };
    if !finished.is_empty() {
        let digest = known.history.head();
        return Ok(answer(&known.history, digest, "the rotation that was cut short is finished"));
    }
    let database = args.database.clone();
    let loading = Loading { dir: &dir, database, store: None, sanctions: None, url: String::new() };
    let (clock, entropy) = host()?;
    let config = ready(configure_with(&loading, clock, entropy, |_| keys_at(place)))?;
    let (roots, name) = roots(&args.dir, args.root_keys.as_ref());
    let keys = Keys::of(args, &known, (&roots, &name), (place, context))?;
    let cut_over = cuts(&config).map_err(|error| unsound(&error))?;
    let commits = (keys.new.public(), keys.next);
    let rotation = rotation(args, commits, &known.history, cut_over, context);
    let (rotated, history) = keys.signed(&rotation, &known)?;
    let document = document(&known.inception, &known.rotations, &rotated);
    let document = document.map_err(|error| Failure::refusal("keys.json", &error))?;
    let rotated =
        Rotated { history: &history, document: &document, purpose: keys.purpose, key: &keys.new };
    let installed = place.install(&rotated, config.keys.cell.as_ref(), &mut unhindered);
    installed.map_err(|error| uninstalled(&error))?;
    // The next key is the running one now; the one after it takes its name.
    let renamed = next_key(&roots, &name, &history, keys.purpose);
    renamed.map_err(|error| uninstalled(&error))?;
    Ok(answer(&history, history.head(), "start the zone: it states the rotation in each lane"))
}

/// The keys a rotation is made of.
struct Keys {
    purpose: Purpose,
    /// Signs beside the new one: the old key, or after a compromise the root.
    outgoing: SecretKey,
    new: SecretKey,
    /// Commitment to the key after the new one.
    next: Digest,
}

impl Keys {
    fn of(
        args: &Args,
        known: &Known,
        (roots, name): (&RootKeys, &str),
        (place, context): (Place<'_>, &Context<'_>),
    ) -> Result<Self, Failure> {
        let (purpose, history) = (args.purpose.purpose(), &known.history);
        let new = next_key(roots, name, history, purpose).map_err(|error| uninstalled(&error))?;
        let new = new.ok_or_else(|| {
            let what = format!("the next {purpose} key, which the zone committed to, is not there");
            Failure::new(Exit::Error, "next-key", what, BRING)
        })?;
        let outgoing = match args.compromised {
            true => root_key(roots, name, history.inception())?,
            false => read_key(&place.key(purpose)).map_err(|error| unreadable(&error))?,
        };
        let after = key_at(&roots.after(name, purpose), context.entropy);
        let after = after.map_err(|error| uninstalled(&error.into()))?.public();
        let next = key_commitment(purpose, &after);
        Ok(Self { purpose, outgoing, new, next })
    }

    /// The signed document, and the zone's keys with it; what a stranger would refuse is not written.
    fn signed(
        &self,
        rotation: &Rotation,
        known: &Known,
    ) -> Result<(serde_json::Value, proof::Verified<KeyHistory>), Failure> {
        let document = rotation.sign(&self.outgoing as &dyn Signer, &self.new);
        let document = document.map_err(|error| unfollowed(&error))?;
        let history = known.history.extend(&document).map_err(|error| unfollowed(&error))?;
        Ok((document, history))
    }
}

/// The document without its proofs: the next key takes over, and commits to the one after it.
fn rotation(
    args: &Args,
    (new_key, next_commitment_sha256): (PublicKey, Digest),
    history: &KeyHistory,
    cut_over: Vec<CutOver>,
    context: &Context<'_>,
) -> Rotation {
    let (zone, purpose) = (history.inception(), args.purpose.purpose());
    Rotation {
        kind: TYPE.to_owned(),
        zone_id: zone.zone_id().clone(),
        zone_did: zone.did(),
        realm: zone.realm(),
        inception_sha256: zone.digest(),
        number: history.next_number(),
        previous_sha256: history.head(),
        purpose,
        reason: if args.compromised { Cause::Compromise } else { Cause::Routine },
        previous_key: history.key(purpose).clone(),
        new_key,
        cut_over,
        next_commitment_sha256,
        created: context.clock.now().max(history.since()),
    }
}

fn unfollowed(error: &dyn std::error::Error) -> Failure {
    let what = "the rotation does not follow from the zone's keys";
    Failure::new(Exit::Error, "rotation-refused", what, "see `mez key status --dir DIR`")
        .because(error)
}

fn unsound(error: &CutsError) -> Failure {
    let (code, remedy) = match error {
        CutsError::Unstated(_) => {
            ("rotation-unstated", "start the zone once: it states the rotation before in each lane")
        }
        CutsError::NotSigning(_) => ("not-signing", "see `mez doctor --dir DIR`"),
        _ => ("zone-folder", "run `mez doctor --dir DIR` on the folder"),
    };
    Failure::new(Exit::Error, code, "the key is not rotated", remedy).because(error)
}

fn uninstalled(error: &InstallError) -> Failure {
    let (exit, code, remedy) = match error {
        InstallError::Cell(CellError::InUse { .. }) => (
            Exit::Unavailable,
            "zone-in-use",
            "stop the process that runs this zone, and its signer",
        ),
        _ => (Exit::Error, "rotation", "ask again: what took effect is finished, nothing is lost"),
    };
    Failure::new(exit, code, "the rotation is not finished", remedy).because(error)
}

fn answer(history: &KeyHistory, digest: Digest, next: &str) -> Answer {
    let last = history.rotations().last();
    let row = |name: &str| {
        last.map_or_else(String::new, |last| match name {
            "purpose" => last.purpose.to_string(),
            "old" => last.previous_key.to_string(),
            _ => last.new_key.to_string(),
        })
    };
    let mut text = pairs(&[
        ("purpose", row("purpose")),
        ("old key", row("old")),
        ("new key", row("new")),
        ("rotation", format!("{} {digest}", history.next_number().saturating_sub(1))),
        ("next", next.to_owned()),
    ]);
    text.push_str("witnesses of the zone's logs need the new log key, where that was rotated\n");
    let value = last.and_then(|last| Canonical::of(last).ok()).map(|last| last.value());
    Answer::done(text, json!({ "rotation": value, "rotation_sha256": digest, "next": next }))
}
