//! How each route is kept to one entity, for callers who are bound to one.
//!
//! Every route that takes a token stands in exactly one of these lists, or the tests fail; one that stands in none
//! is refused to bound callers all the same.
//!
//! What an office decides (a license is issued, a suspension lifted, an account funded out of the treasury, a payment
//! taken back) is no entity's own act, also where it is about one entity: those routes are of the zone. So is a step
//! of a trade flow, since a party could take its counterparty's.

use zone::Named;

use crate::http::isolation::Isolation;
use crate::http::isolation::Place::{self, Body, Each, Items, May, OfEntity, Path};
use crate::http::route::{Method, Route};

impl Route {
    /// How it is kept to the entity of a caller who is bound to one.
    pub(crate) fn isolation(&self) -> Isolation {
        let own = OWN.iter().find(|(method, path, _)| (*method, *path) == (self.method, self.path));
        match own {
            Some((.., places)) => Isolation::Own(places),
            None if COMMON.contains(&(self.method, self.path)) => Isolation::Common,
            None => Isolation::Zone,
        }
    }
}

const ENTITY: &[Place] = &[Path("id", Named::Entity)];
const ENTITY_ID: &[Place] = &[Path("entity_id", Named::Entity)];
const FOR_ENTITY: &[Place] = &[Body("entity_id", Named::Entity)];
const LISTED: &[Place] = &[OfEntity];
const ACCOUNT: &[Place] = &[Path("id", Named::Account)];
const CONSENT: &[Place] = &[Path("id", Named::Consent)];
const IDENTITY: &[Place] = &[Path("id", Named::Identity)];
const PAYS: &[Place] = &[Body("from_account_id", Named::Account)];
const FLOW: &[Place] = &[Path("id", Named::TradeFlow)];

/// Routes that see to one entity's records.
const OWN: &[(Method, &str, &[Place])] = &[
    (Method::Get, "/v1/entities/{id}", ENTITY),
    (Method::Get, "/v1/entities/{id}/register", ENTITY),
    (Method::Get, "/v1/entities/{id}/bods", ENTITY),
    (Method::Post, "/v1/entities/{id}/names", ENTITY),
    (Method::Post, "/v1/entities/{id}/offices", ENTITY),
    (Method::Post, "/v1/entities/{id}/owners", ENTITY),
    (Method::Post, "/v1/entities/{id}/officers", ENTITY),
    (Method::Post, "/v1/entities/{id}/officers/{number}/end", ENTITY),
    (Method::Post, "/v1/fiscal/accounts", FOR_ENTITY),
    (Method::Get, "/v1/fiscal/accounts", LISTED),
    (Method::Get, "/v1/fiscal/accounts/{id}", ACCOUNT),
    (Method::Get, "/v1/fiscal/accounts/{id}/statement", ACCOUNT),
    (Method::Get, "/v1/fiscal/treasuries/{entity_id}", ENTITY_ID),
    (Method::Post, "/v1/fiscal/payments", PAYS),
    (Method::Get, "/v1/fiscal/payments", &[Items("/payment_id", Named::Payment)]),
    (Method::Get, "/v1/fiscal/payments/{id}", &[Path("id", Named::Payment)]),
    (Method::Post, "/v1/fiscal/transfers", &[Each("transfers", "from_account_id", Named::Account)]),
    (Method::Get, "/v1/fiscal/transfers", &[Items("/transfer_id", Named::Transfer)]),
    (Method::Get, "/v1/fiscal/transfers/{id}", &[Path("id", Named::Transfer)]),
    (Method::Get, "/v1/compliance/{entity_id}", ENTITY_ID),
    (Method::Get, "/v1/compliance/{entity_id}/disclosure", ENTITY_ID),
    (Method::Get, "/v1/compliance/{entity_id}/export", ENTITY_ID),
    (Method::Get, "/v1/compliance/{entity_id}/corridors", ENTITY_ID),
    (Method::Get, "/v1/decisions/{sha256}", &[Path("sha256", Named::Decision)]),
    (Method::Post, "/v1/identity", FOR_ENTITY),
    (Method::Get, "/v1/identity", LISTED),
    (Method::Get, "/v1/identity/{id}", IDENTITY),
    (Method::Post, "/v1/identity/{id}/evidence", IDENTITY),
    (Method::Post, "/v1/identity/{id}/dids", IDENTITY),
    (Method::Post, "/v1/identity/cnic/verify", FOR_ENTITY),
    (Method::Post, "/v1/identity/ntn/verify", FOR_ENTITY),
    (Method::Post, "/v1/identity/companies/verify", FOR_ENTITY),
    (Method::Post, "/v1/identity/licenses/verify", FOR_ENTITY),
    (Method::Post, "/v1/fiscal/raast/payments", PAYS),
    (Method::Get, "/v1/fiscal/raast/payments/{id}", &[Path("id", Named::Payment)]),
    (Method::Post, "/v1/licenses", FOR_ENTITY),
    (Method::Get, "/v1/licenses", LISTED),
    (Method::Get, "/v1/licenses/{id}", &[Path("id", Named::License)]),
    (Method::Post, "/v1/ownership/cap-tables", FOR_ENTITY),
    (Method::Get, "/v1/ownership/cap-tables", &[Items("/entity_id", Named::Entity)]),
    (Method::Get, "/v1/ownership/cap-tables/{entity_id}", ENTITY_ID),
    (Method::Get, "/v1/ownership/cap-tables/{entity_id}/events", ENTITY_ID),
    (
        Method::Post,
        "/v1/ownership/cap-tables/{entity_id}/events",
        &[Path("entity_id", Named::Entity), May("consent_id", Named::Consent)],
    ),
    (Method::Get, "/v1/ownership/cap-tables/{entity_id}/dividends/{dividend_id}", ENTITY_ID),
    (Method::Post, "/v1/consent", FOR_ENTITY),
    (Method::Get, "/v1/consent", LISTED),
    (Method::Get, "/v1/consent/{id}", CONSENT),
    (Method::Post, "/v1/consent/{id}/votes", CONSENT),
    (Method::Post, "/v1/consent/{id}/delegations", CONSENT),
    (Method::Post, "/v1/consent/{id}/cancel", CONSENT),
    (Method::Post, "/v1/assets/genesis", &[Body("holder_id", Named::Entity)]),
    (Method::Get, "/v1/assets", &[Items("/asset_id", Named::Asset)]),
    (Method::Get, "/v1/assets/{id}", &[Path("id", Named::Asset)]),
    (Method::Post, "/v1/assets/{id}/transfers", &[Path("id", Named::Asset)]),
    (Method::Post, "/v1/bridge/invoices", &[Body("account_id", Named::Account)]),
    (Method::Post, "/v1/bridge/transfers", PAYS),
    (Method::Get, "/v1/bridge/transfers", &[Items("/transfer_id", Named::Bridged)]),
    (Method::Get, "/v1/bridge/transfers/{id}", &[Path("id", Named::Bridged)]),
    (Method::Post, "/v1/bridge/transfers/{id}/repair", &[Path("id", Named::Bridged)]),
    (Method::Post, "/v1/tax/status", FOR_ENTITY),
    (Method::Post, "/v1/tax/events", FOR_ENTITY),
    (Method::Get, "/v1/tax/events", LISTED),
    (Method::Get, "/v1/tax/events/{id}", &[Path("id", Named::TaxEvent)]),
    (Method::Post, "/v1/tax/events/{id}/assess", &[Path("id", Named::TaxEvent)]),
    (Method::Post, "/v1/tax/events/{id}/file", &[Path("id", Named::TaxEvent)]),
    (Method::Post, "/v1/tax/taxpayers/profile", FOR_ENTITY),
    (Method::Post, "/v1/tax/returns", FOR_ENTITY),
    (Method::Get, "/v1/tax/returns", LISTED),
    (Method::Post, "/v1/tax/withhold", FOR_ENTITY),
    (Method::Get, "/v1/tax/obligations/{entity_id}", ENTITY_ID),
    (Method::Get, "/v1/tax/report", LISTED),
    (Method::Get, "/v1/trade/flows", &[Items("/flow_id", Named::TradeFlow)]),
    (Method::Get, "/v1/trade/flows/{id}", FLOW),
    (Method::Get, "/v1/trade/flows/{id}/transitions", FLOW),
];

/// Routes that tell nothing of anybody.
const COMMON: &[(Method, &str)] = &[
    (Method::Post, "/v1/credentials/verify"),
    (Method::Get, "/v1/fiscal/fees"),
    (Method::Get, "/v1/license-types"),
    (Method::Get, "/v1/tax/calendar"),
    (Method::Get, "/v1/tax/rules/{jurisdiction_id}"),
];

/// Routes that are of the zone as a whole, or acts of its offices.
#[cfg(test)]
pub(crate) const ZONE: &[(Method, &str)] = &[
    (Method::Post, "/v1/tokens"),
    (Method::Get, "/v1/approvals"),
    (Method::Get, "/v1/approvals/{id}"),
    (Method::Post, "/v1/approvals/{id}/approve"),
    (Method::Get, "/v1/audit"),
    (Method::Post, "/v1/entities"),
    (Method::Get, "/v1/entities"),
    (Method::Post, "/v1/entities/{id}/events"),
    (Method::Post, "/v1/fiscal/accounts/{id}/fund"),
    (Method::Get, "/v1/fiscal/totals"),
    (Method::Get, "/v1/decisions"),
    (Method::Get, "/v1/screening"),
    (Method::Get, "/v1/screening/entities/{entity_id}"),
    (Method::Get, "/v1/screening/dispositions"),
    (Method::Post, "/v1/screening/dispositions"),
    (Method::Post, "/v1/screening/dispositions/{id}/confirm"),
    (Method::Post, "/v1/corridors"),
    (Method::Get, "/v1/corridors"),
    (Method::Get, "/v1/corridors/health"),
    (Method::Post, "/v1/corridors/adopt"),
    (Method::Get, "/v1/corridors/{id}"),
    (Method::Post, "/v1/corridors/{id}/accept"),
    (Method::Post, "/v1/corridors/{id}/acks"),
    (Method::Post, "/v1/corridors/{id}/receipts"),
    (Method::Get, "/v1/corridors/{id}/receipts"),
    (Method::Get, "/v1/corridors/{id}/checkpoint"),
    (Method::Get, "/v1/corridors/{id}/finality"),
    (Method::Post, "/v1/corridors/{id}/cuts"),
    (Method::Get, "/v1/corridors/{id}/cuts"),
    (Method::Post, "/v1/corridors/{id}/halt"),
    (Method::Post, "/v1/corridors/{id}/suspend"),
    (Method::Post, "/v1/corridors/{id}/deprecate"),
    (Method::Post, "/v1/corridors/{id}/resume"),
    (Method::Post, "/v1/council/proposals"),
    (Method::Get, "/v1/council/proposals"),
    (Method::Get, "/v1/council/proposals/{id}"),
    (Method::Post, "/v1/council/proposals/{id}/votes"),
    (Method::Post, "/v1/council/proposals/{id}/delegations"),
    (Method::Post, "/v1/council/proposals/{id}/cancel"),
    (Method::Get, "/v1/corridors/{id}/evidence"),
    (Method::Get, "/v1/corridors/{id}/evidence/{sha256}"),
    (Method::Get, "/v1/corridors/{id}/forks"),
    (Method::Get, "/v1/corridors/{id}/forks/{fork}/alarm"),
    (Method::Post, "/v1/corridors/{id}/forks/{fork}/resolve"),
    (Method::Get, "/v1/corridors/{id}/bundle"),
    (Method::Get, "/v1/adapters"),
    (Method::Get, "/v1/adapters/evidence/{id}"),
    (Method::Post, "/v1/corridors/handshake"),
    (Method::Post, "/v1/corridors/{id}/handshake"),
    (Method::Post, "/v1/corridors/{id}/activate"),
    (Method::Post, "/v1/corridors/{id}/amendments"),
    (Method::Get, "/v1/corridors/{id}/amendments"),
    (Method::Post, "/v1/corridors/{id}/amendments/accept"),
    (Method::Post, "/v1/corridors/{id}/endorsements"),
    (Method::Post, "/v1/corridors/{id}/endorse"),
    (Method::Post, "/v1/corridors/{id}/attachments"),
    (Method::Post, "/v1/corridors/{id}/anchors"),
    (Method::Post, "/v1/corridors/{id}/sealing"),
    (Method::Get, "/v1/fiscal/chart"),
    (Method::Post, "/v1/fiscal/chart"),
    (Method::Get, "/v1/fiscal/journal"),
    (Method::Post, "/v1/fiscal/transfers/{id}/post"),
    (Method::Post, "/v1/fiscal/transfers/{id}/void"),
    (Method::Post, "/v1/fiscal/fees"),
    (Method::Post, "/v1/fiscal/payments/{id}/reverse"),
    (Method::Get, "/v1/corridors/{id}/receipts/{sequence}/compliance"),
    (Method::Post, "/v1/licenses/{id}/events"),
    (Method::Post, "/v1/identity/limits"),
    (Method::Post, "/v1/identity/{id}/erase"),
    (Method::Post, "/v1/settlement/compute"),
    (Method::Post, "/v1/settlement/plans"),
    (Method::Get, "/v1/settlement/plans"),
    (Method::Get, "/v1/settlement/plans/{plan}"),
    (Method::Post, "/v1/settlement/plans/{plan}/consent"),
    (Method::Post, "/v1/settlement/plans/{plan}/refuse"),
    (Method::Post, "/v1/settlement/plans/{plan}/legs/{leg}/instruct"),
    (Method::Post, "/v1/settlement/plans/{plan}/legs/{leg}/confirm"),
    (Method::Post, "/v1/settlement/plans/{plan}/legs/{leg}/fail"),
    (Method::Get, "/v1/regulator/overview"),
    (Method::Get, "/v1/regulator/population"),
    (Method::Get, "/v1/regulator/records"),
    (Method::Get, "/v1/regulator/records/{subject}"),
    (Method::Get, "/v1/regulator/decisions/{sequence}"),
    (Method::Get, "/v1/regulator/alerts"),
    (Method::Get, "/v1/regulator/report"),
    (Method::Get, "/v1/regulator/sample"),
    (Method::Get, "/v1/regulator/log"),
    (Method::Get, "/v1/regulator/log/export"),
    (Method::Post, "/v1/regulator/alerts/{alert}/acknowledge"),
    (Method::Get, "/v1/compliance/corridors/{id}"),
    (Method::Get, "/v1/compliance/corridors/{id}/export"),
    (Method::Get, "/v1/tax/liabilities"),
    (Method::Get, "/v1/tax/returns/{id}"),
    (Method::Post, "/v1/tax/returns/{id}/file"),
    (Method::Get, "/v1/events"),
    (Method::Get, "/v1/events/stream"),
    (Method::Post, "/v1/webhooks"),
    (Method::Get, "/v1/webhooks"),
    (Method::Get, "/v1/webhooks/{id}"),
    (Method::Delete, "/v1/webhooks/{id}"),
    (Method::Get, "/v1/webhooks/{id}/attempts"),
    (Method::Post, "/v1/webhooks/{id}/secret"),
    (Method::Post, "/v1/webhooks/{id}/replay"),
    (Method::Post, "/v1/tax/remittances"),
    (Method::Post, "/v1/trade/flows"),
    (Method::Post, "/v1/trade/flows/{id}/transitions"),
    (Method::Post, "/v1/watchers"),
    (Method::Get, "/v1/watchers"),
    (Method::Get, "/v1/watchers/{did}"),
    (Method::Post, "/v1/watchers/{did}/bond"),
    (Method::Post, "/v1/watchers/{did}/activate"),
    (Method::Post, "/v1/watchers/{did}/unbond"),
    (Method::Post, "/v1/watchers/{did}/withdraw"),
    (Method::Post, "/v1/watchers/{did}/attest"),
    (Method::Post, "/v1/watchers/{did}/requests"),
    (Method::Get, "/v1/corridors/{id}/requests"),
    (Method::Get, "/v1/corridors/{id}/requests/{sequence}/evidence"),
    (Method::Get, "/v1/corridors/{id}/piece"),
    (Method::Post, "/v1/watchers/{did}/slash"),
    (Method::Post, "/v1/watchers/{did}/appeal"),
    (Method::Post, "/v1/watchers/{did}/ruling"),
    (Method::Get, "/v1/watchers/claims"),
    (Method::Post, "/v1/watchers/rewards"),
    (Method::Post, "/v1/corridors/{id}/evidence"),
    (Method::Get, "/v1/corridors/{id}/watchers"),
    (Method::Post, "/v1/corridors/{id}/watchers"),
    (Method::Get, "/v1/corridors/{id}/finality/certificate"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{COMMON, OWN, ZONE};
    use crate::http::isolation::Place;
    use crate::http::route::{Auth, Method};
    use crate::http::table::routes;

    #[test]
    fn every_route_of_tokens_says_once_how_it_is_kept_to_one_entity() {
        let own = OWN.iter().map(|(method, path, _)| (*method, *path));
        let said: Vec<(Method, &str)> = own.chain(COMMON.iter().chain(ZONE).copied()).collect();
        let distinct: BTreeSet<_> = said.iter().copied().collect();
        assert_eq!(distinct.len(), said.len(), "a route is said twice");
        let of_tokens = routes().filter(|row| matches!(row.auth, Auth::Token(_)));
        let rows: BTreeSet<_> = of_tokens.map(|row| (row.method, row.path)).collect();
        assert_eq!(distinct, rows);
    }

    #[test]
    fn a_place_of_the_path_or_the_query_is_one_the_route_has() {
        for (method, path, places) in OWN {
            let row = routes().find(|row| (row.method, row.path) == (*method, *path)).unwrap();
            for place in *places {
                match place {
                    Place::Path(name, _) => {
                        assert!(path.contains(&format!("{{{name}}}")), "{path}")
                    }
                    Place::OfEntity => {
                        assert!(row.query.iter().any(|known| known.name == "entity_id"), "{path}");
                    }
                    Place::Items(..) => {
                        assert!(row.query.iter().any(|known| known.name == "after"), "{path}");
                    }
                    Place::Body(..) | Place::May(..) | Place::Each(..) => {
                        assert!(row.body.is_some(), "{path}");
                    }
                }
            }
        }
    }
}
