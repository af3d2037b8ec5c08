//! Companies: formed, refused for a listed owner, passed for a near miss.

use canon::Timestamp;
use law::sanctions::SubjectKind;
use law::sanctions::perturb::Variants;
use serde_json::{Value, json};

use super::{Company, Scene, Story, astray, refusal};
use crate::cli::Failure;
use crate::client::ClientError;
use crate::deploy::issuer::a_year;

/// Shares of the two owners of a scenario company, in basis points.
const SHARES: [u16; 2] = [6_000, 4_000];

/// A company to be formed.
pub(super) struct Applicant<'a> {
    /// Which zone.
    pub(super) member: usize,
    /// Distinguishes it within the scenario.
    pub(super) tag: &'a str,
    /// Names of its two owners.
    pub(super) owners: [String; 2],
    /// Until when the evidence about it holds.
    pub(super) until: Timestamp,
}

/// Words for the names of people and companies nobody lists.
const FIRST: [&str; 8] =
    ["Orla", "Tamsin", "Bertil", "Ingrid", "Peregrine", "Linnea", "Caspian", "Elowen"];
const LAST: [&str; 8] = [
    "Thistlewood",
    "Brackenridge",
    "Quillfeather",
    "Marlowick",
    "Fernsbury",
    "Oakhollow",
    "Pennywhistle",
    "Larkspurton",
];

/// An invented person; never on a list, which the screening then shows.
fn person(seed: u64, n: u64) -> String {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(n.wrapping_mul(0x2545_f491));
    let pick = |words: &[&'static str; 8], shift: u32| {
        let at = usize::try_from((mixed >> shift) % 8).unwrap_or(0);
        words.get(at).copied().unwrap_or("Orla")
    };
    format!("{} {}", pick(&FIRST, 24), pick(&LAST, 40))
}

impl Scene<'_> {
    /// Send one application with evidence issued by a process of its own.
    pub(super) fn form(
        &self,
        applicant: &Applicant<'_>,
    ) -> Result<(String, Result<Value, ClientError>), Failure> {
        let member = self.member(applicant.member)?;
        let place = &member.jurisdiction;
        let name = format!("Tidewater Lantern {} {} Ltd", applicant.tag, self.seed);
        let shares = || applicant.owners.iter().zip(SHARES);
        let owners: Vec<Value> =
            shares().map(|(owner, bp)| json!({ "name": owner, "ownership_bp": bp })).collect();
        let now = self.clock.now();
        let mut evidence = Vec::new();
        for kind in &member.evidence {
            let subject = match kind.as_str() {
                "beneficial_ownership" => json!({ "legal_name": name, "owners": owners }),
                _ => json!({ "legal_name": name }),
            };
            let file = format!("{}-{}-{}", self.seed, member.name, applicant.tag);
            let validity = (now, applicant.until);
            evidence.push(self.issuer.attest(kind, subject, validity, &file)?);
        }
        let stated: Vec<Value> = shares()
            .map(|(owner, bp)| json!({ "name": owner, "kind": "person", "ownership_bp": bp }))
            .collect();
        let body = json!({
            "entity_type": "private-company",
            "legal_name": name,
            "jurisdiction_id": place,
            "activity": "general trading",
            "registered_office": {
                "address": "1 Lantern Quay",
                "jurisdiction_id": place,
            },
            "beneficial_owners": stated,
            "evidence": evidence,
        });
        let key = self.key(&format!("form-{}-{}", member.name, applicant.tag));
        Ok((name, member.client.post("/v1/entities", &body, &key)))
    }

    /// Open an account for a company just formed.
    pub(super) fn open(
        &self,
        member: usize,
        tag: &str,
        formed: &Value,
    ) -> Result<String, ClientError> {
        let Ok(zone) = self.member(member) else { return Ok(String::new()) };
        let entity = formed.pointer("/result/entity_id").and_then(Value::as_str);
        let body =
            json!({ "entity_id": entity.unwrap_or_default(), "currency": super::money::CURRENCY });
        let key = self.key(&format!("open-{}-{tag}", zone.name));
        let opened = zone.client.post("/v1/fiscal/accounts", &body, &key)?;
        let account = opened.pointer("/result/account_id").and_then(Value::as_str);
        Ok(account.unwrap_or_default().to_owned())
    }

    /// Two companies in each zone; the second is owned by a near miss.
    pub(in crate::deploy) fn form_companies(
        &self,
        story: &mut Story,
    ) -> Result<Vec<Company>, Failure> {
        let mut companies = Vec::new();
        for (at, member) in self.members.iter().enumerate() {
            let variants = Variants::of(self.screener(at)?);
            let n = at as u64;
            let until = a_year(self.clock.now());
            let kind = Some(SubjectKind::Person);
            let near = variants.near_miss(kind, self.seed.wrapping_add(n));
            let near = near.or_else(|| variants.near_miss(None, self.seed.wrapping_add(n)));
            let near = near.ok_or_else(|| astray("near miss", &"no list is loaded"))?;
            let casts = [
                ("One", [person(self.seed, n * 10), person(self.seed, n * 10 + 1)]),
                ("Two", [near.name.clone(), person(self.seed, n * 10 + 2)]),
            ];
            for (tag, owners) in casts {
                let applicant = Applicant { member: at, tag, owners, until };
                let (name, formed) = self.form(&applicant)?;
                let step = format!("{}: forming `{name}`", member.name);
                let formed = formed.map_err(|e| astray(&step, &e))?;
                let account = self.open(at, tag, &formed).map_err(|e| astray(&step, &e))?;
                story.companies += 1;
                companies.push(Company { member: at, name, account });
            }
            story.near_misses.push(format!("{}: `{}` passed", member.name, near.name));
            self.refuse_listed(at, &variants, until, story)?;
        }
        Ok(companies)
    }

    /// A company of a listed person under a changed spelling must be refused.
    fn refuse_listed(
        &self,
        at: usize,
        variants: &Variants<'_>,
        until: Timestamp,
        story: &mut Story,
    ) -> Result<(), Failure> {
        let member = self.member(at)?;
        let seed = self.seed.wrapping_add(at as u64);
        let alias = variants.alias(Some(SubjectKind::Person), seed);
        let alias = alias.or_else(|| variants.alias(None, seed));
        let alias = alias.ok_or_else(|| astray("listed owner", &"no list is loaded"))?;
        let owners = [alias.name.clone(), person(self.seed, 99)];
        let applicant = Applicant { member: at, tag: "Listed", owners, until };
        let (_, answer) = self.form(&applicant)?;
        let what = format!(
            "a company owned by `{}` (entry {} of list {})",
            alias.name, alias.entry, alias.list
        );
        story.refused.push(refusal(&member.name, what, answer, "sanctions-hard-block")?);
        Ok(())
    }
}
