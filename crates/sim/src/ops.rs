//! What clients ask of zones: each under a key of its own, asked again until the answer is final.

use canon::{AccountId, CorridorId, Currency, Did, Digest, EntityId};
use corridor::Stop;
use registry::{Formation, FormationInput, InstructionInput};
use serde_json::{Value, json};
use zone::{Ask, Caller, Envelope, FormEntity, FundAsk, HaltAsk, OpenAccount, Proposal, Refused};
use zone::{ResumeAsk, Scope, Zone};

use crate::deals::{bridges::BridgeOp, plans::PlanOp, trades::TradeOp};
use crate::founding;
use crate::host::Host;
use crate::watch::WatchOp;

/// Somebody a payment goes to.
#[derive(Clone, Debug)]
pub struct Payee {
    /// Their account.
    pub account: AccountId,
    /// Their name, as given.
    pub name: String,
    /// Their zone and the corridor there, for a payment that leaves.
    pub across: Option<(String, CorridorId)>,
}

/// One request.
#[derive(Clone, Debug)]
pub enum Op {
    /// Form a company; its account is opened and funded afterwards.
    Form { name: String, owners: [String; 2] },
    /// Open its account.
    Account { entity: EntityId, name: String },
    /// Fund an account, in minor units.
    Fund { account: AccountId, minor: u64 },
    /// Pay.
    Pay { from: AccountId, to: Payee, minor: u64 },
    /// Show presence on a corridor.
    Noop(CorridorId),
    /// Halt, suspend or end a corridor.
    Stop(CorridorId, Stop),
    /// Offer or accept to go on.
    Resume(CorridorId),
    /// Have a cut signed by both.
    Cut(CorridorId),
    /// Propose a corridor to a zone.
    Propose { url: String, did: Did },
    /// Accept a proposal.
    Accept(CorridorId, Did),
    /// With a token nobody made.
    Stranger,
    /// With a token that may only read.
    ReaderPays(AccountId),
    /// With a key that was used for something else.
    OtherBody { key: String },
    /// Of payments over bridges.
    Bridge(BridgeOp),
    /// Of trade flows.
    Trade(TradeOp),
    /// Of settlement.
    Plan(PlanOp),
    /// Of watchers.
    Watch(WatchOp),
}

/// A request that has no final answer yet.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its idempotency key.
    pub key: String,
    /// What is asked.
    pub op: Op,
    /// Not asked again before, in milliseconds of true time.
    pub not_before: i64,
    /// How often it was asked.
    pub tries: u32,
}

/// Whether asking again under the same key may end otherwise.
#[must_use]
pub fn is_passing(op: &Op, refused: &Refused) -> bool {
    match refused {
        Refused::NotSigning(_)
        | Refused::SignerAway(_)
        | Refused::ProviderAway(_)
        | Refused::Unavailable(_)
        | Refused::Archive { .. }
        | Refused::Busy
        | Refused::Peer { .. }
        | Refused::PeerGap { .. } => true,
        Refused::Conflict { code, .. } => *code == "cut-behind",
        // An offer may be under way still; the token lies with the data, and is back when they are put back.
        Refused::NotFound { .. } | Refused::CallerUnknown => matches!(op, Op::Accept(..)),
        _ => false,
    }
}

/// A decimal of two places.
pub(crate) fn decimal(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// Minor units of such a decimal.
pub(crate) fn minor(text: &str) -> Option<i128> {
    text.replace('.', "").parse().ok()
}

pub(crate) fn host_fault(error: impl std::fmt::Display) -> Refused {
    Refused::Host(format!("the request cannot be made: {error}"))
}

pub(crate) fn usd() -> Result<Currency, Refused> {
    Currency::parse("USD").map_err(host_fault)
}

fn keyed(caller: Caller, key: &str, said: &str) -> Result<Ask, Refused> {
    Ask::keyed(caller, key, Digest::of_blob(said.as_bytes()))
}

impl Pending {
    /// Asks once.
    ///
    /// # Errors
    /// What the zone refuses, and `Unavailable` of one that is away.
    pub fn ask(&self, host: &mut Host) -> Result<Envelope, Refused> {
        match &self.op {
            Op::Stranger => {
                host.running()?.authenticate("mez_nobody_made_this_token")?;
                Err(host_fault("a token that nobody made is believed"))
            }
            Op::ReaderPays(account) => {
                let name = canon::PrincipalId::parse("reader").map_err(host_fault)?;
                let zone = host.running()?;
                let token = zone.create_token(None, name, vec![Scope::Reader], None)?;
                let caller = zone.authenticate(&token)?;
                fund(zone, &keyed(caller, &self.key, "f")?, account, 1)
            }
            op => {
                let caller = host.caller()?;
                let said = format!("{op:?}");
                let ask = keyed(caller, &self.key, &said)?;
                say(host.running()?, host.jurisdiction, op, &ask)
            }
        }
    }
}

fn fund(zone: &Zone, ask: &Ask, account: &AccountId, minor: u64) -> Result<Envelope, Refused> {
    let fund = FundAsk {
        amount: decimal(minor),
        currency: usd()?,
        purpose: "capital".to_owned(),
        reference: None,
    };
    zone.fund_account(ask, account, &fund)
}

fn say(zone: &Zone, jurisdiction: &str, op: &Op, ask: &Ask) -> Result<Envelope, Refused> {
    match op {
        Op::Form { name, owners } => zone.form_entity(ask, form(jurisdiction, name, owners)?),
        Op::Account { entity, .. } => {
            zone.open_account(ask, &OpenAccount { entity_id: entity.clone(), currency: usd()? })
        }
        Op::Fund { account, minor } => fund(zone, ask, account, *minor),
        Op::Pay { from, to, minor } => pay(zone, ask, from, to, *minor),
        Op::Noop(id) => zone.send_noop(ask, id),
        Op::Stop(id, stop) => {
            let (reason, authority) = ("an inquiry".to_owned(), "the operator".to_owned());
            zone.stop_corridor(ask, id, *stop, &HaltAsk { reason, authority })
        }
        Op::Resume(id) => {
            zone.resume_corridor(ask, id, &ResumeAsk { reason: "it is over".to_owned() })
        }
        Op::Cut(id) => zone.cut_corridor(ask, id),
        Op::Propose { url, did } => zone.propose_corridor(
            ask,
            &Proposal { url: url.clone(), did: did.clone(), fork_authority: None },
        ),
        Op::Accept(id, did) => zone.accept_corridor(ask, id, did),
        Op::OtherBody { key } => {
            let again = keyed(ask.caller.clone(), key, "another body")?;
            let nobody = AccountId::parse("nobody").map_err(host_fault)?;
            fund(zone, &again, &nobody, 1)
        }
        Op::Bridge(op) => op.say(zone, ask),
        Op::Trade(op) => op.say(zone, ask),
        Op::Plan(op) => op.say(zone, ask),
        Op::Watch(op) => op.say(zone, ask),
        Op::Stranger | Op::ReaderPays(_) => Err(host_fault("asked without a caller")),
    }
}

fn form(jurisdiction: &str, name: &str, owners: &[String; 2]) -> Result<FormEntity, Refused> {
    let share = |owner: &String| json!({ "name": owner, "kind": "person", "ownership_bp": 5_000 });
    let named = |owner: &String| json!({ "name": owner, "ownership_bp": 5_000 });
    let formation: FormationInput = serde_json::from_value(json!({
        "entity_type": "private-company",
        "legal_name": name,
        "jurisdiction_id": jurisdiction,
        "activity": "software",
        "registered_office": { "address": "1 Test Street", "jurisdiction_id": jurisdiction },
        "beneficial_owners": owners.iter().map(share).collect::<Vec<Value>>(),
    }))
    .map_err(host_fault)?;
    let owners: Value = owners.iter().map(named).collect();
    let evidence = founding::evidence(name, &owners).map_err(host_fault)?;
    Ok(FormEntity { formation: Formation::try_from(formation)?, evidence })
}

fn pay(
    zone: &Zone,
    ask: &Ask,
    from: &AccountId,
    to: &Payee,
    minor: u64,
) -> Result<Envelope, Refused> {
    let mut payee = json!({ "account_id": to.account, "name": to.name });
    if let (Some((zone_id, corridor)), Some(members)) = (&to.across, payee.as_object_mut()) {
        members.insert("zone_id".to_owned(), json!(zone_id));
        members.insert("corridor_id".to_owned(), json!(corridor));
    }
    // Within a zone law may withhold of what is paid for services; nobody here states whether he files returns.
    let purpose = if to.across.is_some() { "services" } else { "allowance" };
    let sent: InstructionInput = serde_json::from_value(json!({
        "from_account_id": from,
        "to": payee,
        "amount": decimal(minor),
        "currency": "USD",
        "purpose": purpose,
    }))
    .map_err(host_fault)?;
    zone.pay(ask, sent)
}
