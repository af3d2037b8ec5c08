//! The figures of the watcher economy, in basis points, days and whole seconds.

/// Parts of a whole.
pub const WHOLE_BPS: u128 = 10_000;
/// Attested value may be at most so many times the bond, within [`VOLUME_WINDOW_SECS`].
pub const VOLUME_FACTOR: i128 = 10;
/// How far back attested value counts.
pub const VOLUME_WINDOW_SECS: i64 = 30 * DAY;
/// Most weight of one watcher among all. Below a third, so that no one alone can keep a quorum from
/// being met.
pub const CONCENTRATION_MAX_BPS: u128 = 3_300;
/// Fewest watchers of a set: fewer cannot all stay below [`CONCENTRATION_MAX_BPS`].
pub const MEMBERS_MIN: usize = 4;
/// Most watchers of a set: all can be rewarded in one posting.
pub const MEMBERS_MAX: usize = 60;
/// Most corridors one registration names.
pub const CORRIDORS_MAX: usize = 64;
/// How long a claim may be appealed before the bond moves.
pub const CHALLENGE_SECS: i64 = 7 * DAY;
/// How long a bond stays slashable after its watcher gave notice.
pub const UNBONDING_SECS: i64 = 14 * DAY;
/// Life of a registration.
pub const REGISTRATION_SECS: i64 = 365 * DAY;
/// Life of an attestation, as a statement to be relied on.
pub const ATTESTATION_SECS: i64 = 365 * DAY;
/// Life of a watcher set: after that it covers nothing new.
pub const SET_SECS: i64 = 30 * DAY;
/// Smallest bond, in whole units of its currency.
pub const BOND_MIN_UNITS: i128 = 1_000;
/// A day.
pub const DAY: i64 = 86_400;

const _: () =
    assert!(UNBONDING_SECS > CHALLENGE_SECS, "a claim of the last day can still be made good");
const _: () = assert!(
    MEMBERS_MIN as u128 * CONCENTRATION_MAX_BPS >= WHOLE_BPS
        && (MEMBERS_MIN as u128 - 1) * CONCENTRATION_MAX_BPS < WHOLE_BPS,
    "the fewest that can share a whole"
);
const _: () =
    assert!(3 * CONCENTRATION_MAX_BPS < WHOLE_BPS, "no one alone stops a quorum of two thirds");
