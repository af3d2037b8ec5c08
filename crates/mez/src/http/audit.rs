//! `/v1/audit`, and what the audit log is told of each request.

use canon::Digest;
use law::manifest::RouteGroup;
use zone::{Attended, Caller, Heard, Leave, Unwritten, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::isolation::isolated;
use super::problem::Problem;
use super::route::{Auth, Handling, Method, Route};

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let after = asked.wanted("after", str::parse::<u64>)?;
    Ok(zone.audit(after, asked.limit()?)?.into())
}

/// Answer a request: what is written for it is told of in the audit log, and so is a refusal. Also whether the last of
/// it was left.
pub(super) fn attend(
    zone: &Zone,
    route: &Route,
    asked: Asked,
    handler: Handling,
    leave: Option<Leave>,
) -> (Result<Answer, Problem>, bool) {
    let mut heard = heard(route, &asked.path, asked.caller.as_ref());
    if route.method == Method::Get {
        let answer = isolated(zone, route, asked, handler);
        tell(zone, route, heard, &answer);
        return (answer, false);
    }
    heard.body_sha256 = body_sha256(zone, route, &asked.body);
    let attending = || isolated(zone, route, asked, handler);
    let Attended { answer, written, left } = zone.attended(heard.clone(), leave, attending);
    if !written {
        tell(zone, route, heard, &answer);
    }
    (answer, left)
}

/// Ask what would come of a request. Who may not even ask that is told of in the audit log.
pub(super) fn rehearse(
    zone: &Zone,
    route: &Route,
    asked: Asked,
    handler: Handling,
) -> Result<Answer, Problem> {
    let heard = heard(route, &asked.path, asked.caller.as_ref());
    let answer = zone.rehearse(|| isolated(zone, route, asked, handler));
    if let Err(problem) = &answer {
        refused(zone, heard, problem);
    }
    answer
}

/// A request as the audit log tells of it, its body aside.
pub(super) fn heard(route: &Route, target: &str, caller: Option<&Caller>) -> Heard {
    let scope = match (route.auth, caller) {
        (Auth::Peer, _) => "peer",
        (Auth::Token(scopes), Some(caller)) => caller.by(scopes),
        _ => "none",
    };
    Heard {
        principal: caller.map(|caller| caller.principal().clone()),
        scope,
        entity_id: caller.and_then(Caller::entity).cloned(),
        method: route.method.as_str(),
        route: route.path,
        target: target.to_owned(),
        body_sha256: None,
    }
}

/// The digest of a body; of one about persons none that anybody could try.
pub(super) fn body_sha256(zone: &Zone, route: &Route, body: &[u8]) -> Option<Digest> {
    match route.group {
        _ if body.is_empty() => None,
        Some(RouteGroup::Identity) => zone.veiled_digest(body),
        _ => Some(Digest::of_blob(body)),
    }
}

/// Tell of a refusal at the door.
pub(super) fn refused(zone: &Zone, heard: Heard, problem: &Problem) {
    if is_denial(problem, &heard) {
        zone.audit_unwritten(heard, Unwritten::Refused(problem.code().to_owned()));
    }
}

/// Tell of a request for which nothing was written, where there is something to tell.
pub(super) fn tell(zone: &Zone, route: &Route, heard: Heard, answer: &Result<Answer, Problem>) {
    if let Some(what) = unwritten(route, &heard, answer) {
        zone.audit_unwritten(heard, what);
    }
}

fn unwritten(route: &Route, heard: &Heard, answer: &Result<Answer, Problem>) -> Option<Unwritten> {
    match answer {
        _ if route.auth == Auth::Public => None,
        Err(problem) if is_denial(problem, heard) => {
            Some(Unwritten::Refused(problem.code().to_owned()))
        }
        _ if route.method == Method::Get || !route.is_of_operators() => None,
        // A power over the zone was used, whatever came of it.
        Err(problem) => Some(Unwritten::Refused(problem.code().to_owned())),
        Ok(_) => Some(Unwritten::Unchanged),
    }
}

/// What law refuses leaves a decision, whose commit has an entry of its own.
const OF_LAW: [&str; 2] = ["refused-by-law", "sanctions-hard-block"];

/// Who asked may not; also where a bound caller asked for what is not theirs.
fn is_denial(problem: &Problem, heard: &Heard) -> bool {
    match problem.status() {
        _ if OF_LAW.contains(&problem.code()) => false,
        401 | 403 | 429 => true,
        404 => heard.entity_id.is_some(),
        _ => false,
    }
}
