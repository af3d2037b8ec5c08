//! `mez archive put`: what may go, and its going.

use canon::Date;
use serde_json::json;
use store::archive::{ArchiveError, SEGMENT_ENTRIES, Segment, SegmentError, Shelf, put_away};
use store::{Store, StoreError};
use zone::archive::{Archivable, NotSound, archivable, made_at, segment_of};

use super::{Which, clock, of_the_store, refused, through, unread};
use crate::artifacts::shelf::{FOLDER, Settings};
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Exit, Failure};
use crate::layout::{ZoneDir, write_atomic};

/// Most free bytes given back to the disk at the end (4 GiB), so that it takes minutes at worst.
const GIVE_BACK_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// What is to go.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("how_far").required(true)))]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Entries older than this day go
    #[arg(long, value_name = "DATE", group = "how_far", value_parser = Date::parse)]
    before: Option<Date>,
    /// So many entries of each stream stay
    #[arg(long, value_name = "N", group = "how_far")]
    keep: Option<u64>,
    /// A folder, under the zone's own unless it begins with `/`, or s3://BUCKET/PREFIX; as archive.json says, or else `archive`
    #[arg(long, value_name = "ROOT")]
    to: Option<String>,
    /// Say what would go, and move nothing
    #[arg(long)]
    dry_run: bool,
}

/// What became of a stream.
struct Done {
    stream: Archivable,
    segments: u64,
    bytes: u64,
    kept_by: Option<&'static str>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let (dir, clock) = (args.which.folder(), clock()?);
    let cell = args.which.cell()?;
    let settings = settled(args, &dir)?;
    let shelf = settings.shelf(&dir, &clock).map_err(|error| refused(&error.into()))?;
    let bare = args.which.store()?;
    let before = size(bare.as_ref())?;
    if !args.dry_run && Settings::of(&dir).map_err(|error| refused(&error))?.is_none() {
        let body = serde_json::to_vec_pretty(&settings).map_err(|error| unread(&error))?;
        // Before the first body goes: whoever opens the zone then must find the way to it.
        write_atomic(&dir.archive(), &body).map_err(|error| refused(&error.into()))?;
    }
    let store = through(&dir, bare)?;
    let streams = archivable(store.as_ref(), cell.as_ref()).map_err(|e| of_the_store(&e))?;
    let mut done = Vec::new();
    for stream in streams {
        done.push(moved(args, store.as_ref(), shelf.as_ref(), stream)?);
    }
    let give_back = if args.dry_run { 0 } else { GIVE_BACK_MAX };
    let after = match store.space(give_back) {
        Err(StoreError::NoArchive) => (0, 0),
        space => space.map(|space| (space.bytes, space.free)).map_err(|e| of_the_store(&e))?,
    };
    Ok(told(args, &settings, &done, before, after))
}

/// Where to: a zone has one archive, so what was settled is not changed by the way.
fn settled(args: &Args, dir: &ZoneDir) -> Result<Settings, Failure> {
    let known = Settings::of(dir).map_err(|error| refused(&error))?;
    match (known, &args.to) {
        (Some(known), Some(to)) if known.root != *to => {
            let what = format!("the zone's archive is `{}`", known.root);
            let remedy =
                "leave --to out; to move an archive, copy its files and change archive.json";
            Err(Failure::usage(what, remedy))
        }
        (Some(known), _) => Ok(known),
        (None, to) => Ok(Settings::at(to.as_deref().unwrap_or(FOLDER))),
    }
}

fn size(store: &dyn Store) -> Result<u64, Failure> {
    store.space(0).map(|space| space.bytes).map_err(|error| of_the_store(&error))
}

fn moved(
    args: &Args,
    store: &dyn Store,
    shelf: &dyn Shelf,
    stream: Archivable,
) -> Result<Done, Failure> {
    let kept = args.keep.map(|keep| Segment::first_of(stream.size.saturating_sub(keep)));
    let end = kept.map_or(stream.end, |kept| kept.min(stream.end)).max(stream.from);
    let mut kept_by = stream.kept_by.filter(|_| end == stream.end);
    let (mut segments, mut bytes, mut first) = (0_u64, 0_u64, stream.from);
    while first < end {
        let file = match segment_of(store, &stream.stream, first) {
            Err(NotSound::File(SegmentError::TooLarge)) => {
                kept_by = Some("a segment larger than a file may be");
                break;
            }
            file => file.map_err(|error| unsound(&error))?,
        };
        if let Some(day) = args.before {
            let made = made_at(store, &file).map_err(|error| of_the_store(&error))?;
            if made.is_none_or(|made| made.date() >= day) {
                kept_by = Some("entries that are not older");
                break;
            }
        }
        let length = match args.dry_run {
            true => file.write().map(|bytes| bytes.len() as u64),
            false => match put_away(store, shelf, &file) {
                Err(ArchiveError::File(error)) => Err(error),
                segment => Ok(segment.map_err(|error| stopped(&error))?.bytes),
            },
        };
        match length {
            Ok(length) => bytes = bytes.saturating_add(length),
            Err(SegmentError::TooLarge) => {
                kept_by = Some("a segment larger than a file may be");
                break;
            }
            Err(error) => return Err(unread(&error)),
        }
        segments = segments.saturating_add(1);
        first = first.saturating_add(SEGMENT_ENTRIES);
    }
    Ok(Done { stream, segments, bytes, kept_by })
}

fn unsound(error: &NotSound) -> Failure {
    match error {
        NotSound::Store(error) => of_the_store(error),
        NotSound::Damaged { .. } => {
            let remedy = "run `mez fsck`; what is damaged is not put away";
            Failure::new(Exit::Invalid, "journal-damaged", error.to_string(), remedy)
        }
        NotSound::File(_) => unread(error),
    }
}

fn stopped(error: &ArchiveError) -> Failure {
    let remedy = "what went before stays put away; run it again";
    let (exit, code) = match error {
        ArchiveError::Shelf(store::archive::ShelfError::Gone(_)) => {
            (Exit::Unavailable, "archive-gone")
        }
        ArchiveError::Shelf(_) => (Exit::Invalid, "archive-altered"),
        ArchiveError::Store(error) => return of_the_store(error),
        ArchiveError::File(_) => (Exit::Error, "store"),
    };
    Failure::new(exit, code, "a segment was not put away", remedy).because(error)
}

fn told(
    args: &Args,
    settings: &Settings,
    done: &[Done],
    before: u64,
    (after, free): (u64, u64),
) -> Answer {
    let rows: Vec<Vec<String>> = done
        .iter()
        .map(|done| {
            let moved = done.segments.saturating_mul(SEGMENT_ENTRIES);
            vec![
                done.stream.stream.clone(),
                done.stream.size.to_string(),
                moved.to_string(),
                done.bytes.to_string(),
                done.kept_by.unwrap_or("as asked").to_owned(),
            ]
        })
        .collect();
    let (segments, bytes) = done.iter().fold((0_u64, 0_u64), |(segments, bytes), done| {
        (segments.saturating_add(done.segments), bytes.saturating_add(done.bytes))
    });
    let word = if args.dry_run { "would go" } else { "went" };
    let mut text = pairs(&[
        ("archive", settings.root.clone()),
        ("segments", format!("{segments} {word}")),
        ("bytes of files", bytes.to_string()),
        ("store before", format!("{before} bytes")),
        ("store now", format!("{after} bytes, {free} of them free")),
    ]);
    text.push('\n');
    text.push_str(&table(&["stream", "entries", word, "bytes", "the rest stays for"], &rows));
    let streams: Vec<_> = done
        .iter()
        .map(|done| {
            json!({
                "stream": done.stream.stream,
                "entries": done.stream.size,
                "put_away_before": done.stream.from,
                "moved": done.segments.saturating_mul(SEGMENT_ENTRIES),
                "bytes": done.bytes,
                "kept_by": done.kept_by,
            })
        })
        .collect();
    let json = json!({
        "archive": settings.root,
        "dry_run": args.dry_run,
        "segments": segments,
        "bytes": bytes,
        "store_bytes_before": before,
        "store_bytes": after,
        "store_bytes_free": free,
        "streams": streams,
    });
    Answer::done(text, json)
}
