//! `mez corridor amend|amendments|accept-amendment|endorse|endorsement`: changing what two zones agreed, and who stands
//! for transitions beside their writer.

use std::path::PathBuf;

use canon::{CorridorId, Digest, Timestamp, ZoneId};
use corridor::endorsement::Endorsement;
use corridor::handshake::Role;
use corridor::lane::Class;
use serde_json::{Value, json};

use super::Target;
use super::binding::BindingArgs;
use super::corridor::{Asking, document};
use super::demands::wanted;
use super::status::shown;
use crate::cli::file::write_new_0644;
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Exit, Failure, vc};

/// Steps between two zones that have agreed.
#[derive(clap::Subcommand)]
pub(crate) enum Agreeing {
    /// Offer the peer new terms: this zone's law as it is now, and whatever else is named
    Amend(AmendArgs),
    /// Show the amendments of a corridor, and the one that is offered
    Amendments(ShowArgs),
    /// Accept exactly this amendment of the peer: both lanes go over to it
    AcceptAmendment(AcceptArgs),
    /// Stand, as the other zone, for transitions of the peer
    Endorse(EndorseArgs),
    /// Give the zone what somebody signed for its transitions
    Endorsement(GiveArgs),
    /// Attach a checkpoint of another chain, in a receipt
    Attach(AttachArgs),
    /// Keep the proof that another chain holds a cut
    Anchor(AnchorArgs),
    /// Encrypt the payloads sent on a corridor to its peer; or, with --off, no longer
    Seal(SealArgs),
    /// Sign, with a key of one's own and no zone, for transitions of a zone
    SignEndorsement(SignArgs),
    /// Sign, with a key of one's own, what a proof made elsewhere is about
    SignBinding(BindingArgs),
}

impl Agreeing {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Amend(args) => args.run(context),
            Self::Amendments(args) => args.run(context),
            Self::AcceptAmendment(args) => args.run(context),
            Self::Endorse(args) => args.run(context),
            Self::Endorsement(args) => args.run(context),
            Self::Attach(args) => args.run(context),
            Self::Anchor(args) => args.run(context),
            Self::Seal(args) => args.run(context),
            Self::SignEndorsement(args) => args.run(context),
            Self::SignBinding(args) => args.run(context),
        }
    }
}

/// New terms.
#[derive(clap::Args)]
pub(crate) struct AmendArgs {
    /// Of which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Why
    #[arg(long)]
    reason: String,
    /// From when on; at once, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    effective_from: Option<Timestamp>,
    /// Until when the corridor is in effect
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    effective_until: Option<Timestamp>,
    /// JSON file with `thresholds` and `holders`
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

/// Which corridor is shown.
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// Which
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    #[command(flatten)]
    target: Target,
}

/// Which amendment is accepted.
#[derive(clap::Args)]
pub(crate) struct AcceptArgs {
    /// Of which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Its digest, as `mez corridor status` shows it
    #[arg(value_parser = Digest::from_hex)]
    amendment_sha256: Digest,
    #[command(flatten)]
    asking: Asking,
}

/// What is stood for.
#[derive(clap::Args)]
pub(crate) struct EndorseArgs {
    /// On which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// business, control or finishing
    #[arg(long, value_parser = class)]
    class: Class,
    /// Until when, at most 31 days from now
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    until: Timestamp,
    /// Where it is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// What was signed.
#[derive(clap::Args)]
pub(crate) struct GiveArgs {
    /// On which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// The endorsement
    file: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// What is attached.
#[derive(clap::Args)]
pub(crate) struct AttachArgs {
    /// On which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// The attachment (MEZAttachment)
    file: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// Where a cut is held.
#[derive(clap::Args)]
pub(crate) struct AnchorArgs {
    /// Of which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// The cut, by its digest without proofs
    #[arg(long, value_name = "DIGEST", value_parser = Digest::from_hex)]
    cut: Digest,
    /// The proof: JSON, `chain` being c2sp-log, bitcoin or ethereum
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// Under which root it is believed: a log's verifier key, bitcoin:BLOCK:BITS:CONFIRMATIONS or
    /// ethereum:0xBLOCK, a block known to be final
    #[arg(long, value_name = "ROOT")]
    root: String,
    #[command(flatten)]
    asking: Asking,
}

/// What is encrypted.
#[derive(clap::Args)]
pub(crate) struct SealArgs {
    /// On which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Send in the clear again
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    asking: Asking,
}

impl SealArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/sealing", self.id);
        self.asking.post(context, "encrypt payloads", &path, &json!({ "sealed": !self.off }))
    }
}

impl AttachArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/attachments", self.id);
        let body = json!({ "attachment": document(&self.file)? });
        self.asking.post(context, "attach this checkpoint", &path, &body)
    }
}

impl AnchorArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/anchors", self.id);
        let proof = document(&self.proof)?;
        let body = json!({ "cut_sha256": self.cut, "anchor": proof, "root": self.root });
        self.asking.post(context, "keep this anchor", &path, &body)
    }
}

/// What is signed.
#[derive(clap::Args)]
pub(crate) struct SignArgs {
    /// On which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// In whose lane
    #[arg(long, value_name = "ZONE", value_parser = ZoneId::parse)]
    lane: ZoneId,
    /// watcher, witness or regulator
    #[arg(long, value_parser = role)]
    role: Role,
    /// business, control or finishing
    #[arg(long, value_parser = class)]
    class: Class,
    /// Of one payload alone
    #[arg(long, value_name = "DIGEST", value_parser = Digest::from_hex)]
    payload: Option<Digest>,
    /// Until when, at most 31 days from now
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    until: Timestamp,
    /// The key it is signed with
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where it is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn class(text: &str) -> Result<Class, String> {
    [Class::Business, Class::Control, Class::Finishing]
        .into_iter()
        .find(|class| json!(class) == json!(text))
        .ok_or_else(|| "is not business, control or finishing".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    let role = Role::parse(text).filter(|role| *role != Role::Zone);
    role.ok_or_else(|| "is not watcher, witness or regulator".to_owned())
}

impl AmendArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let mut body = json!({ "reason": self.reason });
        let rules = self.thresholds.as_deref().map(wanted).transpose()?;
        if let Value::Object(members) = &mut body {
            let said = [
                ("effective_from", self.effective_from.map(|at| json!(at))),
                ("effective_until", self.effective_until.map(|at| json!(at))),
                ("thresholds", rules.as_ref().map(|rules| json!(rules.thresholds))),
                ("holders", rules.as_ref().map(|rules| json!(rules.holders))),
            ];
            let said = said.into_iter().filter_map(|(name, said)| Some((name.to_owned(), said?)));
            members.extend(said);
        }
        let path = format!("/v1/corridors/{}/amendments", self.id);
        self.asking.post(context, "offer this amendment", &path, &body)
    }
}

impl ShowArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/amendments", self.id);
        let told = self.target.open(context)?.get(&path);
        let told = told.map_err(|error| super::refused("show the amendments", &error))?;
        let amendments = told.get("amendments").and_then(Value::as_array).map_or(0, Vec::len);
        let offered = told.get("offered").is_some_and(|offered| !offered.is_null());
        let text = pairs(&[
            ("corridor", self.id.to_string()),
            ("amendments", amendments.to_string()),
            ("offered", if offered { "one waits" } else { "none" }.to_owned()),
        ]);
        Ok(Answer::done(text, told))
    }
}

impl AcceptArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/amendments/accept", self.id);
        let body = json!({ "amendment_sha256": self.amendment_sha256 });
        self.asking.post(context, "accept this amendment", &path, &body)
    }
}

impl EndorseArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/endorse", self.id);
        let body = json!({ "class": self.class, "until": self.until });
        let signed = self.asking.send(context, "endorse", &path, &body)?;
        written(&signed, &self.out)
    }
}

impl GiveArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = format!("/v1/corridors/{}/endorsements", self.id);
        let body = json!({ "endorsement": document(&self.file)? });
        self.asking.post(context, "take this endorsement", &path, &body)
    }
}

impl SignArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let key = vc::read_key(&self.key)?.secret;
        let endorsement = Endorsement {
            corridor_id: self.id.clone(),
            lane: self.lane.clone(),
            role: self.role,
            class: self.class,
            payload_commitment: self.payload,
        };
        let issuer = key.public().did();
        let signed = endorsement.sign(&issuer, (context.clock.now(), self.until), &key);
        let signed = signed.map_err(|error| {
            let remedy = "let it end within 31 days from now";
            Failure::new(Exit::Error, "endorsement", "it was not signed", remedy).because(&error)
        })?;
        written(&signed, &self.out)
    }
}

fn written(signed: &Value, out: &std::path::Path) -> Result<Answer, Failure> {
    write_new_0644(out, signed.to_string().as_bytes())?;
    let out = out.display().to_string();
    let text = pairs(&[
        ("issuer", shown(signed.get("issuer"))),
        ("until", shown(signed.get("validUntil"))),
        ("written", out.clone()),
    ]);
    Ok(Answer::done(text, json!({ "file": out })))
}
