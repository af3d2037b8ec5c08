//! The limits of a register of members.

/// Most shares of one class: what every reader of JSON still reads exactly.
pub const SHARES_MAX: u64 = 9_007_199_254_740_991;
/// Most classes of one entity.
pub const CLASSES_MAX: usize = 50;
/// Most holders of one entity.
pub const HOLDERS_MAX: usize = 1_000;
/// Most grants of options of one entity.
pub const GRANTS_MAX: usize = 1_000;
/// Most dividends of one entity.
pub const DIVIDENDS_MAX: usize = 1_000;
/// Most entries of one register.
pub const ENTRIES_MAX: u64 = 10_000;
/// Most allotments of one issue.
pub const ALLOTMENTS_MAX: usize = 200;
/// Most waivers handed in with one entry.
pub const WAIVERS_MAX: usize = 1_000;
/// Longest name of a class or a holder, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Most votes of one share.
pub const VOTES_PER_SHARE_MAX: u32 = 1_000_000;
/// Longest vesting, in months (fifty years).
pub const VESTING_MONTHS_MAX: u16 = 600;
/// Largest side of the ratio of a split.
pub const RATIO_MAX: u64 = 1_000_000;
/// Decimals of a value per share.
pub const PER_SHARE_DECIMALS: u32 = 8;
/// Largest value per share, in units of its last decimal (a hundred million of the currency).
pub const PER_SHARE_UNITS_MAX: u64 = 9_000_000_000_000_000;
/// Basis points of the whole.
pub const WHOLE_BP: u128 = 10_000;

const _: () = assert!(SHARES_MAX == canon::INTEGER_MAX.unsigned_abs());
const _: () = assert!(PER_SHARE_UNITS_MAX <= SHARES_MAX);
const _: () = assert!(WAIVERS_MAX >= HOLDERS_MAX, "every holder can waive");
