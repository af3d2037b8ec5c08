//! What was acknowledged to the client, and whether both books hold each of it once.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::site::Site;

/// One acknowledged payment.
#[derive(Clone, Debug)]
pub(crate) struct Paid {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) payment_id: String,
    pub(crate) amount: i64,
}

/// Everything acknowledged; amounts in whole units of one currency.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    paid: Vec<Paid>,
    /// What each zone's one account was funded with.
    funded: Vec<i64>,
}

/// A receipt: whose lane on which corridor, and where in it.
type Receipt = (String, String, u64);

fn receipt(corridor: &Value, at: &Value) -> Receipt {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{at}")).to_owned();
    (text(corridor), text(&at["lane"]), at["sequence"].as_u64().unwrap())
}

/// All payments a zone has, page after page.
fn payments(site: &Site) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = site.read(&format!("/v1/fiscal/payments?limit=200{after}"));
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

impl Ledger {
    pub(crate) fn funded(&mut self, amount: i64) {
        self.funded.push(amount);
    }

    pub(crate) fn paid(&mut self, paid: Paid) {
        self.paid.push(paid);
    }

    pub(crate) fn len(&self) -> usize {
        self.paid.len()
    }

    /// Each acknowledged payment is once in the payer's book, settled, and once in the payee's, brought by exactly
    /// its receipt; and nothing else is in either.
    pub(crate) fn check(&self, sites: &[Site], accounts: &[String]) {
        let mut outbound: BTreeMap<String, (Receipt, String)> = BTreeMap::new();
        let mut inbound: BTreeMap<Receipt, (usize, String)> = BTreeMap::new();
        for (at, site) in sites.iter().enumerate() {
            for item in payments(site) {
                let (id, amount) = (item["payment_id"].as_str().unwrap(), &item["amount"]);
                let amount = amount.as_str().map_or(amount.to_string(), str::to_owned);
                assert_eq!(item["state"], "settled", "{}: {item}", site.name);
                let course = &item["course"];
                let twice = match item["route"].as_str().unwrap() {
                    "outbound" => {
                        let receipt = receipt(
                            &course["corridor_id"],
                            &course["status"]["sending"]["receipt"],
                        );
                        outbound.insert(id.to_owned(), (receipt, amount)).map(|_| ())
                    }
                    "inbound" => {
                        let receipt = receipt(&course["corridor_id"], &course["origin"]);
                        inbound.insert(receipt, (at, amount)).map(|_| ())
                    }
                    other => panic!("{}: a payment {other}", site.name),
                };
                assert_eq!(twice, None, "{}: booked twice: {item}", site.name);
            }
        }
        for paid in &self.paid {
            let (receipt, amount) = outbound.remove(&paid.payment_id).unwrap_or_else(|| {
                panic!("acknowledged, and not in the book of {}: {paid:?}", sites[paid.from].name)
            });
            let credited = inbound.remove(&receipt);
            assert_eq!(credited, Some((paid.to, amount)), "{paid:?} by {receipt:?}");
        }
        assert!(
            outbound.is_empty(),
            "never acknowledged, and in the book of a payer: {outbound:?}"
        );
        assert!(inbound.is_empty(), "credited, and by nobody's payment: {inbound:?}");
        for (at, site) in sites.iter().enumerate() {
            let sum = |of: &dyn Fn(&Paid) -> usize| -> i64 {
                self.paid.iter().filter(|paid| of(paid) == at).map(|paid| paid.amount).sum()
            };
            let balance = self.funded[at] + sum(&|paid| paid.to) - sum(&|paid| paid.from);
            let known = site.read(&format!("/v1/fiscal/accounts/{}", accounts[at]));
            assert_eq!(known["balance"], format!("{balance}.00"), "{}", site.name);
        }
    }
}
