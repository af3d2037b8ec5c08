//! The types of events: `org.momentum.mez.<record>.<what>`, one closed list.
//!
//! Each kind of transition and each duty has its type, so that a new one does not compile before somebody named it here.

use law::Kind;
use serde_json::Value;

use crate::duty::Task;

/// What every type begins with.
pub(super) const PREFIX: &str = "org.momentum.mez.";
/// What a refusal by law happened to, after its record.
const REFUSED: &str = "refused";

/// What happened, and a sentence about it.
type Named = (&'static str, &'static str);

/// What law admitted.
const fn admitted(kind: Kind) -> Named {
    match kind {
        Kind::EntityForm => ("entity.formed", "An entity was formed."),
        Kind::EntityLifecycle => ("entity.changed", "An entity's status or register changed."),
        Kind::AccountOpen => ("account.opened", "An account was opened."),
        Kind::AccountFund => ("account.funded", "Money was brought into an account."),
        Kind::PaymentInternal => ("payment.paid", "A payment within the zone was booked."),
        Kind::PaymentSend => ("payment.sent", "A payment left over a corridor."),
        Kind::PaymentReceive => ("payment.received", "A payment of another zone was credited."),
        Kind::PaymentReturn => ("payment.returned", "A refused payment came back."),
        Kind::TradeTransition => {
            ("trade.changed", "A trade flow was opened, or a step of it taken.")
        }
        Kind::AssetTransition => {
            ("asset.changed", "An asset was registered, left, arrived or came back.")
        }
        Kind::OwnershipTransition => {
            ("ownership.changed", "A register of members has an entry more.")
        }
        Kind::LicenseTransition => {
            ("license.changed", "A license was applied for, or its state changed.")
        }
        Kind::IdentityTransition => (
            "identity.changed",
            "A person or an organisation was identified, checked or forgotten.",
        ),
        Kind::ConsentTransition => ("consent.changed", "A proposal was opened, voted on or ended."),
        Kind::FiscalTransition => (
            "fiscal.changed",
            "A transfer, a fee, a reversal or an account of the chart was booked.",
        ),
        Kind::TaxTransition => {
            ("tax.changed", "A taxable event, a status or a remittance was recorded.")
        }
    }
}

/// What a duty did.
const fn done(task: Task) -> Named {
    match task {
        Task::Handshake => ("corridor.agreed", "A step of a corridor's handshake was taken."),
        Task::Ack => ("corridor.mirrored", "Receipts of a peer were mirrored or acknowledged."),
        Task::Cut => ("corridor.cut", "A cut was signed or countersigned."),
        Task::HaltResume => ("corridor.halted-or-resumed", "A corridor was halted or resumed."),
        Task::Adopt => ("corridor.adopted", "What peers held of ours was taken up again."),
        Task::Fork => ("corridor.fork", "A fork of a lane was found, or what stands was recorded."),
        Task::Token => ("token.made", "A token was made."),
        Task::KeyRotation => ("keys.rotated", "A rotation of keys was stated or learned."),
        Task::Lists => ("lists.replaced", "Other sanctions lists came into force."),
        Task::Screening => ("screening.done", "Somebody was screened again."),
        Task::Disposition => ("disposition.decided", "An officer decided about a hit."),
        Task::Watchers => ("watcher.changed", "A watcher's standing, a set or a claim changed."),
        Task::Settlement => ("settlement.changed", "A settlement plan or a leg of one moved."),
        Task::Bridge => ("bridge.changed", "A payment over several corridors moved."),
        Task::TierLimits => ("limits.set", "How much a customer of each tier may pay was set."),
        Task::Audit => ("audit.refused", "Requests that were refused at the doors were told of."),
        Task::Approval => {
            ("approval.changed", "What two persons are needed for was asked or decided.")
        }
        Task::Council => {
            ("council.changed", "A proposal of the zone's council was opened, voted on or ended.")
        }
        Task::Rates => ("rate.leased", "A replica leased requests of a principal."),
        Task::Views => ("view.kept", "What a regulator was shown was logged."),
        Task::Archive => {
            ("archive.dropped", "Old entries whose retention has ended were given up.")
        }
        Task::Job => ("outbox.worked", "A delivery was done, put off or given up."),
        Task::Webhooks => {
            ("webhook.changed", "A webhook was made, replayed or given another secret.")
        }
    }
}

/// What is told of a webhook beside that it changed.
const WEBHOOKS: [Named; 2] = [
    (
        "webhook.disabled",
        "A webhook's receiver failed for too long: it gets nothing until replayed.",
    ),
    ("webhook.ended", "A webhook was taken back."),
];
/// What only the zone's own book of deliveries knows of: it is no event.
pub(super) const DELIVERED: &str = "delivered";

/// The record a type is of.
fn record(named: Named) -> &'static str {
    named.0.split('.').next().unwrap_or_default()
}

/// The type of an entry of the journal; none for what was delivered.
pub(super) fn of(entry: &Value) -> Option<String> {
    let text = |at: &str| entry.pointer(at).and_then(Value::as_str);
    let refused = text("/body/outcome").is_some_and(|outcome| outcome != "allow");
    let named = match Kind::parse(text("/kind")?) {
        Some(kind) if refused => format!("{}.{REFUSED}", record(admitted(kind))),
        Some(kind) => admitted(kind).0.to_owned(),
        None => of_duty(text("/body/task")?, text("/body/said/what"))?,
    };
    Some(format!("{PREFIX}{named}"))
}

fn of_duty(task: &str, what: Option<&str>) -> Option<String> {
    let task = Task::ALL.into_iter().find(|known| known.as_str() == task)?;
    if task != Task::Webhooks {
        return Some(done(task).0.to_owned());
    }
    let what = what.filter(|what| *what != DELIVERED)?;
    let special = format!("webhook.{what}");
    let known = WEBHOOKS.iter().any(|(name, _)| *name == special);
    Some(if known { special } else { done(task).0.to_owned() })
}

/// Every type there is, with a sentence about it, in order.
#[must_use]
pub fn event_types() -> Vec<(String, String)> {
    let kinds = Kind::ALL.into_iter().map(admitted);
    let tasks = Task::ALL.into_iter().map(done);
    let happened = kinds.chain(tasks).chain(WEBHOOKS);
    let happened = happened.map(|(name, about)| (name.to_owned(), about.to_owned()));
    let refused = Kind::ALL.into_iter().map(|kind| {
        let record = record(admitted(kind));
        (format!("{record}.{REFUSED}"), format!("Law refused something about `{record}`."))
    });
    let mut all: Vec<(String, String)> =
        happened.chain(refused).map(|(name, about)| (format!("{PREFIX}{name}"), about)).collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_and_every_duty_has_a_type_of_the_list() {
        let all: Vec<String> = event_types().into_iter().map(|(name, _)| name).collect();
        for kind in Kind::ALL {
            for (outcome, ends) in [("allow", ""), ("deny", ".refused"), ("error", ".refused")] {
                let entry = json!({ "kind": kind.name(), "body": { "outcome": outcome } });
                let named = of(&entry).unwrap();
                assert!(all.contains(&named) && named.ends_with(ends), "{named}");
            }
        }
        for task in Task::ALL {
            let said = json!({ "what": "made" });
            let entry = json!({ "kind": "duty", "body": { "task": task.as_str(), "said": said } });
            assert!(all.contains(&of(&entry).unwrap()), "{}", task.as_str());
        }
        let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "a type has two sentences");
    }

    #[test]
    fn what_was_delivered_is_no_event_and_what_was_disabled_is_one() {
        let entry = |what: &str| json!({ "kind": "duty", "body": { "task": "webhooks", "said": { "what": what } } });
        assert_eq!(of(&entry("delivered")), None);
        assert_eq!(of(&entry("disabled")).unwrap(), "org.momentum.mez.webhook.disabled");
        assert_eq!(of(&entry("secret")).unwrap(), "org.momentum.mez.webhook.changed");
    }
}
