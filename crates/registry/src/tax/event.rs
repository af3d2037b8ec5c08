//! The taxable events there are, and the tax each belongs to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which tax an event belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// On income, withheld at source.
    IncomeTax,
    /// On supplies.
    SalesTax,
    /// On goods that cross the border.
    CustomsDuty,
    /// On gains.
    CapitalGains,
    /// On income that leaves the country.
    CrossBorderWithholding,
}

/// What happened.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaxEventKind {
    /// Goods were paid for.
    PaymentForGoods,
    /// Services were paid for.
    PaymentForServices,
    /// A wage.
    SalaryPayment,
    /// Interest.
    ProfitOnDebt,
    /// A dividend.
    DividendDistribution,
    /// Rent.
    RentPayment,
    /// Cash was taken out.
    CashWithdrawal,
    /// Something was sold to somebody who is not registered.
    SaleToUnregistered,
    /// The fee of a formation.
    FormationFee,
    /// The fee of a yearly filing.
    AnnualFilingFee,
    /// Royalties or technical fees to somebody abroad.
    CrossBorderPayment,
    /// An asset was disposed of.
    CapitalGainDisposal,
    /// Goods came in.
    ImportOfGoods,
    /// Goods went out.
    ExportOfGoods,
    /// Goods were supplied.
    SupplyOfGoods,
    /// Services were supplied.
    SupplyOfServices,
}

impl TaxEventKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::PaymentForGoods,
        Self::PaymentForServices,
        Self::SalaryPayment,
        Self::ProfitOnDebt,
        Self::DividendDistribution,
        Self::RentPayment,
        Self::CashWithdrawal,
        Self::SaleToUnregistered,
        Self::FormationFee,
        Self::AnnualFilingFee,
        Self::CrossBorderPayment,
        Self::CapitalGainDisposal,
        Self::ImportOfGoods,
        Self::ExportOfGoods,
        Self::SupplyOfGoods,
        Self::SupplyOfServices,
    ];

    /// Name as at rest and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaymentForGoods => "payment_for_goods",
            Self::PaymentForServices => "payment_for_services",
            Self::SalaryPayment => "salary_payment",
            Self::ProfitOnDebt => "profit_on_debt",
            Self::DividendDistribution => "dividend_distribution",
            Self::RentPayment => "rent_payment",
            Self::CashWithdrawal => "cash_withdrawal",
            Self::SaleToUnregistered => "sale_to_unregistered",
            Self::FormationFee => "formation_fee",
            Self::AnnualFilingFee => "annual_filing_fee",
            Self::CrossBorderPayment => "cross_border_payment",
            Self::CapitalGainDisposal => "capital_gain_disposal",
            Self::ImportOfGoods => "import_of_goods",
            Self::ExportOfGoods => "export_of_goods",
            Self::SupplyOfGoods => "supply_of_goods",
            Self::SupplyOfServices => "supply_of_services",
        }
    }

    /// The event of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// Which tax it belongs to.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::PaymentForGoods
            | Self::PaymentForServices
            | Self::SalaryPayment
            | Self::ProfitOnDebt
            | Self::DividendDistribution
            | Self::RentPayment
            | Self::CashWithdrawal
            | Self::SaleToUnregistered
            | Self::FormationFee
            | Self::AnnualFilingFee => Category::IncomeTax,
            Self::CrossBorderPayment => Category::CrossBorderWithholding,
            Self::CapitalGainDisposal => Category::CapitalGains,
            Self::ImportOfGoods | Self::ExportOfGoods => Category::CustomsDuty,
            Self::SupplyOfGoods | Self::SupplyOfServices => Category::SalesTax,
        }
    }

    /// The event a payment is, by the code word of its purpose; none where the word names no taxable event.
    #[must_use]
    pub fn of_purpose(purpose: &str, cross_border: bool) -> Option<Self> {
        let here = |kind| (!cross_border).then_some(kind);
        match purpose {
            "goods" => here(Self::PaymentForGoods),
            "services" => here(Self::PaymentForServices),
            "salary" | "wages" => here(Self::SalaryPayment),
            "interest" | "profit-on-debt" => here(Self::ProfitOnDebt),
            "dividend" => here(Self::DividendDistribution),
            "rent" => here(Self::RentPayment),
            "royalty" | "technical-services" => cross_border.then_some(Self::CrossBorderPayment),
            _ => None,
        }
    }
}

/// Whether somebody files returns, as the tax authority has it. There is no default: an unknown status is absent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FilerStatus {
    /// On the list of active taxpayers.
    Filer,
    /// On it, having filed after the due day.
    LateFiler,
    /// Not on it.
    NonFiler,
}

impl FilerStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Filer, Self::LateFiler, Self::NonFiler];

    /// Name as at rest, in credentials and in the names of parameters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filer => "filer",
            Self::LateFiler => "late_filer",
            Self::NonFiler => "non_filer",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == text)
    }
}
