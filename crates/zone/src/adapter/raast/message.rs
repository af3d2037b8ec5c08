//! The `pacs.008` of a payment. It is made of what is kept and of nothing that changes.

use canon::Amount;
use corridor::iso20022::{
    Account, Agent, BadText, ChargeBearer, CustomerTransfer, Instruction, PartyName, Settlement,
    Text,
};
use registry::Payment;
use registry::fiscal::{BankAccount, Rail};

use super::super::Question;
use super::rail;
use crate::refused::Refused;

/// What message identifiers begin with.
const PREFIX: &str = "MEZ";

fn agent(account: &BankAccount) -> Agent {
    Agent { bic: account.bic.clone(), lei: None }
}

fn party(name: &str) -> Result<PartyName, BadText> {
    Ok(PartyName { name: Text::parse(name)?, address: None, organisation: None, person: None })
}

fn written(payment: &Payment, rail: &Rail, net: Amount) -> Result<CustomerTransfer, BadText> {
    let terms = &rail.terms;
    let reference: String = payment.id().as_str().chars().filter(|sign| *sign != '-').collect();
    let instruction = Instruction {
        message_id: Text::parse(&format!("{PREFIX}{reference}"))?,
        created: payment.initiated_at(),
        settlement: Settlement::Clearing,
        instructing: agent(&terms.from),
        instructed: agent(&terms.payee.account),
        instruction_id: None,
        end_to_end_id: Text::parse(&reference)?,
        uetr: terms.uetr.clone(),
        amount: net,
        settlement_date: payment.initiated_at().date(),
    };
    Ok(CustomerTransfer {
        instruction,
        charges: ChargeBearer::Agreed,
        debtor: party(terms.payer_name.as_str())?,
        debtor_account: Some(Account::Iban(terms.from.iban.clone())),
        debtor_agent: agent(&terms.from),
        creditor_agent: agent(&terms.payee.account),
        creditor: party(terms.payee.name.as_str())?,
        creditor_account: Some(Account::Iban(terms.payee.account.iban.clone())),
        purpose: None,
        remittance: payment.reference().map(Text::parse).transpose()?,
    })
}

/// The question that makes a payment, and the key it is put under each time.
///
/// # Errors
/// `message-refused` where the message cannot carry it.
pub(super) fn question(payment: &Payment) -> Result<(Question, String), Refused> {
    let rail = rail(payment).ok_or_else(|| Refused::host("a payment over no payment system"))?;
    let transfer = written(payment, rail, payment.net().amount());
    let transfer = transfer.map_err(|why| Refused::invalid("message-refused", why))?;
    let question = Question::Transfer(Box::new(transfer));
    let key = format!("mez-{}", rail.terms.uetr.as_str());
    let call = question.call(&key);
    call.map_err(|why| Refused::invalid("message-refused", why))?;
    Ok((question, key))
}
