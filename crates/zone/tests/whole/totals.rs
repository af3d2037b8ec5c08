//! Sums over the books while the zone goes on booking.

use std::sync::atomic::{AtomicBool, Ordering};

use zone::FundAsk;

use crate::rig::work::{account_id, ask, company, totals_are_zero, try_account, usd};
use crate::rig::{Net, Site};

/// More than a page of accounts is read at once.
const ACCOUNTS: usize = 210;
const BOOKINGS: usize = 120;

#[test]
fn what_is_added_up_page_by_page_is_of_one_moment() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let (entity, _) = company(&mut site, "Straits Ledger", "0");
    let opened = |n| account_id(&try_account(&mut site, &format!("open-{n}"), &entity).unwrap());
    let accounts: Vec<_> = (0..ACCOUNTS).map(opened).collect();
    let (caller, zone) = (site.caller(), site.zone());
    let over = AtomicBool::new(false);
    let looked = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut looked = 0;
            while !over.load(Ordering::SeqCst) {
                totals_are_zero(&[&site]);
                let treasury = zone.treasury(&entity).unwrap();
                let books = zone.trial_balance().unwrap();
                let total = &books["totals"][0];
                assert_eq!(total["debit"], total["credit"], "{total}");
                assert_eq!(treasury["accounts"].as_array().unwrap().len(), ACCOUNTS + 1);
                looked += 1;
            }
            looked
        });
        for (n, account) in accounts.iter().cycle().take(BOOKINGS).enumerate() {
            let fund = FundAsk {
                amount: "1.00".to_owned(),
                currency: usd(),
                purpose: "capital".to_owned(),
                reference: None,
            };
            zone.fund_account(&ask(&caller, &format!("fund-{n}"), "1.00"), account, &fund).unwrap();
        }
        over.store(true, Ordering::SeqCst);
        looking.join().unwrap()
    });
    assert!(looked > 3, "{looked}");
    let booked = format!("{BOOKINGS}.00");
    assert_eq!(zone.treasury(&entity).unwrap()["totals"][0]["balance"], booked);
}
