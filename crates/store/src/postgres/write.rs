//! Writing a group: one transaction that reads what the group depends on, judges it in memory
//! ([`crate::plan`]) and writes the survivors with one statement per table.
//!
//! Writers of one database take turns by an advisory lock, so what was read still stands when it is
//! written; every write states what it expects all the same and counts rows, so a writer that ignores
//! the lock makes the group fail and be tried again, never overwrite.
//! Invariant: after a connection broke during COMMIT, the fate of that transaction is read from the
//! server before anything else is answered or written.

use std::sync::Arc;
use std::time::Duration;

use super::lease::Fence;
use super::link::{Address, Link, broken, from_postgres, passing};
use super::{insert, schema, standing};
use crate::batch::Batch;
use crate::delta::Bases;
use crate::error::{CommitError, StoreError};
use crate::faults::{self, Point};
use crate::plan::Plan;
use crate::writer::{Engine, Verdicts};

/// How often a group is tried when the connection was stale or another writer interfered.
const ATTEMPTS: usize = 3;
/// How often the fate of a commit is asked for …
const FATE_ATTEMPTS: usize = 20;
/// … and the pause between.
const FATE_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct PostgresEngine {
    pub(super) address: Address,
    pub(super) link: Option<Link>,
    /// Of a process that shares the database with others.
    pub(super) fence: Option<Arc<Fence>>,
    pub(super) bases: Bases,
}

/// Why an attempt ended.
pub(super) enum Failure {
    /// Before COMMIT: nothing was written.
    Before(postgres::Error),
    /// A row was not as it was read a moment ago: somebody writes without the lock.
    Raced,
    /// COMMIT was sent and not answered.
    Unanswered { error: postgres::Error, transaction: String, verdicts: Verdicts },
    /// A stored row is unreadable, or another error that has its final form.
    Store(StoreError),
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Failure {
        Failure::Before(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Store(error)
    }
}

enum Fate {
    Committed,
    Aborted,
    Unknown,
}

impl Engine for PostgresEngine {
    fn write(&mut self, group: &[Batch]) -> Result<Verdicts, StoreError> {
        let outcome = self.attempts(group);
        self.bases.ended(&outcome);
        outcome
    }

    fn bind(&mut self, key: &str, value: &str) -> Result<(), CommitError> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match self.bind_once(key, value) {
                Ok(found) if found == value => return Ok(()),
                Ok(found) => return Err(CommitError::MetaBound { key: key.to_owned(), found }),
                Err(error) => {
                    // Binding is idempotent: trying again also answers an unanswered commit.
                    let again = broken(&error);
                    if again {
                        self.link = None
                    } else {
                        self.roll_back()
                    }
                    last = Some(from_postgres(&error));
                    if !again {
                        break;
                    }
                }
            }
        }
        Err(last.unwrap_or(StoreError::Busy).into())
    }
}

impl PostgresEngine {
    fn attempts(&mut self, group: &[Batch]) -> Result<Verdicts, StoreError> {
        let mut last = StoreError::Busy;
        for _ in 0..ATTEMPTS {
            self.bases.forget();
            match self.attempt(group) {
                Ok(verdicts) => return Ok(verdicts),
                Err(Failure::Store(error)) => {
                    self.roll_back();
                    return Err(error);
                }
                Err(Failure::Raced) => {
                    self.roll_back();
                    last = StoreError::Busy;
                }
                Err(Failure::Before(error)) => {
                    last = from_postgres(&error);
                    let again = broken(&error) || passing(&error);
                    if broken(&error) {
                        self.link = None
                    } else {
                        self.roll_back()
                    }
                    if !again {
                        return Err(last);
                    }
                }
                Err(Failure::Unanswered { error, transaction, verdicts }) => {
                    last = from_postgres(&error);
                    match self.fate(&transaction) {
                        Fate::Committed => return Ok(verdicts),
                        Fate::Aborted => {}
                        Fate::Unknown => {
                            let detail = last.to_string();
                            return Err(StoreError::OutcomeUnknown { detail });
                        }
                    }
                }
            }
        }
        Err(last)
    }

    fn attempt(&mut self, group: &[Batch]) -> Result<Verdicts, Failure> {
        let fence = self.fence.clone();
        let link = linked(&mut self.link, &self.address)?;
        link.script("begin")?;
        let rows = link.query(schema::LOCK, &[])?;
        let row = rows.first().ok_or(StoreError::Malformed { what: "transaction" })?;
        let transaction: String = row.try_get(0)?;
        if let Some(fence) = fence {
            // Read after the lock was granted: no other process becomes the writer before this ends.
            let rows = link.query("select token from lease", &[])?;
            let token: i64 = rows.first().ok_or(StoreError::Deposed)?.try_get(0)?;
            if token != fence.token() {
                return Err(StoreError::Deposed.into());
            }
        }
        let standing = standing::read(link, group)?;
        let mut plan = Plan::default();
        let verdicts: Verdicts = group.iter().map(|batch| plan.admit(&standing, batch)).collect();
        if verdicts.iter().all(Result::is_err) {
            link.script("rollback")?;
            return Ok(verdicts);
        }
        insert::all(link, &standing, &plan, &mut self.bases)?;
        faults::reached(Point::BeforeFsync);
        match link.script("commit") {
            Ok(()) => {
                faults::reached(Point::AfterFsync);
                Ok(verdicts)
            }
            Err(error) if broken(&error) => {
                Err(Failure::Unanswered { error, transaction, verdicts })
            }
            Err(error) => Err(Failure::Before(error)),
        }
    }

    fn roll_back(&mut self) {
        let rolled_back = self.link.as_mut().is_none_or(|link| link.script("rollback").is_ok());
        if !rolled_back {
            self.link = None;
        }
    }

    /// Asks the server whether a transaction took place: `pg_xact_status` answers for every one that
    /// had an id, after a crash too.
    fn fate(&mut self, transaction: &str) -> Fate {
        self.link = None;
        for _ in 0..FATE_ATTEMPTS {
            match self.ask_fate(transaction) {
                Ok(Some(status)) if status == "committed" => return Fate::Committed,
                Ok(Some(status)) if status == "aborted" => return Fate::Aborted,
                // Too old to be known: not a transaction of a moment ago on this server.
                Ok(None) => return Fate::Unknown,
                // In progress: the old connection is still being wound up.
                Ok(Some(_)) => {}
                Err(_) => self.link = None,
            }
            std::thread::sleep(FATE_PAUSE);
        }
        Fate::Unknown
    }

    fn ask_fate(&mut self, transaction: &str) -> Result<Option<String>, postgres::Error> {
        let link = linked(&mut self.link, &self.address)?;
        let rows = link.query("select pg_xact_status($1::text::xid8)", &[&transaction])?;
        rows.first().map_or(Ok(None), |row| row.try_get(0))
    }

    fn bind_once(&mut self, key: &str, value: &str) -> Result<String, postgres::Error> {
        let link = linked(&mut self.link, &self.address)?;
        let sql = "insert into meta (key, value) values ($1, $2) on conflict do nothing";
        link.execute(sql, &[&key, &value])?;
        let rows = link.query("select value from meta where key = $1", &[&key])?;
        rows.first().map_or(Ok(String::new()), |row| row.try_get(0))
    }
}

/// The connection, made where there is none.
fn linked<'a>(
    slot: &'a mut Option<Link>,
    address: &Address,
) -> Result<&'a mut Link, postgres::Error> {
    let link = match slot.take() {
        Some(link) => link,
        None => address.connect()?,
    };
    Ok(slot.insert(link))
}

impl Drop for PostgresEngine {
    fn drop(&mut self) {
        super::drop_links(self.link.take().into_iter().collect());
    }
}
