//! What documents are made of: parties, references, quantities, texts.

use canon::{AccountId, Date, Did, Digest, JurisdictionId, Lei, RecordId, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{Checked, Rule, ensure, refused};
use super::limits::{QUANTITY_FRACTION_DIGITS_MAX, QUANTITY_WHOLE_DIGITS_MAX, TEXT_BYTES_MAX};

/// A text that must say something.
pub(super) fn text(field: &str, text: &str) -> Checked {
    let fits = !text.trim().is_empty()
        && text.len() <= TEXT_BYTES_MAX
        && !text.chars().any(char::is_control);
    ensure(fits, field, Rule::Malformed, || {
        format!("is empty, longer than {TEXT_BYTES_MAX} bytes, or has control characters")
    })
}

/// A text that may be absent.
pub(super) fn texts<'a>(all: impl IntoIterator<Item = (&'a str, &'a Option<String>)>) -> Checked {
    for (field, value) in all {
        if let Some(value) = value {
            text(field, value)?;
        }
    }
    Ok(())
}

/// Something of which there may only be so many.
pub(super) fn at_most(field: &str, count: usize, most: usize) -> Checked {
    ensure(count <= most, field, Rule::Malformed, || format!("{count} are more than {most}"))
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TradeAddress")]
pub struct Address {
    /// First line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line1: Option<String>,
    /// Second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State, province, emirate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// Somebody named in a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TradeParty {
    /// Who, as every document of the flow calls it; an entity's id in its zone.
    pub party_id: RecordId,
    /// Legal name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// ISO 17442.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lei: Option<Lei>,
    /// Its DID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<Did>,
    /// Its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Who acts for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<RecordId>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

impl TradeParty {
    /// A party by id and name.
    #[must_use]
    pub const fn named(party_id: RecordId, name: String) -> Self {
        let name = Some(name);
        Self {
            party_id,
            name,
            lei: None,
            did: None,
            account_id: None,
            agent_id: None,
            address: None,
        }
    }

    pub(super) fn check(&self, field: &str) -> Checked {
        let within = |name: &str| format!("{field}.{name}");
        texts([(within("name").as_str(), &self.name)])?;
        let Some(Address { line1, line2, city, region, postal_code, country }) = &self.address
        else {
            return Ok(());
        };
        for line in [line1, line2, city, region, postal_code] {
            texts([(within("address").as_str(), line)])?;
        }
        let alpha2 = |c: &String| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase());
        ensure(
            country.as_ref().is_none_or(alpha2),
            &within("address.country"),
            Rule::Malformed,
            || "is not an ISO 3166 alpha-2 code".to_owned(),
        )
    }

    /// Whether two descriptions are of one party: the same id, and no other name.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let names = self.name.as_ref().zip(other.name.as_ref());
        self.party_id == other.party_id && names.is_none_or(|(a, b)| plain(a) == plain(b))
    }
}

/// A name as it is compared: neither case nor the width of spaces counts.
fn plain(name: &str) -> Vec<String> {
    name.split_whitespace().map(str::to_lowercase).collect()
}

/// One side of a flow: the party, and the zone that answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TradeEnd {
    /// The party.
    pub party: TradeParty,
    /// The zone in whose register it is.
    pub zone_id: ZoneId,
    /// The jurisdiction of that zone.
    pub jurisdiction_id: JurisdictionId,
}

/// A document that is referred to by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TradeRef {
    /// What it is: `commercial_invoice`, `bill_of_lading`, `packing_list`, …
    pub artifact_type: RecordId,
    /// SHA-256 of its bytes; of the canonical form for documents of a flow.
    pub digest_sha256: Digest,
    /// Hint: where it might be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Hint: its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Hint: its length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte_length: Option<u64>,
    /// Hint: a name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Hint: remarks for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

impl TradeRef {
    /// A reference without hints.
    #[must_use]
    pub const fn to(artifact_type: RecordId, digest_sha256: Digest) -> Self {
        let (uri, media_type, byte_length) = (None, None, None);
        let (display_name, notes) = (None, None);
        Self { artifact_type, digest_sha256, uri, media_type, byte_length, display_name, notes }
    }

    pub(super) fn check(&self, field: &str) -> Checked {
        let hints = [&self.uri, &self.media_type, &self.display_name, &self.notes];
        texts(hints.map(|hint| (field, hint)))
    }
}

/// References that may be absent.
pub(super) fn references<'a>(
    all: impl IntoIterator<Item = (&'a str, &'a Option<TradeRef>)>,
) -> Checked {
    for (field, reference) in all {
        if let Some(reference) = reference {
            reference.check(field)?;
        }
    }
    Ok(())
}

/// A positive decimal number of units, exact: `12`, `0.5`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
#[schemars(rename = "TradeQuantity")]
pub struct Quantity(String);

impl Quantity {
    /// Read a decimal number.
    ///
    /// # Errors
    /// In words: another form, nothing or less, too many digits.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || format!("`{}` is not a quantity such as `12.5`", head(text));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let padded = whole.len() > 1 && whole.starts_with('0');
        let long = whole.len() > QUANTITY_WHOLE_DIGITS_MAX
            || fraction.len() > QUANTITY_FRACTION_DIGITS_MAX as usize;
        let nothing = whole.bytes().chain(fraction.bytes()).all(|b| b == b'0');
        if !digits(whole) || !digits(fraction) || padded || long || nothing {
            return Err(form());
        }
        Ok(Self(text.to_owned()))
    }

    /// In millionths.
    pub(super) fn millionths(&self) -> Option<i128> {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let width = QUANTITY_FRACTION_DIGITS_MAX as usize;
        format!("{whole}{fraction:0<width$}").parse().ok()
    }
}

fn head(text: &str) -> String {
    text.chars().take(40).collect()
}

impl TryFrom<String> for Quantity {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// A measure of goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TradeMeasure")]
pub struct Measure {
    /// How much.
    pub value: Quantity,
    /// Of what: `kg`, `m3`, UN/ECE recommendation 20.
    pub unit: RecordId,
}

/// A code of the Harmonized System: 6 to 12 digits.
pub(super) fn hs_code(field: &str, code: &Option<String>) -> Checked {
    let fits =
        |code: &String| (6..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    ensure(code.as_ref().is_none_or(fits), field, Rule::Malformed, || {
        "is not an HS code of 6 to 12 digits".to_owned()
    })
}

/// A date that is not after another.
pub(super) fn not_after(
    field: &str,
    rule: Rule,
    date: Date,
    (what, last): (&str, Date),
) -> Checked {
    if date <= last {
        return Ok(());
    }
    Err(refused(field, rule, format!("{date} is after {what}, {last}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_and_positive() {
        for (text, millionths) in [("1", 1_000_000), ("0.5", 500_000), ("12.000001", 12_000_001)] {
            assert_eq!(Quantity::parse(text).unwrap().millionths(), Some(millionths));
        }
        for text in ["", "0", "0.0", "-1", "+1", "01", "1.", ".5", "1e3", "1.0000001", "1 "] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_party_is_known_by_its_id_and_no_other_name() {
        let party =
            |id: &str, name: &str| TradeParty::named(RecordId::parse(id).unwrap(), name.to_owned());
        let mut unnamed = party("a", "x");
        unnamed.name = None;
        assert!(party("a", "Indus  Weave").is(&party("a", "INDUS weave")));
        assert!(party("a", "Indus").is(&unnamed));
        assert!(!party("a", "Indus").is(&party("a", "Ganges")));
        assert!(!party("a", "Indus").is(&party("b", "Indus")));
    }
}
