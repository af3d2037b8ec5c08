//! `mez consent`: proposals of a running zone, and votes signed with a key of one's own and no zone.

use std::path::PathBuf;

use canon::{Did, Digest, RecordId};
use proof::integrity::{ProofOptions, sign_document};
use registry::consent::{Ballot, Choice, Delegation};
use serde_json::{Value, json};

use super::file::write_new_0644;
use super::remote::corridor::{Asking, document};
use super::remote::status::shown;
use super::remote::{Target, refused};
use super::screen::{Answer, pairs};
use super::{Context, Exit, Failure, vc};

/// Where proposals are kept: those of entities, or those of the zone's council.
#[derive(clap::Args)]
pub(crate) struct Where {
    /// Of the zone's council: what it votes on is the zone's own
    #[arg(long)]
    council: bool,
}

impl Where {
    fn path(&self, rest: &str) -> String {
        let base = if self.council { "/v1/council/proposals" } else { "/v1/consent" };
        format!("{base}{rest}")
    }
}

/// What to do with proposals.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Put an operation to the vote
    Propose {
        /// JSON file with entity_id, operation, title, rule, expires and, where no register says it, voters; for the
        /// council operation, title and expires
        #[arg(value_name = "FILE")]
        proposal: PathBuf,
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        asking: Asking,
    },
    /// Show one proposal: how it stands, and the digest that voters sign
    Show {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        id: RecordId,
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        target: Target,
    },
    /// Sign a vote, or who votes instead; needs no zone
    Sign(SignArgs),
    /// Hand in what a voter signed
    Vote {
        /// On which proposal
        #[arg(value_parser = RecordId::parse)]
        id: RecordId,
        /// The signed vote
        #[arg(value_name = "FILE")]
        signed: PathBuf,
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        asking: Asking,
    },
    /// Call a proposal off
    Cancel {
        /// Which
        #[arg(value_parser = RecordId::parse)]
        id: RecordId,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        at: Where,
        #[command(flatten)]
        asking: Asking,
    },
}

/// A vote to be signed.
#[derive(clap::Args)]
pub(crate) struct SignArgs {
    /// On which proposal
    #[arg(value_parser = RecordId::parse)]
    id: RecordId,
    /// Its `proposal_sha256`
    #[arg(long, value_name = "DIGEST", value_parser = Digest::from_hex)]
    proposal: Digest,
    /// approve, reject or abstain
    #[arg(long, value_parser = choice, required_unless_present = "delegate")]
    choice: Option<Choice>,
    /// Who votes instead
    #[arg(long, value_name = "DID", value_parser = Did::parse, conflicts_with = "choice")]
    delegate: Option<Did>,
    /// The voter's key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where it is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn choice(text: &str) -> Result<Choice, String> {
    [Choice::Approve, Choice::Reject, Choice::Abstain]
        .into_iter()
        .find(|choice| json!(choice) == json!(text))
        .ok_or_else(|| "is not approve, reject or abstain".to_owned())
}

impl SignArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let key = vc::read_key(&self.key)?.secret;
        let (id, voter) = (self.id.clone(), key.public().did());
        let bare = match (self.choice, &self.delegate) {
            (Some(choice), _) => json!(Ballot::of(id, self.proposal, voter.clone(), choice)),
            (None, Some(to)) => {
                json!(Delegation::of(id, self.proposal, (voter.clone(), to.clone())))
            }
            (None, None) => Value::Null,
        };
        let options = ProofOptions::assertion(context.clock.now(), &key);
        let signed = sign_document(bare, &options, &key).map_err(|error| {
            let remedy = "say --choice or --delegate";
            Failure::new(Exit::Error, "ballot", "it was not signed", remedy).because(&error)
        })?;
        write_new_0644(&self.out, signed.to_string().as_bytes())?;
        let out = self.out.display().to_string();
        let text = pairs(&[("voter", voter.to_string()), ("file", out.clone())]);
        Ok(Answer::done(text, json!({ "voter": voter, "file": out })))
    }
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Propose { proposal, at, asking } => {
                let body = document(&proposal)?;
                Ok(after(asking.post(context, "put this to the vote", &at.path(""), &body)?))
            }
            Self::Show { id, at, target } => {
                let client = target.open(context)?;
                let known = client.get(&at.path(&format!("/{id}")));
                let known = known.map_err(|error| refused("show this proposal", &error))?;
                Ok(Answer::done(pairs(&summary(&known)), known))
            }
            Self::Sign(args) => args.run(context),
            Self::Vote { id, signed, at, asking } => {
                let signed = document(&signed)?;
                let given = signed.get("type") == Some(&json!("MEZVoteDelegation"));
                let (verb, name) =
                    if given { ("delegations", "delegation") } else { ("votes", "ballot") };
                let path = at.path(&format!("/{id}/{verb}"));
                Ok(after(asking.post(
                    context,
                    "take this vote",
                    &path,
                    &json!({ name: signed }),
                )?))
            }
            Self::Cancel { id, reason, at, asking } => {
                let path = at.path(&format!("/{id}/cancel"));
                let body = json!({ "reason": reason });
                Ok(after(asking.post(context, "call this proposal off", &path, &body)?))
            }
        }
    }
}

/// What a change came to, for people. What law admitted is in an envelope; what is the zone's own is not.
fn after(answer: Answer) -> Answer {
    let proposal = answer.json.get("result").unwrap_or(&answer.json);
    let text = pairs(&summary(proposal)).into_bytes();
    Answer { text, ..answer }
}

fn summary(told: &Value) -> Vec<(&'static str, String)> {
    let at = |pointer: &str| shown(told.pointer(pointer));
    vec![
        ("proposal", at("/consent_id")),
        ("title", at("/proposal/title")),
        ("operation", at("/proposal/operation/operation")),
        ("status", at("/status")),
        ("for", at("/tally/approve")),
        ("against", at("/tally/reject")),
        ("abstain", at("/tally/abstain")),
        ("of", at("/tally/total")),
        ("expires", at("/proposal/expires")),
        ("sign", at("/proposal_sha256")),
    ]
}
