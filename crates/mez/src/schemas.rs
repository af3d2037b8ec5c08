//! JSON Schemas (2020-12) of what travels: made from the types that read and write it.
//!
//! One row of [`ALL`] is one file of `schemas/` and one answer under `/schemas/`. To add one: derive
//! `JsonSchema` for the type, add a row, run `cargo run -- schema --out schemas`.
//!
//! Invariant: a document that a schema refuses is refused by its reader too. The reverse does not
//! hold: signatures, digests, order and links are beyond a schema.

use corridor::verify::{Attestation, Manifest};
use corridor::{
    Activation, Agreement, Amendment, Credential, Cut, Definition, HaltNotice, LaneReceipt, Resume,
    Subject, bridge, fork, messages, payment, watcher,
};
use law::Decision;
use proof::credential::{AnchorFile, BASE_TYPE, Schemas, shape};
use proof::schema::Proofs;
use proof::shape::Shape;
use proof::status::LIST_TYPE;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::cli::{artifact, verify};
use crate::http::bridge as doors;
use crate::http::{
    adapters, agreeing, assets, bodies, books, consent, council, identity, licenses, ownership,
    problem, register, regulator, settlement, tax, trade, watchers, webhooks,
};

/// Where the schemas are published.
const BASE: &str = "https://schemas.momentum-ez.org/mez/";

type Members = Map<String, Value>;

/// One schema.
pub(crate) struct Named {
    /// File name, under `schemas/` and in the `$id`.
    pub file: &'static str,
    make: fn() -> Members,
}

/// Every schema, by file name.
pub(crate) const ALL: &[Named] = &[
    Named { file: "artifact-ref.schema.json", make: plain::<proof::ArtifactRef> },
    Named { file: "asset-genesis.schema.json", make: plain::<registry::Genesis> },
    Named { file: "asset-return.schema.json", make: plain::<corridor::asset::AssetReturn> },
    Named { file: "asset-transfer.schema.json", make: plain::<corridor::asset::AssetTransfer> },
    Named { file: "authority-registry.schema.json", make: plain::<proof::credential::Registry> },
    Named { file: "attachment.schema.json", make: plain::<corridor::attachment::Attachment> },
    Named { file: "ballot.schema.json", make: signed::<registry::consent::Ballot> },
    Named { file: "bridge-commit.schema.json", make: plain::<bridge::Commit> },
    Named { file: "bridge-invoice.schema.json", make: subject::<bridge::Invoice> },
    Named { file: "bridge-known.schema.json", make: plain::<bridge::KnownCorridors> },
    Named { file: "bridge-prepare.schema.json", make: plain::<bridge::Prepare> },
    Named { file: "bridge-release.schema.json", make: plain::<bridge::Release> },
    Named { file: "bundle-attestation.schema.json", make: subject::<Attestation> },
    Named {
        file: "corridor-activation.schema.json",
        make: || credential::<Activation>("Activation"),
    },
    Named { file: "corridor-piece.schema.json", make: plain::<watcher::Piece> },
    Named { file: "corridor-agreement.schema.json", make: || credential::<Agreement>("Agreement") },
    Named { file: "corridor-amendment.schema.json", make: || credential::<Amendment>("Amendment") },
    Named { file: "corridor-checkpoint.schema.json", make: signed::<Cut> },
    Named {
        file: "corridor-definition.schema.json",
        make: || credential::<Definition>("Definition"),
    },
    Named { file: "corridor-evidence.schema.json", make: plain::<corridor::evidence::Evidence> },
    Named { file: "corridor-fork-alarm.schema.json", make: subject::<fork::Alarm> },
    Named { file: "corridor-fork-resolution.schema.json", make: subject::<fork::Resolution> },
    Named { file: "corridor-halt.schema.json", make: plain::<HaltNotice> },
    Named { file: "corridor-lane-receipt.schema.json", make: signed::<LaneReceipt> },
    Named { file: "corridor-payload.schema.json", make: plain::<corridor::lane::Payload> },
    Named { file: "corridor-resume.schema.json", make: || credential::<Resume>("Resume") },
    Named { file: "corridor-witness-bundle.schema.json", make: plain::<Manifest> },
    Named { file: "credential.schema.json", make: plain::<shape::Any> },
    Named { file: "decision.schema.json", make: decision },
    Named {
        file: "finality-certificate.schema.json",
        make: plain::<corridor::certificate::Certificate>,
    },
    Named { file: "handshake-file.schema.json", make: signed::<messages::Carried> },
    Named { file: "payload-key.schema.json", make: signed::<corridor::sealed::PayloadKey> },
    Named { file: "payment-return.schema.json", make: plain::<payment::Return> },
    Named { file: "payment-transfer.schema.json", make: plain::<payment::Transfer> },
    Named { file: "peer-acceptance.schema.json", make: plain::<messages::Acceptance> },
    Named { file: "peer-activated.schema.json", make: plain::<messages::Activated> },
    Named { file: "peer-activation.schema.json", make: plain::<messages::ActivationOffer> },
    Named { file: "peer-amendment.schema.json", make: plain::<messages::AmendmentOffer> },
    Named { file: "peer-cut-signed.schema.json", make: plain::<messages::CutSigned> },
    Named { file: "peer-cut.schema.json", make: plain::<messages::CutOffer> },
    Named { file: "peer-delivered.schema.json", make: plain::<messages::Delivered> },
    Named { file: "peer-delivery.schema.json", make: plain::<messages::Delivery> },
    Named { file: "peer-history-asked.schema.json", make: plain::<messages::HistoryAsked> },
    Named { file: "peer-history.schema.json", make: plain::<messages::History> },
    Named { file: "peer-proposal.schema.json", make: plain::<messages::Proposal> },
    Named { file: "peer-resume.schema.json", make: plain::<messages::ResumeOffer> },
    Named { file: "peer-taken.schema.json", make: plain::<messages::Taken> },
    Named { file: "proof-binding.schema.json", make: signed::<corridor::binding::Binding> },
    Named { file: "presentation.schema.json", make: plain::<shape::Presentation> },
    Named { file: "problem.schema.json", make: plain::<problem::Document<'_>> },
    Named { file: "report-artifact-bundle.schema.json", make: plain::<artifact::BundleReport<'_>> },
    Named { file: "report-artifact-graph.schema.json", make: plain::<artifact::GraphReport<'_>> },
    Named { file: "report-chain.schema.json", make: plain::<verify::ChainReport<'_>> },
    Named { file: "report-verify.schema.json", make: plain::<verify::Report> },
    Named {
        file: "request-accept-amendment.schema.json",
        make: plain::<agreeing::AcceptAmendmentBody>,
    },
    Named { file: "request-accept-corridor.schema.json", make: plain::<bodies::AcceptBody> },
    Named {
        file: "request-acknowledge-alert.schema.json",
        make: plain::<regulator::AcknowledgeAlertBody>,
    },
    Named { file: "request-act-in-trade-flow.schema.json", make: plain::<trade::ActBody> },
    Named {
        file: "request-add-identity-evidence.schema.json",
        make: plain::<identity::AddEvidenceBody>,
    },
    Named { file: "request-adopt-history.schema.json", make: plain::<bodies::AdoptBody> },
    Named { file: "request-amend-corridor.schema.json", make: plain::<agreeing::AmendBody> },
    Named { file: "request-anchor-cut.schema.json", make: plain::<agreeing::AnchorBody> },
    Named { file: "request-appeal-claim.schema.json", make: plain::<watchers::AppealBody> },
    Named { file: "request-apply-for-license.schema.json", make: plain::<licenses::ApplyBody> },
    Named { file: "request-appoint-officer.schema.json", make: plain::<register::AppointBody> },
    Named { file: "request-attest-cut.schema.json", make: plain::<watchers::AttestBody> },
    Named { file: "request-attach-checkpoint.schema.json", make: plain::<agreeing::AttachBody> },
    Named { file: "request-bind-did.schema.json", make: plain::<identity::BindBody> },
    Named { file: "request-bond-watcher.schema.json", make: plain::<watchers::BondBody> },
    Named { file: "request-bring-evidence.schema.json", make: plain::<watchers::EvidenceBody> },
    Named { file: "request-cancel-consent.schema.json", make: plain::<consent::CancelBody> },
    Named { file: "request-cast-vote.schema.json", make: plain::<consent::VoteBody> },
    Named { file: "request-change-entity.schema.json", make: plain::<bodies::EntityEventBody> },
    Named { file: "request-change-license.schema.json", make: plain::<licenses::LicenseEventBody> },
    Named {
        file: "request-compute-settlement.schema.json",
        make: plain::<settlement::ComputeBody>,
    },
    Named { file: "request-chart-account.schema.json", make: plain::<books::ChartBody> },
    Named { file: "request-confirm-leg.schema.json", make: plain::<settlement::ConfirmBody> },
    Named { file: "request-consent-to-plan.schema.json", make: plain::<settlement::PlanBody> },
    Named { file: "request-delegate-vote.schema.json", make: plain::<consent::DelegateBody> },
    Named { file: "request-declare-owners.schema.json", make: plain::<register::OwnersBody> },
    Named { file: "request-end-appointment.schema.json", make: plain::<register::LeaveBody> },
    Named { file: "request-endorse-transitions.schema.json", make: plain::<agreeing::EndorseBody> },
    Named { file: "request-enter-ownership.schema.json", make: plain::<ownership::EnterBody> },
    Named { file: "request-fee.schema.json", make: plain::<books::FeeBody> },
    Named { file: "request-form-entity.schema.json", make: plain::<bodies::FormEntityBody> },
    Named { file: "request-fund-account.schema.json", make: plain::<bodies::FundBody> },
    Named {
        file: "request-give-endorsement.schema.json",
        make: plain::<agreeing::EndorsementBody>,
    },
    Named { file: "request-halt-corridor.schema.json", make: plain::<bodies::HaltBody> },
    Named { file: "request-instruct-leg.schema.json", make: plain::<settlement::InstructBody> },
    Named { file: "request-issue-invoice.schema.json", make: plain::<doors::InvoiceBody> },
    Named { file: "request-make-token.schema.json", make: plain::<bodies::TokenBody> },
    Named { file: "request-make-webhook.schema.json", make: plain::<webhooks::MakeWebhookBody> },
    Named { file: "request-move-entity.schema.json", make: plain::<register::MoveBody> },
    Named { file: "request-nothing.schema.json", make: plain::<bodies::NothingBody> },
    Named { file: "request-open-account.schema.json", make: plain::<bodies::OpenAccountBody> },
    Named {
        file: "request-open-cap-table.schema.json",
        make: plain::<ownership::OpenCapTableBody>,
    },
    Named { file: "request-open-consent.schema.json", make: plain::<consent::OpenConsentBody> },
    Named {
        file: "request-open-council-proposal.schema.json",
        make: plain::<council::OpenCouncilBody>,
    },
    Named { file: "request-open-trade-flow.schema.json", make: plain::<trade::OpenFlowBody> },
    Named { file: "request-pay.schema.json", make: plain::<bodies::PayBody> },
    Named { file: "request-pay-invoice.schema.json", make: plain::<doors::TransferBody> },
    Named { file: "request-pay-by-raast.schema.json", make: plain::<adapters::RaastBody> },
    Named { file: "request-prepare-tax-return.schema.json", make: plain::<tax::PrepareReturnBody> },
    Named { file: "request-propose-corridor.schema.json", make: plain::<bodies::ProposeBody> },
    Named {
        file: "request-propose-disposition.schema.json",
        make: plain::<bodies::DispositionBody>,
    },
    Named { file: "request-register-asset.schema.json", make: plain::<assets::RegisterAssetBody> },
    Named {
        file: "request-register-person.schema.json",
        make: plain::<identity::RegisterPersonBody>,
    },
    Named { file: "request-register-watcher.schema.json", make: plain::<watchers::RegisterBody> },
    Named { file: "request-rename-entity.schema.json", make: plain::<register::RenameBody> },
    Named {
        file: "request-renew-webhook-secret.schema.json",
        make: plain::<webhooks::RenewSecretBody>,
    },
    Named { file: "request-replay-webhook.schema.json", make: plain::<webhooks::ReplayBody> },
    Named { file: "request-request-attestation.schema.json", make: plain::<watchers::RequestBody> },
    Named { file: "request-resolve-fork.schema.json", make: plain::<bodies::ResolveBody> },
    Named { file: "request-resume-corridor.schema.json", make: plain::<bodies::ResumeBody> },
    Named { file: "request-reversal.schema.json", make: plain::<books::ReverseBody> },
    Named { file: "request-reward-watchers.schema.json", make: plain::<watchers::RewardBody> },
    Named { file: "request-rule-claim.schema.json", make: plain::<watchers::RuleBody> },
    Named { file: "request-seal-payloads.schema.json", make: plain::<agreeing::SealBody> },
    Named { file: "request-set-tier-limits.schema.json", make: plain::<identity::TierLimitsBody> },
    Named { file: "request-settlement-reason.schema.json", make: plain::<settlement::ReasonBody> },
    Named { file: "request-slash-watcher.schema.json", make: plain::<watchers::SlashBody> },
    Named { file: "request-take-handshake.schema.json", make: plain::<bodies::HandshakeBody> },
    Named { file: "request-tax-event.schema.json", make: plain::<tax::TaxEventBody> },
    Named { file: "request-tax-remittance.schema.json", make: plain::<tax::RemitBody> },
    Named { file: "request-tax-status.schema.json", make: plain::<tax::TaxStatusBody> },
    Named { file: "request-transfer-asset.schema.json", make: plain::<assets::TransferAssetBody> },
    Named { file: "request-transfers.schema.json", make: plain::<books::TransfersBody> },
    Named { file: "request-verify-credential.schema.json", make: plain::<bodies::VerifyBody> },
    Named { file: "request-verify-cnic.schema.json", make: plain::<adapters::VerifyCnicBody> },
    Named {
        file: "request-verify-company.schema.json",
        make: plain::<adapters::VerifyCompanyBody>,
    },
    Named {
        file: "request-verify-license.schema.json",
        make: plain::<adapters::VerifyLicenseBody>,
    },
    Named { file: "request-verify-ntn.schema.json", make: plain::<adapters::VerifyNtnBody> },
    Named { file: "request-write-receipt.schema.json", make: plain::<bodies::ReceiptBody> },
    Named {
        file: "settlement-confirmation.schema.json",
        make: plain::<corridor::settlement::Confirmation>,
    },
    Named { file: "settlement-consent.schema.json", make: plain::<corridor::settlement::Consent> },
    Named { file: "settlement-failure.schema.json", make: plain::<corridor::settlement::Failure> },
    Named {
        file: "settlement-instruction.schema.json",
        make: plain::<corridor::settlement::Instruction>,
    },
    Named { file: "settlement-plan.schema.json", make: plain::<corridor::netting::Plan> },
    Named { file: "signer-answer.schema.json", make: plain::<link::frames::Answer> },
    Named { file: "signer-call.schema.json", make: plain::<link::frames::Call> },
    Named { file: "statement.schema.json", make: plain::<corridor::statement::Statement> },
    Named { file: "status-list.schema.json", make: status_list },
    Named { file: "trade-transition.schema.json", make: plain::<corridor::trade::TradeTransition> },
    Named { file: "vote-delegation.schema.json", make: signed::<registry::consent::Delegation> },
    Named { file: "trust-anchors.schema.json", make: plain::<AnchorFile> },
    Named {
        file: "watcher-attestation.schema.json",
        make: || credential_of::<watcher::Attestation>(<watcher::Attestation as Subject>::TYPE),
    },
    Named { file: "watcher-evidence.schema.json", make: plain::<watcher::Accusation> },
    Named {
        file: "watcher-registration.schema.json",
        make: || credential_of::<watcher::Registration>(<watcher::Registration as Subject>::TYPE),
    },
    Named {
        file: "watcher-set.schema.json",
        make: || credential_of::<watcher::WatcherSet>(<watcher::WatcherSet as Subject>::TYPE),
    },
    Named { file: "zone-inception.schema.json", make: signed::<proof::inception::Draft> },
    Named { file: "zone-key-rotation.schema.json", make: signed::<proof::rotation::Rotation> },
    Named { file: "zone-keys.schema.json", make: plain::<proof::rotation::ZoneKeys> },
];

impl Named {
    /// The schema with its `$id`.
    pub(crate) fn document(&self) -> Value {
        let mut document = (self.make)();
        document.insert("$id".to_owned(), json!(format!("{BASE}{}", self.file)));
        Value::Object(document)
    }
}

/// The schema of `file`, if there is one.
pub(crate) fn of(file: &str) -> Option<Value> {
    ALL.iter().find(|named| named.file == file).map(Named::document)
}

/// The schemas of the credentials of ours, by their type.
pub(crate) fn of_types() -> Schemas {
    ALL.iter().fold(Schemas::default(), |schemas, named| {
        let document = named.document();
        let kind = document.pointer("/properties/type/const/1").and_then(Value::as_str);
        // Others issue credentials of types that are not ours.
        let kind = kind.filter(|kind| kind.starts_with("MEZ")).map(str::to_owned);
        match (kind, Shape::of(document)) {
            (Some(kind), Ok(shape)) => schemas.with_type(&kind, shape),
            _ => schemas,
        }
    })
}

fn plain<T: JsonSchema>() -> Members {
    let settings = SchemaSettings::draft2020_12().with_transform(Exact);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.as_object().cloned().unwrap_or_default()
}

/// A document that stands only with its proof.
fn signed<T: JsonSchema>() -> Members {
    let mut document = plain::<T>();
    let proofs = plain::<Proofs>();
    let shape = proofs.get("anyOf").cloned().unwrap_or_default();
    must(&mut document, "proof", json!({ "anyOf": shape }));
    if let Some(Value::Object(definitions)) = document.get_mut("$defs") {
        definitions.remove("Proofs");
        if definitions.is_empty() {
            document.remove("$defs");
        }
    }
    document
}

/// A corridor document: a credential of one type, with that type's subject.
fn credential<S: JsonSchema>(name: &str) -> Members {
    credential_of::<S>(&format!("MEZCorridor{name}Credential"))
}

/// A credential whose subject says which type it is of.
fn subject<S: JsonSchema + Subject>() -> Members {
    credential_of::<S>(S::TYPE)
}

/// A credential of one type, whose subject is the bits.
fn status_list() -> Members {
    let mut document = plain::<shape::StatusList>();
    must(&mut document, "type", json!({ "const": [BASE_TYPE, LIST_TYPE] }));
    document
}

fn credential_of<S: JsonSchema>(name: &str) -> Members {
    let mut document = signed::<Credential<S>>();
    let types = ["VerifiableCredential", name];
    must(&mut document, "type", json!({ "const": types }));
    must(&mut document, "@context", json!({ "const": [proof::credential::CONTEXT] }));
    document
}

/// A decision record carries its type and what came of it beside its fields.
fn decision() -> Members {
    let mut document = plain::<Decision>();
    must(&mut document, "type", json!({ "const": law::DECISION_TYPE }));
    must(&mut document, "outcome", json!({ "enum": ["allow", "deny", "error"] }));
    document
}

/// Requires a member of this shape.
fn must(document: &mut Members, member: &str, shape: Value) {
    if let Some(Value::Object(properties)) = document.get_mut("properties") {
        properties.insert(member.to_owned(), shape);
    }
    if let Some(Value::Array(required)) = document.get_mut("required") {
        required.retain(|name| name != member);
        required.push(member.into());
        required.sort_by_key(|name| name.as_str().map(str::to_owned));
    }
}

/// Integers as canonical JSON bounds them; absent members are left out, never null.
#[derive(Clone)]
struct Exact;

impl Transform for Exact {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(object) = schema.as_object_mut() {
            exact(object);
        }
        transform_subschemas(self, schema);
    }
}

fn exact(schema: &mut Members) {
    let format = schema.remove("format");
    if let Some(format @ ("uint64" | "int64")) = format.as_ref().and_then(Value::as_str) {
        schema.insert("maximum".to_owned(), json!(canon::INTEGER_MAX));
        if format == "int64" {
            schema.insert("minimum".to_owned(), json!(-canon::INTEGER_MAX));
        }
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            schema.extend(only);
        }
    }
}
