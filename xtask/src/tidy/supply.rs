//! What we take in from outside: which crates, under which license, from where.
//!
//! The lists are those of `deny.toml`, which is there for `cargo deny`; building that program takes longer than
//! most of our suites, so the three checks that need no advisory database are made here as well. A name that
//! stands here and not there is a finding.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Finding;
use super::tree::Tree;
use crate::workspace::{array, text};

const LOCK: &str = "Cargo.lock";
const POLICY: &str = "deny.toml";
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Second implementations of what `ring` and the dalek crates do for us, and shims onto system libraries.
const BANNED: [&str; 11] = [
    "async-std",
    "aws-lc-rs",
    "aws-lc-sys",
    "boring",
    "chrono",
    "libsodium-sys",
    "mbedtls",
    "native-tls",
    "openssl",
    "openssl-sys",
    "secp256k1-sys",
];

/// One version each: two would mean two sets of the types or checks that trust rests on.
const SINGLE: [&str; 9] = [
    "curve25519-dalek",
    "ed25519",
    "ed25519-dalek",
    "ring",
    "rustls",
    "rustls-webpki",
    "serde_json",
    "subtle",
    "zeroize",
];

const LICENSES: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

pub(super) fn check(metadata: &Value, tree: &Tree, findings: &mut Vec<Finding>) {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in array(metadata, "packages") {
        let (name, source) = (text(package, "name"), text(package, "source"));
        versions.entry(name).or_default().push(text(package, "version"));
        let mut said = |text: String| findings.push(Finding::new(LOCK, 0, text));
        if BANNED.contains(&name) {
            said(format!("`{name}` is banned"));
        }
        if !source.is_empty() && source != SOURCE {
            said(format!("`{name}` comes from {source}"));
        }
        let license = text(package, "license");
        if !admits(license) {
            said(format!("`{name}` has the license `{license}`"));
        }
    }
    for name in SINGLE {
        let found = versions.get(name).map_or(&[][..], Vec::as_slice);
        if found.len() > 1 {
            let said = format!("`{name}` in {} versions: {}", found.len(), found.join(", "));
            findings.push(Finding::new(LOCK, 0, said));
        }
    }
    check_policy(tree, findings);
}

/// The two lists of names are one list.
fn check_policy(tree: &Tree, findings: &mut Vec<Finding>) {
    let policy = tree.find(POLICY).map_or("", |file| file.text.as_str());
    let named = [BANNED.as_slice(), SINGLE.as_slice(), LICENSES.as_slice()];
    for name in named.into_iter().flatten() {
        if !policy.contains(&format!("\"{name}\"")) {
            findings.push(Finding::new(
                POLICY,
                0,
                format!("`{name}` is checked by tidy and absent here"),
            ));
        }
    }
}

/// Whether an SPDX expression can be met with what we accept. `/` is the old way to write OR.
fn admits(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest);
    met && rest.is_empty()
}

fn any_of(rest: &mut &[&str]) -> bool {
    let mut met = all_of(rest);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        // Both sides are read, whatever the first one says.
        met |= all_of(rest);
    }
    met
}

fn all_of(rest: &mut &[&str]) -> bool {
    let mut met = one(rest);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        met &= one(rest);
    }
    met
}

fn one(rest: &mut &[&str]) -> bool {
    match *rest {
        ["(", inner @ ..] => {
            *rest = inner;
            let met = any_of(rest);
            let closed = rest.first() == Some(&")");
            *rest = rest.get(1..).unwrap_or_default();
            met && closed
        }
        [name, "WITH", exception, after @ ..] => {
            *rest = after;
            LICENSES.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, after @ ..] => {
            *rest = after;
            LICENSES.contains(name)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_written() {
        assert!(admits("MIT OR Apache-2.0 OR LGPL-2.1-or-later"));
        assert!(admits("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(admits("Unlicense/MIT"));
        assert!(admits("Apache-2.0 WITH LLVM-exception"));
        assert!(!admits("MIT AND GPL-3.0-only"));
        assert!(!admits("(GPL-2.0 OR LGPL-2.1) AND MIT"));
        assert!(!admits(""));
        assert!(!admits("MIT)"));
    }
}
