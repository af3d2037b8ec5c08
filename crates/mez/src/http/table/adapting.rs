//! The rows of national systems: what they are asked to verify, how their adapters stand, what is kept of a question.

use law::manifest::RouteGroup;

use super::{READ, REGISTER, REGULATE, get, post};
use crate::http::adapters::{self, VerifyCnicBody, VerifyNtnBody};
use crate::http::route::Handler::Zone;
use crate::http::route::{Route, schema};

pub(super) const ADAPTERS: &[Route] = &[
    post(
        "/v1/identity/cnic/verify",
        "Have NADRA asked whether a CNIC is of a person; without an answer that counts it is pending.",
        Zone(adapters::cnic),
    )
    .group(RouteGroup::Identity)
    .needs(REGISTER)
    .body(schema::<VerifyCnicBody>)
    .admitted(200)
    .refuses(&[404]),
    post(
        "/v1/identity/ntn/verify",
        "Have FBR asked whether an NTN is of a company; without an answer that counts it is pending.",
        Zone(adapters::ntn),
    )
    .group(RouteGroup::Identity)
    .needs(REGISTER)
    .body(schema::<VerifyNtnBody>)
    .admitted(200)
    .refuses(&[404]),
    get(
        "/v1/adapters",
        "Every national system: whether it can be asked, its circuit, what it last did.",
        Zone(adapters::list),
    )
    .group(RouteGroup::Identity)
    .needs(READ),
    get(
        "/v1/adapters/evidence/{id}",
        "What is kept of one question to a national system.",
        Zone(adapters::evidence),
    )
    .group(RouteGroup::Identity)
    .needs(REGULATE)
    .refuses(&[404, 422]),
];
