//! The end of the day: a cut both sign, what is owed over it, and the message a bank is sent.

use std::path::Path;
use std::process::Command;

use canon::{Digest, Timestamp};
use corridor::iso20022::Message;
use serde_json::{Value, json};

use super::{Progress, Stage, astray, done, mez};
use crate::cli::Failure;
use crate::deploy::json::items;
use crate::deploy::smoke::{Member, Story};

/// The schema the message is checked against.
const SCHEMA: &str = "pacs.008.001.08.xsd";

/// Play it; what a program may want to know of it.
pub(super) fn play(
    stage: &Stage<'_>,
    xsd: Option<&Path>,
    progress: &mut Progress,
) -> Result<Value, Failure> {
    let mut story = Story::default();
    stage.scene.witness(stage.id, 1, &mut story)?;
    let bundle = story.bundles.first().ok_or_else(|| astray("cut", &"no bundle"))?;
    // What is owed is in the payloads, which a bundle for strangers leaves out.
    let path = format!("/v1/corridors/{}/bundle?disclose=true", stage.id);
    let disclosed = stage.here()?.client.fetch_bytes(&path).map_err(|e| astray("netting", &e))?;
    let disclosed = stage.write("disclosed.bundle.zip", &disclosed)?;
    let mut command = mez()?;
    command.args(["corridor", "net"]).arg(&disclosed).args(["--trust", &bundle.trust, "--json"]);
    let said = done(&mut command, "netting")?;
    let plan: Value = serde_json::from_slice(&said).map_err(|e| astray("netting", &e))?;
    let legs = items(&plan, "legs");
    if legs.len() != 1 {
        return Err(astray("netting", &format!("one leg is expected: {plan}")));
    }
    progress.part("a cut signed by both, judged by a stranger, and netted to one leg");
    let message = message(stage)?;
    let path = stage.write("pacs.008.xml", message.as_bytes())?;
    let checked = match xsd {
        Some(folder) => {
            linted(&folder.join(SCHEMA), &path)?;
            progress.part("a pacs.008 that `xmllint` accepts against its schema");
            "accepted by xmllint"
        }
        None => {
            progress
                .part("a pacs.008; give --xsd DIR to have `xmllint` check it against its schema");
            "not checked: no --xsd"
        }
    };
    Ok(json!({ "bundle": bundle.path, "legs": legs, "pacs_008": path, "schema": checked }))
}

/// Have `xmllint` hold a message against its schema.
pub(super) fn linted(schema: &Path, message: &Path) -> Result<(), Failure> {
    let mut lint = Command::new("xmllint");
    lint.args(["--noout", "--nonet", "--schema"]).arg(schema).arg(message);
    done(&mut lint, "xmllint").map(|_| ())
}

/// A bank identifier of nobody: a BIC whose location code ends in 0 is for tests.
pub(super) fn bic(member: &Member) -> String {
    let country = member.jurisdiction.get(..2).unwrap_or("zz").to_ascii_uppercase();
    format!("MEZZ{country}K0")
}

/// The last payment of the story as its banks would say it.
fn message(stage: &Stage<'_>) -> Result<String, Failure> {
    let (here, there) = (stage.here()?, stage.there()?);
    let [payer, payee] = [0, 1].map(|member| stage.scene.company(stage.companies, member, 0));
    let (payer, payee) = (payer?, payee?);
    let now: Timestamp = stage.scene.clock.now();
    // Account ids have 36 characters, of which the message takes 34.
    let account = |account: &str| json!({ "other": account.replace('-', "") });
    let uetr = uetr(stage);
    let said = json!({ "message": "customer_transfer", "content": {
        "charges": "SHAR",
        "debtor": { "name": payer.name },
        "debtor_account": account(&payer.account),
        "debtor_agent": { "bic": bic(here) },
        "creditor": { "name": payee.name },
        "creditor_account": account(&payee.account),
        "creditor_agent": { "bic": bic(there) },
        "instruction": {
            "amount": { "currency": "USD", "minor": "4200" },
            "created": now,
            "end_to_end_id": format!("SCENARIO-{}", stage.scene.seed),
            "instructed": { "bic": bic(there) },
            "instructing": { "bic": bic(here) },
            "instruction_id": format!("SCENARIO-{}", stage.scene.seed),
            "message_id": format!("SCENARIO-{}", stage.scene.seed),
            "settlement": "INDA",
            "settlement_date": now.date(),
            "uetr": uetr,
        },
        "remittance": "epoch 1",
    }});
    let message: Message = serde_json::from_value(said).map_err(|e| astray("pacs.008", &e))?;
    message.write().map_err(|e| astray("pacs.008", &e))
}

/// A UETR (RFC 4122, version 4) of this story.
fn uetr(stage: &Stage<'_>) -> String {
    let hex = Digest::of_blob(stage.scene.key("uetr").as_bytes()).to_string();
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default().to_owned();
    format!("{}-{}-4{}-8{}-{}", part(0..8), part(8..12), part(12..15), part(15..18), part(18..30))
}
