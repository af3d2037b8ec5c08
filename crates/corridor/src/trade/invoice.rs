//! The commercial invoice.

use canon::{Amount, Canonical, Date, Digest, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{Checked, Rule, TradeError, ensure, refused};
use super::limits::{LINES_MAX, QUANTITY_FRACTION_DIGITS_MAX};
use super::parts::{
    Quantity, TradeParty, TradeRef, at_most, hs_code, not_after, references, text, texts,
};

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineItem {
    /// What.
    pub description: String,
    /// The seller's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Its code in the Harmonized System.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hs_code: Option<String>,
    /// How many.
    pub quantity: Quantity,
    /// Of which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_of_measure: Option<RecordId>,
    /// What one costs.
    pub unit_price: Amount,
    /// What all cost: quantity times price, rounded to a minor unit either way.
    pub amount: Amount,
}

/// A commercial invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// Its name in the flow.
    pub invoice_id: RecordId,
    /// Its number in the seller's books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_number: Option<String>,
    /// When it was made out.
    pub issue_date: Date,
    /// When it is to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Date>,
    /// Who is to be paid.
    pub seller: TradeParty,
    /// Who is to pay.
    pub buyer: TradeParty,
    /// What is to be paid, tax included.
    pub total: Amount,
    /// The tax in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Amount>,
    /// What for; their amounts and the tax make the total.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub line_items: Vec<LineItem>,
    /// The order it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_order_ref: Option<TradeRef>,
    /// The contract it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_ref: Option<TradeRef>,
    /// Incoterms 2020 with the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoterms: Option<String>,
    /// The shipment it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment_ref: Option<TradeRef>,
    /// The law it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governing_law: Option<String>,
    /// Jurisdictions it touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jurisdiction_tags: Vec<String>,
    /// What else belongs to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachment_refs: Vec<TradeRef>,
}

impl Invoice {
    /// Its digest: that of its canonical form.
    ///
    /// # Errors
    /// A text that no canonical form has.
    pub fn digest(&self) -> Result<Digest, TradeError> {
        digest("invoice", self)
    }

    /// What it says of itself must hold.
    pub(super) fn check(&self) -> Checked {
        self.seller.check("invoice.seller")?;
        self.buyer.check("invoice.buyer")?;
        texts([
            ("invoice.invoice_number", &self.invoice_number),
            ("invoice.incoterms", &self.incoterms),
            ("invoice.governing_law", &self.governing_law),
        ])?;
        references([
            ("invoice.purchase_order_ref", &self.purchase_order_ref),
            ("invoice.contract_ref", &self.contract_ref),
            ("invoice.shipment_ref", &self.shipment_ref),
        ])?;
        at_most("invoice.line_items", self.line_items.len(), LINES_MAX)?;
        at_most("invoice.jurisdiction_tags", self.jurisdiction_tags.len(), LINES_MAX)?;
        at_most("invoice.attachment_refs", self.attachment_refs.len(), LINES_MAX)?;
        for tag in &self.jurisdiction_tags {
            text("invoice.jurisdiction_tags", tag)?;
        }
        for attached in &self.attachment_refs {
            attached.check("invoice.attachment_refs")?;
        }
        if let Some(due) = self.due_date {
            not_after("invoice.issue_date", Rule::Dates, self.issue_date, ("the due date", due))?;
        }
        self.adds_up()
    }

    /// The lines and the tax make the total, in one currency.
    fn adds_up(&self) -> Checked {
        positive("invoice.total", self.total)?;
        let nothing = Amount::of_minor(0, self.total.currency());
        let tax = self.tax.unwrap_or(nothing);
        same_currency("invoice.tax", tax, self.total)?;
        ensure(
            (0..=self.total.minor()).contains(&tax.minor()),
            "invoice.tax",
            Rule::Total,
            || "is less than nothing or more than the total".to_owned(),
        )?;
        if self.line_items.is_empty() {
            return Ok(());
        }
        let mut sum = tax;
        for (at, line) in self.line_items.iter().enumerate() {
            let field = format!("invoice.line_items.{at}");
            line.check(&field, self.total)?;
            sum = sum.checked_add(line.amount).map_err(|e| refused(&field, Rule::Total, e))?;
        }
        ensure(sum == self.total, "invoice.total", Rule::Total, || {
            format!("the lines and the tax make {sum}, not {}", self.total)
        })
    }

    /// The codes of its goods, at six digits; nothing where a line has none.
    pub(super) fn goods(&self) -> Option<Vec<&str>> {
        let codes = self.line_items.iter().map(|line| line.hs_code.as_deref()?.get(..6));
        codes.collect::<Option<Vec<_>>>().filter(|codes| !codes.is_empty())
    }
}

impl LineItem {
    fn check(&self, field: &str, total: Amount) -> Checked {
        text(&format!("{field}.description"), &self.description)?;
        texts([(format!("{field}.sku").as_str(), &self.sku)])?;
        hs_code(&format!("{field}.hs_code"), &self.hs_code)?;
        for (name, amount) in [("unit_price", self.unit_price), ("amount", self.amount)] {
            same_currency(&format!("{field}.{name}"), amount, total)?;
        }
        let amount = format!("{field}.amount");
        let scale = 10_i128.pow(QUANTITY_FRACTION_DIGITS_MAX);
        let product =
            self.quantity.millionths().and_then(|q| q.checked_mul(self.unit_price.minor()));
        let stated = self.amount.minor().checked_mul(scale);
        let apart = product.zip(stated).and_then(|(product, stated)| product.checked_sub(stated));
        let close = apart.is_some_and(|apart| apart.unsigned_abs() < scale.unsigned_abs());
        ensure(close && self.unit_price.minor() >= 0, &amount, Rule::Total, || {
            format!("{} is not the quantity times {}", self.amount, self.unit_price)
        })
    }
}

pub(super) fn positive(field: &str, amount: Amount) -> Checked {
    ensure(amount.minor() > 0, field, Rule::Malformed, || "is nothing or less".to_owned())
}

pub(super) fn same_currency(field: &str, amount: Amount, other: Amount) -> Checked {
    ensure(amount.currency() == other.currency(), field, Rule::Currency, || {
        format!("is in {}, not in {}", amount.currency(), other.currency())
    })
}

pub(super) fn digest<T: Serialize>(field: &str, document: &T) -> Result<Digest, TradeError> {
    let canonical = Canonical::of(document).map_err(|e| refused(field, Rule::Malformed, e))?;
    Ok(canonical.digest())
}
