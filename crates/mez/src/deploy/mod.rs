//! `mez deploy`: one command from a name to running zones, corridors between them, and proof that
//! they work.
//!
//! Order: resolve, found, install, start, become ready, open corridors, and with `--smoke` play the
//! scenario. Each step says what it did and how long it took; the first that fails ends the run and
//! takes its zones down.

mod changes;
mod corridors;
pub(crate) mod demo;
mod elsewhere;
mod fleet;
mod issuer;
mod json;
mod lay;
mod plan;
mod primitives;
mod progress;
mod report;
mod smoke;
mod witnesses;

use std::path::PathBuf;

use canon::Realm;
use law::sanctions::Screener;
use serde_json::Value;

use crate::cli::content::{Content, ContentArgs};
use crate::cli::{Answer, Context, Exit, Failure};
use crate::signers::Elsewhere;
use corridors::{Linked, link};
use fleet::{Running, Start, free_ports, must_be_free};
use issuer::Issuer;
use lay::{Laid, lay};
use plan::Plan;
use progress::Progress;
use report::Report;
use smoke::{Member, Scene};

/// Port of the first zone when zones keep running; peers take the ones after it.
const PORT: u16 = 8080;

/// What to deploy.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The zone: a jurisdiction or one of its aliases
    #[arg(long, value_name = "NAME")]
    jurisdiction: String,
    /// The profile of that zone; its definition's own, unless given
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Peers, separated by commas: a zone's name to run it beside, NAME=URL#DID for one elsewhere
    #[arg(long, value_name = "PEERS", default_value = "")]
    corridors: String,
    /// Play the smoke scenario, tell what happened, and stop
    #[arg(long)]
    smoke: bool,
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "deploy-data")]
    dir: PathBuf,
    /// Where root keys are kept; DIR/root-keys, unless given
    #[arg(long, value_name = "DIR")]
    root_keys: Option<PathBuf>,
    /// `sandbox` or `production`
    #[arg(long, value_name = "REALM", default_value = "sandbox")]
    realm: RealmArg,
    /// Trust anchors of the zones (MEZTrustAnchors); required in production
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Published sanctions lists: OFAC sdn.csv, alt.csv, add.csv and the UN consolidated XML
    #[arg(long, value_name = "DIR")]
    sanctions: Option<PathBuf>,
    /// Publication date of a list that states none, such as ofac-sdn=2026-11-01
    #[arg(long = "list-date", value_name = "LIST=DATE")]
    list_dates: Vec<String>,
    /// `postgres://…`; each zone keeps a schema of its own there
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A witness that cosigns the zones' logs (C2SP tlog-witness), with its verifier key; may be repeated
    #[arg(long = "witness", value_name = "URL#KEY")]
    witnesses: Vec<String>,
    /// How many of the witnesses make a checkpoint believable; a majority, unless given
    #[arg(long, value_name = "K", requires = "witnesses")]
    quorum: Option<i64>,
    /// A signer that holds the running keys of the zone; it is founded on them (`mez-hsm`)
    #[arg(long, value_name = "tls://HOST:PORT#KEY", value_parser = Elsewhere::parse)]
    signer: Option<Elsewhere>,
    #[command(flatten)]
    primitives: primitives::PrimitivesArgs,
    /// Port of the first zone; those beside take the ports after it
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Seed of the smoke scenario; the same seed finishes a scenario that was cut short
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    content: ContentArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RealmArg {
    Sandbox,
    Production,
}

impl Args {
    fn realm(&self) -> Realm {
        match self.realm {
            RealmArg::Sandbox => Realm::Sandbox,
            RealmArg::Production => Realm::Production,
        }
    }

    /// What no realm of production may do, and what cannot be told from the name alone.
    fn check(&self) -> Result<(), Failure> {
        if let Some(url) = &self.database
            && !url.starts_with("postgres://")
            && !url.starts_with("postgresql://")
        {
            let remedy =
                "give --database postgres://…, or leave it out: each zone then keeps a file";
            return Err(Failure::usage("--database is not an address of Postgres", remedy));
        }
        self.primitives.check()?;
        if self.realm() == Realm::Sandbox {
            return Ok(());
        }
        if self.smoke {
            let remedy = "leave --smoke out, or deploy in realm sandbox";
            return Err(Failure::usage("realm production refuses --smoke", remedy));
        }
        if self.anchors.is_none() {
            let remedy = "give --anchors FILE with the issuers your law trusts";
            return Err(Failure::usage("realm production needs its own trust anchors", remedy));
        }
        Ok(())
    }

    fn plan(&self, content: &Content) -> Result<Plan, Failure> {
        let peers = plan::peers(&self.corridors)?;
        let asked = (self.jurisdiction.as_str(), self.profile.as_deref());
        let witnesses = witnesses::asked(&self.witnesses, self.quorum)?;
        let realm = (self.realm(), witnesses.as_ref());
        Plan::resolve(content, asked, peers, realm, &self.dir)
    }

    /// Ports: the ones asked for must be free; a smoke run takes any.
    fn ports(&self, count: usize) -> Result<Vec<u16>, Failure> {
        if self.smoke && self.port.is_none() {
            return free_ports(count);
        }
        let first = self.port.unwrap_or(PORT);
        let ports: Vec<u16> = (first..=u16::MAX).take(count).collect();
        if ports.len() < count {
            let what = format!("{count} zones do not fit between port {first} and {}", u16::MAX);
            return Err(Failure::usage(what, "choose a lower --port"));
        }
        ports.iter().try_for_each(|port| must_be_free(*port))?;
        Ok(ports)
    }
}

/// Zones that stand: ready, with their corridors open.
struct Standing {
    laid: Vec<Laid>,
    running: Vec<Running>,
    members: Vec<Member>,
    linked: Linked,
    /// Who attests in realm sandbox.
    issuer: Option<Issuer>,
}

/// Everything up to open corridors.
fn stand_up(
    args: &Args,
    progress: &mut Progress,
    context: &Context<'_>,
) -> Result<Standing, Failure> {
    args.check()?;
    let content = args.content.open()?;
    let plan =
        progress.step("resolve zones, profiles, modules and packs", || args.plan(&content))?;
    // What cannot come to stand is not founded either.
    args.ports(plan.zones.len())?;
    elsewhere::meet(&plan, &content, &args.dir)?;
    for change in changes::of(&plan, &args.dir) {
        progress.change(change);
    }
    std::fs::create_dir_all(&args.dir).map_err(|e| Failure::io("create", &args.dir, &e))?;
    let issuer = match args.realm() {
        Realm::Sandbox => Some(Issuer::at(&args.dir.join("issuer"))?),
        Realm::Production => None,
    };
    let laid = progress.step("found zones, lock and install what they are made of", || {
        lay(args, &plan, &content, issuer.as_ref(), context)
    })?;
    let ports = args.ports(laid.len())?;
    let running = progress
        .step("start each zone as a process and wait until it is ready", || {
            start(args, &laid, &ports, 0)
        })?;
    let members = members(&laid, &running);
    let linked = match (plan.zones.len(), plan.elsewhere.len()) {
        (1, 0) => Linked::default(),
        _ => progress.step("open corridors: propose, accept, activate", || {
            link(&members, &plan.elsewhere)
        })?,
    };
    Ok(Standing { laid, running, members, linked, issuer })
}

/// Deploy, and with `--smoke` play and stop; otherwise run until told to stop.
pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let mut progress = Progress::begin(args.realm(), context);
    let standing = stand_up(args, &mut progress, context)?;
    let Standing { laid, mut running, members, linked, issuer } = standing;
    if !args.witnesses.is_empty() {
        let path = witnesses::tell(&args.dir, &laid, &linked)?;
        progress
            .say(&format!("logs for the witnesses: mez witness serve --logs {}", path.display()));
    }
    let mut report = Report::of(&members, &running, &linked);
    if let (true, Some(issuer)) = (args.smoke, &issuer) {
        let seed = match args.seed {
            Some(seed) => seed,
            None => fresh_seed(context)?,
        };
        progress.say(&format!("smoke scenario, seed {seed}"));
        let screeners = screeners(args, &laid)?;
        let scene = Scene {
            members: &members,
            corridors: &linked.active,
            issuer,
            screeners: &screeners,
            seed,
            clock: context.clock,
            folder: &args.dir,
        };
        let story = smoke::play(&scene, &mut |part| progress.part(part))?;
        report.tell(seed, story, &members)?;
    }
    report.measure(&members, &running);
    let answer = report.answer(context.style, args.realm(), &progress);
    if args.smoke {
        running.iter_mut().for_each(Running::stop);
        return Ok(answer);
    }
    // Whoever asked wants to know now, not when the zones stop.
    answer.print(context.json).map_err(|e| Failure::io("write", std::path::Path::new("-"), &e))?;
    progress.say("zones run until Ctrl-C");
    stand(&mut running)?;
    progress.say("zones stopped");
    Ok(Answer::done(format!("realm {}\n", args.realm()), Value::Null))
}

fn start(
    args: &Args,
    laid: &[Laid],
    ports: &[u16],
    ahead_secs: i64,
) -> Result<Vec<Running>, Failure> {
    let mut running = Vec::new();
    for (zone, port) in laid.iter().zip(ports) {
        let database = args.database.as_ref().map(|url| zone.database(url));
        let (name, dir, database) = (zone.name.as_str(), &zone.dir, database.as_deref());
        let start = Start { name, dir, port: *port, database, ahead_secs };
        running.push(Running::start(&start)?);
    }
    // All start at once; each is waited for in turn.
    running.iter_mut().try_for_each(Running::wait_ready)?;
    Ok(running)
}

/// The lists each zone screens against, to draw names from. Published lists are the same for all.
fn screeners(args: &Args, laid: &[Laid]) -> Result<Vec<Screener>, Failure> {
    let distinct = if args.sanctions.is_some() { 1 } else { laid.len() };
    let load = |zone: &Laid| {
        crate::serve::screener(&zone.dir, args.realm()).map_err(|error| {
            Failure::new(Exit::Error, "lists", error.to_string(), "check --sanctions")
        })
    };
    laid.iter().take(distinct).map(load).collect()
}

fn members(laid: &[Laid], running: &[Running]) -> Vec<Member> {
    let pairs = laid.iter().zip(running);
    pairs
        .map(|(zone, running)| Member {
            name: zone.name.clone(),
            jurisdiction: zone.jurisdiction.clone(),
            zone_id: zone.zone_id.clone(),
            did: zone.did.clone(),
            client: running.client.clone(),
            evidence: zone.evidence.clone(),
            groups: zone.groups.clone(),
        })
        .collect()
}

fn fresh_seed(context: &Context<'_>) -> Result<u64, Failure> {
    let mut bytes = [0; 4];
    context.entropy.fill(&mut bytes).map_err(|error| {
        Failure::new(Exit::Unavailable, "entropy", error.to_string(), "give --seed N")
    })?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

/// Wait for Ctrl-C or SIGTERM, or for a zone to end by itself.
fn stand(running: &mut [Running]) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    const LOOK: std::time::Duration = std::time::Duration::from_millis(200);
    let host = |error: &std::io::Error| {
        Failure::new(Exit::Error, "signals", error.to_string(), "check the limits of this process")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| host(&e))?;
    let ended = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        loop {
            tokio::select! {
                _ = interrupt.recv() => return Ok(None),
                _ = terminate.recv() => return Ok(None),
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Some(zone) =
                running.iter_mut().find_map(|z| z.has_ended().then(|| z.name.clone()))
            {
                return Ok(Some(zone));
            }
        }
    });
    let ended = ended.map_err(|e: std::io::Error| host(&e))?;
    running.iter_mut().for_each(Running::stop);
    match ended {
        None => Ok(()),
        Some(zone) => {
            let what = format!("zone `{zone}` ended by itself");
            Err(Failure::new(Exit::Error, "zone-ended", what, "read its zone.log"))
        }
    }
}
