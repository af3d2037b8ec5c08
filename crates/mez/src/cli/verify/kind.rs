//! What a file is, told from its own bytes alone.
//!
//! A wrong guess harms nobody: the judge of that kind refuses what is not one.

use proof::credential::PRESENTATION_TYPE;
use proof::rotation::KeyHistory;
use serde_json::Value;

/// How a zip begins: a local file header, or the end record of an empty one.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// The empty line and the em dash before the first signature of a note.
const SIGNED: &[u8] = "\n\n\u{2014} ".as_bytes();

/// Everything `mez verify` judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A zip: a witness bundle.
    Bundle,
    /// A verifiable credential.
    Credential,
    /// Credentials shown by their holder.
    Presentation,
    /// A credential of selective disclosure.
    SdJwt,
    /// A zone's inception document.
    Inception,
    /// A lane receipt.
    Receipt,
    /// A corridor checkpoint signed by both.
    Cut,
    /// Evidence against a watcher.
    Accusation,
    /// A certificate of finality.
    Certificate,
    /// Two statements of one key that contradict each other.
    Evidence,
    /// An alarm about a fork, with its evidence.
    Alarm,
    /// A proof bound to what it is about.
    Binding,
    /// An inception document with every rotation since.
    ZoneKeys,
    /// A C2SP checkpoint note.
    Note,
    /// A C2SP `tlog-proof`.
    Inclusion,
    /// A C2SP `tlog-witness` body: old size, hashes, newer checkpoint.
    Consistency,
    /// A sample of a zone log.
    Sample,
    /// Another JSON object.
    Document,
}

impl Kind {
    /// Tells what `bytes` are; nothing for what is no kind known here.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if ZIP.iter().any(|start| bytes.starts_with(start)) {
            return Some(Self::Bundle);
        }
        if bytes.trim_ascii_start().first() == Some(&b'{') {
            return Some(Self::of_object(bytes));
        }
        Self::of_text(bytes)
    }

    fn of_text(bytes: &[u8]) -> Option<Self> {
        if proof::sdjwt::looks_like(bytes) {
            return Some(Self::SdJwt);
        }
        if bytes.starts_with(b"c2sp.org/tlog-proof@") {
            return Some(Self::Inclusion);
        }
        // What signs a note starts with an em dash.
        let signed = bytes.windows(SIGNED.len()).any(|part| part == SIGNED);
        let kind = if bytes.starts_with(b"old ") { Self::Consistency } else { Self::Note };
        signed.then_some(kind)
    }

    fn of_object(bytes: &[u8]) -> Self {
        // Credentials of others may hold what our canonical form refuses.
        let read = canon::parse_value(bytes).ok().or_else(|| proof::foreign::read(bytes).ok());
        let Some(document) = read else { return Self::Document };
        match document.get("type") {
            Some(Value::String(one)) => Self::of_type(one),
            Some(Value::Array(types)) if names(types, "VerifiableCredential") => Self::Credential,
            Some(Value::Array(types)) if names(types, PRESENTATION_TYPE) => Self::Presentation,
            _ => Self::Document,
        }
    }

    fn of_type(name: &str) -> Self {
        match name {
            "VerifiableCredential" => Self::Credential,
            PRESENTATION_TYPE => Self::Presentation,
            proof::inception::TYPE => Self::Inception,
            corridor::lane::RECEIPT_TYPE => Self::Receipt,
            corridor::cut::CUT_TYPE => Self::Cut,
            corridor::watcher::ACCUSATION_TYPE => Self::Accusation,
            corridor::certificate::CERTIFICATE_TYPE => Self::Certificate,
            corridor::evidence::EVIDENCE_TYPE => Self::Evidence,
            corridor::fork::ALARM_TYPE => Self::Alarm,
            corridor::binding::BINDING_TYPE => Self::Binding,
            KeyHistory::DOCUMENT_TYPE => Self::ZoneKeys,
            proof::sample::SAMPLE_TYPE => Self::Sample,
            _ => Self::Document,
        }
    }
}

fn names(types: &[Value], name: &str) -> bool {
    types.iter().any(|type_| type_ == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_bytes() {
        let rows: [(&[u8], Option<Kind>); 23] = [
            (b"PK\x03\x04rest", Some(Kind::Bundle)),
            (b"PK\x05\x06", Some(Kind::Bundle)),
            (b" {\"type\":[\"VerifiableCredential\",\"X\"]}", Some(Kind::Credential)),
            (b"{\"type\":[\"VerifiableCredential\"],\"n\":0.5}", Some(Kind::Credential)),
            (b"{\"type\":[\"VerifiablePresentation\"]}", Some(Kind::Presentation)),
            (b"eyJh.eyJi.c2ln~\n", Some(Kind::SdJwt)),
            (b"{\"type\":\"MEZZoneInception\"}", Some(Kind::Inception)),
            (b"{\"type\":\"MEZCorridorLaneReceipt\"}", Some(Kind::Receipt)),
            (b"{\"type\":\"MEZCorridorCheckpoint\"}", Some(Kind::Cut)),
            (b"{\"type\":\"MEZEquivocationEvidence\"}", Some(Kind::Evidence)),
            (b"{\"type\":\"MEZForkAlarm\"}", Some(Kind::Alarm)),
            (b"{\"type\":\"MEZProofBinding\"}", Some(Kind::Binding)),
            (b"{\"type\":\"MEZWatcherEvidence\"}", Some(Kind::Accusation)),
            (b"{\"type\":\"MEZFinalityCertificate\"}", Some(Kind::Certificate)),
            (b"{\"type\":\"MEZLogSample\"}", Some(Kind::Sample)),
            (b"{\"type\":\"MEZZoneKeys\"}", Some(Kind::ZoneKeys)),
            ("log\n1\nAA==\n\n\u{2014} log AA==\n".as_bytes(), Some(Kind::Note)),
            ("old 1\n\nlog\n2\nAA==\n\n\u{2014} log AA==\n".as_bytes(), Some(Kind::Consistency)),
            (b"c2sp.org/tlog-proof@v1\n", Some(Kind::Inclusion)),
            (b"{\"type\":\"MEZSomethingElse\"}", Some(Kind::Document)),
            (b"{", Some(Kind::Document)),
            (b"", None),
            (b"PK", None),
        ];
        for (bytes, kind) in rows {
            assert_eq!(Kind::of(bytes), kind, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
