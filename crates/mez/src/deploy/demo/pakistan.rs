//! `mez demo pakistan`: a company, its registers, an invoice over Raast and the return of it, under the law of Pakistan.
//!
//! The national systems are `mez-sandbox pakistan`, a program of its own. Every step is asserted, and says upon which act
//! and section it rests. Then the simulator is switched off, and nothing of it may be said any more; and a production
//! zone is given the simulator's keys, and may not start.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;

use law::Pack;
use serde_json::{Value, json};

use super::simulator::Simulator;
use super::{Progress, Running, astray, cleared, mez, parsed, until};
use crate::cli::content::ContentArgs;
use crate::cli::{Answer, Context, Failure};
use crate::client::ClientError;
use crate::deploy::fleet::free_ports;
use crate::deploy::issuer::{Issuer, a_year};
use crate::deploy::json::{items, text};
use crate::deploy::lay::{Laid, lay};
use crate::deploy::smoke::Member;
use crate::deploy::{members, start};
use crate::layout::write_atomic;

/// The zone.
const ZONE: &str = "pk-sifc";
/// A zone of realm production, which must not start on the simulator's keys.
const PRODUCTION: &str = "sg";
/// The company, as every register knows it.
const COMPANY: &str = "Tidewater Loom (SMC-Private) Limited";
/// Its owner, with a card NADRA knows.
const OWNER: (&str, &str) = ("Tamsin Brackenridge", "3520111111119");
/// Its numbers at FBR and SECP, and its license.
const NTN: &str = "7000001";
const SECP: &str = "7000001";
const LICENSE: (&str, &str) = ("NBFC-2026-700", "nbfc");
/// Whom it pays: an example of the simulator's registers.
const SUPPLIER: (&str, &str) = ("Indus Textile Trading (Private) Limited", "1234567");
/// Accounts at banks.
const OWN_ACCOUNT: (&str, &str) = ("PK36SCBL0000001123456702", "SCBLPKKX");
const SUPPLIER_ACCOUNT: (&str, &str) = ("PK35HABB0000001123450001", "HABBPKKA");
/// The invoice, and what law makes of it.
const INVOICE: &str = "100000.00";
const WITHHELD: &str = "15000.00";

/// `mez demo pakistan`.
#[derive(clap::Args)]
pub(crate) struct Pakistan {
    /// Where everything is kept; emptied first if it is a demo's
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    dir: PathBuf,
    #[command(flatten)]
    content: ContentArgs,
}

/// The company, its owner and its license, as each register knows them.
fn know(simulator: &Simulator) -> Result<(), Failure> {
    let (owner, cnic) = OWNER;
    simulator.row("people", cnic, &json!({ "full_name": owner, "cnic_status": "Active" }))?;
    let taxpayer = json!({
        "registered_name": COMPANY, "filer_status": "filer", "compliance_status": "Compliant",
        "active_since": "2024-07-01",
    });
    simulator.row("taxpayers", NTN, &taxpayer)?;
    let company = json!({
        "name": COMPANY, "company_type": "SingleMember", "incorporation_date": "2024-03-04",
        "status": "Active",
    });
    simulator.row("companies", SECP, &company)?;
    let (reference, kind) = LICENSE;
    let license = json!({
        "license_type": kind, "valid": true, "expiry_date": "2030-12-31", "issued_to": COMPANY,
    });
    simulator.row("licenses", reference, &license)
}

/// Why each register is asked: the rule of the packs that needs what it knows.
const NEEDED_BY: [(&str, &str); 5] = [
    ("cnic", "pk.kyc.owner-verified"),
    ("ntn", "pk.tax.registered"),
    ("company", "pk.corporate.name"),
    ("license", "pk.licensing.activity-in-license"),
    ("taxpayer", "pk.tax.withheld-at-source"),
];

/// What stands, and what was told so far.
struct Stage<'a> {
    zone: Member,
    packs: &'a [Pack],
    issuer: Issuer,
    context: &'a Context<'a>,
    told: Vec<Value>,
}

impl Stage<'_> {
    fn post(&self, path: &str, body: &Value, key: &str) -> Result<Value, ClientError> {
        self.zone.client.post(path, body, &format!("pakistan-{key}"))
    }

    fn done(&self, path: &str, body: &Value, key: &str) -> Result<Value, Failure> {
        self.post(path, body, key).map_err(|e| astray(key, &e))
    }

    /// The rules of the packs that a decision was made by: act and section of each, once.
    fn rests(&self, envelope: &Value) -> Result<BTreeSet<(String, String)>, Failure> {
        let step = "the decision";
        let path = format!("/v1/decisions/{}", at(envelope, "/compliance/decision_sha256"));
        let told = self.zone.client.get(&path).map_err(|e| astray(step, &e))?;
        let explained = told.get("explanation").cloned().unwrap_or(Value::Null);
        let domains = items(&explained, "domains");
        let clauses = domains.iter().flat_map(|domain| items(domain, "clauses"));
        // Rules of the packs of Pakistan whose condition was met; what the sandbox rulebook says is not told as law.
        let satisfied = |clause: &Value| {
            let pack = clause.pointer("/pack/0").and_then(Value::as_str).unwrap_or_default();
            clause.get("counted") == Some(&Value::Bool(true))
                && (pack == "pk" || pack.starts_with("pk-"))
                && text(clause, "reason") == "satisfied"
        };
        let cited = |clause: Value| {
            let citation = clause.get("citation")?;
            Some((text(citation, "instrument"), text(citation, "section")))
        };
        Ok(clauses.filter(satisfied).filter_map(cited).collect())
    }

    /// The sentence of the rule for whose sake a register is asked, and where it is written.
    fn needed_by(&self, name: &str) -> Result<(String, (String, String)), Failure> {
        let id = NEEDED_BY.iter().find(|(of, _)| *of == name).map(|(_, id)| *id);
        let mut rules = self.packs.iter().flat_map(Pack::rules);
        let rule = rules.find(|rule| Some(rule.id.as_str()) == id);
        let rule = rule.ok_or_else(|| astray(name, &"no pack has the rule it is asked for"))?;
        let cited = (rule.citation.instrument.clone(), rule.citation.section.clone());
        Ok((rule.summary.clone(), cited))
    }

    /// Tell a step, and upon which acts and sections it rests.
    fn tell(
        &mut self,
        progress: &mut Progress,
        what: &str,
        rests: &BTreeSet<(String, String)>,
        detail: Value,
    ) {
        progress.part(what);
        for (act, section) in rests {
            progress.say(&format!("     {act}: section {section}"));
        }
        let rests: Vec<Value> =
            rests.iter().map(|(act, section)| json!({ "act": act, "section": section })).collect();
        self.told.push(json!({ "step": what, "rests_on": rests, "detail": detail }));
    }
}

/// What is asked of registers, with the words that must come back.
fn questions(entity: &str) -> [(&'static str, &'static str, Value); 5] {
    let ((owner, cnic), (license, kind)) = (OWNER, LICENSE);
    [
        (
            "cnic",
            "/v1/identity/cnic/verify",
            json!({ "cnic": cnic, "full_name": owner, "entity_id": entity }),
        ),
        (
            "ntn",
            "/v1/identity/ntn/verify",
            json!({ "ntn": NTN, "entity_name": COMPANY, "entity_id": entity }),
        ),
        (
            "company",
            "/v1/identity/companies/verify",
            json!({ "registration_no": SECP, "entity_name": COMPANY, "entity_id": entity }),
        ),
        (
            "license",
            "/v1/identity/licenses/verify",
            json!({ "license_ref": license, "license_type": kind, "entity_name": COMPANY, "entity_id": entity }),
        ),
        (
            "taxpayer",
            "/v1/tax/taxpayers/profile",
            json!({ "ntn": NTN, "entity_name": COMPANY, "entity_id": entity }),
        ),
    ]
}

fn must(step: &str, holds: bool, said: &Value) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(astray(step, &format!("the zone says {said}"))) }
}

fn at<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn play(args: &Pakistan, context: &Context<'_>) -> Result<Answer, Failure> {
    cleared(&args.dir)?;
    let deploy = parsed(&["--jurisdiction", ZONE, "--smoke"], &args.dir, &args.content)?;
    let mut progress = Progress::begin(canon::Realm::Sandbox, context);
    let content = deploy.content.open()?;
    let plan = deploy.plan(&content)?;
    let mut simulator =
        progress.step("the national systems, simulated by a program of its own", || {
            let simulator = Simulator::start(&args.dir.join("pakistan"))?;
            know(&simulator).map(|()| simulator)
        })?;
    let issuer = Issuer::at(&args.dir.join("issuer"))?;
    let laid = lay(&deploy, &plan, &content, Some(&issuer), context)?;
    let zone = laid.first().ok_or_else(|| astray("the zone", &"none was laid"))?;
    write(zone, &simulator.adapters("sandbox", OWN_ACCOUNT))?;
    let mut running = progress.step("a zone of realm sandbox that asks them", || {
        start(&deploy, &laid, &free_ports(1)?, 0)
    })?;
    let member = members(&laid, &running).into_iter().next();
    let zone = member.ok_or_else(|| astray("the zone", &"none was started"))?;
    let packs = plan.zones.first().map_or(&[][..], |stack| stack.packs.as_slice());
    let mut stage = Stage { zone, packs, issuer, context, told: Vec::new() };
    let (entity, account) = formed(&mut stage, &mut progress)?;
    verified(&mut stage, &entity, &mut progress)?;
    let payment = paid(&mut stage, &account, &mut progress)?;
    let prepared = prepared(&mut stage, &entity, &payment, &mut progress)?;
    simulator.stop();
    switched_off(&mut stage, (&entity, &account), &mut progress)?;
    running.iter_mut().for_each(Running::stop);
    let refused = production(args, &simulator, context, &mut progress)?;
    let text = format!(
        "the story of Pakistan was played and every step was as it must be, in {}\n",
        progress.total().text()
    );
    let json = json!({
        "realm": "sandbox",
        "simulated": ["FBR IRIS", "NADRA", "SBP Raast", "SECP", "the company and its evidence"],
        "steps": stage.told,
        "payment_id": payment.get("payment_id"),
        "return": prepared,
        "production_start_refused": refused,
    });
    Ok(Answer::done(text, json))
}

fn write(laid: &Laid, bytes: &[u8]) -> Result<(), Failure> {
    let path = laid.dir.adapters();
    write_atomic(&path, bytes).map_err(|e| astray("adapters.json", &e))
}

/// A company with its evidence, and an account with money on it.
fn formed(stage: &mut Stage<'_>, progress: &mut Progress) -> Result<(String, String), Failure> {
    let now = stage.context.clock.now();
    let owner = json!({ "name": OWNER.0, "ownership_bp": 10_000 });
    let mut evidence = Vec::new();
    let mut kinds = stage.zone.evidence.clone();
    kinds.extend(["source_of_funds", "tax_residency"].map(str::to_owned));
    kinds.sort();
    kinds.dedup();
    for kind in &kinds {
        let subject = match kind.as_str() {
            "beneficial_ownership" => json!({ "legal_name": COMPANY, "owners": [owner] }),
            _ => json!({ "legal_name": COMPANY }),
        };
        evidence.push(stage.issuer.attest(kind, subject, (now, a_year(now)), "loom")?);
    }
    let body = json!({
        "entity_type": "single-member-company",
        "legal_name": COMPANY,
        "jurisdiction_id": stage.zone.jurisdiction,
        "activity": "general trading",
        "registered_office": { "address": "1 Loom Road", "jurisdiction_id": stage.zone.jurisdiction },
        "beneficial_owners": [{ "name": OWNER.0, "kind": "person", "ownership_bp": 10_000 }],
        "evidence": evidence,
    });
    let formed = stage.done("/v1/entities", &body, "form")?;
    let entity = at(&formed, "/result/entity_id").to_owned();
    let open = json!({ "entity_id": entity, "currency": "PKR" });
    let opened = stage.done("/v1/fiscal/accounts", &open, "open")?;
    let account = at(&opened, "/result/account_id").to_owned();
    let fund = json!({ "amount": "500000.00", "currency": "PKR", "purpose": "capital" });
    stage.done(&format!("/v1/fiscal/accounts/{account}/fund"), &fund, "fund")?;
    let rests = stage.rests(&formed)?;
    must("forming", !rests.is_empty(), &formed)?;
    let detail = json!({ "entity_id": entity });
    stage.tell(progress, "a company formed, its account opened and funded", &rests, detail);
    Ok((entity, account))
}

/// Card, tax number, company, license and standing: each upon a signed answer.
fn verified(stage: &mut Stage<'_>, entity: &str, progress: &mut Progress) -> Result<(), Failure> {
    for (name, path, body) in questions(entity) {
        let told = stage.done(path, &body, name)?;
        let result = told.get("result").cloned().unwrap_or(Value::Null);
        must(name, text(&result, "status") == "verified", &told)?;
        must(name, result.get("simulated") == Some(&Value::Bool(true)), &told)?;
        let issuer = text(&result, "issuer");
        let what = match name {
            "cnic" => "NADRA: the card is of the owner, and in force",
            "ntn" => "FBR: the tax number is of the company, which files returns",
            "company" => "SECP: the company is in the register, and active",
            "license" => "SECP: its license is in force, and its own",
            _ => "FBR: how the taxpayer stands",
        };
        let (why, cited) = stage.needed_by(name)?;
        let mut rests = stage.rests(&told)?;
        rests.insert(cited);
        let attestation = result.get("attestation_id");
        let detail = json!({ "issuer": issuer, "attestation_id": attestation, "asked_for": why });
        stage.tell(progress, what, &rests, detail);
        progress.say(&format!("     asked because: {why}"));
    }
    Ok(())
}

fn invoice(account: &str) -> Value {
    let ((name, ntn), (iban, bic)) = (SUPPLIER, SUPPLIER_ACCOUNT);
    json!({
        "from_account_id": account,
        "to": { "name": name, "iban": iban, "bic": bic, "ntn": ntn },
        "amount": INVOICE, "currency": "PKR", "purpose": "services", "reference": "INV-2026-17",
    })
}

/// The invoice: withheld at the rate of the day, sent by `pacs.008`, settled by Raast's own `pacs.002`.
fn paid(stage: &mut Stage<'_>, account: &str, progress: &mut Progress) -> Result<Value, Failure> {
    let step = "the invoice";
    let told = stage.done("/v1/fiscal/raast/payments", &invoice(account), "invoice")?;
    must(step, at(&told, "/result/status") == "pending", &told)?;
    let rate = told.pointer("/result/charges/tax/terms/rate").cloned().unwrap_or(Value::Null);
    let cited = rate.get("citation").cloned().unwrap_or(Value::Null);
    must(step, rate.get("rate_bp") == Some(&json!(1_500)), &told)?;
    let path = format!("/v1/fiscal/raast/payments/{}", at(&told, "/result/payment_id"));
    let settled = until(&stage.zone, &path, step, |told| text(told, "status") == "settled")?;
    let tax = stage.zone.client.get("/v1/fiscal/accounts/tax:pk-fbr:PKR");
    let tax = tax.map_err(|e| astray(step, &e))?;
    must(step, text(&tax, "balance") == WITHHELD, &tax)?;
    let what = format!(
        "an invoice of {INVOICE} PKR paid over Raast: {WITHHELD} withheld at 15 %, in force since {}",
        text(&cited, "from")
    );
    let mut rests = stage.rests(&told)?;
    rests.insert((text(&cited, "instrument"), text(&cited, "section")));
    let filer = told.pointer("/result/charges/tax/terms/filer");
    let detail = json!({ "course": settled.get("course"), "rate": rate, "filer": filer });
    stage.tell(progress, &what, &rests, detail);
    Ok(settled)
}

/// The return of the month, one line per payment.
fn prepared(
    stage: &mut Stage<'_>,
    entity: &str,
    payment: &Value,
    progress: &mut Progress,
) -> Result<Value, Failure> {
    let step = "the return";
    let month: String = stage.context.clock.now().date().to_string().chars().take(7).collect();
    let body = json!({ "entity_id": entity, "period": month });
    let told = stage.done("/v1/tax/returns", &body, "return")?;
    let document = told.pointer("/result/document").cloned().unwrap_or(Value::Null);
    let lines = items(&document, "lines");
    must(step, lines.len() == 1 && text(&document, "ntn") == NTN, &told)?;
    let mut rests = BTreeSet::new();
    for line in &lines {
        must(step, line.get("payment_id") == payment.get("payment_id"), line)?;
        must(step, line.pointer("/payee/ntn") == Some(&json!(SUPPLIER.1)), line)?;
        let (act, section) = (text(line, "act"), text(line, "section"));
        must(step, !act.is_empty() && !section.is_empty(), line)?;
        rests.insert((act, section));
    }
    let what = format!("the return of {month} prepared from the books, its digest kept");
    let result = told.get("result").cloned().unwrap_or(Value::Null);
    stage.tell(progress, &what, &rests, result.clone());
    Ok(result)
}

/// Nobody answers: everything asked is pending, and nothing is paid upon it.
fn switched_off(
    stage: &mut Stage<'_>,
    (entity, account): (&str, &str),
    progress: &mut Progress,
) -> Result<(), Failure> {
    for (name, path, body) in questions(entity) {
        let told = stage.done(path, &body, &format!("{name}-off"))?;
        let (status, verified) = (at(&told, "/result/status"), told.pointer("/result/verified"));
        must(name, status == "pending" && verified == Some(&Value::Bool(false)), &told)?;
        must(name, !at(&told, "/result/reason/code").is_empty(), &told)?;
    }
    let step = "an invoice without FBR";
    let refused = match stage.post("/v1/fiscal/raast/payments", &invoice(account), "invoice-off") {
        Ok(told) => return Err(astray(step, &format!("it was paid: {told}"))),
        Err(error) => error,
    };
    let problem = refused.problem().map(|problem| problem.body.clone()).unwrap_or(Value::Null);
    let blocking = items(&problem, "blocking");
    let pending = |block: &Value| text(block, "state") == "pending";
    must(step, text(&problem, "code") == "refused-by-law", &problem)?;
    must(step, !blocking.is_empty() && blocking.iter().all(pending), &problem)?;
    let cited = |block: &Value| {
        let citation = block.get("citation")?;
        Some((text(citation, "instrument"), text(citation, "section")))
    };
    let rests = blocking.iter().filter_map(cited).collect();
    let what = "the simulator switched off: every answer is pending, and nothing is paid upon it";
    stage.tell(progress, what, &rests, json!({ "blocking": blocking }));
    Ok(())
}

/// A production zone that is given the simulator's keys does not start, whatever realm its file claims.
fn production(
    args: &Pakistan,
    simulator: &Simulator,
    context: &Context<'_>,
    progress: &mut Progress,
) -> Result<Vec<Value>, Failure> {
    let step = "a production zone";
    let folder = args.dir.join("production");
    let anchors = args.dir.join("production-anchors.json");
    let none =
        json!({ "type": "MEZTrustAnchors", "version": 1, "realm": "production", "anchors": [] });
    std::fs::write(&anchors, none.to_string()).map_err(|e| Failure::io("write", &anchors, &e))?;
    let words = ["--jurisdiction", PRODUCTION, "--realm", "production", "--anchors"];
    let path = anchors.to_string_lossy();
    let words: Vec<&str> = words.into_iter().chain([path.as_ref()]).collect();
    let deploy = parsed(&words, &folder, &args.content)?;
    let content = deploy.content.open()?;
    let plan = deploy.plan(&content)?;
    let laid = lay(&deploy, &plan, &content, None, context)?;
    let laid = laid.first().ok_or_else(|| astray(step, &"none was laid"))?;
    let mut refused = Vec::new();
    for (realm, code) in [("sandbox", "adapter-realm"), ("production", "adapter-insecure")] {
        write(laid, &simulator.adapters(realm, OWN_ACCOUNT))?;
        let mut serve = mez()?;
        serve.args(["--json", "serve", "--listen", "127.0.0.1:0", "--exit-with-parent", "--dir"]);
        serve.arg(laid.dir.root()).stdin(Stdio::null());
        let said = serve.output().map_err(|e| astray(step, &e))?;
        let told = String::from_utf8_lossy(&said.stderr).into_owned();
        if said.status.success() || !told.contains(code) {
            return Err(astray(step, &format!("it should refuse with `{code}`, and says {told}")));
        }
        refused.push(json!({ "adapters_of_realm": realm, "code": code }));
    }
    progress.part("a production zone given the simulator's keys: its start is refused");
    Ok(refused)
}
