//! What is about to be asked of Mass, durable before it is; and paying back what was made of something that came to
//! nothing.
//!
//! ```text
//! asked ──all answered──▶ done        in the commit of what it came to
//!   ├─one declined─────┐
//!   ├─asked otherwise──┤
//!   └─given up─────────┴▶ undoing ──all paid back──▶ undone    and the next time is another attempt
//! ```
//! The payments that are asked for lie sealed in it until it is known what became of them: under a key that is beside the
//! signer's and in no copy of the data.
//!
//! Invariant: once it is undoing, nothing goes on under its keys but paying back.

use canon::{Digest, Timestamp};
use proof::base64;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Primitives;
use super::at_mass::{AtMass, Unwell};
use super::calls::Payment;
use super::client::Client;
use crate::again::Again;
use crate::duty::{Duty, Task};
use crate::refused::Refused;
use crate::writes::Looked;
use crate::zone::{Loaded, Zone};

/// Kind of the record.
pub(crate) const INTENT: &str = "mass-intent";

/// Seconds after which nobody is expected to ask for it again: what was made of it is paid back.
const GIVEN_UP_SECS: i64 = 600;
/// Jobs that look after intents.
const QUEUE: &str = "mass";

/// What is, or was, to be asked of Mass: nothing of it can be read here but identifiers and digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intent {
    #[serde(rename = "type")]
    type_: String,
    /// What the decision is about.
    subject: String,
    /// The moment of its records, whenever it is asked for again.
    at: Timestamp,
    /// Which time it is tried.
    attempt: u32,
    /// Of all that is asked for.
    asked_sha256: Digest,
    stage: Stage,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Stage {
    /// It is being asked, or nobody knows what came of it.
    Asked {
        /// The payments it asks for, sealed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sealed: Option<String>,
    },
    /// Something of it was declined: what was made before is paid back.
    Undoing {
        /// What was made, in order.
        made: Vec<Made>,
    },
    /// Nothing of it stands.
    Undone {},
    /// All of it stands.
    Done {},
}

/// A payment as it is asked for, and the key it is made under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) payment: Payment,
    pub(super) key: String,
}

/// A payment that Mass made, by its identifiers there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    pub(super) transaction: String,
    pub(super) from: String,
    pub(super) to: String,
}

impl Intent {
    pub(super) fn asked(
        subject: &str,
        (at, attempt): (Timestamp, u32),
        asked_sha256: Digest,
    ) -> Self {
        let (type_, subject) = ("MEZMassIntent".to_owned(), subject.to_owned());
        let stage = Stage::Asked { sealed: None };
        Self { type_, subject, at, attempt, asked_sha256, stage }
    }

    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    pub(super) const fn attempt(&self) -> u32 {
        self.attempt
    }

    pub(super) const fn stage(&self) -> &Stage {
        &self.stage
    }

    pub(super) const fn asked_sha256(&self) -> Digest {
        self.asked_sha256
    }

    /// Whether it is known which payments it asks for.
    pub(super) const fn is_sealed(&self) -> bool {
        matches!(self.stage, Stage::Asked { sealed: Some(_) })
    }

    /// The same with the payments it asks for.
    pub(super) fn with(self, sealed: String) -> Self {
        Self { stage: Stage::Asked { sealed: Some(sealed) }, ..self }
    }

    /// The same once all of it stands.
    pub(super) fn done(self) -> Self {
        Self { stage: Stage::Done {}, ..self }
    }
}

fn job(name: &str) -> String {
    format!("mass/{name}")
}

impl Zone {
    /// Make durable how far an intent has come, and that it is looked after until it is over.
    pub(super) fn intend(
        &self,
        name: &str,
        rev: Option<u64>,
        intent: &Intent,
    ) -> Result<Loaded<Intent>, Refused> {
        let over = matches!(intent.stage, Stage::Undone {});
        let due = intent.at.plus_secs(GIVEN_UP_SECS).map_err(Refused::host)?;
        let body = json!({ "transfer_id": name, "attempts": 0 });
        let job = Looked { id: job(name), queue: QUEUE, due: (!over).then_some((due, body)) };
        self.noted(&Duty::of_zone(Task::Job), (INTENT, name), (rev, intent), job)?;
        self.need(INTENT, name)
    }

    /// The payments that an intent asks for, sealed.
    pub(super) fn seal_wanted(&self, name: &str, all: &[Wanted]) -> Result<String, Refused> {
        let plain = serde_json::to_vec(all).map_err(Refused::host)?;
        let sealed = self.personal_key()?.seal(&job(name), self.nonce()?, &plain);
        Ok(base64::encode(&sealed.map_err(Refused::host)?))
    }

    fn open_wanted(&self, name: &str, sealed: &str) -> Result<Vec<Wanted>, Refused> {
        let sealed = base64::decode(sealed).ok_or_else(|| Refused::host("base64"))?;
        let plain = self.personal_key()?.open(&job(name), &sealed).map_err(Refused::host)?;
        serde_json::from_slice(&plain).map_err(Refused::host)
    }

    /// Learn what became of the payments of an intent, by asking for each under its key: all of them stand then, or none.
    pub(super) fn driven(
        &self,
        client: &Client,
        name: &str,
        known: Loaded<Intent>,
    ) -> Result<(Loaded<Intent>, Vec<Made>), Refused> {
        let Stage::Asked { sealed: Some(sealed) } = &known.value.stage else {
            return Ok((self.paid_back(client, name, known)?, Vec::new()));
        };
        let mut made = Vec::new();
        for wanted in self.open_wanted(name, sealed)? {
            match wanted.made(client) {
                Ok(one) => made.push(one),
                Err(why) if why.unwell == Unwell::Declined => {
                    return Ok((self.undone(client, (name, known), made)?, Vec::new()));
                }
                Err(why) => return Err(why.into()),
            }
        }
        Ok((known, made))
    }

    /// Pay back what was made of an intent that comes to nothing.
    pub(super) fn undone(
        &self,
        client: &Client,
        (name, intent): (&str, Loaded<Intent>),
        made: Vec<Made>,
    ) -> Result<Loaded<Intent>, Refused> {
        let stage = Stage::Undoing { made };
        let undoing = self.intend(name, intent.rev, &Intent { stage, ..intent.value })?;
        self.paid_back(client, name, undoing)
    }

    /// Finish paying back, where that was begun.
    fn paid_back(
        &self,
        client: &Client,
        name: &str,
        known: Loaded<Intent>,
    ) -> Result<Loaded<Intent>, Refused> {
        let Stage::Undoing { made } = &known.value.stage else { return Ok(known) };
        for (number, one) in made.iter().enumerate().rev() {
            let key = format!("{name}\n{}\nback/{number}", known.value.attempt);
            let key = Digest::of_blob(key.as_bytes()).to_string();
            pay_back(client, one, &key).map_err(|why| {
                let detail = format!(
                    "a part of this came to nothing at Mass, and what was made of it is not paid back yet ({})",
                    why.unwell.code()
                );
                Refused::from(AtMass::new(Unwell::Pending, detail))
            })?;
        }
        let undone = Intent { stage: Stage::Undone {}, ..known.value };
        self.intend(name, known.rev, &undone)
    }

    /// Look after intents that nobody asked for again. Called by the zone's clockwork.
    pub(crate) fn run_intents(&self) -> Result<usize, Refused> {
        let Primitives::Mass(client) = self.primitives() else { return Ok(0) };
        let put_off = |job: &Again<String>, error: &Refused| {
            let _writing = self.writing();
            let (at, attempts) = job.next(self.now(), error)?;
            let name = &job.transfer_id;
            let body = json!({ "transfer_id": name, "attempts": attempts });
            let looked = Looked { id: self::job(name), queue: QUEUE, due: Some((at, body)) };
            let known: Loaded<Intent> = self.need(INTENT, name)?;
            let record = (known.rev, &known.value);
            self.noted(&Duty::of_zone(Task::Job), (INTENT, name), record, looked)
        };
        self.run_due(QUEUE, |name: &String| self.given_up(client, name), put_off)
    }

    fn given_up(&self, client: &Client, name: &str) -> Result<(), Refused> {
        let _writing = self.writing();
        let known: Loaded<Intent> = self.need(INTENT, name)?;
        let (known, made) = self.driven(client, name, known)?;
        match &known.value.stage {
            Stage::Asked { sealed: Some(_) } => self.undone(client, (name, known), made).map(drop),
            // What made an account or an organization is found when it is asked for again, and moves nothing until then.
            _ => {
                let looked = Looked { id: job(name), queue: QUEUE, due: None };
                let record = (known.rev, &known.value);
                self.noted(&Duty::of_zone(Task::Job), (INTENT, name), record, looked)
            }
        }
    }
}

impl Wanted {
    /// Have it made; the same key again is the same payment.
    pub(super) fn made(&self, client: &Client) -> Result<Made, AtMass> {
        let transaction = client.pay(&self.payment, &self.key)?.id;
        let Payment { source_account_id: from, payment_entity: to, .. } = self.payment.clone();
        Ok(Made { transaction, from, to })
    }
}

impl Intent {
    /// The job that looks after it.
    pub(super) fn job(name: &str) -> String {
        job(name)
    }
}

/// The same amount the other way; the same key again is the same payment.
fn pay_back(client: &Client, made: &Made, key: &str) -> Result<(), AtMass> {
    let gone = || AtMass::new(Unwell::Differs, "Mass knows nothing of a payment it made");
    let paid = client.transaction(&made.transaction)?.ok_or_else(gone)?;
    let wanted = Payment {
        source_account_id: made.to.clone(),
        payment_entity: made.from.clone(),
        amount: paid.amount,
        currency: paid.currency,
        reference: format!("mez.back.{}", made.transaction),
    };
    client.pay(&wanted, key).map(drop)
}
