//! Trade flows: four archetypes, ten steps, three documents that must agree, and one transferable
//! record with one holder. `spec/trade.md` says what holds; everything here is a fold over messages.

mod bill;
mod cross;
mod error;
mod flow;
mod invoice;
mod letter;
pub mod limits;
mod message;
mod order;
mod parts;
mod steps;
mod view;

pub use bill::{BillOfLading, Consignment, Goods};
pub use cross::{BILL, INVOICE};
pub use error::{Rule, TradeError};
pub use flow::{Endorsement, Flow};
pub use invoice::{Invoice, LineItem};
pub use letter::{LetterOfCredit, LetterRules, Required};
pub use message::{Opening, TradeTransition};
pub use order::{Archetype, Side, State, Step};
pub use parts::{Address, Measure, Quantity, TradeEnd, TradeParty, TradeRef};
pub use steps::{
    AcceptInvoice, Acceptance, Act, AmendLetter, Amendment, Decision, EndorseBill, HonorLetter,
    IssueBill, IssueInvoice, IssueLetter, PresentDocuments, ReleaseBill, SettleInvoice,
};
pub use view::{Carried, Taken, TurnedDown, View};
