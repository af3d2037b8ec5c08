//! What a case says, as an integrator would say it: a formation, credentials, an event, money.

use std::collections::BTreeMap;

use canon::{Date, JurisdictionId, Realm};
use law::{Case, Value as Fact};
use proof::credential::{CONTEXT, CONTEXT_TERMS};
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Map, Value, json};

use crate::home::{issuer, now};

/// The only name on the list the zones here screen against.
pub(super) const LISTED: &str = "Zebedee Quartermaine Vosstrup";
/// Age of that list.
pub(super) const LIST_AGE_DAYS: i64 = 3;
/// What can be asked of an entity that was formed.
const EVENTS: [&str; 4] = ["suspend", "reinstate", "initiate_dissolution", "advance"];
const DAY_SECS: i64 = 86_400;

/// Everything a case says that a request can say; the rest keeps what a plain company says.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) entity_type: Option<String>,
    pub(super) name: Option<String>,
    pub(super) activity: Option<String>,
    pub(super) office: Option<bool>,
    pub(super) owners: Option<i64>,
    pub(super) total_bp: Option<i64>,
    pub(super) natural: Option<bool>,
    pub(super) identified: Option<bool>,
    pub(super) listed: bool,
    pub(super) evidence: BTreeMap<String, Map<String, Value>>,
    /// Days from now after which evidence of a type ends, where the case says so.
    pub(super) ends: BTreeMap<String, i64>,
    pub(super) event: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) purpose: Option<String>,
}

impl Said {
    /// What a case says; the name of the first fact no request can state is the error, unless the rules
    /// in question do not read it. Dates keep their distance to the day of the decision.
    pub(super) fn of(
        case: &Case,
        today: Date,
        read: impl Fn(&str) -> bool,
    ) -> Result<Self, String> {
        let law = case.jurisdictions.first().ok_or("no jurisdiction")?;
        let days = case.as_of.days_until(today);
        let mut said = Self::default();
        for (name, fact) in case.facts.iter() {
            // Of events no rule tells apart the simplest serves.
            if name == "lifecycle.event" && !told_apart(&fact.value, &read) {
                continue;
            }
            if let Some(ends) = fact.provenance.expires {
                let left = case.as_of.days_until(ends.date());
                let kind = name.strip_prefix("evidence.").filter(|_| left > 0);
                let kind = kind.ok_or_else(|| format!("{name} that has ended"))?;
                let kind = kind.split('.').next().unwrap_or(kind);
                let known = said.ends.entry(kind.to_owned()).or_insert(left);
                *known = left.min(*known);
            }
            let taken = match name.strip_prefix("evidence.") {
                Some(evidence) => said.attest(evidence, &fact.value, days, today),
                None => said.plain(name, &fact.value, law, today),
            };
            if taken.is_none() && read(name) {
                return Err(name.to_owned());
            }
        }
        Ok(said)
    }

    fn attest(&mut self, name: &str, fact: &Fact, days: i64, today: Date) -> Option<()> {
        let (kind, claim) = name.split_once('.').map_or((name, None), |(k, c)| (k, Some(c)));
        let claims = self.evidence.entry(kind.to_owned()).or_default();
        match (claim, fact) {
            (None, Fact::Bool(true)) => {}
            (None, _) => return None,
            (Some(claim), fact) => {
                claims.insert(claim.to_owned(), claimed(fact, days, today)?);
            }
        }
        Some(())
    }

    fn plain(&mut self, name: &str, fact: &Fact, law: &JurisdictionId, today: Date) -> Option<()> {
        let text = || match fact {
            Fact::Text(text) => Some(text.to_string()),
            _ => None,
        };
        let truth = || match fact {
            Fact::Bool(truth) => Some(*truth),
            _ => None,
        };
        let count = || match fact {
            Fact::Int(count) => Some(*count),
            _ => None,
        };
        match name {
            "entity.type" => self.entity_type = Some(text()?),
            "entity.name" => self.name = Some(text()?),
            "entity.activity" => self.activity = Some(text()?),
            "entity.registered_office" => self.office = Some(truth()?),
            "entity.jurisdiction" => return (text()? == law.as_str()).then_some(()),
            "entity.status" | "payer.status" | "payee.status" => {
                return text()?.eq_ignore_ascii_case("active").then_some(());
            }
            "owner.count" => self.owners = Some(count()?),
            "owner.percent_total_bp" => self.total_bp = Some(count()?),
            "owner.natural_persons" => self.natural = Some(truth()?),
            "owner.identified" | "payer.identified" => self.identified = Some(truth()?),
            "payee.identified" | "payer.name_present" | "payee.name_present" => {
                return truth()?.then_some(());
            }
            "screening.clear" => self.listed = !truth()?,
            "screening.list_age_days" => return (count()? <= LIST_AGE_DAYS).then_some(()),
            "lifecycle.event" => {
                let event = text()?;
                let known = EVENTS.contains(&event.as_str());
                self.event = known.then_some(event);
                return known.then_some(());
            }
            "account.currency" | "payment.currency" => self.currency = Some(text()?),
            "payment.amount" => match fact {
                Fact::Money(amount) => {
                    self.currency = Some(amount.currency().code().to_owned());
                    self.amount = Some(amount.to_decimal(today));
                }
                _ => return None,
            },
            "payment.purpose" => self.purpose = Some(text()?),
            "payment.cross_border" => return (!truth()?).then_some(()),
            _ => return None,
        }
        Some(())
    }

    /// This case told by a company that otherwise is `plain`.
    pub(super) fn over(self, plain: &Self) -> Self {
        let mut evidence = plain.evidence.clone();
        evidence.extend(self.evidence);
        let ends = self.ends;
        Self {
            entity_type: self.entity_type.or_else(|| plain.entity_type.clone()),
            name: self.name.or_else(|| plain.name.clone()),
            activity: self.activity.or_else(|| plain.activity.clone()),
            office: self.office.or(plain.office),
            owners: self.owners.or(plain.owners),
            total_bp: self.total_bp.or(plain.total_bp),
            natural: self.natural.or(plain.natural),
            identified: self.identified.or(plain.identified),
            listed: self.listed,
            evidence,
            ends,
            event: self.event,
            currency: self.currency,
            amount: self.amount,
            purpose: self.purpose,
        }
    }

    /// The request that forms it.
    pub(super) fn formation(&self, zone: &str) -> Value {
        let name = self.name.as_deref().unwrap_or("Lantern Row");
        let owners = self.named();
        let mut evidence = self.evidence.clone();
        if self.identified.is_some() {
            evidence.entry("beneficial_ownership".to_owned()).or_default();
        }
        declared(&mut evidence);
        // An owner the credential does not know is not identified.
        let named = match self.identified {
            Some(false) => vec![json!({ "name": "Somebody Else", "ownership_bp": 1 })],
            _ => owners.clone(),
        };
        let evidence: Vec<Value> = evidence
            .iter()
            .map(|(kind, claims)| {
                let days = self.ends.get(kind).copied().unwrap_or(1);
                attested((kind, days), name, claims, &named)
            })
            .collect();
        let natural = self.natural.unwrap_or(true);
        let owners: Vec<Value> = owners
            .into_iter()
            .map(|mut owner| {
                owner["kind"] = if natural { "person".into() } else { "entity".into() };
                owner
            })
            .collect();
        let office = json!({ "address": "1 Lantern Row", "jurisdiction_id": zone });
        let mut body = json!({
            "entity_type": self.entity_type.as_deref().unwrap_or("private-company"),
            "legal_name": name,
            "jurisdiction_id": zone,
            "activity": self.activity.as_deref().unwrap_or("software"),
            "beneficial_owners": owners,
            "evidence": evidence,
        });
        if self.office.unwrap_or(true) {
            body["registered_office"] = office;
        }
        body
    }

    /// The owners with their shares, the first of them listed where the case wants a hit.
    fn named(&self) -> Vec<Value> {
        let count = self.owners.unwrap_or(1).clamp(0, 60);
        let total = self.total_bp.unwrap_or(10_000);
        (0..count)
            .map(|at| {
                let rest =
                    if at == 0 { total - (total / count) * (count - 1) } else { total / count };
                let name = match (at, self.listed) {
                    (0, true) => LISTED.to_owned(),
                    _ => format!("Orla Thistlewood {}", letters(at)),
                };
                json!({ "name": name, "ownership_bp": rest })
            })
            .collect()
    }
}

/// A case that declares what arises declares everything that is handed in with it.
fn declared(evidence: &mut BTreeMap<String, Map<String, Value>>) {
    let kinds: Vec<Value> =
        evidence.keys().filter(|kind| *kind != "declaration").map(|kind| json!(kind)).collect();
    let Some(claims) = evidence.get_mut("declaration") else { return };
    let occasions = claims.entry("occasions").or_insert_with(|| json!([]));
    let Some(list) = occasions.as_array_mut() else { return };
    list.extend(kinds);
}

/// Whether a rule spells this event, or the one that would be asked for in its place.
fn told_apart(event: &Fact, read: impl Fn(&str) -> bool) -> bool {
    let spelled = |event: &str| read(&format!("\"{event}\""));
    matches!(event, Fact::Text(event) if spelled(event)) || spelled("suspend")
}

/// A surname of its own for each owner.
fn letters(at: i64) -> String {
    let at = usize::try_from(at).unwrap();
    let one = |n: usize| char::from(b"bcdfghklmnprstvwz"[n % 17]);
    format!("{}a{}o", one(at).to_ascii_uppercase(), one(at / 17))
}

fn claimed(fact: &Fact, days: i64, today: Date) -> Option<Value> {
    Some(match fact {
        Fact::Bool(truth) => json!(truth),
        Fact::Int(count) => json!(count),
        Fact::Text(text) => json!(text),
        Fact::Texts(texts) => json!(texts),
        Fact::Date(date) => json!(date.plus_days(days).ok()?),
        Fact::Money(amount) => {
            json!(format!("{} {}", amount.to_decimal(today), amount.currency().code()))
        }
        Fact::Ints(_) | Fact::Brackets(_) => return None,
    })
}

/// Evidence of a type, signed by the issuer the zone's anchors name.
fn attested(
    (kind, days): (&str, i64),
    name: &str,
    claims: &Map<String, Value>,
    owners: &[Value],
) -> Value {
    let stem: String = kind.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    let mut subject = json!({ "legal_name": name });
    if !claims.is_empty() {
        subject["claims"] = json!(claims);
    }
    if kind == "beneficial_ownership" {
        subject["owners"] = json!(owners);
    }
    let (now, signer) = (now(), issuer());
    let unsigned = json!({
        "@context": [CONTEXT, CONTEXT_TERMS],
        "id": format!("urn:test:{kind}"),
        "type": ["VerifiableCredential", format!("MEZ{stem}Credential")],
        "issuer": signer.public().did(),
        "realm": Realm::Sandbox,
        "validFrom": now,
        "validUntil": now.plus_secs(days * DAY_SECS).unwrap(),
        "credentialSubject": subject,
    });
    sign_document(unsigned, &ProofOptions::assertion(now, &signer), &signer).unwrap()
}
