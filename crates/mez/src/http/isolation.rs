//! What a caller who is bound to one entity may ask: nothing that the table does not isolate.
//!
//! It is decided before the handler runs, from the ids in path, query and body. Somebody else's record
//! answers as one that does not exist; a route of which nobody has said how it is isolated is refused.

use serde_json::Value;
use zone::limits::PAGE_MAX;
use zone::{Caller, Named, Refused, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::conditional::conditionally;
use super::problem::{Problem, Wrong};
use super::route::{Handling, Route};

/// Most pages of a list that are looked through for what is of the caller's entity.
const PAGES_SIFTED_MAX: usize = 64;
/// The parameter that names whose records are listed.
const OF_ENTITY: &str = "entity_id";

/// How a route is kept to one entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// It is of the zone as a whole, or an act of its offices: a bound caller is refused.
    Zone,
    /// It tells the same to everybody, and nothing of anybody.
    Common,
    /// Every place named is of the caller's entity.
    Own(&'static [Place]),
}

impl Isolation {
    /// Whether it goes through a list, which may be too long for it.
    pub(crate) fn sifts(self) -> bool {
        matches!(self, Self::Own(places) if places.iter().any(|place| matches!(place, Place::Items(..))))
    }

    /// Its name in the OpenAPI document.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Zone => "refused",
            Self::Common => "common",
            Self::Own(_) => "own",
        }
    }
}

/// Where a request names somebody's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A parameter of the path.
    Path(&'static str, Named),
    /// `entity_id` of the query; the caller's own where it is not given.
    OfEntity,
    /// A member of the body, which a bound caller gives.
    Body(&'static str, Named),
    /// A member of the body that may be left out.
    May(&'static str, Named),
    /// A member of every item of a list in the body.
    Each(&'static str, &'static str, Named),
    /// Items of the page that is answered: those that are not of the entity are left out.
    Items(&'static str, Named),
}

/// The refusal of a route that a bound token does not open.
fn not_for_one() -> Problem {
    let detail = "a token that is bound to an entity does not open this route";
    Problem::new(403, "bound-token", detail)
}

/// Who may listen to what happens to everybody: nobody who is bound to one entity, and nobody whose every answer has
/// to be logged before it is given.
pub(super) fn may_listen(caller: Option<&Caller>) -> Result<(), Problem> {
    if caller.and_then(Caller::entity).is_some() {
        return Err(not_for_one());
    }
    if caller.is_some_and(Caller::is_regulator) {
        let detail = "what a regulator is shown is logged first; read pages of events instead";
        return Err(Problem::new(403, "view-not-logged", detail));
    }
    Ok(())
}

/// Let a bound caller see to their own entity, and to nothing else.
pub(super) fn isolated(
    zone: &Zone,
    route: &Route,
    mut asked: Asked,
    handler: Handling,
) -> Result<Answer, Problem> {
    let bound = asked.caller.clone().filter(|caller| caller.entity().is_some());
    let Some(caller) = bound else {
        return conditionally(zone, route, &asked, handler);
    };
    let places = match route.isolation() {
        Isolation::Zone => return Err(not_for_one()),
        Isolation::Common => return conditionally(zone, route, &asked, handler),
        Isolation::Own(places) => places,
    };
    for place in places {
        place.check(zone, &caller, &mut asked)?;
    }
    let sifted = places.iter().find_map(|place| match place {
        Place::Items(id, named) => Some((*id, *named)),
        _ => None,
    });
    match sifted {
        Some((id, named)) => sift(zone, &caller, (id, named), asked, handler),
        None => conditionally(zone, route, &asked, handler),
    }
}

impl Place {
    fn check(self, zone: &Zone, caller: &Caller, asked: &mut Asked) -> Result<(), Problem> {
        match self {
            Self::Path(name, named) => {
                let id = asked.params.get(name).map(String::as_str).unwrap_or_default();
                Ok(zone.isolate(caller, named, id)?)
            }
            Self::OfEntity => of_entity(zone, caller, asked),
            Self::Body(name, named) => match member(&asked.tree()?, name) {
                Member::Text(id) => Ok(zone.isolate(caller, named, &id)?),
                // The handler says what is wrong with it.
                Member::Other => Ok(()),
                Member::Absent => {
                    let detail = "a token that is bound to an entity names it".to_owned();
                    let pointer = format!("/{name}");
                    let told = format!("{pointer} {detail}");
                    let wrong = Wrong::Field { detail, pointer };
                    Err(Problem::new(422, "invalid-fields", told).naming(vec![wrong]))
                }
            },
            Self::May(name, named) => match member(&asked.tree()?, name) {
                Member::Text(id) => Ok(zone.isolate(caller, named, &id)?),
                Member::Other | Member::Absent => Ok(()),
            },
            Self::Each(list, name, named) => {
                let tree = asked.tree()?;
                let items = tree.get(list).and_then(Value::as_array);
                for item in items.into_iter().flatten() {
                    if let Member::Text(id) = member(item, name) {
                        zone.isolate(caller, named, &id)?;
                    }
                }
                Ok(())
            }
            Self::Items(..) => Ok(()),
        }
    }
}

/// Whose records are listed: the caller's entity's, named or not.
fn of_entity(zone: &Zone, caller: &Caller, asked: &mut Asked) -> Result<(), Problem> {
    if let Some(id) = asked.query.get(OF_ENTITY) {
        return Ok(zone.isolate(caller, Named::Entity, id)?);
    }
    if let Some(entity) = caller.entity() {
        asked.query.insert(OF_ENTITY.to_owned(), entity.to_string());
    }
    Ok(())
}

/// A member as it was sent.
enum Member {
    Absent,
    Text(String),
    Other,
}

fn member(tree: &Value, name: &str) -> Member {
    match tree.get(name) {
        None | Some(Value::Null) => Member::Absent,
        Some(Value::String(text)) => Member::Text(text.clone()),
        Some(_) => Member::Other,
    }
}

/// A page of what is of the caller's entity. Its `next` is an item of their own, so that it tells of nobody
/// else's; a list too long to be looked through is refused rather than cut short.
fn sift(
    zone: &Zone,
    caller: &Caller,
    (id, named): (&'static str, Named),
    mut asked: Asked,
    handler: Handling,
) -> Result<Answer, Problem> {
    let _reading = zone::mass::Reading::begin();
    let limit = asked.limit()?;
    asked.query.insert("limit".to_owned(), PAGE_MAX.to_string());
    let (mut items, mut last) = (Vec::new(), None);
    for _ in 0..PAGES_SIFTED_MAX {
        let page = handler(zone, &asked)?.value();
        for item in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            let Some(found) = item.pointer(id).and_then(Value::as_str) else { continue };
            match zone.isolate(caller, named, found) {
                Ok(()) => {}
                Err(Refused::NotFound { .. }) => continue,
                Err(error) => return Err(error.into()),
            }
            if items.len() == limit {
                return Ok(zone::Page { items, next: last }.into());
            }
            last = Some(found.to_owned());
            items.push(item.clone());
        }
        let Some(next) = page.get("next").and_then(Value::as_str) else {
            return Ok(zone::Page { items, next: None }.into());
        };
        asked.query.insert("after".to_owned(), next.to_owned());
    }
    let detail = "the list is too long to be looked through for one entity's records";
    Err(Problem::new(409, "list-too-long", detail))
}
