//! `mez openapi`: the document of the API, without a server.

use crate::cli::Answer;
use crate::cli::screen::pretty;

/// Prints what `/openapi.json` of any zone answers.
pub(crate) fn openapi() -> Answer {
    let document = crate::http::openapi();
    Answer::done(pretty(&document), document)
}
