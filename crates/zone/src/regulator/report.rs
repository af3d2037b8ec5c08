//! The overview of a population, and the report file: the same figures of a period, signed.

use canon::Date;
use serde_json::{Value, json};

use super::population::{METHOD, figures};
use super::query::{Of, PopulationQuery, When};
use crate::caller::{Caller, Scope};
use crate::refused::Refused;
use crate::zone::Zone;

/// Type of the credential that is a report.
const REPORT: &str = "MEZRegulatorReportCredential";

/// Days of which a report is, both counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

impl Zone {
    /// The overview: how many there are of each, by state, kind and place; as of a day, as known at a moment.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, or the store.
    pub fn overview(&self, caller: &Caller, query: &PopulationQuery) -> Result<Value, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let when = query.when(self.now());
        Ok(json!({
            "zone_id": self.zone_id(),
            "realm": self.realm(),
            "as_of": when.as_of,
            "known_at": when.known_at,
            "method": METHOD,
            "journal": self.journal_known(when)?,
            "figures": self.tables(query, when)?,
        }))
    }

    /// A report over a period: the overview of what began in it, with the journal it is made of and the signed
    /// checkpoint of the zone log, as a credential that verifies offline.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, `bad-query` for a period that ends before it begins
    /// or after the day it is read as of, a zone that signs nothing, or the store.
    pub fn report(
        &self,
        caller: &Caller,
        period: Period,
        query: &PopulationQuery,
    ) -> Result<Value, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let when = query.when(self.now());
        if period.to < period.from || when.as_of < period.to {
            let detail = "a period ends on or after its first day, and not after `as_of`";
            return Err(Refused::invalid("bad-query", detail));
        }
        let (from, to) = (Some(period.from), Some(period.to));
        let began = PopulationQuery { from, to, ..query.clone() };
        let checkpoint = self.log_checkpoint()?;
        let subject = json!({
            "id": format!("urn:mez:zone:{}", self.zone_id()),
            "period": { "from": period.from, "to": period.to },
            "as_of": when.as_of,
            "known_at": when.known_at,
            "method": METHOD,
            "journal": self.journal_known(when)?,
            "checkpoint": String::from_utf8(checkpoint).map_err(Refused::host)?,
            "standing": self.tables(query, when)?,
            "began_in_period": self.tables(&began, when)?,
        });
        self.state_to_regulator(REPORT, subject)
    }

    /// Every table of the overview.
    fn tables(&self, query: &PopulationQuery, when: When) -> Result<Vec<Value>, Refused> {
        let folded = self.folded()?;
        let mut tables = Vec::new();
        for of in Of::ALL {
            let query = PopulationQuery { of, ..query.clone() };
            for split in of.overview() {
                let table = figures(&folded, &query, &[*split], when)?;
                tables.push(json!({
                    "of": of.name(),
                    "by": split.name(),
                    "total": table.total,
                    "groups": table.groups,
                }));
            }
        }
        Ok(tables)
    }
}
