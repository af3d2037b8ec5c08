//! What operators are told of approvals.

use canon::{Digest, Timestamp};
use serde_json::{Value, json};
use store::PAGE_MAX as STORE_PAGE_MAX;

use super::{KIND, Kept, Standing};
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Page, Zone, parse};

impl Kept {
    /// As it stands at a moment.
    pub(super) fn shown(&self, now: Timestamp) -> Value {
        let state = match &self.standing {
            Standing::Used { .. } => "used",
            Standing::Pending {} if self.is_pending(now) => "pending",
            Standing::Pending {} => "expired",
        };
        let mut shown = json!({
            "approval_id": self.request_sha256,
            "request_sha256": self.request_sha256,
            "state": state,
            "what": self.what,
            "method": self.method,
            "path": self.path,
            "body": self.body,
            "requested_by": self.requested_by,
            "requested": self.requested,
            "expires": self.expires,
        });
        if let (Standing::Used { by, at }, Value::Object(members)) = (&self.standing, &mut shown) {
            members.insert("approved_by".to_owned(), json!(by));
            members.insert("approved".to_owned(), json!(at));
        }
        shown
    }
}

impl Zone {
    pub(super) fn approvals_kept(
        &self,
        wanted: impl Fn(&Kept) -> bool,
    ) -> Result<Vec<Kept>, Refused> {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.store.records(KIND, after.as_deref(), STORE_PAGE_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            after = Some(last.clone());
            for (id, record) in &page {
                let kept: Kept = parse((KIND, id), &record.body)?;
                found.extend(wanted(&kept).then_some(kept));
            }
        }
    }

    /// A page of approvals, by the digest of their requests.
    ///
    /// # Errors
    /// The store.
    pub fn approvals(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let (now, page) = (self.now(), self.list(KIND, after, limit.clamp(1, PAGE_MAX))?);
        let show = |item: Value| {
            let kept: Kept = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(kept.shown(now))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// One approval.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn approval_shown(&self, request: &Digest) -> Result<Value, Refused> {
        Ok(self.need::<Kept>(KIND, &request.to_string())?.value.shown(self.now()))
    }
}
