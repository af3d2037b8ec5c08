//! The bill of lading: what is on board, and whether it is made to change hands.

use canon::{Date, Digest, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{Checked, Rule, TradeError, ensure};
use super::invoice::digest;
use super::limits::GOODS_MAX;
use super::parts::{Measure, TradeParty, at_most, hs_code, not_after, text, texts};

/// Whether a bill is a transferable record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consignment {
    /// To order of the shipper: it passes by endorsement, and its first holder is the shipper.
    ToOrder,
    /// To a named consignee, who alone may have the goods; it does not pass.
    Straight,
}

/// Goods on board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TradeGoods")]
pub struct Goods {
    /// What, in general terms.
    pub description: String,
    /// Its code in the Harmonized System.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hs_code: Option<String>,
    /// Marks on the packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<String>,
    /// How many packages.
    pub packages: u32,
    /// With packing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gross_weight: Option<Measure>,
    /// Without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_weight: Option<Measure>,
    /// Room it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<Measure>,
}

/// A bill of lading. Its endorsements are the flow's, not the document's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillOfLading {
    /// Its name in the flow.
    pub bol_id: RecordId,
    /// The carrier's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bol_number: Option<String>,
    /// When it was made out; the date of shipment, unless one on board is stated.
    pub issue_date: Date,
    /// When the goods were on board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_board_date: Option<Date>,
    /// Whether it changes hands.
    pub consignment_type: Consignment,
    /// Who carries.
    pub carrier: TradeParty,
    /// Who ships: the seller.
    pub shipper: TradeParty,
    /// To whom: the shipper for one to order, the buyer for a straight one.
    pub consignee: TradeParty,
    /// Who is told on arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_party: Option<TradeParty>,
    /// The vessel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vessel_name: Option<String>,
    /// The voyage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voyage_number: Option<String>,
    /// Where it is loaded.
    pub port_of_loading: String,
    /// Where it is discharged.
    pub port_of_discharge: String,
    /// Where the carrier took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_of_receipt: Option<String>,
    /// Where the carrier gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_of_delivery: Option<String>,
    /// Prepaid or collect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight_terms: Option<String>,
    /// What is on board.
    pub goods: Vec<Goods>,
    /// How many originals; a record of a flow is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originals_count: Option<u32>,
}

impl BillOfLading {
    /// Its digest: that of its canonical form.
    ///
    /// # Errors
    /// A text that no canonical form has.
    pub fn digest(&self) -> Result<Digest, TradeError> {
        digest("bol", self)
    }

    /// The date of shipment (UCP 600 art. 20(a)(ii)).
    #[must_use]
    pub fn shipped(&self) -> Date {
        self.on_board_date.unwrap_or(self.issue_date)
    }

    /// What it says of itself must hold.
    pub(super) fn check(&self) -> Checked {
        self.carrier.check("bol.carrier")?;
        self.shipper.check("bol.shipper")?;
        self.consignee.check("bol.consignee")?;
        if let Some(party) = &self.notify_party {
            party.check("bol.notify_party")?;
        }
        ensure(self.carrier.name.is_some(), "bol.carrier.name", Rule::Malformed, || {
            "the carrier is not named (UCP 600 art. 20(a)(i))".to_owned()
        })?;
        text("bol.port_of_loading", &self.port_of_loading)?;
        text("bol.port_of_discharge", &self.port_of_discharge)?;
        texts([
            ("bol.bol_number", &self.bol_number),
            ("bol.vessel_name", &self.vessel_name),
            ("bol.voyage_number", &self.voyage_number),
            ("bol.place_of_receipt", &self.place_of_receipt),
            ("bol.place_of_delivery", &self.place_of_delivery),
            ("bol.freight_terms", &self.freight_terms),
        ])?;
        // Two originals would be two records, and each would have a holder.
        ensure(
            self.originals_count.is_none_or(|count| count == 1),
            "bol.originals_count",
            Rule::Holder,
            || "a transferable record is one".to_owned(),
        )?;
        let on_board = self.on_board_date.unwrap_or(self.issue_date);
        not_after(
            "bol.on_board_date",
            Rule::Dates,
            on_board,
            ("the date of issue", self.issue_date),
        )?;
        self.goods_are()
    }

    fn goods_are(&self) -> Checked {
        at_most("bol.goods", self.goods.len(), GOODS_MAX)?;
        ensure(!self.goods.is_empty(), "bol.goods", Rule::Malformed, || {
            "there are none".to_owned()
        })?;
        for (at, goods) in self.goods.iter().enumerate() {
            let field = |name: &str| format!("bol.goods.{at}.{name}");
            text(&field("description"), &goods.description)?;
            texts([(field("marks").as_str(), &goods.marks)])?;
            hs_code(&field("hs_code"), &goods.hs_code)?;
            ensure(goods.packages > 0, &field("packages"), Rule::Malformed, || {
                "there are none".to_owned()
            })?;
        }
        Ok(())
    }

    /// The codes of its goods, at six digits; nothing where one has none.
    pub(super) fn codes(&self) -> Option<Vec<&str>> {
        self.goods.iter().map(|goods| goods.hs_code.as_deref()?.get(..6)).collect()
    }
}
