//! `mez archive show`: what was put away, and whether it is still what it was.

use serde_json::json;
use store::archive::Segment;
use store::{PAGE_MAX, Store, StoreError};
use zone::archive::put_away;

use super::{Which, of_the_store, through};
use crate::cli::screen::{Answer, table};
use crate::cli::{Exit, Failure};

/// Of which zone.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Fetch every file, and compare each entry in it with what the store kept
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let store = through(&args.which.folder(), args.which.store()?)?;
    let (mut rows, mut streams, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (stream, _) in store.heads("").map_err(|error| of_the_store(&error))? {
        let segments = put_away(store.as_ref(), &stream).map_err(|error| of_the_store(&error))?;
        if segments.is_empty() {
            continue;
        }
        let bytes = segments.iter().fold(0_u64, |bytes, s| bytes.saturating_add(s.bytes));
        let dropped = segments.iter().filter(|segment| segment.dropped.is_some()).count();
        if args.check {
            for segment in segments.iter().filter(|segment| segment.dropped.is_none()) {
                faults.extend(fault(store.as_ref(), segment)?);
            }
        }
        let entries = segments.last().map_or(0, Segment::end);
        rows.push(vec![
            stream.clone(),
            segments.len().to_string(),
            entries.to_string(),
            bytes.to_string(),
            dropped.to_string(),
        ]);
        let files: Vec<_> = segments.iter().map(|segment| segment.file).collect();
        streams.push(json!({
            "stream": stream,
            "segments": segments.len(),
            "entries": entries,
            "bytes": bytes,
            "dropped": dropped,
            "files": files,
        }));
    }
    let mut text = table(&["stream", "segments", "entries", "bytes", "dropped"], &rows);
    for fault in &faults {
        text.push_str(&format!("  {fault}\n"));
    }
    let exit = if faults.is_empty() { Exit::Done } else { Exit::Invalid };
    let json = json!({ "streams": streams, "checked": args.check, "faults": faults });
    Ok(Answer::done(text, json).ending(exit))
}

/// What is wrong with the file of a segment, if anything.
fn fault(store: &dyn Store, segment: &Segment) -> Result<Option<String>, Failure> {
    let mut next = segment.first;
    while next < segment.end() {
        match store.journal(&segment.stream, next, PAGE_MAX) {
            Ok(page) => match page.last() {
                Some(last) => next = last.seq.saturating_add(1),
                None => return Ok(None),
            },
            Err(
                error @ (StoreError::ArchiveGone { .. }
                | StoreError::ArchiveAltered { .. }
                | StoreError::InArchive { .. }),
            ) => return Ok(Some(error.to_string())),
            Err(error) => return Err(of_the_store(&error)),
        }
    }
    Ok(None)
}
