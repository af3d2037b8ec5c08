//! What the register says of a legal person over time: its names, its offices, who owns it, who acts for it.
//!
//! Nothing is overwritten: a row ends on a day, and the next begins. So the register can be read as of any day, and by
//! what was known at any moment. A change takes effect on a day that has come, and not before the change it follows.

use canon::{Date, Timestamp};
use serde::{Deserialize, Serialize};

use super::formation::{Formation, LEGAL_NAME_CHARS_MAX, OWNERS_MAX, RegisteredOffice};
use super::officer::Officer;
use super::owner::BeneficialOwner;
use super::span::{Day, Row, holding};
use crate::text::Line;

/// Most names, and most offices, a legal person has had.
pub const CHANGES_MAX: usize = 200;
/// Most rows of owners of one legal person, ended ones included.
pub const OWNER_ROWS_MAX: usize = 2_000;
/// Most rows of officers of one legal person, ended ones included.
pub const OFFICER_ROWS_MAX: usize = 1_000;

const _: () = assert!(OWNERS_MAX < OWNER_ROWS_MAX, "a register has room for changes of all owners");

/// The rows; a legal person that never changed has none, and reads as it was formed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Legal names, in order.
    pub names: Vec<Row<Line<LEGAL_NAME_CHARS_MAX>>>,
    /// Registered offices, in order.
    pub offices: Vec<Row<RegisteredOffice>>,
    /// Beneficial owners, in the order they were recorded.
    pub owners: Vec<Row<BeneficialOwner>>,
    /// Officers, in the order they were recorded; the place of a row is its number.
    pub officers: Vec<Row<Officer>>,
}

/// A change of what the register says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another legal name.
    Rename {
        /// The name.
        name: Line<LEGAL_NAME_CHARS_MAX>,
    },
    /// Another registered office.
    Move {
        /// The office.
        office: RegisteredOffice,
    },
    /// All beneficial owners, as they are from the day on.
    Declare {
        /// Every one of them.
        owners: Vec<BeneficialOwner>,
    },
    /// Somebody takes an office.
    Appoint {
        /// Who, and which.
        officer: Officer,
    },
    /// Somebody leaves an office.
    Leave {
        /// The row, from 0.
        number: usize,
    },
}

impl Change {
    /// Name of the operation.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename",
            Self::Move { .. } => "move_office",
            Self::Declare { .. } => "declare_owners",
            Self::Appoint { .. } => "appoint_officer",
            Self::Leave { .. } => "officer_leaves",
        }
    }
}

/// When a change takes effect, and when it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// First day on which it is so.
    pub from: Date,
    /// Now.
    pub recorded: Timestamp,
}

/// Why the register does not change so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    /// A day that has not come.
    #[error("the change takes effect on `{from}`, and it is only `{today}`")]
    Future {
        /// First day.
        from: Date,
        /// Today.
        today: Date,
    },
    /// A day before what it follows.
    #[error("the change takes effect on `{from}`, before what it follows began on `{since}`")]
    Backwards {
        /// First day.
        from: Date,
        /// Beginning of what it follows.
        since: Date,
    },
    /// It is so already.
    #[error("the register says so already")]
    Same,
    /// No such row, or one that has ended.
    #[error("officer `{0}` is not in office")]
    NotInOffice(usize),
    /// Too many rows.
    #[error("the register keeps at most {0} rows of this kind")]
    Full(usize),
    /// The legal person is no more, or never came into being.
    #[error("the register of an entity in state `{0}` does not change")]
    Closed(&'static str),
}

impl Register {
    /// Whether nothing has changed since formation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The register as formation left it.
    #[must_use]
    pub fn begun(formation: &Formation, at: Timestamp) -> Self {
        let day = at.date();
        let office = formation.registered_office().cloned();
        let owner = |owner: &BeneficialOwner| Row::begun(owner.clone(), day, at);
        Self {
            names: vec![Row::begun(formation.name_line().clone(), day, at)],
            offices: office.map(|office| Row::begun(office, day, at)).into_iter().collect(),
            owners: formation.owners().iter().map(owner).collect(),
            officers: Vec::new(),
        }
    }

    /// The register after a change.
    ///
    /// # Errors
    /// [`BadChange`]; nothing has changed then.
    pub fn apply(mut self, change: Change, effect: Effect) -> Result<Self, BadChange> {
        let Effect { from, recorded } = effect;
        let today = recorded.date();
        if from > today {
            return Err(BadChange::Future { from, today });
        }
        match change {
            Change::Rename { name } => succeed(&mut self.names, name, effect)?,
            Change::Move { office } => succeed(&mut self.offices, office, effect)?,
            Change::Declare { owners } => self.declare(owners, effect)?,
            Change::Appoint { officer } => {
                let open = |row: &Row<Officer>| row.is_open() && row.value == officer;
                if self.officers.iter().any(open) {
                    return Err(BadChange::Same);
                }
                room(&self.officers, 1, OFFICER_ROWS_MAX)?;
                if let Some(first) = self.names.first() {
                    after(first.from, from)?;
                }
                self.officers.push(Row::begun(officer, from, recorded));
            }
            Change::Leave { number } => {
                let row = self.officers.get_mut(number).filter(|row| row.is_open());
                let row = row.ok_or(BadChange::NotInOffice(number))?;
                after(row.from, from)?;
                row.end(from, recorded);
            }
        }
        Ok(self)
    }

    /// Who is no longer listed ends; who is listed as before stays; who is new, or owns another share, begins.
    fn declare(&mut self, owners: Vec<BeneficialOwner>, effect: Effect) -> Result<(), BadChange> {
        let Effect { from, recorded } = effect;
        let stays = |row: &Row<BeneficialOwner>| row.is_open() && owners.contains(&row.value);
        let leaves = |row: &Row<BeneficialOwner>| row.is_open() && !owners.contains(&row.value);
        let kept: Vec<BeneficialOwner> =
            self.owners.iter().filter(|row| stays(row)).map(|row| row.value.clone()).collect();
        let new: Vec<BeneficialOwner> =
            owners.iter().filter(|owner| !kept.contains(owner)).cloned().collect();
        if new.is_empty() && !self.owners.iter().any(leaves) {
            return Err(BadChange::Same);
        }
        room(&self.owners, new.len(), OWNER_ROWS_MAX)?;
        for row in self.owners.iter().filter(|row| leaves(row)) {
            after(row.from, from)?;
        }
        self.owners.iter_mut().filter(|row| leaves(row)).for_each(|row| row.end(from, recorded));
        self.owners.extend(new.into_iter().map(|owner| Row::begun(owner, from, recorded)));
        Ok(())
    }

    /// The legal name on a day.
    #[must_use]
    pub fn name(&self, day: Day) -> Option<&str> {
        holding(&self.names, day).last().map(|row| row.value.as_str())
    }

    /// The registered office on a day.
    #[must_use]
    pub fn office(&self, day: Day) -> Option<&RegisteredOffice> {
        holding(&self.offices, day).last().map(|row| &row.value)
    }

    /// The beneficial owners on a day.
    pub fn owners(&self, day: Day) -> impl Iterator<Item = &Row<BeneficialOwner>> {
        holding(&self.owners, day)
    }

    /// The officers on a day, with their numbers.
    pub fn officers(&self, day: Day) -> impl Iterator<Item = (usize, &Row<Officer>)> {
        self.officers.iter().enumerate().filter(move |(_, row)| row.holds(day))
    }

    /// The board as it is now, with the numbers of its rows.
    pub fn board(&self) -> impl Iterator<Item = (usize, &Officer)> {
        let seated = |row: &Row<Officer>| row.is_open() && row.value.office.is_of_board();
        let rows = self.officers.iter().enumerate().filter(move |(_, row)| seated(row));
        rows.map(|(number, row)| (number, &row.value))
    }

    /// Officers nothing has ended.
    pub fn in_office(&self) -> impl Iterator<Item = &Officer> {
        self.officers.iter().filter(|row| row.is_open()).map(|row| &row.value)
    }
}

/// The last row ends, another begins.
fn succeed<T: PartialEq>(
    rows: &mut Vec<Row<T>>,
    value: T,
    Effect { from, recorded }: Effect,
) -> Result<(), BadChange> {
    room(rows, 1, CHANGES_MAX)?;
    if let Some(last) = rows.last_mut() {
        if last.value == value {
            return Err(BadChange::Same);
        }
        after(last.from, from)?;
        last.end(from, recorded);
    }
    rows.push(Row::begun(value, from, recorded));
    Ok(())
}

fn after(since: Date, from: Date) -> Result<(), BadChange> {
    if from < since { Err(BadChange::Backwards { from, since }) } else { Ok(()) }
}

fn room<T>(rows: &[Row<T>], more: usize, max: usize) -> Result<(), BadChange> {
    if rows.len().saturating_add(more) > max { Err(BadChange::Full(max)) } else { Ok(()) }
}
