//! `mez corridor …`: opening corridors, looking at them, halting and resuming them.

use std::path::{Path, PathBuf};

use canon::{CorridorId, Did, Digest, RecordId, ZoneId};
use corridor::certificate::Grade;
use corridor::{TransitionKind, transition_types};
use proof::PublicKey;
use serde_json::{Value, json};

use super::demands::Demands;
use super::receipts::{self, Pages};
use super::status::{corridor_table, corridors, shown};
use super::{Target, agreeing, bundle, handshake, health, key, refused};
use crate::cli::file::{read_document, write_new_0644};
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Context, Failure};
use crate::client::Client;

/// Which zone is asked, and under which key a change is asked once.
#[derive(clap::Args)]
pub(crate) struct Asking {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Key under which a repeated request is answered instead of done again; fresh, unless given
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Which corridor is to stop, and why.
#[derive(clap::Args)]
pub(crate) struct StopArgs {
    /// Which
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Why
    #[arg(long)]
    reason: String,
    /// Who ordered it
    #[arg(long)]
    authority: String,
    /// The council's approved proposal to do this, instead of a second person
    #[arg(long, value_name = "ID", value_parser = RecordId::parse)]
    consent: Option<RecordId>,
    #[command(flatten)]
    asking: Asking,
}

impl StopArgs {
    fn post(&self, context: &Context<'_>, verb: &str) -> Result<Answer, Failure> {
        let mut body = json!({ "reason": self.reason, "authority": self.authority });
        if let (Some(id), Some(members)) = (&self.consent, body.as_object_mut()) {
            members.insert("consent_id".to_owned(), json!(id));
        }
        let path = format!("/v1/corridors/{}/{verb}", self.id);
        self.asking.post(context, &format!("{verb} this corridor"), &path, &body)
    }
}

/// What can be done with corridors.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Derive the corridors there could be between zones, with the border each crosses
    Mesh(crate::cli::mesh::Args),
    /// Net what corridors owe over their last cuts, from their witness bundles
    Net(crate::cli::net::Args),
    /// Print the transition types of this version, and the digest a corridor agrees to them by
    Kinds,
    /// Propose a corridor to a zone, pinned by its DID
    Propose {
        /// The peer's base URL and DID
        #[arg(long, value_name = "URL#DID", value_parser = peer)]
        peer: Peer,
        /// Who is to choose between histories of a lane where both zones signed two: a did:key of its own
        #[arg(long, value_name = "DID", value_parser = pinned)]
        fork_authority: Option<Did>,
        #[command(flatten)]
        demands: Demands,
        #[command(flatten)]
        asking: Asking,
    },
    #[command(flatten)]
    ByHand(handshake::ByHand),
    #[command(flatten)]
    Agreeing(agreeing::Agreeing),
    /// Accept a proposal of exactly this peer
    Accept {
        /// The corridor proposed
        #[arg(value_parser = CorridorId::parse)]
        id: CorridorId,
        /// DID of the zone that proposed it
        #[arg(long, value_name = "DID", value_parser = pinned)]
        peer: Did,
        #[command(flatten)]
        asking: Asking,
    },
    /// Show one corridor with both lanes, or all
    Status {
        /// Which; all, unless given
        #[arg(value_parser = CorridorId::parse)]
        id: Option<CorridorId>,
        #[command(flatten)]
        target: Target,
    },
    /// Show how each corridor does, those that need somebody first
    Health {
        #[command(flatten)]
        target: Target,
    },
    /// Watch how the corridors do, look after look
    Watch(health::WatchArgs),
    /// Show how final a receipt is: each level with its evidence, or what is missing
    Finality {
        /// On which corridor
        #[arg(value_parser = CorridorId::parse)]
        id: CorridorId,
        /// Whose lane; the zone's own, unless given
        #[arg(long, value_name = "ZONE", value_parser = ZoneId::parse)]
        lane: Option<ZoneId>,
        /// Which receipt; the last, unless given
        #[arg(long, value_name = "NUMBER")]
        sequence: Option<u64>,
        /// Write its certificate, which `mez verify` judges alone; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        /// For --certificate: LVC, EFC or AFC; the most there is, unless given
        #[arg(long, value_name = "GRADE", requires = "certificate", value_parser = grade)]
        grade: Option<Grade>,
        #[command(flatten)]
        target: Target,
    },
    /// Show what both zones decided of a receipt; a side that was not heard is pending
    Compliance(super::bilateral::Args),
    /// Write a receipt that moves nothing: of presence, or of a statement to the other zone
    SendReceipt {
        /// On which corridor
        #[arg(value_parser = CorridorId::parse)]
        id: CorridorId,
        /// What the statement is about
        #[arg(long, requires = "statement")]
        subject: Option<String>,
        /// JSON object that is stated
        #[arg(long, value_name = "FILE", requires = "subject")]
        statement: Option<PathBuf>,
        #[command(flatten)]
        asking: Asking,
    },
    /// Sign, with the peer, what both lanes hold
    Cut {
        /// On which corridor
        #[arg(value_parser = CorridorId::parse)]
        id: CorridorId,
        #[command(flatten)]
        asking: Asking,
    },
    /// Halt a corridor, alone and at once
    Halt(StopArgs),
    /// Pause a corridor, alone and at once; to go on takes both
    Suspend(StopArgs),
    /// End a corridor for good: what is open is wound down, nothing starts it again
    Deprecate(StopArgs),
    /// After data were put back: take up again what the peers hold of this zone's lanes
    Adopt {
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Show the forks of a corridor, or write the alarm about one with its evidence
    Forks(super::forks::ForksArgs),
    /// Record which history of a forked lane stands, for good
    Resolve(super::forks::ResolveArgs),
    /// Offer to resume a halted corridor, or agree to the peer's offer
    Resume {
        /// Which
        #[arg(value_parser = CorridorId::parse)]
        id: CorridorId,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Write a lane as a file of receipts, one a line, for `mez verify chain`
    Receipts {
        /// Of which corridor
        #[arg(value_parser = CorridorId::parse)]
        id: CorridorId,
        /// Whose lane; the zone's own, unless given
        #[arg(long, value_name = "ZONE", value_parser = ZoneId::parse)]
        lane: Option<ZoneId>,
        /// Where it is written; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        target: Target,
    },
    /// Write the witness bundle a stranger can verify offline
    Export {
        /// Which
        #[arg(value_parser = CorridorId::parse)]
        id: CorridorId,
        /// Where the bundle is written; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Include payments' contents
        #[arg(long)]
        disclose: bool,
        #[command(flatten)]
        target: Target,
    },
}

/// A peer to be proposed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) url: String,
    pub(crate) did: Did,
}

pub(crate) fn peer(text: &str) -> Result<Peer, String> {
    let (url, did) = text.split_once('#').ok_or("`#DID` is missing after the URL")?;
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err("the URL must start with http:// or https://".to_owned());
    }
    let did = pinned(did)?;
    Ok(Peer { url: url.trim_end_matches('/').to_owned(), did })
}

/// The DID of a zone, which holds its root key.
pub(crate) fn pinned(text: &str) -> Result<Did, String> {
    let did = Did::parse(text).map_err(|error| error.to_string())?;
    PublicKey::from_did_key(text).map_err(|error| error.to_string())?;
    Ok(did)
}

impl Command {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let path = |id: &CorridorId, verb: &str| format!("/v1/corridors/{id}/{verb}");
        match self {
            Self::Mesh(args) => crate::cli::mesh::run(args),
            Self::Net(args) => crate::cli::net::run(args),
            Self::Kinds => Ok(kinds()),
            Self::Propose { peer, fork_authority, demands, asking } => {
                let body = demands.added_to(json!({
                    "url": peer.url, "did": peer.did, "fork_authority": fork_authority,
                }))?;
                asking.post(context, "propose this corridor", "/v1/corridors", &body)
            }
            Self::ByHand(command) => command.run(context),
            Self::Agreeing(command) => command.run(context),
            Self::Accept { id, peer, asking } => {
                let body = json!({ "peer_did": peer });
                asking.post(context, "accept this corridor", &path(id, "accept"), &body)
            }
            Self::Status { id, target } => {
                let client = target.open(context)?;
                match id {
                    Some(id) => one(&client, id),
                    None => all(&client),
                }
            }
            Self::Health { target } => health::health(target, context),
            Self::Watch(args) => health::watch(args, context),
            Self::Finality { id, lane, sequence, certificate, grade, target } => {
                let client = target.open(context)?;
                match certificate {
                    None => finality(&client, id, &wanted(lane.as_ref(), *sequence, None)),
                    Some(out) => {
                        certified(&client, id, &wanted(lane.as_ref(), *sequence, *grade), out)
                    }
                }
            }
            Self::Compliance(args) => super::bilateral::compliance(args, context),
            Self::SendReceipt { id, subject, statement, asking } => {
                let body = match statement {
                    None => json!({}),
                    Some(file) => json!({
                        "statement": { "subject": subject, "body": document(file)? },
                    }),
                };
                asking.post(context, "send a receipt", &path(id, "receipts"), &body)
            }
            Self::Cut { id, asking } => {
                asking.post(context, "sign a cut", &path(id, "cuts"), &json!({}))
            }
            Self::Halt(stop) => stop.post(context, "halt"),
            Self::Suspend(stop) => stop.post(context, "suspend"),
            Self::Deprecate(stop) => stop.post(context, "deprecate"),
            Self::Adopt { reason, asking } => {
                let body = json!({ "reason": reason });
                asking.post(context, "adopt its history", "/v1/corridors/adopt", &body)
            }
            Self::Forks(args) => super::forks::forks(args, context),
            Self::Resolve(args) => super::forks::resolve(args, context),
            Self::Resume { id, reason, asking } => {
                let body = json!({ "reason": reason });
                asking.post(context, "resume this corridor", &path(id, "resume"), &body)
            }
            Self::Receipts { id, lane, out, target } => {
                receipts::save(Pages::of(target, id, lane.as_ref(), context)?, out)
            }
            Self::Export { id, out, disclose, target } => {
                bundle::export(&target.open(context)?, id, out, *disclose)
            }
        }
    }
}

impl Asking {
    /// Ask for a change once, and show what came of it.
    pub(crate) fn post(
        &self,
        context: &Context<'_>,
        doing: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, Failure> {
        let done = self.send(context, doing, path, body)?;
        Ok(Answer::done(flat(&done), done))
    }

    /// Ask for a change once.
    pub(crate) fn send(
        &self,
        context: &Context<'_>,
        doing: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let client = self.target.open(context)?;
        let key = key(self.idempotency_key.as_ref(), context.entropy)?;
        client.post(path, body, &key).map_err(|error| refused(doing, &error))
    }
}

/// The registry of transition types, without any zone.
fn kinds() -> Answer {
    let class = |kind: TransitionKind| json!(kind.class()).as_str().unwrap_or_default().to_owned();
    let mark = |is: bool| if is { "yes" } else { "" }.to_owned();
    let row = |kind: TransitionKind| {
        let name = kind.as_str().to_owned();
        vec![name, class(kind), mark(kind.is_decided()), mark(kind.is_always_agreed())]
    };
    let rows: Vec<Vec<String>> = TransitionKind::ALL.into_iter().map(row).collect();
    let digest = transition_types::digest();
    let mut text = table(&["kind", "class", "under law", "always"], &rows);
    text.push('\n');
    text.push_str(&pairs(&[("digest", digest.to_string())]));
    let json =
        json!({ "snapshot": transition_types::snapshot(), "snapshot_digest_sha256": digest });
    Answer::done(text, json)
}

fn all(client: &Client) -> Result<Answer, Failure> {
    let items = corridors(client).map_err(|error| refused("show its corridors", &error))?;
    let text = match items.is_empty() {
        true => "no corridors\n".to_owned(),
        false => corridor_table(&items),
    };
    Ok(Answer::done(text, json!({ "corridors": items })))
}

fn one(client: &Client, id: &CorridorId) -> Result<Answer, Failure> {
    let known = client.get(&format!("/v1/corridors/{id}"));
    let known = known.map_err(|error| refused("show this corridor", &error))?;
    Ok(Answer::done(flat(&known), known))
}

/// A JSON document of a file.
pub(crate) fn document(file: &Path) -> Result<Value, Failure> {
    let name = file.display().to_string();
    canon::parse_value(&read_document(file)?).map_err(|refusal| Failure::refusal(&name, &refusal))
}

fn grade(text: &str) -> Result<Grade, &'static str> {
    Grade::parse(text).ok_or("a grade is LVC, EFC or AFC")
}

/// The query that names a receipt, and how much is wanted of it.
fn wanted(lane: Option<&ZoneId>, sequence: Option<u64>, grade: Option<Grade>) -> String {
    let wanted = [
        lane.map(|lane| format!("lane={lane}")),
        sequence.map(|sequence| format!("sequence={sequence}")),
        grade.map(|grade| format!("grade={}", grade.name())),
    ];
    wanted.into_iter().flatten().collect::<Vec<_>>().join("&")
}

/// Fetch a certificate and write it.
fn certified(
    client: &Client,
    id: &CorridorId,
    wanted: &str,
    out: &Path,
) -> Result<Answer, Failure> {
    let path = format!("/v1/corridors/{id}/finality/certificate?{wanted}");
    let bytes = client.fetch_bytes(&path);
    let bytes = bytes.map_err(|error| refused("certify this receipt", &error))?;
    write_new_0644(out, &bytes)?;
    let digest = Digest::of_blob(&bytes);
    let text = pairs(&[
        ("certificate", out.display().to_string()),
        ("sha256", digest.to_string()),
        ("next", format!("mez verify {} --trust DID,DID", out.display())),
    ]);
    Ok(Answer::done(text, json!({ "certificate": out, "sha256": digest })))
}

fn finality(client: &Client, id: &CorridorId, wanted: &str) -> Result<Answer, Failure> {
    let status = client.get(&format!("/v1/corridors/{id}/finality?{wanted}"));
    let status = status.map_err(|error| refused("tell how final this receipt is", &error))?;
    let rungs = status.get("levels").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = rungs
        .iter()
        .map(|rung| {
            let reached = rung.get("reached") == Some(&Value::Bool(true));
            let why = rung.pointer("/evidence/kind").or_else(|| rung.get("missing"));
            let mark = if reached { "yes" } else { "no" };
            vec![shown(rung.get("level")), mark.to_owned(), shown(why)]
        })
        .collect();
    let place = format!("{} {}", shown(status.get("lane")), shown(status.get("sequence")));
    let text =
        format!("{place}\n{}", table(&["level", "reached", "rests on, or waits for"], &rows));
    Ok(Answer::done(text, status))
}

/// A document as lines of `path  value`, members of members with a dot between.
fn flat(document: &Value) -> String {
    let mut rows = Vec::new();
    walk("", document, &mut rows);
    let rows: Vec<(&str, String)> =
        rows.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    pairs(&rows)
}

fn walk(at: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            // Signatures are for programs.
            for (name, member) in members.iter().filter(|(name, _)| *name != "proof") {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                walk(&path, member, rows);
            }
        }
        // A list is for programs; people are told how long it is.
        Value::Array(items) if !items.is_empty() => {
            rows.push((at.to_owned(), format!("{} (see --json)", items.len())));
        }
        other => rows.push((at.to_owned(), shown(Some(other)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_in_lines() {
        let document = json!({
            "state": "ACTIVE",
            "peer": { "url": "http://127.0.0.1:9" },
            "lane_here": null,
            "transitions": [{ "to": "ACTIVE" }],
        });
        expect_test::expect![[r#"
            lane_here    -
            peer.url     http://127.0.0.1:9
            state        ACTIVE
            transitions  1 (see --json)
        "#]]
        .assert_eq(&flat(&document));
    }

    #[test]
    fn a_peer_is_a_url_and_a_pinned_did() {
        let did = "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";
        let read = peer(&format!("http://127.0.0.1:9/#{did}")).unwrap();
        assert_eq!((read.url.as_str(), read.did.as_str()), ("http://127.0.0.1:9", did));
        assert!(peer("http://127.0.0.1:9").is_err());
        assert!(peer(&format!("127.0.0.1:9#{did}")).is_err());
        assert!(peer("http://127.0.0.1:9#someone").is_err());
    }
}
