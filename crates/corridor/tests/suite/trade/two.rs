//! Two zones that act at random over lanes that are delayed, duplicated and reordered: one history, and
//! never two holders.

use std::collections::BTreeSet;

use canon::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use super::sample::{opening, story, zone};
use corridor::trade::{Act, Archetype, Carried, Rule, Side, Taken, View};

/// What one zone tells the other.
#[derive(Clone, Debug)]
enum Told {
    Step(Taken),
    Verdict { sequence: u64, refused: Option<String> },
}

struct Site {
    side: Side,
    view: View,
    /// All it ever told, in order.
    lane: Vec<Told>,
    /// How much of the other's lane it has taken.
    taken: usize,
}

impl Site {
    fn act(&mut self, act: &Value, now: Timestamp) {
        let Ok(act) = serde_json::from_value::<Act>(act.clone()) else { return };
        let here = zone(self.side);
        let Ok((message, _)) = self.view.draft(&here, act, now) else { return };
        let sequence = self.lane.len() as u64;
        let receipt = Some(Carried { lane: here.clone(), sequence });
        let taken = Taken { by: here, receipt, message };
        self.lane.push(Told::Step(taken.clone()));
        self.view.took(taken);
    }

    /// Take a message of the other lane; `law` is whether law admits it.
    fn hear(&mut self, sequence: usize, told: &Told, law: bool, now: Timestamp) {
        match told {
            Told::Step(taken) => {
                let here = zone(self.side);
                let next = self.view.receive(&here, taken.clone(), now);
                let refused = match next {
                    Ok(next) if law => {
                        self.view = next;
                        None
                    }
                    Ok(_) => Some("refused-by-law".to_owned()),
                    Err(error) => Some(error.rule.code().to_owned()),
                };
                self.lane.push(Told::Verdict { sequence: sequence as u64, refused });
            }
            Told::Verdict { sequence, refused } => {
                let own = self.view.pending.as_ref().and_then(|taken| taken.receipt.as_ref());
                if own.is_none_or(|receipt| receipt.sequence != *sequence) {
                    return;
                }
                match refused {
                    None => self.view.accepted(),
                    Some(code) => self.view.turned_down(code.clone(), now),
                }
            }
        }
    }
}

/// At every moment: at most one zone holds the bill, and the chain leads from the shipper to its holder.
fn one_holder(sites: &[Site; 2]) {
    let held: Vec<_> =
        sites.iter().filter_map(|site| site.view.holder_at(&zone(site.side)).unwrap()).collect();
    assert!(held.len() <= 1, "two zones hold one record: {held:?}");
    for site in sites {
        let flow = site.view.flow().unwrap();
        let shipper = flow.bill().map(|bill| bill.shipper.party_id.clone());
        let mut at = shipper;
        for link in flow.endorsements() {
            assert_eq!(at.as_ref(), Some(&link.from_party_id));
            at = Some(link.to_party_id.clone());
        }
        let straight = flow.bill().is_some_and(|bill| bill.consignee.party_id.as_str() == "tailor");
        if let Some(holder) = flow.holder().filter(|_| !straight) {
            assert_eq!(at.as_ref(), Some(holder));
        }
    }
    // One history: what one holds as standing the other holds, or has just told it.
    let [a, b] = sites.each_ref().map(|site| &site.view.stood);
    let common = a.len().min(b.len());
    assert_eq!(a[..common], b[..common], "the flow forked");
    assert!(a.len().abs_diff(b.len()) <= 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn two_zones_hold_one_history_and_one_record(
        which in 0_usize..4,
        deeds in proptest::collection::vec((0_u8..10, 0_usize..6, any::<bool>(), 0_u8..8), 1..120),
    ) {
        let flow_type = Archetype::ALL[which];
        let site = |side| Site { side, view: View::open(opening(flow_type)).unwrap(), lane: Vec::new(), taken: 0 };
        let mut sites = [site(Side::Seller), site(Side::Buyer)];
        let acts = story(flow_type);
        let now = acts.last().unwrap().0;
        for (deed, number, second, law) in deeds {
            let (me, peer) = (usize::from(second), usize::from(!second));
            let heard = sites[me].taken;
            match deed {
                // Mostly the step that is next, else any.
                0..=2 => sites[me].act(&acts[number % acts.len()].1, now),
                3 | 4 => {
                    for (_, act) in &acts {
                        sites[me].act(act, now);
                    }
                }
                // The next of the other lane.
                5..=8 => {
                    if let Some(told) = sites[peer].lane.get(heard).cloned() {
                        sites[me].taken += 1;
                        sites[me].hear(heard, &told, law > 0, now);
                    }
                }
                // Any of the other lane, again or too early: it changes nothing that stands.
                _ => {
                    let lane = &sites[peer].lane;
                    let told = lane.get(number % lane.len().max(1)).cloned();
                    if let Some(Told::Step(taken)) = told {
                        let early = number % lane.len() >= heard;
                        let again = sites[me].view.stood.contains(&taken);
                        let heard = sites[me].view.receive(&zone(sites[me].side), taken, now);
                        if again {
                            prop_assert_eq!(heard.unwrap_err().rule, Rule::Stale);
                        } else if !early {
                            // It was refused before, and may be right now: lanes tell each once.
                            drop(heard);
                        }
                    }
                }
            }
            one_holder(&sites);
        }
    }
}

#[test]
fn of_two_steps_that_cross_one_stands_whoever_hears_first() {
    for first in [0, 1] {
        let flow_type = Archetype::LetterOfCredit;
        let acts = story(flow_type);
        let now = acts[2].0;
        let site = |side| Site {
            side,
            view: View::open(opening(flow_type)).unwrap(),
            lane: Vec::new(),
            taken: 0,
        };
        let mut sites = [site(Side::Seller), site(Side::Buyer)];
        let hear = |sites: &mut [Site; 2], me: usize| {
            let heard = sites[me].taken;
            let told = sites[1 - me].lane[heard].clone();
            sites[me].taken += 1;
            sites[me].hear(heard, &told, true, now);
            one_holder(sites);
        };
        sites[1].act(&acts[0].1, acts[0].0);
        hear(&mut sites, 0);
        hear(&mut sites, 1);
        // The bank betters its letter while the seller ships.
        sites[1].act(&acts[1].1, now);
        sites[0].act(&acts[2].1, now);
        for me in [first, 1 - first] {
            hear(&mut sites, me);
        }
        for me in [first, 1 - first] {
            hear(&mut sites, me);
        }
        let kinds: BTreeSet<_> =
            sites.iter().map(|site| site.view.stood.last().unwrap().message.step()).collect();
        assert_eq!(kinds.len(), 1);
        // `…pk-sifc` comes before `…sg`: the shipment stands.
        assert!(sites[0].view.refused.is_none());
        assert_eq!(sites[1].view.refused.as_ref().unwrap().reason_code, "trade-crossed");
    }
}
