//! Records as texts of Mass: whole, in a form that any text of theirs carries.

use canon::Digest;
use proof::base64;

use super::at_mass::{AtMass, Unwell};

/// Before records in a text of Mass: what they are, and in which form.
const CARRIED: &str = "mez.v1.";

/// Records as one text of Mass.
pub(super) fn carried<'r>(records: impl IntoIterator<Item = &'r [u8]>) -> String {
    let safe = |sign: char| match sign {
        '+' => Some('-'),
        '/' => Some('_'),
        '=' => None,
        other => Some(other),
    };
    let part = |record: &[u8]| base64::encode(record).chars().filter_map(safe).collect::<String>();
    let parts: Vec<String> = records.into_iter().map(part).collect();
    format!("{CARRIED}{}", parts.join("."))
}

/// The records in a text of Mass, each with its digest.
pub(super) fn brought(text: &str) -> Result<Vec<(Vec<u8>, Digest)>, AtMass> {
    let unreadable = || AtMass::new(Unwell::Differs, "what Mass holds is no record of a zone");
    let parts = text.strip_prefix(CARRIED).ok_or_else(unreadable)?.split('.');
    parts
        .map(|part| {
            let mut plain = part.replace('-', "+").replace('_', "/");
            while plain.len() % 4 != 0 {
                plain.push('=');
            }
            let record = base64::decode(&plain).ok_or_else(unreadable)?;
            let digest = Digest::of_blob(&record);
            Ok((record, digest))
        })
        .collect()
}

/// The record with a digest, among texts of Mass.
pub(super) fn held<'t>(
    sha256: Digest,
    texts: impl IntoIterator<Item = &'t str>,
) -> Result<Vec<u8>, AtMass> {
    let records = texts.into_iter().filter_map(|text| brought(text).ok()).flatten();
    let found = records.into_iter().find_map(|(body, digest)| (digest == sha256).then_some(body));
    found.ok_or_else(|| {
        AtMass::new(Unwell::Differs, "what Mass holds is not the record that was put there")
    })
}
