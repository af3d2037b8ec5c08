//! The plan is settled: both operators consent, the debtor's bank is instructed, the creditor's bank confirms, both zones
//! book it. Everything by `mez settle`, as an operator would; only the bank is simulated.

use std::path::{Path, PathBuf};
use std::process::Command;

use canon::Timestamp;
use corridor::iso20022::Message;
use serde_json::{Value, json};

use super::settle::{bic, linted};
use super::{Progress, Stage, astray, done, mez, until};
use crate::cli::Failure;
use crate::deploy::json::{items, text};
use crate::deploy::smoke::Member;

/// Schema of the message to the debtor's bank.
const SCHEMA: &str = "pacs.009.001.08.xsd";

/// Settle what the corridor owes over its last cut; the plan at its end.
pub(super) fn play(
    stage: &Stage<'_>,
    xsd: Option<&Path>,
    progress: &mut Progress,
) -> Result<Value, Failure> {
    let step = "settlement";
    let plan = stage.folder.join("plan.json");
    let mut compute = asking(stage, 0, "compute")?;
    done(compute.args(["--corridor", stage.id.as_str(), "--out"]).arg(&plan), step)?;
    done(asking(stage, 0, "consent")?.arg("--file").arg(&plan), step)?;
    let [here, there] = [stage.here()?, stage.there()?];
    let proposed = there.client.get("/v1/settlement/plans").map_err(|e| astray(step, &e));
    let held = stage.here()?.client.get("/v1/settlement/plans").map_err(|e| astray(step, &e))?;
    let sha256 = items(&held, "items").first().map(|plan| text(plan, "plan_sha256"));
    let sha256 = sha256.ok_or_else(|| astray(step, &"no plan"))?;
    proposed?;
    let path = format!("/v1/settlement/plans/{sha256}");
    until_known(there, &path)?;
    done(asking(stage, 1, "consent")?.arg(&sha256), step)?;
    until(here, &path, step, |told| text(told, "state") == "in_force")?;
    let legs = items(&held, "items").first().map(|plan| items(plan, "legs")).unwrap_or_default();
    for leg in &legs {
        settled(stage, (&sha256, leg), xsd)?;
    }
    progress
        .part("the plan consented to by both, paid by a pacs.009, confirmed by a camt.054, booked");
    for member in [here, there] {
        for leg in &legs {
            let currency = leg.pointer("/amount/currency").and_then(Value::as_str);
            let account = format!("corridor:{}:{}", stage.id, currency.unwrap_or_default());
            let told = member.client.get(&format!("/v1/fiscal/accounts/{account}"));
            let told = told.map_err(|e| astray(step, &e))?;
            if told.get("balance").and_then(Value::as_str) != Some("0.00") {
                return Err(astray(step, &format!("`{}` still owes: {told}", member.name)));
            }
        }
    }
    here.client.get(&path).map_err(|e| astray(step, &e))
}

/// One leg: from the payer's bank to the books of both.
fn settled(
    stage: &Stage<'_>,
    (sha256, leg): (&str, &Value),
    xsd: Option<&Path>,
) -> Result<(), Failure> {
    let step = "a leg";
    let number = leg.get("number").and_then(Value::as_u64).unwrap_or_default();
    let payer = usize::from(stage.here()?.zone_id != text(leg, "payer"));
    let [debtor, creditor] = [stage.scene.member(payer)?, stage.scene.member(1 - payer)?];
    let message = stage.folder.join(format!("pacs.009.{number}.xml"));
    let mut instruct = asking(stage, payer, "instruct")?;
    instruct.args([sha256, &number.to_string(), "--from-bank", &bic(debtor)]);
    done(instruct.args(["--to-bank", &bic(creditor), "--out"]).arg(&message), step)?;
    if let Some(folder) = xsd {
        linted(&folder.join(SCHEMA), &message)?;
    }
    let path = format!("/v1/settlement/plans/{sha256}");
    let at = |told: &Value, stage: &str| {
        let leg = items(told, "legs").into_iter().nth(usize::try_from(number).unwrap_or(0));
        leg.is_some_and(|leg| text(&leg, "stage") == stage)
    };
    let told = until(creditor, &path, step, |told| at(told, "instructed"))?;
    let leg = items(&told, "legs").into_iter().nth(usize::try_from(number).unwrap_or(0));
    let leg = leg.ok_or_else(|| astray(step, &"the leg is gone"))?;
    let told = notification(&leg, stage.scene.clock.now())?;
    let told = stage.write(&format!("camt.054.{number}.xml"), told.as_bytes())?;
    let mut confirm = asking(stage, 1 - payer, "confirm")?;
    confirm.args([sha256, &number.to_string(), "--notification"]);
    done(confirm.arg(&told), step)?;
    until(debtor, &path, step, |told| at(told, "confirmed")).map(|_| ())
}

/// What the creditor's bank writes when the money is there. There is no bank here: it is made by the demo.
fn notification(leg: &Value, now: Timestamp) -> Result<String, Failure> {
    let step = "camt.054";
    let amount = leg.get("amount").cloned().unwrap_or_default();
    let entry = json!({
        "reference": "SIMULATED-1", "amount": amount, "direction": "CRDT", "status": "BOOK",
        "booked": now.date(), "value": now.date(), "kind": "SETTLEMENT",
        "end_to_end_id": "SIMULATED", "uetr": leg.get("uetr"),
    });
    let report = json!({
        "message_id": "SIMULATED-1", "created": now, "report_id": "SIMULATED-1",
        "account": { "other": "SIMULATED" }, "currency": amount.get("currency"),
    });
    let said = json!({ "message": "notification", "content": {
        "report": report, "entries": [entry],
    }});
    let message: Message = serde_json::from_value(said).map_err(|e| astray(step, &e))?;
    message.write().map_err(|e| astray(step, &e))
}

/// `mez settle VERB` asked of a member, with its operator's token.
fn asking(stage: &Stage<'_>, member: usize, verb: &str) -> Result<Command, Failure> {
    let laid = stage.standing.laid.get(member).ok_or_else(|| astray(verb, &"a zone is missing"))?;
    let token: PathBuf = laid.dir.operator_token();
    let mut command = mez()?;
    command.args(["settle", verb, "--url", stage.scene.member(member)?.client.url()]);
    command.arg("--token-file").arg(token);
    Ok(command)
}

/// Wait until a zone has heard of a plan.
fn until_known(member: &Member, path: &str) -> Result<(), Failure> {
    let known = |told: &Value| {
        items(told, "items").iter().any(|plan| path.ends_with(&text(plan, "plan_sha256")))
    };
    until(member, "/v1/settlement/plans", "the plan told", known).map(|_| ())
}
