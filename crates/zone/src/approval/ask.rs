//! The first person's request, the second's word, and using it up.

use std::collections::BTreeSet;

use canon::{Digest, PrincipalId, Realm};
use serde_json::Value;
use store::PAGE_MAX as STORE_PAGE_MAX;

use super::{KIND, Kept, Requested, Standing, Turn};
use crate::caller::{Caller, Scope};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::{APPROVAL_SECS, APPROVALS_PENDING_MAX};
use crate::refused::{Envelope, Refused};
use crate::token::Token;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone, parse};

impl Zone {
    /// Whether powers over the zone need two persons: as configured; where nothing is, in realm production once two
    /// principals are operators.
    ///
    /// # Errors
    /// The store.
    pub fn needs_two_persons(&self) -> Result<bool, Refused> {
        match self.access().and_then(|access| access.two_persons) {
            Some(needed) => Ok(needed),
            None => Ok(self.realm() == Realm::Production && self.operators()?.len() > 1),
        }
    }

    /// Principals of tokens in force that are operators.
    fn operators(&self) -> Result<BTreeSet<String>, Refused> {
        let (now, mut found, mut after) = (self.now(), BTreeSet::new(), None::<String>);
        loop {
            let page = self.store.records("token", after.as_deref(), STORE_PAGE_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            after = Some(last.clone());
            for (id, record) in &page {
                let token: Token = parse(("token", id), &record.body)?;
                if token.in_force(now) && token.scopes.contains(&Scope::Operator) {
                    found.insert(token.principal.to_string());
                }
            }
        }
    }

    /// Take the first person's request, or the second's word on it.
    ///
    /// # Errors
    /// `approval-same-person` for the first person's own repetition; `forbidden` for a second who is no operator.
    pub fn two_persons(&self, ask: &Ask, wanted: &Requested) -> Result<Turn, Refused> {
        // What was answered under the key is answered again, by whoever answered it.
        if let Some(told) = self.told_before(ask)? {
            let asked_only = told.status == 202;
            return Ok(if asked_only { Turn::Answered(told) } else { Turn::Run });
        }
        let request = wanted.digest()?;
        let kept: Option<Loaded<Kept>> = self.load(KIND, &request.to_string())?;
        match kept.filter(|kept| kept.value.is_pending(self.now())) {
            Some(kept) => {
                self.second(&ask.caller, &kept.value)?;
                self.hearings.approved(request);
                Ok(Turn::Run)
            }
            None => self.request(ask, wanted, request).map(Turn::Answered),
        }
    }

    /// Somebody else, and an operator.
    fn second(&self, caller: &Caller, kept: &Kept) -> Result<(), Refused> {
        caller.demand(&[Scope::Operator])?;
        if *caller.principal() != kept.requested_by {
            return Ok(());
        }
        let detail = format!("`{}` asked for it; another operator approves it", kept.requested_by);
        Err(Refused::conflict("approval-same-person", detail))
    }

    fn request(&self, ask: &Ask, wanted: &Requested, request: Digest) -> Result<Envelope, Refused> {
        let duty = Duty::of_proof(Task::Approval, &ask.caller);
        let _writing = self.writing();
        self.may_sign()?;
        let now = self.now();
        let id = request.to_string();
        let before: Option<Loaded<Kept>> = self.load(KIND, &id)?;
        let pending = self.approvals_kept(|kept| kept.is_pending(now))?;
        if pending.len() >= APPROVALS_PENDING_MAX {
            let detail = "as many requests await a second person as may";
            return Err(Refused::conflict("too-many-approvals", detail));
        }
        let kept = Kept {
            type_: "MEZApproval".to_owned(),
            request_sha256: request,
            method: wanted.method.to_owned(),
            path: wanted.path.clone(),
            what: wanted.what.to_owned(),
            body: wanted.body.clone(),
            requested_by: ask.caller.principal().clone(),
            requested: now,
            expires: now.plus_secs(APPROVAL_SECS).map_err(Refused::host)?,
            standing: Standing::Pending {},
        };
        let mut writes = self.on_duty(&duty, now, &format!("approval:{id}"))?;
        writes.state(KIND, &id, before.and_then(|before| before.rev), &kept)?;
        let body = kept.shown(now);
        writes.answer(ask.put(202, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 202, replayed: false })
    }

    /// The request that a second person approves, as it was made.
    ///
    /// # Errors
    /// [`Refused::NotFound`]; `approval-ended` for one that was used or ran out; `approval-same-person`.
    pub fn approving(
        &self,
        caller: &Caller,
        request: &Digest,
    ) -> Result<(String, String, Value), Refused> {
        let kept: Kept = self.need::<Kept>(KIND, &request.to_string())?.value;
        self.second(caller, &kept)?;
        if !kept.is_pending(self.now()) {
            let detail = "the approval was used, or its time is over";
            return Err(Refused::conflict("approval-ended", detail));
        }
        Ok((kept.method, kept.path, kept.body))
    }
}

impl<W> Writes<'_, W> {
    /// Use an approval up, in this commit.
    pub(crate) fn approved(
        &mut self,
        zone: &Zone,
        by: &PrincipalId,
        request: &Digest,
    ) -> Result<(), Refused> {
        let id = request.to_string();
        let mut kept: Loaded<Kept> = zone.need(KIND, &id)?;
        let at = zone.now();
        if !kept.value.is_pending(at) {
            let detail = "the approval was used, or its time is over";
            return Err(Refused::conflict("approval-ended", detail));
        }
        kept.value.standing = Standing::Used { by: by.clone(), at };
        self.state(KIND, &id, kept.rev, &kept.value)
    }
}
