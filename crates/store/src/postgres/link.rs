//! One connection: where to, how it is set up, and what its errors mean.
//!
//! Invariant: a link whose connection failed is never used again; the next use connects anew.

use std::collections::BTreeMap;
use std::time::Duration;

use postgres::types::ToSql;
use postgres::{Client, Config, NoTls, Row, Statement};

use crate::error::{OpenError, StoreError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A peer that acknowledges nothing for so long is gone.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(10);

/// Limits inside the server, so that one stuck replica cannot hold the others for ever; and a commit
/// that is answered is on disk, whatever the server's default says.
const SESSION: &str = "set statement_timeout = '30s'; set lock_timeout = '10s'; \
    set idle_in_transaction_session_timeout = '30s'; set client_min_messages = 'warning'; \
    set default_transaction_isolation = 'read committed'; \
    select set_config('synchronous_commit', 'on', false) \
    where current_setting('synchronous_commit') in ('off', 'local');";

/// Where the database is, and in which schema of it.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    pub(super) schema: Option<String>,
}

impl Address {
    /// `postgres://USER@HOST:PORT/DATABASE[?schema=NAME&…]`.
    pub(super) fn parse(url: &str) -> Result<Address, OpenError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut schema = None;
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.strip_prefix("schema=") {
                Some(name) if plain(name) => schema = Some(name.to_owned()),
                Some(_) => {
                    let detail = "a schema is 1 to 63 of a-z, 0-9 and _, not a digit first";
                    return Err(OpenError::BadUrl { detail: detail.to_owned() });
                }
                None => rest.push(pair),
            }
        }
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        let mut config: Config = format!("{base}{query}")
            .parse()
            .map_err(|e: postgres::Error| OpenError::BadUrl { detail: describe(&e) })?;
        if config.get_application_name().is_none() {
            config.application_name("mez");
        }
        config
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(SILENCE_TIMEOUT)
            .keepalives_idle(SILENCE_TIMEOUT);
        Ok(Address { config, schema })
    }

    pub(super) fn connect(&self) -> Result<Link, postgres::Error> {
        let mut client = self.config.connect(NoTls)?;
        client.batch_execute(SESSION)?;
        if let Some(schema) = &self.schema {
            // Safe to splice: `plain` admits letters, digits and `_` only.
            client.batch_execute(&format!("set search_path = {schema}"))?;
        }
        Ok(Link { client, statements: BTreeMap::new() })
    }
}

fn plain(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=63).contains(&name.len())
        && name.chars().all(inner)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// A connection and the statements prepared on it.
pub(super) struct Link {
    client: Client,
    statements: BTreeMap<&'static str, Statement>,
}

impl Link {
    pub(super) fn query(
        &mut self,
        sql: &'static str,
        row: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, postgres::Error> {
        let statement = self.prepare(sql)?;
        self.client.query(&statement, row)
    }

    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        row: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, postgres::Error> {
        let statement = self.prepare(sql)?;
        self.client.execute(&statement, row)
    }

    /// A statement that is asked once.
    pub(super) fn ask(
        &mut self,
        sql: &str,
        row: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, postgres::Error> {
        self.client.query(sql, row)
    }

    /// Statements without parameters, unprepared.
    pub(super) fn script(&mut self, sql: &str) -> Result<(), postgres::Error> {
        self.client.batch_execute(sql)
    }

    fn prepare(&mut self, sql: &'static str) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

/// Whether this error means the connection is of no further use (or its answer cannot be trusted).
pub(super) fn broken(error: &postgres::Error) -> bool {
    match error.as_db_error() {
        // 57P01 to 57P03: shutdown, crash, not accepting; 08: connection exceptions.
        Some(db) => db.code().code().starts_with("57P") || db.code().code().starts_with("08"),
        None => true,
    }
}

/// Whether the same transaction may succeed when tried again at once.
pub(super) fn passing(error: &postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| db.code().code().starts_with("40"))
}

/// Sorts what the server says by what it means for the caller.
/// Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
pub(super) fn from_postgres(error: &postgres::Error) -> StoreError {
    let detail = describe(error);
    let Some(db) = error.as_db_error() else {
        return StoreError::Unavailable { detail };
    };
    let code = db.code().code();
    match code.get(..2).unwrap_or(code) {
        _ if code == "53100" => StoreError::Full { detail },
        _ if matches!(code, "57014" | "55P03") => StoreError::Busy,
        _ if code == "25006" => StoreError::Unavailable { detail },
        "08" | "53" | "57" => StoreError::Unavailable { detail },
        "40" => StoreError::Busy,
        "58" | "XX" => StoreError::Doubt { detail },
        _ => StoreError::Database { detail },
    }
}

fn describe(error: &postgres::Error) -> String {
    use std::error::Error as _;
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => format!("{} {}", db.code().code(), db.message()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
