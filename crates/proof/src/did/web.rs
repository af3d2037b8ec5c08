//! `did:web`: where the document of a DID is served.

use canon::Did;

/// The URL of the document of a `did:web`; nothing for another method or an empty part.
///
/// `did:web:a.example` is at `/.well-known/did.json`, `did:web:a.example%3A8443:b:c` at
/// `https://a.example:8443/b/c/did.json`.
#[must_use]
pub fn url(did: &Did) -> Option<String> {
    let base = did.base();
    let mut parts = base.as_str().strip_prefix("did:web:")?.split(':');
    let host = parts.next()?.replace("%3A", ":").replace("%3a", ":");
    let plain = |part: &str| !part.is_empty() && !part.contains(['/', '?', '=', '&', '%', '#']);
    if !plain(&host) {
        return None;
    }
    let path: Vec<&str> = parts.collect();
    if !path.iter().all(|part| plain(part) && *part != "." && *part != "..") {
        return None;
    }
    Some(match path.as_slice() {
        [] => format!("https://{host}/.well-known/did.json"),
        path => format!("https://{host}/{}/did.json", path.join("/")),
    })
}
