//! What a thing *is*: canonical JSON (MCF), digests, identifiers, time, money, DIDs as text.
//!
//! The floor everything stands on. Two parties that hold the same document hold the same bytes
//! ([`Canonical`]) and therefore the same [`Digest`].
//!
//! **Architecture Invariant:** the only way to a `Digest` of a document is through [`Canonical`];
//! no float type is named here; there is no clock and no I/O.

mod canonical;
mod currency;
mod did;
mod digest;
mod finance;
mod id;
mod json;
mod limits;
mod members;
mod money;
mod outside;
mod realm;
mod refusal;
mod schema;
mod time;

pub use canonical::{Canonical, Exact};
pub use currency::{Currency, UnknownCurrency};
pub use did::{BadDid, Did};
pub use digest::{BadDigest, Digest, Hasher, Pieces, sha256_each, sha256_parts};
pub use finance::{BadCode, Bic, Iban, Lei, Uetr};
pub use id::{
    AccountId, BadId, CorridorId, EntityId, JurisdictionId, ModuleId, PackId, PaymentId,
    PrincipalId, ProfileId, RecordId, RuleId, ZoneId,
};
pub use json::parse_value;
pub use limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, INTEGER_MAX};
pub use members::Members;
pub use money::{Amount, BadAmount};
pub use outside::{Clock, Entropy, EntropyGone};
pub use realm::Realm;
pub use refusal::{Refusal, Rule};
pub use time::{BadTime, Date, Timestamp};
