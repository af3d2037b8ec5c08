//! `/v1/fiscal`.

use canon::{AccountId, EntityId, PaymentId};
use registry::InstructionInput;
use zone::{FundAsk, OpenAccount, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

pub(super) fn open(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let open: OpenAccount = asked.read()?;
    Ok(zone.open_account(&asked.ask()?, &open)?.into())
}

pub(super) fn accounts(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    let entity = asked.wanted("entity_id", EntityId::parse)?;
    Ok(zone.accounts(entity.as_ref(), after, limit)?.into())
}

pub(super) fn account(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.account(&asked.param("id", AccountId::parse)?)?.into())
}

pub(super) fn fund(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = asked.param("id", AccountId::parse)?;
    let fund: FundAsk = asked.read()?;
    Ok(zone.fund_account(&asked.ask()?, &id, &fund)?.into())
}

pub(super) fn pay(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let instruction: InstructionInput = asked.read()?;
    Ok(zone.pay(&asked.ask()?, instruction)?.into())
}

pub(super) fn payments(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.payments(after, limit)?.into())
}

pub(super) fn payment(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.payment(&asked.param("id", PaymentId::parse)?)?.into())
}

pub(super) fn totals(zone: &Zone, _asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.ledger_totals()?.into())
}
