//! Watchers with money at stake: five bond, one of them signs what it did not see and loses all.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use canon::{Did, Digest, Timestamp};
use corridor::watcher::{Case, Pair, accuse};
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};

use super::{Stage, astray, done, mez, until};
use crate::cli::{Answer, Failure};
use crate::deploy::json::{items, text};
use crate::deploy::smoke::{Member, expect};
use crate::founding::read_key;

/// How many bond; four are needed for a quorum.
const WATCHERS: usize = 5;
/// What each puts at stake.
const BOND: &str = "1000.00";
/// A week and a day: after that a claim can no longer be appealed.
pub(super) const AHEAD_SECS: i64 = 8 * 86_400;

/// A key, and the attestation it signs another of.
#[derive(clap::Args)]
pub(crate) struct Liar {
    /// The watcher's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What it attested
    #[arg(long, value_name = "FILE")]
    attestation: PathBuf,
    /// Where the other is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The dishonest watcher: the same cut with another root, under the same key.
pub(super) fn lie(liar: &Liar) -> Result<Answer, Failure> {
    let key = read_key(&liar.key).map_err(|e| astray("key", &e))?;
    let bytes = crate::cli::file::read_document(&liar.attestation)?;
    let mut said: Value = serde_json::from_slice(&bytes).map_err(|e| astray("attestation", &e))?;
    if let Some(members) = said.as_object_mut() {
        members.remove("proof");
    }
    if let Some(root) = said.pointer_mut("/credentialSubject/lanes/0/root") {
        *root = json!(Digest::of_blob(b"another story"));
    }
    let at = Timestamp::parse(&text(&said, "validFrom")).map_err(|e| astray("attestation", &e))?;
    let other = sign_document(said, &ProofOptions::assertion(at, &key), &key);
    let other = other.map_err(|e| astray("attestation", &e))?;
    std::fs::write(&liar.out, other.to_string())
        .map_err(|error| Failure::io("write", &liar.out, &error))?;
    Ok(Answer::done("attested another root\n", Value::Null))
}

/// The watchers of the story; the last one lies.
pub(super) struct Watch {
    dids: Vec<Did>,
    keys: Vec<PathBuf>,
}

impl Watch {
    /// Keys, registrations, bonds: all with the commands and routes anybody has.
    pub(super) fn enroll(stage: &Stage<'_>) -> Result<Self, Failure> {
        let (here, id) = (stage.here()?, stage.id);
        let laid = stage.standing.laid.first().ok_or_else(|| astray("watchers", &"no zone"))?;
        let payer = stage.scene.company(stage.companies, 0, 0)?;
        let folder = stage.folder.join("watchers");
        let mut watch = Self { dids: Vec::new(), keys: Vec::new() };
        for n in 0..WATCHERS {
            let name = format!("watcher-{n}");
            let mut keygen = mez()?;
            keygen.args(["watcher", "keygen", "--prefix", &name, "--output"]).arg(&folder);
            done(&mut keygen, "watcher keygen")?;
            let key = folder.join(format!("{name}.priv.json"));
            let did = read_key(&key).map_err(|e| astray("watcher key", &e))?.public().did();
            let mut register = mez()?;
            register.args(["watcher", "register", "--corridor", id.as_str(), "--key"]).arg(&key);
            register.args(["--url", here.client.url(), "--token-file"]);
            register.arg(laid.dir.operator_token());
            done(&mut register, "watcher register")?;
            let bond = json!({
                "from_account_id": payer.account, "amount": BOND, "currency": "USD",
            });
            stage.taken(here, (&format!("/v1/watchers/{did}/bond"), "bond"), &bond)?;
            stage.taken(here, (&format!("/v1/watchers/{did}/activate"), "activate"), &json!({}))?;
            watch.dids.push(did);
            watch.keys.push(key);
        }
        Ok(watch)
    }

    /// Each watcher, as a process of its own, mirrors both lanes from both zones and attests the last cut.
    pub(super) fn attest(&self, stage: &Stage<'_>) -> Result<(), Failure> {
        let mut running: Vec<Child> = Vec::new();
        for key in &self.keys {
            let mut command = mez()?;
            command.args(["watcher", "run", "--corridor", stage.id.as_str(), "--rounds", "2"]);
            command.args(["--every", "1", "--key"]).arg(key);
            command.arg("--dir").arg(key.with_extension("state"));
            for (member, laid) in stage.scene.members.iter().zip(&stage.standing.laid) {
                command.arg("--zone").arg(format!("{}#{}", member.client.url(), member.did));
                command.arg("--token-file").arg(laid.dir.operator_token());
            }
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            running.push(command.spawn().map_err(|e| astray("watcher run", &e))?);
        }
        for child in running {
            let output = child.wait_with_output().map_err(|e| astray("watcher run", &e))?;
            if !output.status.success() {
                return Err(astray("watcher run", &String::from_utf8_lossy(&output.stderr)));
            }
        }
        Ok(())
    }

    /// The certificate of the last payment that the last cut covers, judged by a stranger.
    pub(super) fn certify(&self, stage: &Stage<'_>) -> Result<(PathBuf, Value), Failure> {
        let (here, there, id) = (stage.here()?, stage.there()?, stage.id);
        let ask = |path: &str| here.client.get(path).map_err(|e| astray("certificate", &e));
        let known = ask(&format!("/v1/corridors/{id}"))?;
        let size = known.pointer("/lane_here/size").and_then(Value::as_u64).unwrap_or(0);
        let from = size.saturating_sub(20);
        let page = ask(&format!("/v1/corridors/{id}/receipts?from={from}&limit=20"))?;
        let paid = |receipt: &Value| {
            receipt.pointer("/transition/kind").and_then(Value::as_str) == Some("payment.transfer")
        };
        let receipts = items(&page, "receipts");
        let last = receipts.iter().rev().find(|receipt| paid(receipt));
        let sequence = last.and_then(|receipt| receipt.get("sequence")).and_then(Value::as_u64);
        let sequence = sequence.ok_or_else(|| astray("certificate", &"no payment is found"))?;
        let path = format!("/v1/corridors/{id}/finality/certificate?grade=EFC&sequence={sequence}");
        let bytes = here.client.fetch_bytes(&path).map_err(|e| astray("certificate", &e))?;
        let file = stage.write("efc.json", &bytes)?;
        let trust = format!("{},{}", here.did, there.did);
        expect(&file, Some(&trust), 0, "VALID under both zones")?;
        expect(&file, None, 7, "UNKNOWN without trust")?;
        let certificate = serde_json::from_slice(&bytes).map_err(|e| astray("certificate", &e))?;
        Ok((file, certificate))
    }

    /// The last watcher signs another root of what it attested; whoever holds both files a claim.
    pub(super) fn accuse(&self, stage: &Stage<'_>, certificate: &Value) -> Result<Did, Failure> {
        let attested = certificate.pointer("/coverage/attestations").and_then(Value::as_array);
        let by = |document: &&Value| {
            let issuer = text(document, "issuer");
            self.dids.iter().position(|did| did.as_str() == issuer)
        };
        let found = attested.into_iter().flatten().find_map(|one| Some((by(&one)?, one)));
        let (at, first) = found.ok_or_else(|| astray("accusation", &"nobody attested"))?;
        let (Some(did), Some(key)) = (self.dids.get(at), self.keys.get(at)) else {
            return Err(astray("accusation", &"an unknown watcher"));
        };
        let second = self.second(stage, key, first)?;
        let file = accuse(Case::Equivocation(Pair { first: first.clone(), second }));
        let file = file.map_err(|judged| astray("accusation", &format!("{:?}", judged.reasons)))?;
        let path = stage.write("watcher-evidence.json", file.bytes())?;
        expect(&path, Some(did.as_str()), 0, "evidence against a watcher")?;
        let body = json!({ "evidence": file.value() });
        stage.taken(stage.here()?, (&format!("/v1/watchers/{did}/slash"), "slash"), &body)?;
        Ok(did.clone())
    }

    fn second(&self, stage: &Stage<'_>, key: &Path, first: &Value) -> Result<Value, Failure> {
        let attested = stage.write("attestation.json", first.to_string().as_bytes())?;
        let out = stage.folder.join("attestation-2.json");
        let mut liar = mez()?;
        liar.args(["demo", "liar", "--key"]).arg(key).arg("--attestation").arg(attested);
        liar.arg("--out").arg(&out);
        done(&mut liar, "the liar")?;
        let bytes = std::fs::read(&out).map_err(|error| Failure::io("read", &out, &error))?;
        serde_json::from_slice(&bytes).map_err(|e| astray("the liar", &e))
    }
}

/// Once the challenge window has passed, the zone's own clockwork takes the bond.
pub(super) fn slashed(here: &Member, watcher: &Did) -> Result<Value, Failure> {
    let lost = |told: &Value| matches!(text(told, "state").as_str(), "slashed" | "banned");
    until(here, &format!("/v1/watchers/{watcher}"), "the slash", lost)
}
