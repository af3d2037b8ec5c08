//! A sample of a zone log: which entries had to be shown is derived again, and each is held against the log.

use canon::{Canonical, Did};
use proof::Checkpoint;
use proof::credential::Verdict;
use proof::sample::{Sample, Sampled};

use super::finding::Finding;
use super::report::{Kind, Log, Whole};
use super::zones;
use crate::cli::failure::Failure;
use crate::cli::screen::{Answer, Style, table};

pub(super) fn judge(name: &str, bytes: &[u8], dids: &[Did]) -> Result<Finding, Failure> {
    let invalid =
        |code, detail: String| Finding::new(Kind::Sample, Verdict::Invalid).because(code, detail);
    let read = Canonical::parse(bytes).and_then(|document| document.read::<Sample>());
    let sample = match read {
        Ok(sample) => sample,
        Err(error) => return Ok(invalid("malformed", error.to_string())),
    };
    let known = zones::of_document(name, &sample.keys, dids)?;
    let participant = &known.party.participant;
    let origin = format!("{}/zone/{}", participant.zone_host, participant.zone_id);
    let head = match known.party.checkpoint(sample.checkpoint.as_bytes(), &origin) {
        Ok(head) => head,
        Err(error) => return Ok(invalid("note", error.to_string())),
    };
    let sampled = match proof::sample::judge(&sample, &head) {
        Ok(sampled) => sampled,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            return Ok(invalid("sample", format!("{error}{}", cause.unwrap_or_default())));
        }
    };
    let finding = match known.trusted {
        true => Finding::new(Kind::Sample, Verdict::Valid),
        false => {
            let did = known.party.did().clone();
            let detail = format!(
                "signed by zone `{}`, whose `{did}` is not trusted here",
                known.party.zone()
            );
            let mut finding = Finding::new(Kind::Sample, Verdict::Unknown);
            finding.needs.push(did);
            finding.because("untrusted-did", detail)
        }
    };
    Ok(told(finding, &sample, &head, &sampled))
}

/// The same, as the answer of a command.
pub(in crate::cli) fn answered(
    (name, bytes): (&str, &[u8]),
    dids: &[Did],
    style: Style,
) -> Result<Answer, Failure> {
    Ok(judge(name, bytes, dids)?.answer(name, style))
}

fn told(finding: Finding, sample: &Sample, head: &Checkpoint, sampled: &[Sampled]) -> Finding {
    let rows = sampled.iter().map(|drawn| {
        let text = |pointer: &str| {
            let found = drawn.record.as_ref().and_then(|record| record.pointer(pointer));
            found.and_then(serde_json::Value::as_str).unwrap_or("-").to_owned()
        };
        let what = [text("/kind"), text("/transition/kind"), text("/path")];
        let what = what.into_iter().find(|what| what != "-").unwrap_or_else(|| "-".to_owned());
        vec![
            drawn.place.to_string(),
            drawn.stated.stream.clone(),
            drawn.stated.sequence.to_string(),
            what,
            text("/subject"),
            text("/body/outcome"),
        ]
    });
    let heading = ["entry", "stream", "sequence", "kind", "subject", "outcome"];
    let places: Vec<u64> = sampled.iter().map(|drawn| drawn.place).collect();
    let log =
        Log { log: head.origin().to_owned(), root: Some(head.root()), size: Some(head.size()) };
    let mut finding = finding
        .row("log", head.origin())
        .row("size", head.size())
        .row("root", head.root())
        .row("seed", sample.seed)
        .row("drawn", format!("{} of {} entries, each shown", places.len(), head.size()));
    finding.below = format!("\n{}", table(&heading, &rows.collect::<Vec<_>>()));
    finding.says(Whole::Sample { log, seed: sample.seed, places })
}
