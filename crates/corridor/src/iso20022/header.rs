//! `head.001.001.02`: who sends which message to whom, beside the message itself.

use canon::Timestamp;
use serde::{Deserialize, Serialize};

use super::Definition;
use super::fault::Fault;
use super::io::{Form, Io};
use super::leaf::Text;
use super::parts::Agent;

/// The business application header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Who sends.
    pub from: Agent,
    /// Who receives.
    pub to: Agent,
    /// `BizMsgIdr`: the id of the message.
    pub message_id: Text<35>,
    /// `MsgDefIdr`: a message of the table.
    pub definition: Text<35>,
    /// When.
    pub created: Timestamp,
}

impl Form for Header {
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault> {
        let header = Self {
            from: io.within("Fr", |io| io.part("FIId", it.map(|it| &it.from)))?,
            to: io.within("To", |io| io.part("FIId", it.map(|it| &it.to)))?,
            message_id: io.must("BizMsgIdr", it.map(|it| &it.message_id))?,
            definition: io.must("MsgDefIdr", it.map(|it| &it.definition))?,
            created: io.must("CreDt", it.map(|it| &it.created))?,
        };
        let named = Definition::of(header.definition.as_str());
        if named.is_none_or(|definition| definition == Definition::Header) {
            return Err(Fault::Unknown(header.definition.as_str().to_owned()));
        }
        Ok(header)
    }
}
