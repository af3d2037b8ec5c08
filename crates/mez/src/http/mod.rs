//! The doors a network sees: one table of routes, and what every request passes on its way.
//!
//! A request is matched, let in (its group is mounted, its caller known and allowed), read (bounded,
//! canonical, typed), handed to the zone on a thread that may block, and answered. Router and OpenAPI
//! document are both made from [`table::routes`].
//!
//! Invariant: a handler has no `if` about the domain; a refusal becomes a problem in one `match`
//! ([`problem`]); what is not named in the table does not exist, and what needs a token says so there.

pub(crate) mod adapters;
mod admit;
pub(crate) mod agreeing;
mod answer;
mod approvals;
mod asked;
pub(crate) mod assets;
mod audit;
pub(crate) mod bodies;
pub(crate) mod books;
pub(crate) mod bridge;
mod compliance;
mod conditional;
pub(crate) mod consent;
mod corridors;
pub(crate) mod council;
mod credentials;
mod dispatch;
mod doors;
mod entities;
mod etag;
mod fiscal;
mod forward;
#[cfg(test)]
mod fuzz;
mod hand;
pub(crate) mod identity;
mod isolation;
mod landing;
pub(crate) mod licenses;
mod metrics;
mod openapi;
pub(crate) mod ownership;
mod peers;
pub(crate) mod problem;
#[cfg(test)]
mod problems;
mod rates;
pub(crate) mod register;
pub(crate) mod regulator;
mod repeats;
mod route;
mod screening;
mod service;
pub(crate) mod settlement;
pub(crate) mod signature;
pub(crate) mod stream;
mod system;
pub(crate) mod table;
pub(crate) mod tax;
#[cfg(test)]
mod tests;
mod tlog;
mod tokens;
pub(crate) mod trade;
mod viewed;
pub(crate) mod watchers;
pub(crate) mod webhooks;

pub(crate) use doors::Doors;
pub(crate) use landing::Landing;
pub(crate) use openapi::{Break, breaks, document as openapi, kept, lines};
pub(crate) use service::{Service, unheard};
