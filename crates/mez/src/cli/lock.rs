//! `mez lock`: the digests of everything a zone is made of, written beside its definition.

mod all;

use std::path::{Path, PathBuf};

use law::Lock;
use law::manifest::{Catalog, Stack, Zone};
use serde_json::{Value, json};

use super::content::{self, Content, ContentArgs};
use super::failure::{Failure, Fault};
use super::screen::{Answer, table};
use super::{Exit, file};

/// The file written beside `zone.yaml`.
pub(crate) const LOCK_FILE: &str = "stack.lock";

/// Which zone to lock.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The zone definition; the lock lies beside it as stack.lock
    #[arg(required_unless_present = "all")]
    zone: Option<PathBuf>,
    /// Lock every zone there is; nothing is written without --output
    #[arg(long, conflicts_with_all = ["zone", "check"])]
    all: bool,
    /// The folder for the locks of all, as DIR/ZONE/stack.lock
    #[arg(long, value_name = "DIR", requires = "all")]
    output: Option<PathBuf>,
    /// Write nothing; end with 2 if anything differs from the lock
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    content: ContentArgs,
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let Some(definition) = &args.zone else {
        return all::run(&args.content.open_at(Path::new("."))?, args.output.as_deref());
    };
    let (zone, content) = read_zone(definition, &args.content)?;
    let stack = Stack::resolve(&Catalog::new(&content), zone)
        .map_err(|error| content::unstacked(&error))?;
    let path = definition.with_file_name(LOCK_FILE);
    if args.check {
        let lock = read_lock(&path, definition)?;
        lock.check(&stack).map_err(|drift| drifted(&drift, &path, definition))?;
        return told(&lock, &path, &content, "unchanged");
    }
    let lock = Lock::of(&stack);
    let record = lock.record().map_err(|refusal| Failure::refusal(LOCK_FILE, &refusal))?;
    let before = file::read_document(&path).ok();
    if before.as_deref() == Some(record.bytes()) {
        return told(&lock, &path, &content, "unchanged");
    }
    file::write_atomic(&path, record.bytes())?;
    told(&lock, &path, &content, "written")
}

/// A zone definition from a file, and the content it is read with: the tree it lies in, unless
/// another is named.
pub(crate) fn read_zone(path: &Path, args: &ContentArgs) -> Result<(Zone, Content), Failure> {
    let shown = path.display().to_string();
    let bytes = file::read_document(path)?;
    let zone = Zone::parse(&shown, &bytes)
        .map_err(|problems| content::refused(format!("`{shown}` is refused"), &problems))?;
    // ROOT/zones/NAME/zone.yaml
    let root = path.parent().map(|dir| dir.join("../..")).unwrap_or_default();
    Ok((zone, args.open_at(&root)?))
}

fn read_lock(path: &Path, zone: &Path) -> Result<Lock, Failure> {
    let again = format!("`mez lock {}` writes it", zone.display());
    if !path.exists() {
        let what = format!("there is no `{}`", path.display());
        return Err(Failure::new(Exit::Drift, "not-locked", what, again));
    }
    let bytes = file::read_document(path)?;
    Lock::parse(&bytes).map_err(|error| {
        let what = format!("`{}` is not a lock", path.display());
        Failure::new(Exit::Invalid, "lock", what, again).because(&error)
    })
}

fn drifted(drift: &law::Drift, path: &Path, zone: &Path) -> Failure {
    let law::Drift { item, locked, found } = drift;
    let what = format!("{item} differs from `{}`", path.display());
    let remedy = format!(
        "look at what changed; if it is meant, run `mez lock {}` and have the lock reviewed",
        zone.display()
    );
    Failure::new(Exit::Drift, "drift", what, remedy)
        .with(Fault::new(format!("locked {locked}")))
        .with(Fault::new(format!("found  {found}")))
}

fn told(lock: &Lock, path: &Path, content: &Content, state: &str) -> Result<Answer, Failure> {
    let record = lock.record().map_err(|refusal| Failure::refusal(LOCK_FILE, &refusal))?;
    let value = record.value();
    let mut rows = Vec::new();
    let mut row = |kind: &str, item: &Value, name: &str, digest: &str| {
        let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        rows.push(vec![kind.to_owned(), text(name), text(digest)]);
    };
    let list = |key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    row("zone", &value, "zone_id", "zone_sha256");
    if let Some(profile) = value.get("profile") {
        row("profile", profile, "profile_id", "profile_sha256");
    }
    list("modules").iter().for_each(|one| row("module", one, "module_id", "manifest_sha256"));
    list("packs").iter().for_each(|one| row("pack", one, "pack", "pack_digest_sha256"));
    list("corridors")
        .iter()
        .for_each(|one| row("corridor", one, "corridor_id", "corridor_manifest_sha256"));
    list("overlays").iter().for_each(|one| row("overlay", one, "overlay", "overlay_sha256"));
    let mut text = table(&["kind", "name", "sha256"], &rows);
    text.push_str(&format!("{state}: {} (content: {content})\n", path.display()));
    let json = json!({
        "content": content.to_string(),
        "lock": value,
        "lock_sha256": record.digest(),
        "path": path.display().to_string(),
        "state": state,
    });
    Ok(Answer::done(text, json))
}
