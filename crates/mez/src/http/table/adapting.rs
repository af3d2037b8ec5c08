//! The rows of national systems: what they are asked to verify, how their adapters stand, what is kept of a question.

use law::manifest::RouteGroup;

use super::{BANK, READ, REGISTER, REGULATE, get, post};
use crate::http::adapters::{
    self, RaastBody, VerifyCnicBody, VerifyCompanyBody, VerifyLicenseBody, VerifyNtnBody,
};
use crate::http::openapi::documents::{self, AdmittedOf};
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
    .tells(schema::<AdmittedOf<documents::Verification>>)
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
    .tells(schema::<AdmittedOf<documents::Verification>>)
    .refuses(&[404]),
    post(
        "/v1/identity/companies/verify",
        "Have SECP asked whether a number is of a company, and where that stands; else it is pending.",
        Zone(adapters::company),
    )
    .group(RouteGroup::Identity)
    .needs(REGISTER)
    .body(schema::<VerifyCompanyBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Verification>>)
    .refuses(&[404]),
    post(
        "/v1/identity/licenses/verify",
        "Have SECP asked whether a license is in force, and whose it is; else it is pending.",
        Zone(adapters::license),
    )
    .group(RouteGroup::Identity)
    .needs(REGISTER)
    .body(schema::<VerifyLicenseBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Verification>>)
    .refuses(&[404]),
    post(
        "/v1/tax/taxpayers/profile",
        "Have FBR asked how a taxpayer stands; without an answer that counts it is pending.",
        Zone(adapters::taxpayer),
    )
    .group(RouteGroup::Tax)
    .needs(REGISTER)
    .body(schema::<VerifyNtnBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Verification>>)
    .refuses(&[404]),
    post(
        "/v1/fiscal/raast/payments",
        "Pay over Raast: tax is withheld, the rest is sent; until Raast has answered it is pending.",
        Zone(adapters::pay),
    )
    .group(RouteGroup::Fiscal)
    .needs(BANK)
    .body(schema::<RaastBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::RaastPayment>>)
    .refuses(&[404]),
    get(
        "/v1/fiscal/raast/payments/{id}",
        "How a payment stands with Raast: what it answered, or why it has not and when it is asked again.",
        Zone(adapters::payment),
    )
    .group(RouteGroup::Fiscal)
    .needs(READ)
    .tells(schema::<documents::RaastPayment>)
    .refuses(&[404, 422]),
    get(
        "/v1/adapters",
        "Every national system: whether it can be asked, its circuit, what it last did.",
        Zone(adapters::list),
    )
    .group(RouteGroup::Identity)
    .needs(READ)
    .tells(schema::<documents::Adapters>),
    get(
        "/v1/adapters/evidence/{id}",
        "What is kept of one question to a national system.",
        Zone(adapters::evidence),
    )
    .group(RouteGroup::Identity)
    .needs(REGULATE)
    .tells(schema::<documents::AdapterEvidence>)
    .refuses(&[404, 422]),
];
