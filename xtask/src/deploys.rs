//! The main job, the six profiles and the story of two zones: the release build of `mez`, run as the README runs it.
//!
//! Invariant: each run starts from an empty directory, so nothing passes on what an earlier run left.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::Failure;
use crate::process::{self, Finished};
use crate::procfs::{self, Peak};
use crate::session::{Job, Notes, Session, Suite};

/// The main job is done within this after the build.
const MAIN_JOB_WITHIN: Duration = Duration::from_secs(10);
/// No zone process ever holds more than this resident.
const ZONE_PEAK_MAX_KIB: u64 = 64 * 1024;

/// The story of two zones is told within this.
const STORY_WITHIN: Duration = Duration::from_secs(60);
/// That of Pakistan within this.
const PAKISTAN_WITHIN: Duration = Duration::from_secs(30);
/// Schemas of ISO 20022, below `../shared`.
const SCHEMAS: &str = "data/iso20022/xsd";

const MAIN_JOB: [&str; 6] = [
    "--profile",
    "digital-financial-center",
    "--jurisdiction",
    "ae-abudhabi-adgm",
    "--corridors",
    "pk-sifc,sg",
];

/// Each profile with a jurisdiction it is deployed in.
const PROFILES: [(&str, &str); 6] = [
    ("digital-financial-center", "ae-abudhabi-adgm"),
    ("trade-hub", "sg"),
    ("tech-park", "sg"),
    ("sovereign-govos", "pk-sifc"),
    ("charter-city", "pk-sifc"),
    ("digital-native-free-zone", "ae-abudhabi-adgm"),
];

/// The list that zones without one in their packs are screened against, below `../shared`.
const UN_LIST: &str = "data/sanctions/UN_consolidated.xml";

/// The store a deploy runs on.
#[derive(Clone, Copy)]
enum Database {
    Embedded,
    Postgres,
}

/// The release build of `mez`, by itself so that the table shows what it costs.
pub(crate) fn build(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let mut command = session.workspace.cargo();
    command.args(["build", "--locked", "--release"]);
    process::run(&mut command, &job.log, session.deadline)?;
    let size = fs::metadata(binary(session))?.len();
    Ok(vec![format!("the executable has {} KiB", size / 1024)])
}

/// Where the release build puts the executable.
pub(crate) fn binary(session: &Session) -> PathBuf {
    session.workspace.target.join("release/mez")
}

/// The deploys, in order.
pub(crate) fn suites() -> Vec<Suite> {
    let main = |name: &str, database| Suite {
        name: name.to_owned(),
        run: Box::new(move |session, job| main_job(session, job, database)),
    };
    let mut suites = vec![
        main("main job", Database::Embedded),
        main("main job on postgres", Database::Postgres),
    ];
    suites.extend(PROFILES.map(|(profile, jurisdiction)| Suite {
        name: format!("profile {profile}"),
        run: Box::new(move |session, job| {
            let words = ["--profile", profile, "--jurisdiction", jurisdiction];
            let finished = deploy(session, job, &words, Database::Embedded)?;
            zone_peaks(&finished)
        }),
    }));
    suites.push(Suite { name: "demo two-zone".to_owned(), run: Box::new(story) });
    suites.push(Suite { name: "demo pakistan".to_owned(), run: Box::new(pakistan) });
    suites.push(Suite { name: "jurisdictions".to_owned(), run: Box::new(jurisdictions) });
    suites
}

/// The scenario on the law of every zone that no profile is deployed in: what a pack asks of ordinary
/// companies and payments, they can give.
fn jurisdictions(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let root = &session.workspace.root;
    let mut zones = Vec::new();
    for entry in fs::read_dir(root.join("zones"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let deployed = PROFILES.iter().any(|(_, jurisdiction)| *jurisdiction == name);
        if !deployed && root.join("packs").join(&name).is_dir() {
            zones.push(name);
        }
    }
    zones.sort();
    let lists = session.workspace.scratch().join("lists");
    fs::create_dir_all(&lists)?;
    fs::copy(root.join("../shared").join(UN_LIST), lists.join("UN_consolidated.xml"))?;
    let lists = lists.to_string_lossy();
    for zone in &zones {
        let words = ["--jurisdiction", zone, "--corridors", "sg", "--sanctions", &lists];
        zone_peaks(&deploy(session, job, &words, Database::Embedded)?)?;
    }
    Ok(vec![format!("deployed: {}", zones.join(", "))])
}

fn main_job(session: &Session, job: &Job, database: Database) -> Result<Notes, Failure> {
    let finished = deploy(session, job, &MAIN_JOB, database)?;
    let (took, within) = (finished.took, MAIN_JOB_WITHIN);
    let mut notes = vec![format!("{:.1} s of {} s allowed", took.as_secs_f32(), within.as_secs())];
    notes.extend(zone_peaks(&finished)?);
    if took > within {
        return Err(notes.join("; ").into());
    }
    Ok(notes)
}

/// `mez demo two-zone`, which asserts each of its steps.
fn story(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let shared = session.workspace.root.join("../shared");
    let mut command = session.workspace.cargo();
    command.args(["run", "--locked", "--quiet", "--release", "--", "demo", "two-zone"]);
    command.arg("--dir").arg(scratch(session, job)?).arg("--xsd").arg(shared.join(SCHEMAS));
    let finished = process::run(&mut command, &job.log, session.deadline)?;
    let note = format!("{:.1} s of {} s", finished.took.as_secs_f32(), STORY_WITHIN.as_secs());
    if finished.took > STORY_WITHIN {
        return Err(note.into());
    }
    Ok(vec![note])
}

/// `mez demo pakistan`, which asserts each of its steps; the simulator lies beside the executable.
fn pakistan(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let mut build = session.workspace.cargo();
    build.args(["build", "--locked", "--quiet", "--release", "--package", "mez-sandbox"]);
    process::run(&mut build, &job.log, session.deadline)?;
    let mut command = session.workspace.cargo();
    command.args(["run", "--locked", "--quiet", "--release", "--", "demo", "pakistan"]);
    command.arg("--dir").arg(scratch(session, job)?);
    let finished = process::run(&mut command, &job.log, session.deadline)?;
    let note = format!("{:.1} s of {} s", finished.took.as_secs_f32(), PAKISTAN_WITHIN.as_secs());
    if finished.took > PAKISTAN_WITHIN {
        return Err(note.into());
    }
    Ok(vec![note])
}

/// An empty folder of this job.
fn scratch(session: &Session, job: &Job) -> Result<PathBuf, Failure> {
    let folder = session.workspace.scratch().join("deploy");
    let directory = folder.join(job.log.file_stem().unwrap_or_default());
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(folder)?;
    Ok(directory)
}

fn deploy(
    session: &Session,
    job: &Job,
    words: &[&str],
    database: Database,
) -> Result<Finished, Failure> {
    let directory = scratch(session, job)?;
    let mut command = session.workspace.cargo();
    command.args(["run", "--locked", "--quiet", "--release", "--", "deploy"]).args(words);
    command.arg("--smoke").arg("--dir").arg(&directory);
    if let Database::Postgres = database {
        command.arg("--database").arg(session.database("deploy")?);
    }
    process::run(&mut command, &job.log, session.deadline)
}

/// The peak memory of each zone process; an error when one went over the bound, is still there, or none was seen.
fn zone_peaks(finished: &Finished) -> Result<Notes, Failure> {
    let is_zone = |peak: &&Peak| peak.program == "mez" && peak.arguments.starts_with("serve");
    let left: Vec<u32> =
        finished.peaks.keys().copied().filter(|id| procfs::lives(*id, "mez")).collect();
    if !left.is_empty() {
        left.iter().for_each(|id| procfs::kill_tree(*id));
        return Err(format!("{} processes outlived the deploy", left.len()).into());
    }
    let zones: Vec<&Peak> = finished.peaks.values().filter(is_zone).collect();
    let largest = zones.iter().map(|peak| peak.peak_kib).max();
    let largest = largest.ok_or("no process `mez serve …` was seen below the deploy")?;
    let note = format!("{} zone processes, the largest peaked at {largest} KiB", zones.len());
    if largest > ZONE_PEAK_MAX_KIB {
        return Err(format!("{note}; {ZONE_PEAK_MAX_KIB} KiB are allowed").into());
    }
    Ok(vec![note])
}
