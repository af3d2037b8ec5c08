//! `/v1/entities/{id}/…`: what the register says of an entity over time, and searching it.

use canon::{Date, EntityId, Timestamp};
use registry::entity::declared;
use registry::{BeneficialOwnerInput, Change, Line, Officer, OfficerInput, RegisteredOfficeInput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{ChangeAsk, EntityQuery, Refused, RegisterQuery, Zone};

use super::answer::Answer;
use super::asked::{Asked, read};
use super::bodies::{IdentifierBody, OfficeBody, OwnerBody, OwnerKindBody};
use super::problem::Problem;

/// Another legal name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RenameEntity")]
pub(crate) struct RenameBody {
    /// The name.
    pub(crate) legal_name: String,
    /// First day of it, not later than today; today unless given.
    pub(crate) from: Option<Date>,
    /// Credentials about the entity under that name.
    #[serde(default)]
    pub(crate) evidence: Vec<Value>,
}

/// Another registered office.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MoveEntity")]
#[allow(dead_code, reason = "the office is read by its own type")]
pub(crate) struct MoveBody {
    /// The office.
    pub(crate) registered_office: OfficeBody,
    /// First day of it, not later than today; today unless given.
    pub(crate) from: Option<Date>,
    /// Credentials about the entity.
    #[serde(default)]
    pub(crate) evidence: Vec<Value>,
}

/// All beneficial owners, as they are from a day on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeclareOwners")]
#[allow(dead_code, reason = "the owners are read by their own type")]
pub(crate) struct OwnersBody {
    /// Every one of them; who is not listed is one no longer.
    pub(crate) beneficial_owners: Vec<OwnerBody>,
    /// First day, not later than today; today unless given.
    pub(crate) from: Option<Date>,
    /// Credentials about the entity, its owners among them.
    #[serde(default)]
    pub(crate) evidence: Vec<Value>,
}

/// An office somebody takes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Office")]
pub(crate) enum OfficerOfficeBody {
    /// Member of the board.
    Director,
    /// Chairs the board.
    Chairperson,
    /// Runs the business.
    ChiefExecutive,
    /// Keeps the books of the company.
    Secretary,
    /// Examines the accounts.
    Auditor,
    /// May sign for it.
    AuthorizedSignatory,
    /// Takes service for it.
    RegisteredAgent,
    /// Winds it up.
    Liquidator,
}

/// Somebody who takes an office.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Officer")]
#[allow(dead_code, reason = "read by schema and shape check only")]
pub(crate) struct OfficerBody {
    /// Full name as on the identifying document.
    pub(crate) name: String,
    /// Person or entity.
    pub(crate) kind: OwnerKindBody,
    /// The office.
    pub(crate) office: OfficerOfficeBody,
    /// Date of birth or of incorporation, `YYYY-MM-DD`.
    pub(crate) birth_date: Option<String>,
    /// Nationality or jurisdiction of incorporation.
    pub(crate) nationality: Option<String>,
    /// Identifiers, in any order.
    #[serde(default)]
    pub(crate) identifiers: Vec<IdentifierBody>,
    /// The `did:key` they vote with on the board.
    pub(crate) voter: Option<String>,
}

/// An appointment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AppointOfficer")]
#[allow(dead_code, reason = "the officer is read by its own type")]
pub(crate) struct AppointBody {
    /// Who, and in which office.
    pub(crate) officer: OfficerBody,
    /// First day, not later than today; today unless given.
    pub(crate) from: Option<Date>,
    /// Credentials about the entity.
    #[serde(default)]
    pub(crate) evidence: Vec<Value>,
}

/// The end of an appointment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndAppointment")]
pub(crate) struct LeaveBody {
    /// First day no longer in office, not later than today; today unless given.
    pub(crate) until: Option<Date>,
}

fn id(asked: &Asked) -> Result<EntityId, Problem> {
    asked.param("id", EntityId::parse)
}

/// One member of the body, as the type that reads it.
fn member<T: serde::de::DeserializeOwned>(asked: &Asked, name: &str) -> Result<T, Problem> {
    let tree = asked.tree()?;
    read(tree.get(name).cloned().unwrap_or(Value::Null))
}

/// Problems of a part, under the name of that part.
fn within(part: &str, problems: &registry::Problems) -> Problem {
    let told = problems.as_slice().first();
    let (pointer, detail) = told.map_or((String::new(), String::new()), |problem| {
        (format!("{part}{}", problem.pointer), problem.detail.clone())
    });
    Problem::field(&pointer, detail)
}

fn change(
    zone: &Zone,
    asked: &Asked,
    change: Change,
    (from, evidence): (Option<Date>, Vec<Value>),
) -> Result<Answer, Problem> {
    let wanted = ChangeAsk { change, from, evidence };
    Ok(zone.change_register(&asked.ask()?, &id(asked)?, wanted)?.into())
}

pub(super) fn rename(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let body: RenameBody = asked.read()?;
    let name = Line::parse(&body.legal_name);
    let name = name.map_err(|bad| Problem::field("/legal_name", bad.to_string()))?;
    change(zone, asked, Change::Rename { name }, (body.from, body.evidence))
}

pub(super) fn relocate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let body: MoveBody = asked.read()?;
    let sent: RegisteredOfficeInput = member(asked, "registered_office")?;
    let office = sent.try_into().map_err(|p| within("/registered_office", &p))?;
    change(zone, asked, Change::Move { office }, (body.from, body.evidence))
}

pub(super) fn declare(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let body: OwnersBody = asked.read()?;
    let sent: Vec<BeneficialOwnerInput> = member(asked, "beneficial_owners")?;
    let owners = declared(sent).map_err(Refused::from)?;
    change(zone, asked, Change::Declare { owners }, (body.from, body.evidence))
}

pub(super) fn appoint(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let body: AppointBody = asked.read()?;
    let sent: OfficerInput = member(asked, "officer")?;
    let officer = Officer::try_from(sent).map_err(|p| within("/officer", &p))?;
    change(zone, asked, Change::Appoint { officer }, (body.from, body.evidence))
}

pub(super) fn leave(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let body: LeaveBody = asked.read()?;
    let number = asked.param("number", str::parse::<usize>)?;
    change(zone, asked, Change::Leave { number }, (body.until, Vec::new()))
}

pub(super) fn register(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let query = RegisterQuery {
        as_of: asked.wanted("as_of", Date::parse)?,
        known_at: asked.wanted("known_at", Timestamp::parse)?,
    };
    Ok(zone.register_of(&id(asked)?, query)?.into())
}

pub(super) fn bods(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.beneficial_ownership(&id(asked)?)?.into())
}

/// Longest text that is looked for, in characters.
const SOUGHT_CHARS_MAX: usize = 200;

pub(super) fn search(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let text = |text: &str| match text.chars().count() {
        1..=SOUGHT_CHARS_MAX => Ok(text.to_owned()),
        _ => Err(format!("takes 1 to {SOUGHT_CHARS_MAX} characters")),
    };
    let (after, limit) = asked.page()?;
    let query = EntityQuery {
        name: asked.wanted("name", text)?,
        status: asked.wanted("status", text)?,
        identifier: asked.wanted("identifier", text)?,
    };
    Ok(zone.search_entities(&query, after, limit)?.into())
}
