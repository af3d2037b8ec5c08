//! `mez demo`: stories that show a whole.
//!
//! `mez demo two-zone`: the story of a corridor, played by real processes and asserted step by step.
//!
//! Two zones, a dishonest process that uses one zone's keys, and `mez verify` as a stranger runs it. What
//! is told was asked of a zone or of a file; the first step that is not as it must be ends the story.

mod dishonest;
mod fork;
mod legs;
mod pakistan;
mod settle;
mod simulator;
mod watch;

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use canon::{CorridorId, Did};
use serde_json::{Value, json};

use super::fleet::Running;
use super::progress::Progress;
use super::smoke::{Company, Member, Scene, Story, astray};
use super::{Args, Standing, screeners, stand_up, start};
use crate::cli::content::ContentArgs;
use crate::cli::{Answer, Context, Failure};
use crate::deploy::json::text;
use crate::watch::Patience;
use watch::Watch;

/// The two zones.
const ZONES: [&str; 2] = ["pk-sifc", "ae-abudhabi-adgm"];
/// Payments each way.
const EACH_WAY: usize = 10;
/// Longest wait for something that one zone tells the other.
const TOLD_WAIT: std::time::Duration = std::time::Duration::from_secs(15);

/// Stories that show a whole.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Two zones: handshake, payments, a refusal, a fork proven and resolved, netting, final settlement
    TwoZone(TwoZone),
    /// Pakistan: a company checked at its registers, an invoice over Raast less tax, the return of it
    Pakistan(pakistan::Pakistan),
    /// Sign a second history with the keys of a zone, and deliver it
    #[command(hide = true)]
    Dishonest(dishonest::Args),
    /// Sign a second attestation with the key of a watcher
    #[command(hide = true)]
    Liar(watch::Liar),
}

/// `mez demo two-zone`.
#[derive(clap::Args)]
pub(crate) struct TwoZone {
    /// Where everything is kept; emptied first if it is a demo's
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    dir: PathBuf,
    /// Schemas of ISO 20022 (pacs.008.001.08.xsd) for `xmllint` to check the message against
    #[arg(long, value_name = "DIR")]
    xsd: Option<PathBuf>,
    /// Names of companies and people are drawn from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    content: ContentArgs,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::TwoZone(args) => two_zone(args, context),
            Self::Pakistan(args) => pakistan::play(args, context),
            Self::Dishonest(args) => dishonest::run(args, context),
            Self::Liar(args) => watch::lie(args),
        }
    }
}

/// The stage: what every part of the story stands on.
struct Stage<'a> {
    scene: &'a Scene<'a>,
    standing: &'a Standing,
    companies: &'a [Company],
    id: &'a CorridorId,
    folder: &'a Path,
}

/// The program that plays, to be asked as anybody asks it.
fn mez() -> Result<Process, Failure> {
    std::env::current_exe().map(Process::new).map_err(|e| astray("the running program", &e))
}

/// Run it to its end, which must be a good one; what it said.
fn done(command: &mut Process, step: &str) -> Result<Vec<u8>, Failure> {
    let output = command.output().map_err(|e| astray(step, &e))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => {
            let said = String::from_utf8_lossy(&output.stdout);
            Err(astray(step, &format!("{said}{}", String::from_utf8_lossy(&output.stderr))))
        }
    }
}

/// Ask a zone until it says what it must.
fn until(
    member: &Member,
    path: &str,
    step: &str,
    said: impl Fn(&Value) -> bool,
) -> Result<Value, Failure> {
    let patience = Patience::of(TOLD_WAIT);
    loop {
        let told = member.client.get(path).map_err(|e| astray(step, &e))?;
        if said(&told) {
            return Ok(told);
        }
        if patience.is_over() {
            return Err(astray(step, &format!("`{}` says {told}", member.name)));
        }
        patience.pause();
    }
}

impl Stage<'_> {
    fn here(&self) -> Result<&Member, Failure> {
        self.scene.member(0)
    }

    fn there(&self) -> Result<&Member, Failure> {
        self.scene.member(1)
    }

    /// Ask a zone until it takes something.
    fn taken(
        &self,
        member: &Member,
        (path, step): (&str, &str),
        body: &Value,
    ) -> Result<Value, Failure> {
        let patience = Patience::of(TOLD_WAIT);
        let mut tries = 0u32;
        loop {
            let key = self.scene.key(&format!("{step}-{}-{tries}", member.name).replace(' ', "-"));
            match member.client.post(path, body, &key) {
                Ok(taken) => return Ok(taken),
                Err(error) if patience.is_over() => return Err(astray(step, &error)),
                // The peer may still be taking what was written last.
                Err(_) => patience.pause(),
            }
            tries += 1;
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).map_err(|error| Failure::io("write", &path, &error))?;
        Ok(path)
    }

    /// Ten payments each way, one refused by the law there and returned.
    fn exchange(&self) -> Result<usize, Failure> {
        let mut story = Story::default();
        let [here, there] =
            [self.scene.company(self.companies, 0, 0)?, self.scene.company(self.companies, 1, 0)?];
        // One of the ten arrives beside the one that is refused.
        self.scene.pay_across(self.companies, &mut story)?;
        for n in 1..EACH_WAY {
            self.scene.pay(self.id, (here, there), "10.00", &format!("there-{n}"), "settled")?;
        }
        for n in 0..EACH_WAY {
            self.scene.pay(self.id, (there, here), "7.50", &format!("back-{n}"), "settled")?;
        }
        self.scene.reconcile(&mut story)?;
        Ok(story.refused.len())
    }
}

fn deploy_args(args: &TwoZone) -> Result<Args, Failure> {
    let line = ["--jurisdiction", ZONES[0], "--corridors", ZONES[1], "--smoke"];
    parsed(&line, &args.dir, &args.content)
}

/// What `mez deploy` would be asked.
fn parsed(words: &[&str], dir: &Path, content: &ContentArgs) -> Result<Args, Failure> {
    use clap::{Args as _, FromArgMatches as _};
    let line = std::iter::once("deploy").chain(words.iter().copied());
    let parsed = Args::augment_args(clap::Command::new("deploy")).try_get_matches_from(line);
    let parsed = parsed.and_then(|matches| Args::from_arg_matches(&matches));
    let mut parsed = parsed.map_err(|e| Failure::usage(e.to_string(), "report this"))?;
    dir.clone_into(&mut parsed.dir);
    parsed.content = content.clone();
    Ok(parsed)
}

/// A folder of an earlier story is cleared; anything else is left alone.
fn cleared(dir: &Path) -> Result<(), Failure> {
    let mark = dir.join(MARK);
    let occupied = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !mark.exists() {
        let what = format!("`{}` holds something else than a demo", dir.display());
        return Err(Failure::usage(what, "give --dir with a folder of its own"));
    }
    if occupied {
        std::fs::remove_dir_all(dir).map_err(|error| Failure::io("clear", dir, &error))?;
    }
    std::fs::create_dir_all(dir).map_err(|error| Failure::io("create", dir, &error))?;
    std::fs::write(&mark, "two-zone\n").map_err(|error| Failure::io("write", &mark, &error))
}

/// What says that a folder is a demo's.
const MARK: &str = "mez-demo";

fn two_zone(args: &TwoZone, context: &Context<'_>) -> Result<Answer, Failure> {
    cleared(&args.dir)?;
    let deploy = deploy_args(args)?;
    let mut progress = Progress::begin(canon::Realm::Sandbox, context);
    let mut standing = stand_up(&deploy, &mut progress, context)?;
    let told = play(args, (&deploy, &standing), &mut progress, context)?;
    // The week in which a claim may be appealed passes at once: the zones start again, clocks ahead.
    standing.running.iter_mut().for_each(Running::stop);
    let port = |url: &str| url.rsplit_once(':')?.1.parse().ok();
    let ports: Vec<u16> = standing.members.iter().filter_map(|m| port(m.client.url())).collect();
    standing.running = start(&deploy, &standing.laid, &ports, watch::AHEAD_SECS)?;
    let here = standing.members.first().ok_or_else(|| astray("the end", &"a zone is missing"))?;
    let slashed = watch::slashed(here, &told.accused)?;
    progress.part("the challenge window has passed (simulated clock), and the bond is gone");
    let mut json = told.json;
    let text = format!(
        "the story of {} was played and every step was as it must be, in {}\n",
        text(&json, "corridor_id"),
        progress.total().text()
    );
    if let Value::Object(members) = &mut json {
        members.insert("slashed".to_owned(), slashed);
        members.insert("steps".to_owned(), progress.steps.len().into());
    }
    Ok(Answer::done(text, json))
}

/// What was played so far, and who lied.
struct Told {
    json: Value,
    accused: Did,
}

/// Everything that happens on one day.
fn play(
    args: &TwoZone,
    (deploy, standing): (&Args, &Standing),
    progress: &mut Progress,
    context: &Context<'_>,
) -> Result<Told, Failure> {
    let (Some(issuer), Some((id, _))) = (&standing.issuer, standing.linked.active.first()) else {
        return Err(astray("handshake", &"no corridor is open"));
    };
    let scene = Scene {
        members: &standing.members,
        corridors: &standing.linked.active,
        issuer,
        screeners: &screeners(deploy, &standing.laid)?,
        seed: args.seed,
        clock: context.clock,
        folder: &args.dir,
    };
    let companies = scene.form_companies(&mut Story::default())?;
    scene.fund(&companies)?;
    progress.part("companies formed under each law, accounts opened and funded");
    let companies = companies.as_slice();
    let stage = Stage { scene: &scene, standing, companies, id, folder: &args.dir };
    let refused = stage.exchange()?;
    progress.part("ten payments each way, one refused by the law there and returned");
    let watch = Watch::enroll(&stage)?;
    progress.part("five watchers registered, with money at stake");
    let fork = fork::play(&stage, progress)?;
    let mut settled = settle::play(&stage, args.xsd.as_deref(), progress)?;
    let plan = legs::play(&stage, args.xsd.as_deref(), progress)?;
    if let Value::Object(members) = &mut settled {
        members.insert("plan".to_owned(), plan);
    }
    watch.attest(&stage)?;
    let (certificate, said) = watch.certify(&stage)?;
    progress.part("the cut attested by five watcher processes: a certificate of finality (EFC)");
    let accused = watch.accuse(&stage, &said)?;
    progress.part("a watcher that signed two roots is accused, by evidence anybody can judge");
    let shown = format!("/v1/corridors/{id}");
    let active = |told: &Value| text(told, "state") == "ACTIVE";
    let state = until(stage.here()?, &shown, "the corridor at the end", active)?;
    let json = json!({
        "certificate": certificate,
        "corridor_id": id,
        "epoch": state.pointer("/lane_here/epoch"),
        "fork": fork,
        "payments_each_way": EACH_WAY,
        "realm": "sandbox",
        "refused_and_returned": refused,
        "settlement": settled,
        "simulated": [
            "companies, their owners and their evidence", "the creditor's bank", "the week at the end",
        ],
    });
    Ok(Told { json, accused })
}
