//! What people do in a zone, in one line each.

use canon::{AccountId, CorridorId, Currency, Digest, EntityId, Timestamp};
use proof::credential::{Unsigned, issue};
use registry::{Formation, FormationInput, InstructionInput};
use serde_json::{Value, json};
use zone::{Ask, Caller, Envelope, FormEntity, FundAsk, OpenAccount, Proposal, Refused, Zone};

use super::site::issuer;
use super::{BEGIN, Site};

/// A request under a key; its digest is of `said`.
pub fn ask(caller: &Caller, key: &str, said: &str) -> Ask {
    Ask::keyed(caller.clone(), key, Digest::of_blob(said.as_bytes())).unwrap()
}

pub fn credential(kind: &str, subject: Value, zone: &Zone) -> Value {
    let key = issuer();
    let from = Timestamp::parse(BEGIN).unwrap();
    let unsigned = Unsigned {
        id: format!("urn:test:{}", Digest::of_blob(subject.to_string().as_bytes())),
        types: vec![kind.to_owned()],
        issuer: key.public().did(),
        realm: zone.realm(),
        subject,
        valid_from: from,
        valid_until: from.plus_secs(365 * 86_400).unwrap(),
        evidence: Vec::new(),
        status: Vec::new(),
    };
    issue(unsigned, &key, &key.public().verification_method()).unwrap()
}

pub fn form_input(site: &Site, name: &str, owners: &[&str]) -> FormEntity {
    let jurisdiction = site.inception_document["jurisdiction_id"].clone();
    let share = 10_000 / owners.len();
    let owners: Vec<Value> = owners
        .iter()
        .map(|owner| json!({ "name": owner, "kind": "person", "ownership_bp": share }))
        .collect();
    let formation: FormationInput = serde_json::from_value(json!({
        "entity_type": "private-company",
        "legal_name": name,
        "jurisdiction_id": jurisdiction,
        "activity": "software",
        "registered_office": { "address": "1 Test Street", "jurisdiction_id": jurisdiction },
        "beneficial_owners": owners,
    }))
    .unwrap();
    let named: Vec<Value> = owners
        .iter()
        .map(|o| json!({ "name": o["name"], "ownership_bp": o["ownership_bp"] }))
        .collect();
    let zone = site.zone();
    let id = format!("urn:test:company:{}", Digest::of_blob(name.as_bytes()));
    let evidence = vec![
        credential(
            "BeneficialOwnershipCredential",
            json!({ "id": id, "legal_name": name, "owners": named }),
            zone,
        ),
        credential("SourceOfFundsCredential", json!({ "id": id, "legal_name": name }), zone),
    ];
    FormEntity { formation: Formation::try_from(formation).unwrap(), evidence }
}

pub fn try_form(
    site: &mut Site,
    key: &str,
    name: &str,
    owners: &[&str],
) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    site.zone().form_entity(&ask(&caller, key, name), form_input(site, name, owners))
}

pub fn entity_id(envelope: &Envelope) -> EntityId {
    EntityId::parse(envelope.body["result"]["entity_id"].as_str().unwrap()).unwrap()
}

pub fn account_id(envelope: &Envelope) -> AccountId {
    AccountId::parse(envelope.body["result"]["account_id"].as_str().unwrap()).unwrap()
}

pub fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

pub fn try_account(site: &mut Site, key: &str, entity: &EntityId) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    let open = OpenAccount { entity_id: entity.clone(), currency: usd() };
    site.zone().open_account(&ask(&caller, key, entity.as_str()), &open)
}

pub fn try_fund(
    site: &mut Site,
    key: &str,
    account: &AccountId,
    amount: &str,
) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    let fund = FundAsk {
        amount: amount.to_owned(),
        currency: usd(),
        purpose: "capital".to_owned(),
        reference: None,
    };
    site.zone().fund_account(&ask(&caller, key, amount), account, &fund)
}

/// A company with two owners and a funded account: the account.
pub fn company(site: &mut Site, name: &str, amount: &str) -> (EntityId, AccountId) {
    let formed = try_form(
        site,
        &format!("form {name}").replace(' ', "-"),
        name,
        &["Ada Brightwater", "Noor Fairweather"],
    )
    .unwrap();
    let entity = entity_id(&formed);
    let opened = try_account(site, &format!("open-{entity}"), &entity).unwrap();
    let account = account_id(&opened);
    if amount != "0" {
        try_fund(site, &format!("fund-{account}"), &account, amount).unwrap();
    }
    (entity, account)
}

pub fn corridor_of(a: &Site, b: &Site) -> CorridorId {
    let one = a.inception_document["jurisdiction_id"].as_str().unwrap();
    let other = b.inception_document["jurisdiction_id"].as_str().unwrap();
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    CorridorId::parse(&format!("org.momentum.mez.corridor.{low}--{high}")).unwrap()
}

pub fn try_propose(from: &mut Site, to: &Site, key: &str) -> Result<Envelope, Refused> {
    let caller = from.try_caller()?;
    let proposal = Proposal { url: to.url.clone(), did: to.did.clone(), fork_authority: None };
    from.zone().propose_corridor(&ask(&caller, key, &to.url), &proposal)
}

pub fn try_accept(at: &mut Site, from: &Site, key: &str) -> Result<Envelope, Refused> {
    let caller = at.try_caller()?;
    let id = corridor_of(at, from);
    at.zone().accept_corridor(&ask(&caller, key, from.did.as_str()), &id, &from.did)
}

/// Run everybody's jobs until nobody has any that is due.
pub fn pump(sites: &[&Site]) {
    for _ in 0..200 {
        let mut ran = 0;
        for site in sites {
            ran += site.zone().run_jobs().unwrap();
        }
        if ran == 0 {
            return;
        }
    }
    panic!("the outbox never empties");
}

/// As [`pump`], with time passing so that what was put off runs as well.
pub fn pump_later(sites: &[&Site]) {
    for _ in 0..10 {
        sites[0].net.clock.forward(61);
        pump(sites);
    }
}

/// An ACTIVE corridor between two open zones.
pub fn join(a: &mut Site, b: &mut Site) -> CorridorId {
    try_propose(a, b, &format!("propose-{}", b.word)).unwrap();
    pump(&[a, b]);
    try_accept(b, a, &format!("accept-{}", a.word)).unwrap();
    pump(&[a, b]);
    let id = corridor_of(a, b);
    for site in [&*a, &*b] {
        assert_eq!(site.zone().corridor(&id).unwrap()["state"], "ACTIVE", "at {}", site.word);
    }
    id
}

pub fn try_pay(
    from: &mut Site,
    key: &str,
    (payer, amount): (&AccountId, &str),
    (to, payee, name): (&Site, &AccountId, &str),
) -> Result<Envelope, Refused> {
    let caller = from.try_caller()?;
    let across = from.url != to.url;
    let mut sent = json!({
        "from_account_id": payer,
        "to": { "account_id": payee, "name": name },
        "amount": amount,
        "currency": "USD",
        "purpose": "services",
    });
    if across {
        sent["to"]["zone_id"] = to.inception_document["zone_id"].clone();
        sent["to"]["corridor_id"] = json!(corridor_of(from, to));
    }
    let said = sent.to_string();
    let sent: InstructionInput = serde_json::from_value(sent).unwrap();
    from.zone().pay(&ask(&caller, key, &said), sent)
}

pub fn balance(site: &Site, account: &AccountId) -> String {
    site.zone().account(account).unwrap()["balance"].as_str().unwrap().to_owned()
}

/// Minor units of a decimal with two places.
pub fn minor(text: &str) -> i128 {
    text.replace('.', "").parse().unwrap()
}

/// Every zone's ledger sums to zero, and so do the corridor accounts over all zones.
pub fn totals_are_zero(sites: &[&Site]) {
    let mut corridor = 0;
    for site in sites {
        let totals = site.zone().ledger_totals().unwrap();
        for row in totals["totals"].as_array().unwrap() {
            assert_eq!(minor(row["sum"].as_str().unwrap()), 0, "{} {row}", site.word);
            corridor += minor(row["corridor_accounts"].as_str().unwrap());
        }
    }
    assert_eq!(corridor, 0, "corridor accounts over all zones");
}

pub fn payment_state(site: &Site, envelope: &Envelope) -> String {
    let id = envelope.body["result"]["payment_id"].as_str().unwrap();
    let id = canon::PaymentId::parse(id).unwrap();
    site.zone().payment(&id).unwrap()["state"].as_str().unwrap().to_owned()
}
