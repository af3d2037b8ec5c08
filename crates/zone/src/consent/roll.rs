//! The register that says who decides.

use canon::{Date, EntityId};
use registry::consent::{BadElectorate, Basis, Body, Electorate};
use registry::{CapTable, Entity, Register};

use crate::refused::Refused;
use crate::zone::Zone;

/// Who decides, by a register of this zone: nobody states it where there is one.
pub(super) enum Roll {
    Members(Box<CapTable>),
    Board(Box<Register>),
}

impl Roll {
    /// Those who decide today.
    pub(super) fn electorate(&self, today: Date) -> Result<Electorate, BadElectorate> {
        match self {
            Self::Members(table) => Electorate::of_members(table, today),
            Self::Board(register) => Electorate::of_board(register, today),
        }
    }

    /// Whether an electorate was taken from such a register.
    pub(super) fn is_where(&self, basis: &Basis) -> bool {
        match self {
            Self::Members(_) => matches!(basis, Basis::CapTable { .. }),
            Self::Board(_) => matches!(basis, Basis::Officers { .. }),
        }
    }
}

impl Zone {
    /// The register of a body of an entity: of members, or of officers as soon as somebody on the board has a key to vote
    /// with.
    pub(super) fn roll(&self, body: Body, entity: &EntityId) -> Result<Option<Roll>, Refused> {
        Ok(match body {
            Body::Holders => {
                let table = self.cap_table_known(entity)?;
                table.map(|table| Roll::Members(Box::new(table.value)))
            }
            Body::Board => {
                let entity: Entity = self.need("entity", entity.as_str())?.value;
                let register = entity.register();
                let votes = register.board().any(|(_, officer)| officer.voter.is_some());
                votes.then(|| Roll::Board(Box::new(register)))
            }
            Body::Council => None,
        })
    }
}
