//! A second history: proven, told, halted for, judged by a stranger, resolved, left behind.

use serde_json::{Value, json};

use super::{Progress, Stage, astray, done, mez, until};
use crate::cli::Failure;
use crate::deploy::json::{items, text};
use crate::deploy::smoke::expect;

/// Play it; what a program may want to know of it.
pub(super) fn play(stage: &Stage<'_>, progress: &mut Progress) -> Result<Value, Failure> {
    let (here, id) = (stage.here()?, stage.id);
    inject(stage)?;
    progress.part("another process signed a second history with the keys of the peer");
    let shown = format!("/v1/corridors/{id}");
    let halted = |told: &Value| text(told, "state") == "HALTED";
    until(here, &shown, "the halt", halted)?;
    until(stage.there()?, &shown, "the halt at the peer", halted)?;
    let forks = here.client.get(&format!("/v1/corridors/{id}/forks"));
    let forks = items(&forks.map_err(|e| astray("forks", &e))?, "forks");
    let fork = forks.first().ok_or_else(|| astray("forks", &"none is told"))?;
    let name = text(fork, "fork");
    let sha256 = judged(stage, &name)?;
    progress.part("halted at once by one zone; evidence and alarm judged by `mez verify` alone");

    let reason = json!({ "reason": "the acknowledged history stands" });
    let resolve = format!("/v1/corridors/{id}/forks/{name}/resolve");
    stage.taken(here, (&resolve, "resolve"), &reason)?;
    let resolved = |told: &Value| {
        items(told, "forks").iter().all(|fork| {
            fork.get("resolved_here") == Some(&true.into())
                && fork.get("resolved_there") == Some(&true.into())
        })
    };
    until(here, &format!("{shown}/forks"), "the resolution", resolved)?;
    progress.part(
        "what stands is recorded in both lanes, signed by the zone that was told two stories",
    );
    for member in [here, stage.there()?] {
        let reason = json!({ "reason": "the fork is resolved" });
        stage.taken(member, (&format!("{shown}/resume"), "resume"), &reason)?;
    }
    let active = |told: &Value| text(told, "state") == "ACTIVE";
    for member in [here, stage.there()?] {
        until(member, &shown, "the resume", active)?;
    }
    let ends =
        (stage.scene.company(stage.companies, 0, 0)?, stage.scene.company(stage.companies, 1, 0)?);
    stage.scene.pay(id, ends, "42.00", "epoch-1", "settled")?;
    progress.part("resumed by both in a new epoch, and paid in it");
    Ok(json!({
        "candidates": fork.get("candidates").and_then(Value::as_array).map(Vec::len),
        "evidence_sha256": sha256,
        "fork": name,
        "ground": fork.get("ground"),
    }))
}

/// A process that holds the peer's keys, and nothing else of it.
fn inject(stage: &Stage<'_>) -> Result<(), Failure> {
    let (here, there) = (stage.here()?, stage.there()?);
    let laid = stage.standing.laid.get(1).ok_or_else(|| astray("fork", &"a zone is missing"))?;
    let mut command = mez()?;
    command
        .args(["demo", "dishonest", "--own", there.client.url()])
        .arg("--dir")
        .arg(laid.dir.root());
    command.args(["--peer", here.client.url(), "--peer-did", here.did.as_str()]);
    command.args(["--corridor", stage.id.as_str()]);
    done(&mut command, "fork").map(|_| ())
}

/// What a stranger does with the evidence and the alarm: files, pinned DIDs, no network.
fn judged(stage: &Stage<'_>, fork: &str) -> Result<String, Failure> {
    let (here, there, id) = (stage.here()?, stage.there()?, stage.id);
    let known = here.client.get(&format!("/v1/corridors/{id}"));
    let known = items(&known.map_err(|e| astray("evidence", &e))?, "evidence_sha256");
    let sha256 = known.first().and_then(Value::as_str);
    let sha256 = sha256.ok_or_else(|| astray("evidence", &"none is kept"))?.to_owned();
    let fetch = |path: String| here.client.fetch_bytes(&path).map_err(|e| astray("evidence", &e));
    let evidence = fetch(format!("/v1/corridors/{id}/evidence/{sha256}"))?;
    let evidence = stage.write("evidence.json", &evidence)?;
    expect(&evidence, Some(there.did.as_str()), 0, "evidence against the peer")?;
    expect(&evidence, None, 7, "UNKNOWN without trust")?;
    let alarm = fetch(format!("/v1/corridors/{id}/forks/{fork}/alarm"))?;
    let alarm = stage.write("alarm.json", &alarm)?;
    let inception = stage.standing.laid.first().map(|laid| laid.dir.inception());
    let inception = inception.ok_or_else(|| astray("alarm", &"a zone is missing"))?;
    let trust = format!("{},{}", here.did, there.did);
    let mut command = mez()?;
    command.arg("verify").arg(&alarm).arg("--inception").arg(inception).args(["--trust", &trust]);
    done(&mut command, "alarm").map(|_| sha256)
}
