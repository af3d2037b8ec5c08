//! Accounts and the chart: whose money a balance is, and which accounts may owe.
//!
//! The zone's own accounts are named by what they are for (`treasury:SGD`, `corridor:<corridor id>:SGD`), one of each
//! kind and currency, so the chart needs no index and two replicas open the same account. Customer accounts are named
//! by the zone and may not take such a name.

use super::chart::ChartCode;
use crate::text::Slug;
use canon::{AccountId, BadId, CorridorId, Currency, Did, EntityId, Timestamp};
use serde::{Deserialize, Serialize};

/// Why money is held on the zone's books instead of being credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldReason {
    /// The law of the zone forbids crediting the party it belongs to.
    CreditRefused,
    /// The account it belongs to is no longer there to be credited.
    AccountGone,
    /// It is promised to a payment over a bridge, which is not made yet and not let go.
    Bridge,
    /// It is promised to a payment over a payment system of the state, which has not answered yet.
    Rail,
}

impl HeldReason {
    /// Name as at rest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreditRefused => "credit_refused",
            Self::AccountGone => "account_gone",
            Self::Bridge => "bridge",
            Self::Rail => "rail",
        }
    }
}

/// Whose money a balance is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountKind {
    /// An entity's.
    Customer {
        /// The entity.
        owner: EntityId,
    },
    /// What this zone owes the far end of a corridor (positive) or is owed by it (negative).
    Corridor {
        /// The corridor.
        corridor_id: CorridorId,
    },
    /// Somebody's, who may not have it now.
    Held {
        /// Why not.
        reason: HeldReason,
    },
    /// What a watcher has at stake; it belongs to whoever brought it, and may be lost.
    Bond {
        /// The watcher.
        watcher: Did,
    },
    /// What watchers lost, and what they are rewarded from.
    Slashed {},
    /// The zone's, and the door through which money enters and leaves its books.
    Treasury {},
    /// The zone's open position in a currency: the other leg of an exchange.
    Position {},
    /// What was withheld for a tax authority and is not paid over yet.
    Tax {
        /// Who collects it.
        authority: Slug,
    },
    /// What the zone was paid for its services.
    Fees {},
    /// The zone's, under a code of its chart.
    Ledger {
        /// The code.
        code: ChartCode,
    },
}

impl AccountKind {
    /// Name as at rest.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Customer { .. } => "customer",
            Self::Corridor { .. } => "corridor",
            Self::Held { .. } => "held",
            Self::Bond { .. } => "bond",
            Self::Slashed {} => "slashed",
            Self::Treasury {} => "treasury",
            Self::Position {} => "position",
            Self::Tax { .. } => "tax",
            Self::Fees {} => "fees",
            Self::Ledger { .. } => "ledger",
        }
    }

    /// Whether the balance may fall below zero: only where it is the zone's own debt or position.
    #[must_use]
    pub const fn allows_negative(&self) -> bool {
        match self {
            Self::Corridor { .. } | Self::Treasury {} | Self::Position {} | Self::Ledger { .. } => {
                true
            }
            Self::Customer { .. }
            | Self::Held { .. }
            | Self::Bond { .. }
            | Self::Slashed {}
            | Self::Tax { .. }
            | Self::Fees {} => false,
        }
    }

    /// Name of the zone's one account of this kind and currency; none for a customer's.
    fn standing_name(&self, currency: Currency) -> Option<String> {
        let code = currency.code();
        match self {
            Self::Customer { .. } => None,
            Self::Corridor { corridor_id } => Some(format!("corridor:{corridor_id}:{code}")),
            Self::Held { reason } => Some(format!("held:{}:{code}", reason.name())),
            Self::Bond { watcher } => Some(format!("bond:{watcher}:{code}")),
            Self::Slashed {} => Some(format!("slashed:{code}")),
            Self::Treasury {} => Some(format!("treasury:{code}")),
            Self::Position {} => Some(format!("position:{code}")),
            Self::Tax { authority } => Some(format!("tax:{authority}:{code}")),
            Self::Fees {} => Some(format!("fees:{code}")),
            Self::Ledger { code: chart } => Some(format!("ledger:{chart}:{code}")),
        }
    }
}

const STANDING_PREFIXES: [&str; 9] = [
    "corridor:",
    "held:",
    "bond:",
    "slashed:",
    "treasury:",
    "position:",
    "tax:",
    "fees:",
    "ledger:",
];

/// Why an account cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAccount {
    /// The name belongs to the zone's own accounts.
    #[error("`{0}` is a name of the zone's own accounts")]
    NameTaken(AccountId),
    /// The zone's account of this kind and currency has another name.
    #[error("`{found}` is not the name of the zone's account `{expected}`")]
    NotItsName {
        /// Name found.
        found: AccountId,
        /// Name it must have.
        expected: String,
    },
    /// The name is not an account id (the corridor's name is too long).
    #[error(transparent)]
    BadName(#[from] BadId),
    /// A reserve below zero, or a balance below zero where none is allowed.
    #[error("account `{0}` has an impossible balance")]
    BadBalance(AccountId),
    /// A customer account is opened by naming its owner.
    #[error("a customer account is not one of the zone's own")]
    NotStanding,
}

/// What is on an account, in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    #[serde(with = "minor_text")]
    posted: i128,
    #[serde(with = "minor_text")]
    reserved_in: i128,
    #[serde(with = "minor_text")]
    reserved_out: i128,
}

impl Balance {
    pub(super) const fn of(posted: i128, reserved_in: i128, reserved_out: i128) -> Self {
        Self { posted, reserved_in, reserved_out }
    }
    /// Booked: credits less debits.
    #[must_use]
    pub const fn posted(&self) -> i128 {
        self.posted
    }
    /// Announced to come, not booked and not available.
    #[must_use]
    pub const fn reserved_in(&self) -> i128 {
        self.reserved_in
    }
    /// Promised away, not booked and no longer available.
    #[must_use]
    pub const fn reserved_out(&self) -> i128 {
        self.reserved_out
    }
    /// What can still be spent: booked less promised away.
    #[must_use]
    pub const fn available(&self) -> i128 {
        self.posted.saturating_sub(self.reserved_out)
    }
}

/// An account with its balance, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AccountAtRest", into = "AccountAtRest")]
pub struct Account {
    account_id: AccountId,
    holder: AccountKind,
    currency: Currency,
    opened: Timestamp,
    balance: Balance,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountAtRest {
    r#type: AccountType,
    account_id: AccountId,
    holder: AccountKind,
    currency: Currency,
    opened: Timestamp,
    balance: Balance,
}

#[derive(Clone, Serialize, Deserialize)]
enum AccountType {
    #[serde(rename = "MEZAccount")]
    Account,
}

impl Account {
    /// An empty account of an entity.
    ///
    /// # Errors
    /// [`BadAccount::NameTaken`] when the name is one of the zone's own.
    pub fn customer(
        account_id: AccountId,
        owner: EntityId,
        currency: Currency,
        opened: Timestamp,
    ) -> Result<Self, BadAccount> {
        let holder = AccountKind::Customer { owner };
        Self::checked(account_id, holder, currency, opened, Balance::default())
    }

    /// The zone's own account of a kind and currency, empty. Its name follows from both.
    ///
    /// # Errors
    /// [`BadAccount::NotStanding`] for a customer's, [`BadAccount::BadName`] when a corridor's name is too long.
    pub fn standing(
        holder: AccountKind,
        currency: Currency,
        opened: Timestamp,
    ) -> Result<Self, BadAccount> {
        let account_id = Self::standing_id(&holder, currency)?;
        Self::checked(account_id, holder, currency, opened, Balance::default())
    }

    /// Name of the zone's own account of a kind and currency.
    ///
    /// # Errors
    /// As [`Account::standing`].
    pub fn standing_id(holder: &AccountKind, currency: Currency) -> Result<AccountId, BadAccount> {
        let name = holder.standing_name(currency).ok_or(BadAccount::NotStanding)?;
        Ok(AccountId::parse(&name)?)
    }

    fn checked(
        account_id: AccountId,
        holder: AccountKind,
        currency: Currency,
        opened: Timestamp,
        balance: Balance,
    ) -> Result<Self, BadAccount> {
        let name = account_id.as_str();
        match holder.standing_name(currency) {
            None if STANDING_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => {
                return Err(BadAccount::NameTaken(account_id));
            }
            Some(expected) if expected != name => {
                return Err(BadAccount::NotItsName { found: account_id, expected });
            }
            _ => {}
        }
        let account = Self { account_id, holder, currency, opened, balance };
        account.with_balance(balance)
    }

    /// The account with another balance, when it may have it.
    pub(super) fn with_balance(self, balance: Balance) -> Result<Self, BadAccount> {
        let reserves = balance.reserved_in >= 0 && balance.reserved_out >= 0;
        let covered = self.holder.allows_negative() || balance.available() >= 0;
        if reserves && covered {
            Ok(Self { balance, ..self })
        } else {
            Err(BadAccount::BadBalance(self.account_id))
        }
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &AccountId {
        &self.account_id
    }
    /// Whose money it is.
    #[must_use]
    pub fn holder(&self) -> &AccountKind {
        &self.holder
    }
    /// The entity it belongs to, when it is a customer's.
    #[must_use]
    pub fn owner(&self) -> Option<&EntityId> {
        match &self.holder {
            AccountKind::Customer { owner } => Some(owner),
            _ => None,
        }
    }
    /// Its currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }
    /// When it was opened.
    #[must_use]
    pub fn opened(&self) -> Timestamp {
        self.opened
    }
    /// What is on it.
    #[must_use]
    pub fn balance(&self) -> Balance {
        self.balance
    }
}

impl TryFrom<AccountAtRest> for Account {
    type Error = BadAccount;
    fn try_from(kept: AccountAtRest) -> Result<Self, BadAccount> {
        Self::checked(kept.account_id, kept.holder, kept.currency, kept.opened, kept.balance)
    }
}
impl From<Account> for AccountAtRest {
    fn from(known: Account) -> Self {
        let Account { account_id, holder, currency, opened, balance } = known;
        Self { r#type: AccountType::Account, account_id, holder, currency, opened, balance }
    }
}

/// `i128` as decimal text: canonical JSON keeps integers only up to 2^53 − 1.
pub(super) mod minor_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::fiscal) fn serialize<S: Serializer>(
        minor: &i128,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        s.collect_str(minor)
    }

    pub(in crate::fiscal) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<i128, D::Error> {
        let text = String::deserialize(d)?;
        let minor: i128 = text.parse().map_err(serde::de::Error::custom)?;
        // One value, one text: `+1`, `01` and `-0` are refused.
        if minor.to_string() == text {
            return Ok(minor);
        }
        Err(serde::de::Error::custom(format!("`{text}` is not a canonical integer")))
    }
}
