//! The receipts of a lane as a zone serves them, page after page; and a lane as a file.

use std::path::Path;

use canon::{Canonical, CorridorId, ZoneId};
use serde_json::{Value, json};

use super::{Target, refused};
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Failure, file};
use crate::client::Client;

/// Receipts asked of a zone at once.
const PAGE: usize = 200;

/// The receipts of one lane in order, each in its canonical bytes.
pub(crate) struct Pages {
    client: Client,
    path: String,
    next: u64,
    page: std::vec::IntoIter<Vec<u8>>,
    ended: bool,
}

impl Pages {
    /// The lane of a corridor as the zone asked holds it; its own, unless `lane` names the other.
    pub(crate) fn of(
        target: &Target,
        corridor: &CorridorId,
        lane: Option<&ZoneId>,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let client = target.open(context)?;
        let lane = lane.map(|lane| format!("&lane={lane}")).unwrap_or_default();
        let path = format!("/v1/corridors/{corridor}/receipts?limit={PAGE}{lane}");
        Ok(Self { client, path, next: 0, page: Vec::new().into_iter(), ended: false })
    }

    /// The zone asked.
    pub(crate) fn url(&self) -> &str {
        self.client.url()
    }

    /// The next receipt; nothing after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        if self.page.len() == 0 && !self.ended {
            let receipts = self.fetch()?;
            self.ended = receipts.len() < PAGE;
            self.next += receipts.len() as u64;
            self.page = receipts.into_iter();
        }
        Ok(self.page.next())
    }

    fn fetch(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let page = self.client.get(&format!("{}&from={}", self.path, self.next));
        let page = page.map_err(|error| refused("show the lane", &error))?;
        let listed = page.get("receipts").and_then(Value::as_array);
        let bytes =
            |receipt| Canonical::of_value(receipt).map(|canonical| canonical.bytes().to_vec());
        let all: Result<_, _> = listed.into_iter().flatten().map(bytes).collect();
        all.map_err(|refusal| Failure::refusal(self.client.url(), &refusal))
    }
}

/// Writes a lane as a file of receipts, one a line: what `mez verify chain` reads.
pub(super) fn save(mut pages: Pages, out: &Path) -> Result<Answer, Failure> {
    let mut lines = Vec::new();
    let mut count = 0u64;
    while let Some(receipt) = pages.next()? {
        lines.extend_from_slice(&receipt);
        lines.push(b'\n');
        count += 1;
    }
    file::write_new_0644(out, &lines)?;
    let path = out.display().to_string();
    let text = pairs(&[
        ("written", path.clone()),
        ("receipts", count.to_string()),
        ("next", format!("mez verify chain {path} --inception FILE --trust DID")),
    ]);
    Ok(Answer::done(text, json!({ "out": path, "receipts": count })))
}
