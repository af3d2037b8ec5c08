//! How much is to be withheld of an amount, from what is known and from nothing else.

use canon::{Amount, Date, Did, Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::FilerStatus;
use super::year::YearThreshold;
use crate::fiscal::PositiveAmount;
use crate::text::Slug;

/// How what is withheld is rounded: as `share` of the rule language does.
pub const ROUNDING: &str = "down_to_the_minor_unit";
/// One whole, in basis points.
const WHOLE_BP: u32 = 10_000;

/// Where a figure of law stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cited {
    /// The pack that carries it.
    pub pack: String,
    /// That pack, by digest.
    pub pack_sha256: Digest,
    /// Its name in the pack.
    pub parameter: String,
    /// The instrument.
    pub instrument: String,
    /// Section, article or rule.
    pub section: String,
    /// Id of the source in the pack.
    pub source: String,
    /// First day in force.
    pub from: Date,
    /// What another source says instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagrees: Option<String>,
}

/// Whether law withholds at the event at all, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whether the event is one of those tax is withheld at.
    pub reached: bool,
    /// Who collects it, where the pack says so.
    pub authority: Option<Slug>,
    /// Where the list stands.
    pub citation: Cited,
}

/// A filer's status and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilerFact {
    /// The status.
    pub status: FilerStatus,
    /// `credential` or `adapter`.
    pub source: String,
    /// SHA-256 of the credential, or of the authority's answer.
    pub digest: Digest,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Did>,
    /// First moment at which it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// A rate for one event and one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Basis points of the gross amount.
    pub rate_bp: u32,
    /// Where it stands.
    pub citation: Cited,
}

/// An amount below which nothing is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The first amount at which tax is withheld.
    pub at_least: Amount,
    /// Where it stands.
    pub citation: Cited,
}

/// Everything known of an event. What is `None` is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Whether law reaches it.
    pub reach: Option<Reach>,
    /// Whether whoever is paid files returns.
    pub filer: Option<FilerFact>,
    /// The rate for that status.
    pub rate: Option<Rate>,
    /// The threshold, where law has one.
    pub threshold: Option<Threshold>,
    /// The threshold of a tax year, where law has one and what was paid in the year is known.
    pub year: Option<YearThreshold>,
}

/// What has to be known before anything can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The law in force does not say at which events tax is withheld.
    Scope,
    /// Nor who collects it.
    Authority,
    /// Nobody who may say so has said whether the payee files returns.
    FilerStatus,
    /// The law in force has no rate for the event and that status.
    Rate,
    /// The threshold is in another currency, and no rate between them is known.
    Threshold,
}

impl Missing {
    /// Name as at rest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Authority => "authority",
            Self::FilerStatus => "filer_status",
            Self::Rate => "rate",
            Self::Threshold => "threshold",
        }
    }
}

/// By which rate, for whom, upon whose word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Who collects it.
    pub authority: Slug,
    /// The payee's status.
    pub filer: FilerFact,
    /// The rate.
    pub rate: Rate,
    /// How the product was rounded.
    pub rounding: String,
}

/// What is withheld of an amount.
#[allow(clippy::large_enum_variant, reason = "one of an event, never many at once")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Withholding {
    /// Law was read, and does not withhold here.
    NotDue {
        /// Where it says so.
        citation: Cited,
    },
    /// It cannot be said yet.
    Pending {
        /// What is not known, in order.
        missing: Vec<Missing>,
    },
    /// This much.
    Due {
        /// By which rate.
        terms: Terms,
        /// The tax.
        withheld: Amount,
        /// What is left for whoever is paid.
        net: PositiveAmount,
    },
}

impl Withholding {
    /// Name of the state, as at rest.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotDue { .. } => "not_due",
            Self::Pending { .. } => "pending",
            Self::Due { .. } => "due",
        }
    }
}

/// Why an amount cannot be assessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unassessable {
    /// A rate that leaves nothing.
    #[error("a rate of {0} basis points leaves nothing to be paid")]
    Rate(u32),
    /// The product does not fit.
    #[error("the tax does not fit 128 bits")]
    Overflow,
}

/// What is to be withheld of `gross`.
///
/// # Errors
/// A rate of a whole or more, or an amount whose product does not fit. What is unknown is no error: it is
/// [`Withholding::Pending`].
pub fn assess(gross: PositiveAmount, known: Known) -> Result<Withholding, Unassessable> {
    let Known { reach, filer, rate, threshold, year } = known;
    let Some(reach) = reach else {
        return Ok(Withholding::Pending { missing: vec![Missing::Scope] });
    };
    if !reach.reached {
        return Ok(Withholding::NotDue { citation: reach.citation });
    }
    let mut missing = Vec::new();
    if let Some(threshold) = threshold {
        if threshold.at_least.currency() != gross.currency() {
            missing.push(Missing::Threshold);
        } else if gross.minor() < threshold.at_least.minor() {
            return Ok(Withholding::NotDue { citation: threshold.citation });
        }
    }
    // An exception has to be shown: where the sum of the year is not known, tax is withheld.
    if let Some(year) = year.filter(|year| year.is_above(gross.amount())) {
        return Ok(Withholding::NotDue { citation: year.citation });
    }
    let lacks = [
        (reach.authority.is_none(), Missing::Authority),
        (filer.is_none(), Missing::FilerStatus),
        (rate.is_none(), Missing::Rate),
    ];
    missing.extend(lacks.into_iter().filter_map(|(lacks, what)| lacks.then_some(what)));
    missing.sort_unstable();
    let (Some(authority), Some(filer), Some(rate), true) =
        (reach.authority, filer, rate, missing.is_empty())
    else {
        return Ok(Withholding::Pending { missing });
    };
    let (withheld, net) = split(gross, rate.rate_bp)?;
    let terms = Terms { authority, filer, rate, rounding: ROUNDING.to_owned() };
    Ok(Withholding::Due { terms, withheld, net })
}

/// So many basis points, rounded down, and the rest.
fn split(gross: PositiveAmount, rate_bp: u32) -> Result<(Amount, PositiveAmount), Unassessable> {
    let currency = gross.currency();
    let product = gross.minor().checked_mul(i128::from(rate_bp)).ok_or(Unassessable::Overflow)?;
    let withheld = product.checked_div(i128::from(WHOLE_BP)).ok_or(Unassessable::Overflow)?;
    let withheld = Amount::of_minor(withheld, currency);
    let net = gross.amount().checked_sub(withheld).map_err(|_| Unassessable::Overflow)?;
    let net = PositiveAmount::try_from(net).map_err(|_| Unassessable::Rate(rate_bp))?;
    Ok((withheld, net))
}

impl Reach {
    /// Names the parameters of a jurisdiction's pack that this is read from.
    pub const EVENTS: &'static str = "withholding_events";
    /// Who collects.
    pub const AUTHORITY: &'static str = "withholding_authority";

    /// Names of the rate of an event and a status: of the payee's legal form first, then of anybody.
    #[must_use]
    pub fn rate_names(
        event: super::TaxEventKind,
        legal_form: Option<&str>,
        status: FilerStatus,
    ) -> Vec<String> {
        let (event, status) = (event.name(), status.name());
        let form = legal_form.map(|form| form.replace(['-', '.'], "_"));
        let own = form.map(|form| format!("withhold_{event}_{form}_{status}_bp"));
        own.into_iter().chain([format!("withhold_{event}_{status}_bp")]).collect()
    }

    /// Name of the threshold of an event.
    #[must_use]
    pub fn threshold_name(event: super::TaxEventKind) -> String {
        format!("withhold_{}_from", event.name())
    }

    /// Name of the threshold of an event over a tax year.
    #[must_use]
    pub fn year_threshold_name(event: super::TaxEventKind) -> String {
        format!("withhold_{}_year_from", event.name())
    }

    /// The month in which tax years begin, where the pack says so.
    pub const YEAR_BEGINS: &'static str = "tax_year_begins_month";

    /// The tax year of a day, named by the calendar year in which it ends.
    #[must_use]
    pub fn tax_year(day: Date, begins_month: u8) -> Option<u16> {
        let text = day.to_string();
        let (year, month) =
            (text.get(..4)?.parse::<u16>().ok()?, text.get(5..7)?.parse::<u8>().ok()?);
        match begins_month {
            1 => Some(year),
            2..=12 if month >= begins_month => year.checked_add(1),
            2..=12 => Some(year),
            _ => None,
        }
    }
}
