//! `mez watcher`: a watcher's key, its place in a zone, and its work. See [`crate::watcher`].

mod claims;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use canon::{AccountId, CorridorId, Currency, Did, Realm, ZoneId};
use corridor::watcher::{Fault as _, Registration, Told, Watching};
use serde_json::{Value, json};

use super::remote::Target;
use super::remote::corridor::{Asking, Peer, peer};
use super::screen::pairs;
use super::{Answer, Context, Exit, Failure, vc};
use crate::watcher::{Source, WatcherDir, WatcherFault};

/// Receipts within which a watcher answers a request, unless it says otherwise.
const ANSWERS_WITHIN: u64 = 1_000;
/// Most of its bond that one attestation covers, in basis points: what a false one costs.
const COVER_BPS_MAX: i64 = 5_000;
/// Shortest and longest pause between two rounds, in seconds.
const PAUSE_SECS: std::ops::RangeInclusive<u64> = 1..=3_600;

/// What to do with a watcher.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a watcher's key pair: NAME.priv.json (mode 0600) and NAME.pub.json
    Keygen(vc::keygen::Args),
    /// Register a watcher in the zone that will keep its bond
    Register(Register),
    /// Put money at stake for a watcher
    Bond(Bond),
    /// Let a bonded watcher count
    Activate(Named),
    /// Give notice: the bond stays slashable for a while, then it can be withdrawn
    Unbond(Named),
    /// Take a bond back, once it is no longer at stake
    Withdraw(Named),
    /// Mirror a corridor from both zones, verify all of it, attest its cuts, prove forks
    Run(Run),
    #[command(flatten)]
    Claims(claims::Command),
    /// Show watchers as a zone keeps them, or what a watcher's folder holds
    Status(Status),
}

/// `mez watcher register`.
#[derive(clap::Args)]
pub(crate) struct Register {
    /// The watcher's key file (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A corridor it watches; may be repeated
    #[arg(long = "corridor", value_name = "ID", required = true, value_parser = CorridorId::parse)]
    corridors: Vec<CorridorId>,
    /// A signed request in a lane is answered before the lane grows by more receipts
    #[arg(long, value_name = "COUNT", default_value_t = ANSWERS_WITHIN)]
    answers_within: u64,
    #[command(flatten)]
    asking: Asking,
}

/// `mez watcher bond`.
#[derive(clap::Args)]
pub(crate) struct Bond {
    /// The watcher
    #[arg(value_parser = Did::parse)]
    watcher: Did,
    /// The account that pays, and that it goes back to
    #[arg(long, value_name = "ACCOUNT", value_parser = AccountId::parse)]
    from: AccountId,
    /// Decimal amount
    #[arg(long)]
    amount: String,
    /// ISO 4217 code
    #[arg(long, value_parser = Currency::parse)]
    currency: Currency,
    #[command(flatten)]
    asking: Asking,
}

/// A watcher and a zone.
#[derive(clap::Args)]
pub(crate) struct Named {
    /// The watcher
    #[arg(value_parser = Did::parse)]
    watcher: Did,
    #[command(flatten)]
    asking: Asking,
}

/// `mez watcher run`.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// A zone of the corridor, pinned by its DID; both are needed
    #[arg(long = "zone", value_name = "URL#DID", value_parser = peer, required = true)]
    zones: Vec<Peer>,
    /// File with the token for each zone, in their order
    #[arg(long = "token-file", value_name = "FILE", required = true)]
    token_files: Vec<PathBuf>,
    /// The corridor
    #[arg(long, value_name = "ID", value_parser = CorridorId::parse)]
    corridor: CorridorId,
    /// The watcher's key file (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where it remembers
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// What one attestation covers, in basis points of the bond
    #[arg(long, value_name = "BPS", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(0..=COVER_BPS_MAX))]
    cover_bps: u32,
    /// Seconds between two rounds
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(*PAUSE_SECS.start()..=*PAUSE_SECS.end()))]
    every: u64,
    /// How many rounds; until it is stopped, unless given
    #[arg(long, value_name = "COUNT")]
    rounds: Option<u64>,
}

/// `mez watcher status`.
#[derive(clap::Args)]
pub(crate) struct Status {
    /// One watcher; all of the zone, unless given
    #[arg(value_parser = Did::parse)]
    watcher: Option<Did>,
    /// Show a watcher's folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["watcher", "url", "token_file"])]
    folder: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Keygen(args) => vc::keygen::run(&args, context),
            Self::Register(args) => register(&args, context),
            Self::Bond(Bond { watcher, from, amount, currency, asking }) => {
                let body =
                    json!({ "from_account_id": from, "amount": amount, "currency": currency });
                let path = format!("/v1/watchers/{watcher}/bond");
                asking.post(context, "put this at stake", &path, &body)
            }
            Self::Activate(named) => named.post(context, "activate"),
            Self::Unbond(named) => named.post(context, "unbond"),
            Self::Withdraw(named) => named.post(context, "withdraw"),
            Self::Run(args) => run(&args, context),
            Self::Claims(command) => command.run(context),
            Self::Status(args) => status(&args, context),
        }
    }
}

impl Named {
    fn post(&self, context: &Context<'_>, verb: &str) -> Result<Answer, Failure> {
        let path = format!("/v1/watchers/{}/{verb}", self.watcher);
        self.asking.post(context, &format!("{verb} this watcher"), &path, &json!({}))
    }
}

fn register(args: &Register, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = vc::read_key(&args.key)?;
    let client = args.asking.target.open(context)?;
    let inception = client.get("/.well-known/mez/inception.json");
    let inception = inception.map_err(|error| super::remote::refused("say who it is", &error))?;
    let member = |name: &str| inception.get(name).cloned().unwrap_or_default();
    let zone: Result<ZoneId, _> = serde_json::from_value(member("zone_id"));
    let realm: Result<Realm, _> = serde_json::from_value(member("realm"));
    let (Ok(zone_id), Ok(realm)) = (zone, realm) else {
        let what = "the zone does not say who it is";
        return Err(Failure::new(Exit::Error, "zone-answer", what, "check --url"));
    };
    let mut corridors = args.corridors.clone();
    corridors.sort();
    corridors.dedup();
    let watcher = key.secret.public().did();
    let registration =
        Registration { answers_within: args.answers_within, corridors, realm, watcher, zone_id };
    let document = registration.sign(context.clock.now(), &key.secret);
    let document = document.map_err(|error| fault(&WatcherFault::Own(error)))?;
    let body = json!({ "registration": document });
    args.asking.post(context, "register this watcher", "/v1/watchers", &body)
}

fn run(args: &Run, context: &Context<'_>) -> Result<Answer, Failure> {
    if args.zones.len() != 2 || args.token_files.len() != 2 {
        let what = "a corridor has two zones, and each is asked with its own token";
        return Err(Failure::usage(what, "give --zone URL#DID and --token-file FILE twice"));
    }
    let key = vc::read_key(&args.key)?;
    let dir = WatcherDir::take(&args.dir).map_err(|error| fault(&error))?;
    let mut sources = Vec::new();
    for (zone, token) in args.zones.iter().zip(&args.token_files) {
        let client = Target::with_token(zone.url.clone(), token.clone()).open(context)?;
        sources.push(Source::open(client, zone.did.clone()).map_err(|error| fault(&error))?);
    }
    let id = args.corridor.clone();
    let mut watching = Watching::open(dir, &key.secret, id, sources, args.cover_bps)
        .map_err(|error| fault(&error))?;
    let mut left = args.rounds;
    let mut all = Vec::new();
    loop {
        let told = watching.round(context.clock.now());
        tell(&told);
        left = left.map(|left| left.saturating_sub(1));
        if args.rounds.is_some() {
            all.extend(told);
        }
        if left == Some(0) {
            break;
        }
        std::thread::sleep(Duration::from_secs(args.every));
    }
    Ok(ended(&all))
}

/// One line an event, to standard error: standard output is for the answer.
fn tell(told: &[Told]) {
    let mut out = std::io::stderr().lock();
    for one in told {
        let _ = writeln!(out, "{}", json!(one));
    }
}

/// Ends with 6 where a fork was proven, with 75 where something is to be tried again.
fn ended(all: &[Told]) -> Answer {
    let forked = all.iter().any(|one| matches!(one, Told::Equivocation { .. }));
    let failed = all.iter().any(|one| matches!(one, Told::Failed { .. } | Told::Shrunk { .. }));
    let exit = match (forked, failed) {
        (true, _) => Exit::Invalid,
        (_, true) => Exit::Again,
        _ => Exit::Done,
    };
    let count = |name: &str| {
        let named = |one: &&Told| json!(one).get("event") == Some(&Value::from(name));
        all.iter().filter(named).count()
    };
    let rows: Vec<(&str, String)> = ["mirrored", "attested", "equivocation", "failed"]
        .into_iter()
        .map(|name| (name, count(name).to_string()))
        .collect();
    Answer::done(pairs(&rows), json!({ "events": all })).ending(exit)
}

fn status(args: &Status, context: &Context<'_>) -> Result<Answer, Failure> {
    if let Some(folder) = &args.folder {
        let said = crate::watcher::said(folder).map_err(|error| fault(&error))?;
        let evidence = WatcherDir::evidence(folder);
        let last = said.as_ref().map_or("nothing".to_owned(), |said| said.cut_sha256.to_string());
        let text =
            pairs(&[("attested last", last), ("evidence files", evidence.len().to_string())]);
        return Ok(Answer::done(text, json!({ "said": said, "evidence": evidence })));
    }
    let client = args.target.open(context)?;
    let path = match &args.watcher {
        Some(watcher) => format!("/v1/watchers/{watcher}"),
        None => "/v1/watchers?limit=200".to_owned(),
    };
    let told = client.get(&path);
    let told = told.map_err(|error| super::remote::refused("show its watchers", &error))?;
    let items = told.get("items").and_then(Value::as_array).cloned();
    let items = items.unwrap_or_else(|| vec![told.clone()]);
    let shown = |item: &Value, name: &str| {
        let found = item.pointer(name).cloned().unwrap_or_default();
        found.as_str().map_or_else(|| found.to_string(), str::to_owned)
    };
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            ["/watcher", "/state", "/bond/minor", "/bond/currency", "/attestations"]
                .map(|name| shown(item, name))
                .to_vec()
        })
        .collect();
    let head = ["WATCHER", "STATE", "BOND (MINOR)", "CURRENCY", "ATTESTATIONS"];
    Ok(Answer::done(super::screen::table(&head, &rows), told))
}

fn fault(error: &WatcherFault) -> Failure {
    let (exit, remedy) = match error {
        WatcherFault::Layout(_) => (Exit::Error, "check --dir"),
        WatcherFault::InUse => (Exit::Unavailable, "stop the other one first"),
        WatcherFault::Doubt(_) => (Exit::Error, "give another --dir; the evidence in it stays"),
        WatcherFault::Zone(..) => (Exit::Unavailable, "check the URL and the token"),
        WatcherFault::Answer(..) => (Exit::Error, "check the URL and the DID"),
        WatcherFault::Refuted(..) => (Exit::Invalid, "keep it: the zone showed what is not so"),
        WatcherFault::Own(_) => (Exit::Error, "check the key and the corridor"),
    };
    Failure::new(exit, error.code(), "the watcher does not go on", remedy).because(error)
}
