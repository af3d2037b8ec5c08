//! `access.json`: what the operator of this process settled about who may ask a zone and how often, and who is on its
//! council.
//!
//! Without the file: two persons where two operators are (realm production), and wide rates.

use canon::Realm;
use registry::consent::{DecisionRule, Voter};
use serde::Deserialize;
use zone::{Access, Council, RatePolicy};

use crate::layout::{LayoutError, ZoneDir, read};
use crate::oidc::{self, Oidc, OidcError, OidcProvider};

/// The only `type`.
const TYPE: &str = "MEZAccess";
/// Most requests a minute, or at once, that may be set.
const RATE_MAX: u32 = 100_000_000;

/// Settings that cannot be gone by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    /// The file.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Not of the form.
    #[error("`access.json` is refused: {0}")]
    Malformed(String),
    /// The identity provider.
    #[error("`oidc` of `access.json` is refused: {0}")]
    Oidc(#[from] OidcError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "type")]
    type_: String,
    /// The zone's realm, so that no file of a sandbox opens another.
    realm: Realm,
    #[serde(default)]
    two_persons: Option<bool>,
    #[serde(default)]
    rates: Option<Rates>,
    #[serde(default)]
    oidc: Option<oidc::File>,
    #[serde(default)]
    council: Option<CouncilFile>,
}

/// Who votes about what is the zone's own, and when it is carried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CouncilFile {
    voters: Vec<Voter>,
    rule: DecisionRule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    per_minute: u32,
    #[serde(default)]
    burst: Option<u32>,
    #[serde(default)]
    lease: Option<u32>,
}

impl Rates {
    /// What a replica takes at once is a twentieth of the burst unless set: so much more than a request that it costs
    /// nothing, and so much less than the bucket that replicas share it.
    fn policy(&self) -> Result<RatePolicy, AccessError> {
        let Self { per_minute, burst, lease } = *self;
        let burst = burst.unwrap_or(per_minute);
        let lease = lease.unwrap_or((burst / 20).max(1));
        let fits = |value: u32| (1..=RATE_MAX).contains(&value);
        if ![per_minute, burst, lease].into_iter().all(fits) || lease > burst {
            let why = format!("rates are 1 to {RATE_MAX}, and a lease is no more than the burst");
            return Err(AccessError::Malformed(why));
        }
        Ok(RatePolicy { per_minute, burst, lease })
    }
}

/// The settings of a zone; the defaults where there is no file.
///
/// # Errors
/// See [`AccessError`].
pub(crate) fn access(
    dir: &ZoneDir,
    realm: Realm,
) -> Result<(Access, Option<OidcProvider>), AccessError> {
    let bytes = match read(&dir.access()) {
        Ok(bytes) => bytes,
        Err(error) if error.is_absent() => return Ok((Access::default(), None)),
        Err(error) => return Err(error.into()),
    };
    let malformed = |why: &dyn std::fmt::Display| AccessError::Malformed(why.to_string());
    let tree = canon::parse_value(&bytes).map_err(|error| malformed(&error))?;
    let file: File = serde_json::from_value(tree).map_err(|error| malformed(&error))?;
    if file.type_ != TYPE {
        return Err(malformed(&format!("its type is not `{TYPE}`")));
    }
    if file.realm != realm {
        return Err(malformed(&format!("it is of realm {}, the zone of {realm}", file.realm)));
    }
    let rates = file.rates.map(|rates| rates.policy()).transpose()?.unwrap_or_default();
    let oidc = file.oidc.map(|file| Oidc::read(dir, realm, file)).transpose()?;
    let council = file.council.map(|CouncilFile { voters, rule }| Council::of(voters, rule));
    let council = council.transpose().map_err(|why| malformed(&format!("council: {why}")))?;
    let access = Access { two_persons: file.two_persons, rates, council };
    Ok((access, oidc.map(OidcProvider::new)))
}
