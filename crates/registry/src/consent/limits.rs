//! The limits of proposals and votes.

/// Most voters of one proposal.
pub const VOTERS_MAX: usize = 1_000;
/// Longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Longest reason for calling a proposal off, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Longest time a proposal stays open, in seconds (a year).
pub const OPEN_SECS_MAX: i64 = 366 * 86_400;
/// Seconds for which an approval can be used (half a year).
pub const APPROVAL_SECS: i64 = 183 * 86_400;
/// Basis points of the whole.
pub const WHOLE_BP: u16 = 10_000;
/// Least share of the votes that dissolves an entity, in basis points.
pub const DISSOLVE_BP_MIN: u16 = crate::entity::MAJORITY_BP_MIN;
/// Least share of the votes by which holders of shares decide anything else, in basis points: more than half.
pub const HOLDERS_BP_MIN: u16 = 5_001;

const _: () = assert!(DISSOLVE_BP_MIN <= WHOLE_BP && HOLDERS_BP_MIN <= DISSOLVE_BP_MIN);
const _: () = assert!(crate::ownership::limits::HOLDERS_MAX <= VOTERS_MAX, "every holder can vote");
