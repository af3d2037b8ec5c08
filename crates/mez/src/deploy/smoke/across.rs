//! Payments across a corridor: one that arrives, and one the far end refuses.

use std::time::Duration;

use canon::{CorridorId, Timestamp};
use serde_json::{Value, json};

use super::companies::Applicant;
use super::{Company, Member, PaymentStory, RefusedStory, Scene, Story, astray, rules};
use crate::cli::Failure;
use crate::deploy::json::{items, text};
use crate::watch::Patience;

const PAID: &str = "1250.00";
const REFUSED: &str = "75.00";
/// Longest wait for a payment to come to its end.
const SETTLE_WAIT: Duration = Duration::from_secs(15);
/// Seconds the evidence about the late company holds; doubled with every further try.
const SHORT_SECS: i64 = 3;
/// Tries to form a company and open its account while its evidence holds.
const TRIES: u32 = 4;

impl Scene<'_> {
    /// Both payments, to the far end of each corridor.
    pub(in crate::deploy) fn pay_across(
        &self,
        companies: &[Company],
        story: &mut Story,
    ) -> Result<(), Failure> {
        let mut late = Vec::new();
        for (_, there) in self.corridors {
            late.push(self.late_company(*there)?);
        }
        for (id, there) in self.corridors {
            let ends = (self.company(companies, 0, 0)?, self.company(companies, *there, 0)?);
            story.payments.push(self.pay(id, ends, PAID, "arrives", "settled")?);
        }
        for ((id, there), (company, until)) in self.corridors.iter().zip(late) {
            self.wait_past(until);
            let ends = (self.company(companies, 0, 0)?, &company);
            story.payments.push(self.pay(id, ends, REFUSED, "refused", "returned")?);
            let member = self.member(*there)?;
            story.refused.push(self.far_refusal(member, &company)?);
        }
        Ok(())
    }

    /// A company whose owners' evidence ends in a moment: after that its law may not pay it.
    fn late_company(&self, there: usize) -> Result<(Company, Timestamp), Failure> {
        let mut last = String::new();
        for n in 0..TRIES {
            let tag = format!("Late{n}");
            let now = self.clock.now();
            let until = now.plus_secs(SHORT_SECS << n).map_err(|e| astray("late company", &e))?;
            let owners = ["Maren Foxglove".to_owned(), "Ottilie Sandpiper".to_owned()];
            let applicant = Applicant { member: there, tag: &tag, owners, until };
            let (name, formed) = self.form(&applicant)?;
            let opened = formed.and_then(|formed| self.open(there, &tag, &formed));
            match opened {
                Ok(account) => return Ok((Company { member: there, name, account }, until)),
                // Too slow for its evidence; try once more with a longer one.
                Err(error) => last = error.to_string(),
            }
        }
        Err(astray("late company", &last))
    }

    fn wait_past(&self, until: Timestamp) {
        while self.clock.now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Pay across and wait until the payment ends as it must.
    pub(in crate::deploy) fn pay(
        &self,
        id: &CorridorId,
        (from, to): (&Company, &Company),
        amount: &str,
        step: &str,
        end: &str,
    ) -> Result<PaymentStory, Failure> {
        let (here, far) = (self.member(from.member)?, self.member(to.member)?);
        let body = json!({
            "from_account_id": from.account,
            "to": {
                "account_id": to.account,
                "zone_id": far.zone_id,
                "corridor_id": id,
                "name": to.name,
            },
            "amount": amount,
            "currency": super::money::CURRENCY,
            "purpose": "services",
            "reference": format!("scenario {}", self.seed),
            // Law of some zones lets no payment out whose payer's particulars stay behind.
            "travel_rule": true,
        });
        let told = format!("payment {} → {} ({step})", here.name, far.name);
        let key = self.key(&format!("pay-{}-{}-{step}", here.name, far.name));
        let sent = here.client.post("/v1/fiscal/payments", &body, &key);
        let sent = sent.map_err(|e| astray(&told, &e))?;
        let payment = sent.pointer("/result/payment_id").and_then(Value::as_str);
        let path = format!("/v1/fiscal/payments/{}", payment.unwrap_or_default());
        let patience = Patience::of(SETTLE_WAIT);
        let mut state = String::new();
        while !patience.is_over() {
            let now = here.client.get(&path).map_err(|e| astray(&told, &e))?;
            state = text(&now, "state");
            if state == end {
                return Ok(PaymentStory {
                    from: here.name.clone(),
                    to: far.name.clone(),
                    amount: format!("{amount} {}", super::money::CURRENCY),
                    state,
                });
            }
            patience.pause();
        }
        Err(astray(&told, &format!("it is `{state}`, not `{end}`")))
    }

    /// What the far end's journal says about its refusal.
    fn far_refusal(&self, member: &Member, company: &Company) -> Result<RefusedStory, Failure> {
        let what = format!("a payment to `{}`, whose owners' evidence had ended", company.name);
        let path = "/v1/decisions?outcome=deny&kind=payment.receive";
        let why = if member.groups.iter().any(|group| group == "compliance") {
            let page = member.client.get(path).map_err(|e| astray(&what, &e))?;
            rules(items(&page, "items").last().unwrap_or(&Value::Null))
        } else {
            Vec::new()
        };
        Ok(RefusedStory { zone: member.name.clone(), what, why })
    }
}
