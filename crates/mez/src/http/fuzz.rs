//! What the doors decode, as plain functions over bytes for the driver of `fuzz/`: bodies of requests,
//! queries, signatures, frames of signers, lists and states of witnesses, bundles, answers of others.
//!
//! `cargo xtask fuzz` runs them after those of the pure rooms; every run of the tests replays a few
//! mutants of each.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use corridor::messages;
use fuzz::{Target, driver};
use link::frames;
use registry::{Formation, FormationInput, InstructionInput};
use serde::de::DeserializeOwned;
use serde_json::Value;
use zone::{
    AcknowledgeAsk, CancelConsent, ChartAsk, EnterOwnership, EntityEventAsk, FeeAsk, FundAsk,
    LicenseAct, LicenseEventAsk, OpenAccount, OpenCapTable, OpenConsent, OpenCouncil, OpenFlow,
    PrepareReturn, RaastAsk, RegisterAsset, RemitAsk, ReverseAsk, SendAsset, TaxEventAsk,
    TaxStatusAsk, TierLimitsAsk, TransferAsk, VerifyCnic, VerifyCompany, VerifyLicense, VerifyNtn,
    WebhookAsk,
};

use super::adapters::{
    RaastBody, VerifyCnicBody, VerifyCompanyBody, VerifyLicenseBody, VerifyNtnBody,
};
use super::agreeing::{
    AcceptAmendmentBody, AmendBody, AnchorBody, AttachBody, EndorseBody, EndorsementBody, SealBody,
};
use super::asked::{self, Asked};
use super::assets::{RegisterAssetBody, TransferAssetBody};
use super::bodies::{
    AcceptBody, AdoptBody, DispositionBody, EntityEventBody, FormEntityBody, FundBody, HaltBody,
    HandshakeBody, NothingBody, OpenAccountBody, PayBody, ProposeBody, ReceiptBody, ResolveBody,
    ResumeBody, TokenBody, VerifyBody,
};
use super::books::{ChartBody, FeeBody, ReverseBody, TransfersBody};
use super::bridge::{InvoiceBody, TransferBody};
use super::consent::{CancelBody, DelegateBody, OpenConsentBody, VoteBody};
use super::council::OpenCouncilBody;
use super::identity::{AddEvidenceBody, BindBody, RegisterPersonBody, TierLimitsBody};
use super::licenses::{ApplyBody, LicenseEventBody};
use super::ownership::{EnterBody, OpenCapTableBody};
use super::problem::Problem;
use super::register::{AppointBody, LeaveBody, MoveBody, OwnersBody, RenameBody};
use super::regulator::AcknowledgeAlertBody;
use super::route::Method;
use super::screening::Wanted;
use super::settlement::{ComputeBody, ConfirmBody, InstructBody, PlanBody, ReasonBody};
use super::signature::{Headers, verify};
use super::table::routes;
use super::tax::{PrepareReturnBody, RemitBody, TaxEventBody, TaxStatusBody};
use super::trade::{ActBody, OpenFlowBody};
use super::watchers::{
    AppealBody, AttestBody, BondBody, EvidenceBody, RegisterBody, RequestBody, RewardBody,
    RuleBody, SlashBody,
};
use super::webhooks::{MakeWebhookBody, RenewSecretBody, ReplayBody};
use crate::artifacts::pack::unpack;
use crate::artifacts::zip::Held;
use crate::witness;

const TARGETS: [Target; 8] = [
    ("door_bodies", bodies),
    ("door_frames", signer_frames),
    ("door_packs", |bytes| drop(unpack(&Held(bytes)))),
    ("door_problem", |bytes| drop(crate::out::refused(409, bytes.to_vec()))),
    ("door_query", query),
    ("door_signature", signature),
    ("door_witness_logs", |bytes| {
        let _ = witness::Folder::read_logs(bytes).is_ok();
    }),
    ("door_witness_state", witness::replayed),
];

/// How the handler of a route reads its body.
type Reader = fn(&Asked) -> Result<(), Problem>;

/// Every route that takes a body.
const BODIES: [(&str, Reader); 112] = [
    ("/v1/approvals/{id}/approve", read::<NothingBody>),
    ("/v1/assets/genesis", both::<RegisterAsset, RegisterAssetBody>),
    ("/v1/assets/{id}/transfers", both::<SendAsset, TransferAssetBody>),
    ("/v1/bridge/invoices", read::<InvoiceBody>),
    ("/v1/bridge/transfers", read::<TransferBody>),
    ("/v1/bridge/transfers/{id}/repair", read::<NothingBody>),
    ("/v1/consent", both::<OpenConsent, OpenConsentBody>),
    ("/v1/consent/{id}/cancel", both::<CancelConsent, CancelBody>),
    ("/v1/consent/{id}/delegations", read::<DelegateBody>),
    ("/v1/consent/{id}/votes", read::<VoteBody>),
    ("/v1/corridors", read::<ProposeBody>),
    ("/v1/corridors/adopt", read::<AdoptBody>),
    ("/v1/corridors/handshake", read::<HandshakeBody>),
    ("/v1/corridors/peers/accept", read::<messages::Acceptance>),
    ("/v1/corridors/peers/activate", read::<messages::ActivationOffer>),
    ("/v1/corridors/peers/amend", read::<messages::AmendmentOffer>),
    ("/v1/corridors/peers/cut", read::<messages::CutOffer>),
    ("/v1/corridors/peers/history", read::<messages::HistoryAsked>),
    ("/v1/corridors/peers/propose", read::<messages::Proposal>),
    ("/v1/corridors/peers/receipts", read::<messages::Delivery>),
    ("/v1/corridors/peers/resume", read::<messages::ResumeOffer>),
    ("/v1/corridors/{id}/accept", read::<AcceptBody>),
    ("/v1/corridors/{id}/acks", read::<NothingBody>),
    ("/v1/corridors/{id}/activate", read::<NothingBody>),
    ("/v1/corridors/{id}/amendments", read::<AmendBody>),
    ("/v1/corridors/{id}/amendments/accept", read::<AcceptAmendmentBody>),
    ("/v1/corridors/{id}/anchors", read::<AnchorBody>),
    ("/v1/corridors/{id}/attachments", read::<AttachBody>),
    ("/v1/corridors/{id}/cuts", read::<NothingBody>),
    ("/v1/corridors/{id}/deprecate", read::<HaltBody>),
    ("/v1/corridors/{id}/endorse", read::<EndorseBody>),
    ("/v1/corridors/{id}/endorsements", read::<EndorsementBody>),
    ("/v1/corridors/{id}/evidence", read::<EvidenceBody>),
    ("/v1/corridors/{id}/forks/{fork}/resolve", read::<ResolveBody>),
    ("/v1/corridors/{id}/halt", read::<HaltBody>),
    ("/v1/corridors/{id}/handshake", read::<NothingBody>),
    ("/v1/corridors/{id}/receipts", read::<ReceiptBody>),
    ("/v1/corridors/{id}/resume", read::<ResumeBody>),
    ("/v1/corridors/{id}/sealing", read::<SealBody>),
    ("/v1/corridors/{id}/suspend", read::<HaltBody>),
    ("/v1/corridors/{id}/watchers", read::<NothingBody>),
    ("/v1/council/proposals", both::<OpenCouncil, OpenCouncilBody>),
    ("/v1/council/proposals/{id}/cancel", both::<CancelConsent, CancelBody>),
    ("/v1/council/proposals/{id}/delegations", read::<DelegateBody>),
    ("/v1/council/proposals/{id}/votes", read::<VoteBody>),
    ("/v1/credentials/verify", read::<VerifyBody>),
    ("/v1/entities", form),
    ("/v1/entities/{id}/events", both::<EntityEventAsk, EntityEventBody>),
    ("/v1/entities/{id}/names", read::<RenameBody>),
    ("/v1/entities/{id}/officers", read::<AppointBody>),
    ("/v1/entities/{id}/officers/{number}/end", read::<LeaveBody>),
    ("/v1/entities/{id}/offices", read::<MoveBody>),
    ("/v1/entities/{id}/owners", read::<OwnersBody>),
    ("/v1/fiscal/accounts", both::<OpenAccount, OpenAccountBody>),
    ("/v1/fiscal/accounts/{id}/fund", both::<FundAsk, FundBody>),
    ("/v1/fiscal/chart", both::<ChartAsk, ChartBody>),
    ("/v1/fiscal/fees", both::<FeeAsk, FeeBody>),
    ("/v1/fiscal/payments", both::<InstructionInput, PayBody>),
    ("/v1/fiscal/payments/{id}/reverse", both::<ReverseAsk, ReverseBody>),
    ("/v1/fiscal/raast/payments", both::<RaastAsk, RaastBody>),
    ("/v1/fiscal/transfers", both::<TransferAsk, TransfersBody>),
    ("/v1/fiscal/transfers/{id}/post", read::<NothingBody>),
    ("/v1/fiscal/transfers/{id}/void", read::<NothingBody>),
    ("/v1/identity", read::<RegisterPersonBody>),
    ("/v1/identity/cnic/verify", both::<VerifyCnic, VerifyCnicBody>),
    ("/v1/identity/companies/verify", both::<VerifyCompany, VerifyCompanyBody>),
    ("/v1/identity/licenses/verify", both::<VerifyLicense, VerifyLicenseBody>),
    ("/v1/identity/limits", both::<TierLimitsAsk, TierLimitsBody>),
    ("/v1/identity/ntn/verify", both::<VerifyNtn, VerifyNtnBody>),
    ("/v1/identity/{id}/dids", read::<BindBody>),
    ("/v1/identity/{id}/erase", read::<NothingBody>),
    ("/v1/identity/{id}/evidence", read::<AddEvidenceBody>),
    ("/v1/licenses", both::<LicenseAct, ApplyBody>),
    ("/v1/licenses/{id}/events", both::<LicenseEventAsk, LicenseEventBody>),
    ("/v1/ownership/cap-tables", both::<OpenCapTable, OpenCapTableBody>),
    ("/v1/ownership/cap-tables/{entity_id}/events", both::<EnterOwnership, EnterBody>),
    ("/v1/regulator/alerts/{alert}/acknowledge", both::<AcknowledgeAsk, AcknowledgeAlertBody>),
    ("/v1/screening/dispositions", both::<Wanted, DispositionBody>),
    ("/v1/screening/dispositions/{id}/confirm", read::<NothingBody>),
    ("/v1/settlement/compute", read::<ComputeBody>),
    ("/v1/settlement/plans", read::<PlanBody>),
    ("/v1/settlement/plans/{plan}/consent", read::<NothingBody>),
    ("/v1/settlement/plans/{plan}/legs/{leg}/confirm", read::<ConfirmBody>),
    ("/v1/settlement/plans/{plan}/legs/{leg}/fail", read::<ReasonBody>),
    ("/v1/settlement/plans/{plan}/legs/{leg}/instruct", read::<InstructBody>),
    ("/v1/settlement/plans/{plan}/refuse", read::<ReasonBody>),
    ("/v1/tax/events", both::<TaxEventAsk, TaxEventBody>),
    ("/v1/tax/events/{id}/assess", read::<NothingBody>),
    ("/v1/tax/events/{id}/file", read::<NothingBody>),
    ("/v1/tax/remittances", both::<RemitAsk, RemitBody>),
    ("/v1/tax/returns", both::<PrepareReturn, PrepareReturnBody>),
    ("/v1/tax/returns/{id}/file", read::<NothingBody>),
    ("/v1/tax/status", both::<TaxStatusAsk, TaxStatusBody>),
    ("/v1/tax/taxpayers/profile", both::<VerifyNtn, VerifyNtnBody>),
    ("/v1/tax/withhold", both::<TaxEventAsk, TaxEventBody>),
    ("/v1/tokens", read::<TokenBody>),
    ("/v1/trade/flows", both::<OpenFlow, OpenFlowBody>),
    ("/v1/trade/flows/{id}/transitions", read::<ActBody>),
    ("/v1/watchers", read::<RegisterBody>),
    ("/v1/watchers/rewards", read::<RewardBody>),
    ("/v1/watchers/{did}/activate", read::<NothingBody>),
    ("/v1/watchers/{did}/appeal", read::<AppealBody>),
    ("/v1/watchers/{did}/attest", read::<AttestBody>),
    ("/v1/watchers/{did}/bond", read::<BondBody>),
    ("/v1/watchers/{did}/requests", read::<RequestBody>),
    ("/v1/watchers/{did}/ruling", read::<RuleBody>),
    ("/v1/watchers/{did}/slash", read::<SlashBody>),
    ("/v1/watchers/{did}/unbond", read::<NothingBody>),
    ("/v1/watchers/{did}/withdraw", read::<NothingBody>),
    ("/v1/webhooks", both::<WebhookAsk, MakeWebhookBody>),
    ("/v1/webhooks/{id}/replay", read::<ReplayBody>),
    ("/v1/webhooks/{id}/secret", read::<RenewSecretBody>),
];

fn read<T: DeserializeOwned>(asked: &Asked) -> Result<(), Problem> {
    asked.read::<T>().map(drop)
}

/// What the handler reads, its schema allows.
fn both<T: DeserializeOwned, S: DeserializeOwned>(asked: &Asked) -> Result<(), Problem> {
    let read = asked.read::<T>().map(drop);
    let shape = asked.read::<S>();
    assert!(read.is_err() || shape.is_ok(), "read, and not as the schema says: {:?}", shape.err());
    read
}

fn form(asked: &Asked) -> Result<(), Problem> {
    asked.read::<FormEntityBody>()?;
    let mut tree = asked.tree()?;
    if let Some(members) = tree.as_object_mut() {
        members.remove("evidence");
    }
    drop(Formation::try_from(asked::read::<FormationInput>(tree)?));
    Ok(())
}

fn asked(body: &[u8]) -> Asked {
    Asked {
        method: Method::Post,
        path: "/".to_owned(),
        url: "http://127.0.0.1".to_owned(),
        params: BTreeMap::new(),
        query: BTreeMap::new(),
        headers: HeaderMap::new(),
        caller: None,
        body: body.to_vec(),
    }
}

fn bodies(bytes: &[u8]) {
    let asked = asked(bytes);
    for (_, reader) in BODIES {
        drop(reader(&asked));
    }
}

fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for route in routes() {
        drop(asked::query(text, route.query));
    }
}

/// The bytes as each header in turn, the others as they should be.
fn signature(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let well = ["sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", "sig1=()", "sig1=:AA==:"];
    for at in 0..well.len() {
        let mut three = well.map(str::to_owned);
        text.clone_into(&mut three[at]);
        let [content_digest, signature_input, signature] = three;
        let headers = Headers { content_digest, signature_input, signature };
        drop(verify("http://127.0.0.1/v1/corridors/peers/propose", bytes, &headers));
    }
}

fn signer_frames(bytes: &[u8]) {
    drop(frames::read::<frames::Call>(&mut &*bytes));
    drop(frames::read::<frames::Answer>(&mut &*bytes));
    let length = u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes();
    let framed = [&length, bytes].concat();
    if let Ok(call) = frames::read::<frames::Call>(&mut &*framed) {
        let mut written = Vec::new();
        frames::write(&mut written, &call).expect("what was read is written");
        frames::read::<frames::Call>(&mut &*written).expect("and read again");
    }
    drop(frames::read::<frames::Answer>(&mut &*framed));
}

#[test]
fn every_route_with_a_body_is_driven() {
    let mut taken: Vec<&str> =
        routes().filter(|route| route.body.is_some()).map(|route| route.path).collect();
    taken.sort_unstable();
    let driven: Vec<&str> = BODIES.iter().map(|(path, _)| *path).collect();
    assert_eq!(driven, taken);
}

/// The bodies that a validator of others checks are those that the routes read.
#[test]
fn the_golden_requests_are_read_by_their_routes() {
    let golden = include_str!("../../../../vectors/requests.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let rows = golden["documents"].as_array().unwrap();
    for row in rows {
        let (_, reader) = BODIES.iter().find(|(path, _)| row["path"] == *path).unwrap();
        if let Err(problem) = reader(&asked(row["document"].to_string().as_bytes())) {
            panic!("{row}: {problem:?}");
        }
    }
    for (path, _) in BODIES.iter().filter(|(path, _)| !path.contains("/peers/")) {
        assert!(rows.iter().any(|row| row["path"] == *path), "{path} has no golden body");
    }
}

/// What a route takes, and what a peer is answered, is published.
#[test]
fn every_body_of_a_route_has_a_schema() {
    let titles: Vec<Value> =
        crate::schemas::ALL.iter().map(|named| named.document()["title"].clone()).collect();
    for route in routes() {
        let Some(body) = route.body else { continue };
        let schema = body(&mut schemars::SchemaGenerator::default());
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|at| at.rsplit('/').next());
        let name = Value::from(name.unwrap());
        assert!(titles.contains(&name), "{} takes {name}, which has no schema", route.path);
    }
}

#[test]
fn no_door_is_wrong_about_a_seed_or_its_mutants() {
    driver::replay(&TARGETS, 200).unwrap();
}

/// `MEZ_FUZZ_SECONDS=20 cargo test -p mez --bin mez -- --ignored --nocapture the_doors_are_driven`
#[test]
#[ignore = "takes as long as it is told to"]
#[expect(clippy::disallowed_methods, reason = "how long, not a setting of the product")]
fn the_doors_are_driven() {
    let seconds = std::env::var("MEZ_FUZZ_SECONDS").unwrap_or_default().parse().unwrap_or(2);
    assert!(driver::run(&TARGETS, seconds, 1).unwrap(), "see above");
}
