//! The bodies of requests, as their schemas tell them. The rooms behind parse the same trees into
//! their own types; these are the shapes a caller may rely on.

#![allow(dead_code, reason = "most fields are read by schema and shape check only")]

use canon::EntityId;
use corridor::handshake::{Compatibility, RoleHolders, Threshold};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A registered office.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RegisteredOffice")]
pub(crate) struct OfficeBody {
    /// Postal address on one line.
    pub(crate) address: String,
    /// Jurisdiction the address lies in.
    pub(crate) jurisdiction_id: String,
}

/// An identifier issued by somebody.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Identifier")]
pub(crate) struct IdentifierBody {
    /// `passport`, `national_id`, `cnic`, `ntn`, `lei`, `uen`, …
    pub(crate) scheme: String,
    /// As printed on its document.
    pub(crate) value: String,
    /// Jurisdiction that issued it.
    pub(crate) jurisdiction_id: Option<String>,
}

/// Whether an owner is a natural person or an entity.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OwnerKind")]
pub(crate) enum OwnerKindBody {
    /// A natural person.
    Person,
    /// A legal person, trust or other arrangement.
    Entity,
}

/// Somebody who owns or controls part of an entity.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BeneficialOwner")]
pub(crate) struct OwnerBody {
    /// Full name as on the identifying document.
    pub(crate) name: String,
    /// Person or entity.
    pub(crate) kind: OwnerKindBody,
    /// Share in basis points, 0 to 10000.
    pub(crate) ownership_bp: u16,
    /// Date of birth or of incorporation, `YYYY-MM-DD`.
    pub(crate) birth_date: Option<String>,
    /// Nationality or jurisdiction of incorporation.
    pub(crate) nationality: Option<String>,
    /// Identifiers, in any order.
    #[serde(default)]
    pub(crate) identifiers: Vec<IdentifierBody>,
}

/// An application to form an entity, with credentials about it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FormEntity")]
pub(crate) struct FormEntityBody {
    /// Legal form as a code word of the packs.
    pub(crate) entity_type: String,
    /// Legal name.
    pub(crate) legal_name: String,
    /// Jurisdiction the entity is formed under.
    pub(crate) jurisdiction_id: String,
    /// What it will do.
    pub(crate) activity: String,
    /// Where it can be served.
    pub(crate) registered_office: Option<OfficeBody>,
    /// Beneficial owners.
    #[serde(default)]
    pub(crate) beneficial_owners: Vec<OwnerBody>,
    /// Verifiable credentials about the entity and its owners.
    #[serde(default)]
    pub(crate) evidence: Vec<Value>,
}

/// The vote of a shareholders' resolution.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Resolution")]
pub(crate) struct ResolutionBody {
    /// Votes for.
    pub(crate) votes_for: u64,
    /// All votes cast.
    pub(crate) votes_cast: u64,
}

/// What a stage of winding-up leaves behind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StageEvidence")]
pub(crate) struct StageEvidenceBody {
    /// SHA-256 of the document, 64 lowercase hex digits.
    pub(crate) sha256: String,
    /// The vote, where the stage is one.
    pub(crate) resolution: Option<ResolutionBody>,
}

/// A change of an entity's status.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "EntityEvent")]
pub(crate) enum EntityEventBody {
    /// Suspended: it may not act until it is reinstated.
    Suspend {
        /// Why.
        reason: String,
    },
    /// It may act again.
    Reinstate {},
    /// Its winding-up begins.
    InitiateDissolution {
        /// The members' approved proposal; needed where the zone keeps their register.
        consent_id: Option<canon::RecordId>,
    },
    /// The present stage of winding-up is done.
    Advance {
        /// What the stage leaves behind.
        evidence: StageEvidenceBody,
    },
}

/// An account to be opened.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpenAccount")]
pub(crate) struct OpenAccountBody {
    /// The holder.
    pub(crate) entity_id: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
}

/// Money from the zone's treasury.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FundAccount")]
pub(crate) struct FundBody {
    /// Decimal amount, e.g. `12.50`.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// What for, as a code word.
    pub(crate) purpose: String,
    /// Free reference.
    pub(crate) reference: Option<String>,
}

/// Who is paid. `zone_id` and `corridor_id` are given together, or neither.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Payee")]
pub(crate) struct PayeeBody {
    /// Account in the payee's zone.
    pub(crate) account_id: String,
    /// The payee's zone, when it is another.
    pub(crate) zone_id: Option<String>,
    /// The corridor to cross, when it is another zone.
    pub(crate) corridor_id: Option<String>,
    /// The payee's name, as the payer knows it.
    pub(crate) name: Option<String>,
}

/// A payment instruction.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Instruction")]
pub(crate) struct PayBody {
    /// Account that pays.
    pub(crate) from_account_id: String,
    /// Who is paid.
    pub(crate) to: PayeeBody,
    /// Decimal amount, e.g. `12.50`.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: String,
    /// What for, as a code word.
    pub(crate) purpose: String,
    /// The payer's own words.
    pub(crate) reference: Option<String>,
    /// Across a corridor: the payer's address and customer number travel with it, whether or not law asks for them.
    #[serde(default)]
    pub(crate) travel_rule: bool,
    /// The holder's part of a dividend that this pays: whole, with the purpose `dividend`, once.
    pub(crate) dividend: Option<DividendPartBody>,
}

/// A holder's part of a dividend of the payer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DividendToPay")]
pub(crate) struct DividendPartBody {
    /// The dividend.
    pub(crate) dividend_id: canon::RecordId,
    /// Who is paid, by the payer's register of members.
    pub(crate) holder_id: canon::RecordId,
}

/// A credential to be judged under the zone's anchors.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VerifyCredential")]
pub(crate) struct VerifyBody {
    /// The credential, as it stands.
    pub(crate) credential: Value,
    /// The moment to judge at, `YYYY-MM-DDTHH:MM:SSZ`; now, unless given.
    pub(crate) as_of: Option<String>,
}

/// A peer to propose a corridor to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProposeCorridor")]
pub(crate) struct ProposeBody {
    /// Base URL of the peer; may be left out where `inception` is given.
    #[serde(default)]
    pub(crate) url: String,
    /// The DID its inception must have.
    pub(crate) did: String,
    /// The peer's inception document, where it cannot be fetched.
    #[serde(default)]
    pub(crate) inception: Option<serde_json::Value>,
    /// The rotations of its keys, with `inception`.
    #[serde(default)]
    pub(crate) rotations: Vec<serde_json::Value>,
    /// Who chooses between histories of a lane where both zones signed two: a did:key.
    #[serde(default)]
    pub(crate) fork_authority: Option<String>,
    /// What transitions of a class need beside their writer's signature.
    #[serde(default)]
    pub(crate) thresholds: Vec<Threshold>,
    /// Who has the roles that `thresholds` name.
    #[serde(default)]
    pub(crate) holders: Vec<RoleHolders>,
    /// What is demanded of the law of both ends.
    #[serde(default)]
    pub(crate) lawpack_compatibility: Option<Compatibility>,
}

/// The peer whose proposal is accepted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcceptCorridor")]
pub(crate) struct AcceptBody {
    /// The peer's DID, pinned by the operator.
    pub(crate) peer_did: String,
}

/// A receipt that moves nothing: of presence, or of a statement.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WriteReceipt")]
pub(crate) struct ReceiptBody {
    /// What is stated; without it the receipt only says the zone is present.
    #[serde(default)]
    pub(crate) statement: Option<StatementBody>,
}

/// What a zone states to the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Statement")]
pub(crate) struct StatementBody {
    /// What it is about, at most 200 bytes.
    pub(crate) subject: String,
    /// Any members both sides agree on.
    pub(crate) body: serde_json::Map<String, serde_json::Value>,
}

/// A message of a peer's handshake.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TakeHandshake")]
pub(crate) struct HandshakeBody {
    /// `MEZHandshakeFile`, as the peer's zone wrote it.
    pub(crate) file: serde_json::Value,
}

/// A halt.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HaltCorridor")]
pub(crate) struct HaltBody {
    /// Why.
    pub(crate) reason: String,
    /// On whose authority.
    pub(crate) authority: String,
    /// The approved proposal of the zone's council to do exactly this: no second person is needed then, and it is used up.
    pub(crate) consent_id: Option<canon::RecordId>,
}

/// What an officer proposes about a hit of a screening.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProposeDisposition")]
pub(crate) struct DispositionBody {
    /// Digest of the subject, as the screening in the decision journal tells it.
    pub(crate) subject_sha256: String,
    /// Id of the list.
    pub(crate) list: String,
    /// Record number on that list.
    pub(crate) entry: String,
    /// `not_this_subject` or `this_subject`.
    pub(crate) verdict: String,
    /// Why: one of the grounds in `spec/sanctions.md`.
    pub(crate) ground: String,
    /// Why, in words.
    pub(crate) note: String,
    /// Last day it stands, `YYYY-MM-DD`; at most a year from now.
    pub(crate) until: String,
}

/// A resume, which both sides sign.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResumeCorridor")]
pub(crate) struct ResumeBody {
    /// Why it may go on.
    pub(crate) reason: String,
}

/// A request that says nothing but its path.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Nothing")]
pub(crate) struct NothingBody {}

/// What a token may do.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Scope")]
pub(crate) enum ScopeBody {
    /// Run the zone.
    Operator,
    /// Form and change entities.
    Registrar,
    /// Open accounts and pay.
    Banker,
    /// Read entities, accounts, corridors.
    Reader,
    /// Read decisions and compliance.
    Regulator,
    /// Mirror corridors, and attest them.
    Watcher,
}

/// A token to be made.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateToken")]
pub(crate) struct TokenBody {
    /// Who will hold it.
    pub(crate) principal: String,
    /// What it may do; nothing is granted that is not named.
    pub(crate) scopes: Vec<ScopeBody>,
    /// When it ends, `YYYY-MM-DDTHH:MM:SSZ`.
    pub(crate) expires: Option<String>,
    /// The entity of this zone whose records alone it opens; those of all where absent.
    pub(crate) entity_id: Option<EntityId>,
}

/// Which history of a forked lane stands.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResolveFork")]
pub(crate) struct ResolveBody {
    /// Why.
    pub(crate) reason: String,
    /// Digest of the receipt that stands; needed where nothing decides.
    #[serde(default)]
    pub(crate) chosen_next_root: Option<String>,
    /// A `MEZForkResolutionCredential` of whoever may choose, instead of one signed here.
    #[serde(default)]
    pub(crate) credential: Option<serde_json::Value>,
}

/// Taking up again what peers hold of ours.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AdoptHistory")]
pub(crate) struct AdoptBody {
    /// Why.
    pub(crate) reason: String,
}
