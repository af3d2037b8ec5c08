//! Every fact there is, with its type: what the zone itself knows, and what evidence attests.
//!
//! A credential of a trusted issuer is evidence of one type. It states `evidence.<type>`, and each
//! of its claims as `evidence.<type>.<claim>`; all of them end when the credential ends. A name
//! that is not here cannot be stated and cannot be asked for. The list only grows: a fact's
//! position is how compiled rules find it, and is never stored.

use std::sync::LazyLock;

use super::Type;
use crate::nearest::hint;

const TEXTS: &str = "entity.type entity.name entity.jurisdiction entity.activity entity.status \
    account.currency account.kind payment.currency payment.purpose payer.status payee.status \
    counterparty.jurisdiction lifecycle.event trade.flow_type trade.side trade.step \
    asset.class asset.event ownership.event consent.event consent.operation tax.event tax.step \
    tax.filer_status fiscal.event subject.filer_status payer.filer_status payee.filer_status \
    license.type license.event identity.kind identity.event tax.withholding";
const BOOLS: &str = "entity.registered_office owner.identified owner.natural_persons \
    screening.clear payment.cross_border payment.same_owner payer.identified payee.identified \
    payer.name_present payer.particulars_present payer.tier_limited payer.tier_day_limited payer.tier_month_limited payee.name_present \
    counterparty.corridor_active trade.cross_border asset.cross_border subject.cnic_verified subject.ntn_verified";
const INTS: &str = "owner.count owner.percent_total_bp screening.list_age_days tax.rate_bp identity.tier payer.tier \
    license.overdue";
const MONEYS: &str = "payment.amount trade.amount tax.withheld payer.tier_limit payer.tier_day_limit \
    payer.tier_day_used payer.tier_month_limit payer.tier_month_used";
const DATES: &str = "entity.formed";
const SETS: &str = "entity.activities entity.licenses entity.licensed_activities";

/// Evidence by type, with its claims: `b` bool, `i` count, `m` money, `d` date, `t` text, `s` set
/// of texts, `(a|b)` one of these texts.
const EVIDENCE_CLAIMS: &[(&str, &str)] = &[
    // What evidence arises for the subject at all, by type.
    ("declaration", "occasions:s"),
    // Who stands behind the entity, and where its money comes from.
    ("beneficial_ownership", "verified:d lowest_share_bp:i nominee:b"),
    (
        "identity",
        "tier:i verified:d reviewed:d method:(in_person|remote|certified_copy) \
        document:(passport|national_id|residence_permit)",
    ),
    ("address", "verified:d jurisdiction:t"),
    ("source_of_funds", "origin:t amount:m verified:d"),
    ("source_of_wealth", "origin:t verified:d"),
    ("pep", "standing:(none|domestic|foreign|international|family|associate) approved:b"),
    ("aml_program", "officer:b risk_assessed:d trained:d audited:d records_years:i"),
    ("enhanced_diligence", "approved:b reviewed:d reason:t"),
    ("suspicion_report", "known:d filed:d"),
    // Tax.
    ("tax_residency", "jurisdiction:t from:d"),
    ("tax_registration", "registered:d liable:d turnover_12m:m vat:b"),
    ("tax_status", "filer:(filer|late_filer|non_filer) number:t from:d"),
    ("tax_return", "period_end:d filed:d paid:d due:m"),
    ("withholding", "gross:m withheld:m rate_bp:i deposited:d deducted:d section:t"),
    ("transfer_pricing", "documented:d related_12m:m"),
    // Securities.
    ("offering", "amount:m raised_12m:m investors_12m:i retail:b minimum_ticket:m"),
    ("prospectus", "registered:d approved:b lodged:d"),
    (
        "investor",
        "category:(retail|professional|accredited|institutional|qualified) \
        net_assets:m income_12m:m financial_assets:m",
    ),
    ("shareholding", "share_bp:i previous_bp:i acquired:d notified:d"),
    ("fund", "registered:d investors:i minimum_investment:m audited:b"),
    // Companies.
    ("office_lease", "from:d until:d"),
    ("directors", "count:i resident:i natural:i youngest:i disqualified:i"),
    ("secretary", "appointed:d vacant_since:d resident:b qualified:b"),
    ("constitution", "adopted:d filed:d"),
    ("share_capital", "issued:m paid:m authorized:m bearer:b classes:i"),
    ("auditor", "appointed:d independent:b licensed:b"),
    ("accounts", "period_end:d filed:d audited:b turnover:m assets:m employees:i"),
    ("annual_return", "due:d filed:d"),
    ("meeting", "held:d previous:d notice_days:i quorum:b"),
    ("resolution", "passed:d kind:(ordinary|special|unanimous|board) majority_bp:i filed:d"),
    ("solvency", "declared:d solvent:b wound_up_months:i"),
    ("liquidation", "liquidator:b gazetted:d creditors_notified:d final_accounts:d"),
    ("charge", "created:d registered:d amount:m"),
    ("register_of_members", "updated:d changed:d"),
    // Custody.
    ("client_assets", "segregated:b reconciled:d statement:d held:m own_mixed:b"),
    ("custodian", "licensed:b jurisdiction:t appointed:d agreement:b"),
    // Personal data.
    ("data_protection_registration", "registered:d purposes:s"),
    (
        "processing",
        "purposes:s sensitive:b children:b subjects:i \
        basis:(consent|contract|legal_obligation|vital_interest|public_task|legitimate_interest)",
    ),
    ("consent", "given:d withdrawn:d purposes:s"),
    (
        "data_transfer",
        "destinations:s \
        safeguards:(adequacy|clauses|binding_rules|consent|derogation|none)",
    ),
    ("data_officer", "appointed:d resident:b"),
    ("data_breach", "known:d notified:d affected:i"),
    ("data_assessment", "made:d"),
    // Licenses.
    ("license", "regulator:t category:t activities:s capital:m granted:d conditions_met:b"),
    ("insurance_cover", "cover:m from:d"),
    ("fit_and_proper", "assessed:d persons:i"),
    ("change_notice", "changed:d notified:d approved:b"),
    ("fee", "kind:t due:d paid:d amount:m"),
    // Banking.
    (
        "prudential",
        "capital:m capital_ratio_bp:i liquidity_ratio_bp:i leverage_ratio_bp:i \
        reported:d period_end:d",
    ),
    ("deposit", "amount:m insured:m scheme_member:b public:b"),
    ("exposure", "largest_bp:i related_bp:i"),
    ("reserve", "held:m liabilities:m ratio_bp:i"),
    // Payments.
    ("payment_service", "services:s volume_month:m float:m safeguarded:m safeguarded_by:d"),
    ("exchange_permission", "kind:t granted:d limit:m authorized_dealer:b"),
    ("originator", "account:b address:b identity:b"),
    ("beneficiary", "account:b address:b"),
    ("agent", "registered:d count:i"),
    ("wallet_limit", "balance:m turnover_month:m turnover_year:m"),
    // Clearing and settlement.
    ("clearing_member", "system:t fund:m margin_posted:m margin_required:m net_capital:m"),
    ("settlement", "system:t designated:b irrevocable:b entered:d due:d settled:d"),
    ("netting", "agreement:b governing_law:t"),
    // Tokens and virtual assets.
    (
        "token",
        "kind:(payment|security|utility|stablecoin|nft|privacy|algorithmic) issued:m \
        reserve:m reserve_audited:d whitepaper:d accepted:b redemption_days:i",
    ),
    ("virtual_asset_service", "services:s cold_bp:i insured_bp:i retail:b knowledge_test:b"),
    ("travel_rule", "originator:b beneficiary:b"),
    // Work.
    (
        "employment",
        "employees:i written:b weekly_hours:i daily_hours:i overtime_month:i \
        monthly_wage:m notice_days:i leave_days:i probation_months:i youngest:i insured:b \
        pension_bp:i paid:d period_end:d gratuity_days:i",
    ),
    ("work_permit", "issued:d holders:i foreign:i quota_bp:i occupation:t wage:m"),
    ("sponsor", "licensed:b valid_from:d"),
    ("visa", "category:t entered:d stay_days:i"),
    // Intellectual property.
    ("trademark", "filed:d registered:d renewed:d classes:s conflict:b used:d"),
    ("patent", "filed:d granted:d renewed:d"),
    ("copyright", "created:d author_died:d licensed:b"),
    ("ip_assignment", "executed:d recorded:d written:b signed:b"),
    ("ip_license", "written:b recorded:d"),
    // Consumers.
    ("disclosure", "delivered:d language:t total_cost:b rate_bp:i cooling_days:i fees:b"),
    ("complaint", "received:d acknowledged:d answered:d"),
    ("advertisement", "approved:b risk_warning:b misleading:b"),
    ("refund_policy", "days:i"),
    // Disputes.
    ("arbitration_agreement", "written:b seat:t arbitrators:i institution:t consumer:b signed:d"),
    ("award", "made:d notified:d signed:b reasons:b amount:m"),
    ("arbitrator", "disclosed:b independent:b appointed:d"),
    // Goods.
    ("trade_license", "registered:d activities:s"),
    ("export_permit", "goods:s destination:t controlled:b issued:d end_user:b"),
    ("import_permit", "goods:s prohibited:b issued:d"),
    ("customs_declaration", "lodged:d arrived:d origin:t declared:m duty:m codes:s duty_paid:d"),
    ("export_proceeds", "shipped:d realized:d amount:m"),
    ("zone_enterprise", "admitted:d zone:t exempt_until:d"),
];

/// The fact that says which evidence arises for the subject.
pub(crate) const OCCASIONS: &str = "evidence.declaration.occasions";

/// A fact of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its dotted name.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// The texts it may be; empty for free text and other types.
    pub one_of: Vec<&'static str>,
}

/// All facts, in order of name.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let own = [
        (TEXTS, Type::Text),
        (BOOLS, Type::Bool),
        (INTS, Type::Int),
        (MONEYS, Type::Money),
        (DATES, Type::Date),
        (SETS, Type::Texts),
    ];
    let words = |(list, kind): (&'static str, Type)| {
        list.split_ascii_whitespace().map(move |name| (name.to_owned(), kind))
    };
    let known = |(name, kind)| Known { name, kind, one_of: Vec::new() };
    let mut all: Vec<Known> = own.into_iter().flat_map(words).map(known).collect();
    for (evidence, claims) in EVIDENCE_CLAIMS {
        let name = format!("evidence.{evidence}");
        for claim in claims.split_ascii_whitespace() {
            all.extend(claimed(&name, claim));
        }
        all.push(known((name, Type::Bool)));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
});

fn claimed(evidence: &str, claim: &'static str) -> Option<Known> {
    let (name, kind) = claim.split_once(':')?;
    let one_of: Vec<&str> = kind
        .strip_prefix('(')
        .and_then(|list| list.strip_suffix(')'))
        .map(|list| list.split('|').collect())
        .unwrap_or_default();
    let kind = match kind {
        "b" => Type::Bool,
        "i" => Type::Int,
        "m" => Type::Money,
        "d" => Type::Date,
        "s" => Type::Texts,
        _ => Type::Text,
    };
    Some(Known { name: format!("{evidence}.{name}"), kind, one_of })
}

/// Every fact there is, in order of name.
#[must_use]
pub fn known() -> &'static [Known] {
    &KNOWN
}

/// The fact of that name, and its position.
pub(crate) fn find(name: &str) -> Option<(usize, &'static Known)> {
    let at = KNOWN.binary_search_by(|known| known.name.as_str().cmp(name)).ok()?;
    KNOWN.get(at).map(|known| (at, known))
}

/// The type of a fact of the vocabulary.
#[must_use]
pub fn vocabulary(name: &str) -> Option<Type> {
    find(name).map(|(_, known)| known.kind)
}

/// The claims evidence of a type may make: name and type. `None` for no such evidence.
#[must_use]
pub fn claims(evidence: &str) -> Option<Vec<(&'static str, Type)>> {
    let name = format!("evidence.{evidence}");
    vocabulary(&name)?;
    let prefix = format!("{name}.");
    let own =
        KNOWN.iter().filter_map(|known| Some((known.name.strip_prefix(&prefix)?, known.kind)));
    Some(own.collect())
}

/// The evidence a fact is, or is a claim of: `evidence.license` of `evidence.license.granted`.
pub(crate) fn of_credential(name: &str) -> Option<&str> {
    let kind = name.strip_prefix("evidence.")?;
    let end = kind.find('.').map_or(name.len(), |dot| name.len() - kind.len() + dot);
    name.get(..end)
}

/// The evidence types a profile may ask for and a credential may be.
pub fn evidence_types() -> impl Iterator<Item = &'static str> {
    EVIDENCE_CLAIMS.iter().map(|(name, _)| *name)
}

/// ` (did you mean …?)` for a name outside the vocabulary.
pub(crate) fn vocabulary_hint(name: &str) -> String {
    hint(name, KNOWN.iter().map(|known| known.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_by_position() {
        let names: std::collections::BTreeSet<_> = known().iter().map(|k| &k.name).collect();
        assert_eq!(names.len(), known().len());
        for (at, fact) in known().iter().enumerate() {
            assert_eq!(find(&fact.name).map(|(found, _)| found), Some(at));
        }
        let method = find("evidence.identity.method").unwrap().1;
        assert_eq!(method.one_of, ["in_person", "remote", "certified_copy"]);
        assert_eq!(vocabulary("evidence.license.activities"), Some(Type::Texts));
        assert!(claims("lisense").is_none());
        assert_eq!(of_credential("evidence.license.granted"), Some("evidence.license"));
        assert_eq!(of_credential("evidence.license"), Some("evidence.license"));
        assert_eq!(of_credential("entity.activity"), None);
        assert_eq!(vocabulary(OCCASIONS), Some(Type::Texts));
    }
}
