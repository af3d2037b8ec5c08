//! What a regulator is answered stands in their log before they get it; what cannot be logged is not given.

use std::collections::BTreeMap;

use canon::Digest;
use zone::{Caller, Viewed, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// What a regulator asks for, before it is answered.
pub(super) struct Looking {
    caller: Caller,
    method: &'static str,
    path: String,
    query: BTreeMap<String, String>,
}

impl Looking {
    /// Nothing of anybody else.
    pub(super) fn of(asked: &Asked) -> Option<Self> {
        let caller = asked.caller.clone().filter(Caller::is_regulator)?;
        let (method, path) = (asked.method.as_str(), asked.path.clone());
        Some(Self { caller, method, path, query: asked.query.clone() })
    }
}

/// The answer, once it may be given. Of anybody else nothing is logged.
pub(super) fn given(
    zone: &Zone,
    looking: Option<Looking>,
    answered: Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    let Some(Looking { caller, method, path, query }) = looking else { return answered };
    let (status, (records, answer_sha256)) = match &answered {
        Ok(answer) => (answer.status, answer.shows()),
        Err(problem) => {
            let told = problem.document(&path).to_string();
            (problem.status(), (0, Digest::of_blob(told.as_bytes())))
        }
    };
    let viewed = Viewed { method, path: &path, query: &query, status, records, answer_sha256 };
    zone.keep_view(&caller, &viewed)?;
    answered
}
