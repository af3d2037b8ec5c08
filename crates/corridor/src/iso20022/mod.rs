//! ISO 20022: payment messages that banks exchange, written from typed values and read back.
//!
//! Each message is one [`Form`](io::Form) that names its elements in the order of the schema, for both
//! directions. [`Definition`] is the one table of messages and versions.
//!
//! **Invariants:** what is written is valid under the published schema; what is read is complete, in
//! order, and in money of the day's exponents; what is not understood is reported, what does not fit is
//! refused, and nothing is cut in silence.

mod account;
mod after;
mod fault;
mod header;
mod io;
mod leaf;
mod parts;
mod person;
mod several;
mod transfer;
mod travel;
mod xml;

use serde::{Deserialize, Serialize};

pub use account::{Balance, ENTRIES_MAX, Entry, Notification, Report, Statement};
pub use after::{CancellationRequest, PaymentReturn, Resolution, StatusReport};
pub use fault::Fault;
pub use header::Header;
pub use leaf::{
    BadText, Cancellation, ChargeBearer, Code, Country, Direction, Settlement, Shortened, Text,
};
pub use parts::{
    Account, Address, Agent, Assignment, OrganisationId, Original, PartyName, Reason, Settled,
};
pub use person::{Birth, PersonId, PersonNumber};
pub use several::{PAYMENTS_MAX, Refused, Several, Sorted, Status, StatusReports};
pub use transfer::{CustomerTransfer, InstitutionTransfer, Instruction};
pub use travel::{Missing, ivms101};
pub use xml::{MESSAGE_BYTES_MAX, MESSAGE_DEPTH_MAX, MESSAGE_NODES_MAX};

use io::{Form, Io};
use xml::Element;

/// Where the namespaces of all messages begin.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// A message of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Definition {
    /// A payment between customers.
    CustomerTransfer,
    /// A payment between institutions.
    InstitutionTransfer,
    /// The status of a payment.
    StatusReport,
    /// The return of a payment.
    PaymentReturn,
    /// The statement of an account.
    Statement,
    /// Movements of an account.
    Notification,
    /// A request to cancel a payment.
    CancellationRequest,
    /// The answer to it.
    Resolution,
    /// The header beside a message.
    Header,
}

/// Every message: what it is here, its definition, its element.
pub const TABLE: [(Definition, &str, &str); 9] = [
    (Definition::CustomerTransfer, "pacs.008.001.08", "FIToFICstmrCdtTrf"),
    (Definition::InstitutionTransfer, "pacs.009.001.08", "FICdtTrf"),
    (Definition::StatusReport, "pacs.002.001.10", "FIToFIPmtStsRpt"),
    (Definition::PaymentReturn, "pacs.004.001.09", "PmtRtr"),
    (Definition::Statement, "camt.053.001.08", "BkToCstmrStmt"),
    (Definition::Notification, "camt.054.001.08", "BkToCstmrDbtCdtNtfctn"),
    (Definition::CancellationRequest, "camt.056.001.08", "FIToFIPmtCxlReq"),
    (Definition::Resolution, "camt.029.001.11", "RsltnOfInvstgtn"),
    (Definition::Header, "head.001.001.02", "AppHdr"),
];

impl Definition {
    /// The message of a definition such as `pacs.008.001.08`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known, _)| *known == name).map(|(definition, ..)| *definition)
    }

    fn row(self) -> (&'static str, &'static str) {
        let row = TABLE.iter().find(|(definition, ..)| *definition == self);
        row.map_or(("", ""), |(_, name, element)| (name, element))
    }

    /// Its name in the catalogue of ISO 20022.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }
}

/// A message, by its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "message", content = "content")]
pub enum Message {
    /// `camt.056`.
    CancellationRequest(CancellationRequest),
    /// `pacs.008`.
    CustomerTransfer(Box<CustomerTransfer>),
    /// `pacs.008` of several payments.
    CustomerTransfers(Several<CustomerTransfer>),
    /// `head.001`.
    Header(Header),
    /// `pacs.009`.
    InstitutionTransfer(InstitutionTransfer),
    /// `pacs.009` of several payments.
    InstitutionTransfers(Several<InstitutionTransfer>),
    /// `camt.054`.
    Notification(Notification),
    /// `pacs.004`.
    PaymentReturn(PaymentReturn),
    /// `camt.029`.
    Resolution(Resolution),
    /// `camt.053`.
    Statement(Statement),
    /// `pacs.002`.
    StatusReport(StatusReport),
    /// `pacs.002` of several payments.
    StatusReports(StatusReports),
}

/// A message that was read, and what of it was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The message.
    pub message: Message,
    /// Paths of elements that stand in it and are not understood here.
    pub unread: Vec<String>,
}

impl Message {
    /// Which message it is.
    #[must_use]
    pub const fn definition(&self) -> Definition {
        match self {
            Self::CustomerTransfer(_) | Self::CustomerTransfers(_) => Definition::CustomerTransfer,
            Self::InstitutionTransfer(_) | Self::InstitutionTransfers(_) => {
                Definition::InstitutionTransfer
            }
            Self::StatusReport(_) | Self::StatusReports(_) => Definition::StatusReport,
            Self::PaymentReturn(_) => Definition::PaymentReturn,
            Self::Statement(_) => Definition::Statement,
            Self::Notification(_) => Definition::Notification,
            Self::CancellationRequest(_) => Definition::CancellationRequest,
            Self::Resolution(_) => Definition::Resolution,
            Self::Header(_) => Definition::Header,
        }
    }

    /// The message as XML under the namespace of its version.
    ///
    /// # Errors
    /// Values that contradict each other, or that the schema cannot carry.
    pub fn write(&self) -> Result<String, Fault> {
        let children = match self {
            Self::CustomerTransfer(it) => children(&**it),
            Self::CustomerTransfers(it) => children(it),
            Self::InstitutionTransfer(it) => children(it),
            Self::InstitutionTransfers(it) => children(it),
            Self::StatusReport(it) => children(it),
            Self::StatusReports(it) => children(it),
            Self::PaymentReturn(it) => children(it),
            Self::Statement(it) => children(it),
            Self::Notification(it) => children(it),
            Self::CancellationRequest(it) => children(it),
            Self::Resolution(it) => children(it),
            Self::Header(it) => children(it),
        }?;
        let (name, element) = self.definition().row();
        let inner = Element { name: element.to_owned(), children, ..Element::default() };
        let root = match self {
            Self::Header(_) => inner,
            _ => {
                Element { name: "Document".to_owned(), children: vec![inner], ..Element::default() }
            }
        };
        Ok(xml::write(&format!("{NAMESPACE}{name}"), &root))
    }

    /// Reads a message of any kind and version of the table.
    ///
    /// # Errors
    /// The first fault, with its path.
    pub fn read(bytes: &[u8]) -> Result<Read, Fault> {
        let (definition, root) = known(bytes)?;
        let inner = content(definition, &root)?;
        let from = &*inner.children;
        let several = |name: &str| from.iter().filter(|child| child.name == name).count() > 1;
        let (message, unread) = match definition {
            Definition::CustomerTransfer if several(PAYMENT) => read(from, Self::CustomerTransfers),
            Definition::InstitutionTransfer if several(PAYMENT) => {
                read(from, Self::InstitutionTransfers)
            }
            Definition::StatusReport if several(STATUS) => read(from, Self::StatusReports),
            Definition::CustomerTransfer => read(from, |it| Self::CustomerTransfer(Box::new(it))),
            Definition::InstitutionTransfer => read(from, Self::InstitutionTransfer),
            Definition::StatusReport => read(from, Self::StatusReport),
            Definition::PaymentReturn => read(from, Self::PaymentReturn),
            Definition::Statement => read(from, Self::Statement),
            Definition::Notification => read(from, Self::Notification),
            Definition::CancellationRequest => read(from, Self::CancellationRequest),
            Definition::Resolution => read(from, Self::Resolution),
            Definition::Header => read(from, Self::Header),
        }?;
        Ok(Read { message, unread })
    }
}

/// The element of one payment, and of one status.
const PAYMENT: &str = "CdtTrfTxInf";
const STATUS: &str = "TxInfAndSts";

/// A message of the table, not yet read.
fn known(bytes: &[u8]) -> Result<(Definition, Element), Fault> {
    let (namespace, root) = xml::read(bytes)?;
    let unknown = || Fault::Unknown(namespace.chars().take(80).collect());
    let name = namespace.strip_prefix(NAMESPACE).ok_or_else(unknown)?;
    let definition = Definition::of(name).ok_or_else(unknown)?;
    Ok((definition, root))
}

/// The element that carries it.
fn content(definition: Definition, root: &Element) -> Result<&Element, Fault> {
    let (_, element) = definition.row();
    let inner = match (definition, root.children.as_slice()) {
        (Definition::Header, _) => root,
        (_, [only]) if root.name == "Document" => only,
        _ => return Err(Fault::Missing("Document".to_owned())),
    };
    if inner.name == element { Ok(inner) } else { Err(Fault::Missing(element.to_owned())) }
}

/// The payments of a `pacs.008`, each judged alone.
///
/// # Errors
/// A message that is none, a header that is not true, or another message.
pub fn customer_transfers(bytes: &[u8]) -> Result<Sorted<CustomerTransfer>, Fault> {
    each(bytes, Definition::CustomerTransfer)
}

/// The payments of a `pacs.009`, each judged alone.
///
/// # Errors
/// As [`customer_transfers`].
pub fn institution_transfers(bytes: &[u8]) -> Result<Sorted<InstitutionTransfer>, Fault> {
    each(bytes, Definition::InstitutionTransfer)
}

fn each<T: transfer::Payment>(bytes: &[u8], wanted: Definition) -> Result<Sorted<T>, Fault> {
    let (definition, root) = known(bytes)?;
    if definition != wanted {
        return Err(Fault::Missing(wanted.name().to_owned()));
    }
    several::sort(&content(definition, &root)?.children)
}

fn children<T: Form>(it: &T) -> Result<Vec<Element>, Fault> {
    let mut io = Io::writing();
    T::form(&mut io, Some(it))?;
    Ok(io.written())
}

fn read<T: Form>(
    children: &[Element],
    message: impl Fn(T) -> Message,
) -> Result<(Message, Vec<String>), Fault> {
    let mut io = Io::reading(children);
    let it = T::form(&mut io, None)?;
    io.end()?;
    Ok((message(it), io.unread))
}
