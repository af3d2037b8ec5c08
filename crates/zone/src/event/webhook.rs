//! A webhook as kept: where to send what, and how far it got.
//!
//! Two records: officers write the one, deliveries the other, so neither waits for the other. The secret is in neither:
//! it is derived from the key beside the signer and the number of its generation.

use canon::{Realm, RecordId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{PAGE_MAX, Store, StoreError};

use super::attempt::Attempt;
use crate::limits::{ATTEMPTS_KEPT_MAX, WEBHOOK_URL_BYTES_MAX};
use crate::refused::{FieldProblem, Refused};
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Zone};

pub(super) const KIND: &str = "webhook";
pub(super) const PROGRESS: &str = "webhook-progress";
/// Hosts that are this machine, for receivers beside a zone of realm sandbox.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// Gets what happens.
    Active,
    /// Gets nothing until it is replayed.
    Disabled,
    /// Taken back, for good.
    Ended,
}

/// A secret that was replaced, and still signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replaced {
    pub(super) generation: u64,
    pub(super) until: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhook {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) webhook_id: RecordId,
    pub(super) url: String,
    /// Patterns; none stands for every type.
    pub(super) types: Vec<String>,
    pub(super) created: Timestamp,
    pub(super) status: Status,
    /// Which secret signs.
    pub(super) generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replaced: Option<Replaced>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) disabled_because: Option<String>,
}

/// Attempts in vain without a success between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failing {
    pub(super) since: Timestamp,
    pub(super) attempts: u32,
    pub(super) next_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) webhook_id: RecordId,
    /// The last position that was dealt with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failing: Option<Failing>,
    /// The newest, oldest first.
    pub(super) attempts: Vec<Attempt>,
}

impl Progress {
    pub(super) fn from(webhook_id: &RecordId, cursor: Option<u64>) -> Self {
        Self {
            type_: "MEZWebhookProgress".to_owned(),
            webhook_id: webhook_id.clone(),
            cursor,
            failing: None,
            attempts: Vec::new(),
        }
    }

    pub(super) fn tried(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
        let over = self.attempts.len().saturating_sub(ATTEMPTS_KEPT_MAX);
        self.attempts.drain(..over);
    }
}

/// Where a receiver may be: `https` anywhere, `http` on this machine beside a zone of realm sandbox. Which address a name
/// stands for is judged when it is connected to.
pub(super) fn check_url(url: &str, realm: Realm) -> Result<(), Refused> {
    let refuse = |detail: &str| {
        let (pointer, detail) = ("/url".to_owned(), detail.to_owned());
        Err(Refused::CallerFields(vec![FieldProblem { pointer, detail }]))
    };
    if url.len() > WEBHOOK_URL_BYTES_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse("is longer than 2048 bytes, or not plain ASCII");
    }
    if url.contains(['#', '\\', '"', '<', '>']) {
        return refuse("has a fragment, or a character that no URL has");
    }
    let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return refuse("begins with neither `https://` nor `http://`"),
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return refuse("names a user: what a receiver is sent is signed, and needs no password");
    }
    let port_at =
        authority.rfind(':').filter(|at| !authority.get(*at..).unwrap_or_default().contains(']'));
    let (host, port) =
        port_at.and_then(|at| authority.split_at_checked(at)).unwrap_or((authority, ""));
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
    if host.is_empty() || !host.bytes().all(named) {
        return refuse("names no host");
    }
    let port = port.strip_prefix(':').map(str::parse::<u16>);
    if port.is_some_and(|port| !port.is_ok_and(|port| port > 0)) {
        return refuse("names a port that is none");
    }
    let beside = realm == Realm::Sandbox && LOOPBACK.contains(&host);
    if !secure && !beside {
        return refuse(
            "is `http`, which only a receiver on this machine beside a zone of realm sandbox may be",
        );
    }
    Ok(())
}

impl Webhook {
    /// What an officer is shown, together with how far it got.
    pub(super) fn shown(&self, progress: &Progress) -> Value {
        let mut shown = json!({
            "type": self.type_,
            "webhook_id": self.webhook_id,
            "url": self.url,
            "types": self.types,
            "created": self.created,
            "status": self.status,
            "generation": self.generation,
        });
        let more = [
            ("cursor", progress.cursor.map(Value::from)),
            ("failing", progress.failing.map(|failing| json!(failing))),
            ("replaced", self.replaced.map(|replaced| json!(replaced))),
            ("disabled_because", self.disabled_because.clone().map(Value::from)),
        ];
        if let Value::Object(members) = &mut shown {
            let told = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            members.extend(told);
        }
        shown
    }
}

impl Zone {
    /// A webhook that was not taken back.
    pub(super) fn webhook_kept(&self, id: &RecordId) -> Result<Loaded<Webhook>, Refused> {
        let kept: Loaded<Webhook> = self.need(KIND, id.as_str())?;
        if kept.value.status == Status::Ended {
            return Err(Refused::absent(KIND, id));
        }
        Ok(kept)
    }

    pub(super) fn progress_kept(&self, id: &RecordId) -> Result<Loaded<Progress>, Refused> {
        self.need(PROGRESS, id.as_str())
    }
}

impl Writes<'_, OnDuty> {
    pub(super) fn webhook(&mut self, kept: &Loaded<Webhook>) -> Result<(), Refused> {
        self.state(KIND, kept.value.webhook_id.as_str(), kept.rev, &kept.value)
    }

    pub(super) fn progress(&mut self, kept: &Loaded<Progress>) -> Result<(), Refused> {
        self.state(PROGRESS, kept.value.webhook_id.as_str(), kept.rev, &kept.value)
    }
}

/// How far every webhook in force has had what happened: the first position that one of them may still be sent.
pub(crate) fn slowest_cursor(store: &dyn Store) -> Result<Option<u64>, StoreError> {
    let (mut slowest, mut after) = (None, None);
    loop {
        let page = store.records(KIND, after.as_deref(), PAGE_MAX)?;
        let Some((last, _)) = page.last() else { return Ok(slowest) };
        after = Some(last.clone());
        for (id, record) in &page {
            let webhook: Option<Webhook> = serde_json::from_slice(&record.body).ok();
            if webhook.is_some_and(|webhook| webhook.status != Status::Active) {
                continue;
            }
            let progress = store.record(PROGRESS, id)?;
            let progress: Option<Progress> =
                progress.and_then(|record| serde_json::from_slice(&record.body).ok());
            let next =
                progress.and_then(|progress| progress.cursor).map_or(0, |at| at.saturating_add(1));
            slowest = Some(slowest.map_or(next, |slowest: u64| slowest.min(next)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_https_or_this_machine_beside_a_sandbox() {
        for good in [
            "https://hooks.example/mez?key=1",
            "https://hooks.example:8443/",
            "https://[2606:4700::1111]/x",
        ] {
            check_url(good, Realm::Production).unwrap();
            check_url(good, Realm::Sandbox).unwrap();
        }
        for here in ["http://127.0.0.1:9/x", "http://localhost:9", "http://[::1]:9/"] {
            check_url(here, Realm::Sandbox).unwrap();
            assert!(check_url(here, Realm::Production).is_err(), "{here}");
        }
        for bad in [
            "",
            "hooks.example",
            "ftp://hooks.example",
            "https://",
            "https://:8443/",
            "https:///x",
            "http://hooks.example/",
            "http://127.0.0.1.example/",
            "http://127.0.0.1@evil.example/",
            "https://a:b@hooks.example/",
            "https://hooks.example/#x",
            "https://hooks.example:x/",
            "https://hooks.example:0/",
            "https://hooks.example:99999/",
            "https://ho oks.example/",
            "https://h\u{fc}.example/",
            "http://localhost\\@evil.example/",
        ] {
            assert!(check_url(bad, Realm::Sandbox).is_err(), "{bad}");
        }
        let long = format!("https://hooks.example/{}", "a".repeat(WEBHOOK_URL_BYTES_MAX));
        assert!(check_url(&long, Realm::Sandbox).is_err());
    }
}
