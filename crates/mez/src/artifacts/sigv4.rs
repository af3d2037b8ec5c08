//! AWS Signature Version 4 for requests without a query, over the SHA-256 the house already has.
//!
//! HMAC is RFC 2104, checked against RFC 4231; the derivation against the published example.

use canon::{Digest, sha256_parts};
use zeroize::Zeroizing;

/// Block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// Who asks, and where.
pub(super) struct Signer {
    /// The public half of the access key.
    pub(super) access_key: String,
    /// The secret half.
    pub(super) secret: Zeroizing<String>,
    /// The region in the scope of a signature.
    pub(super) region: String,
}

/// What is signed. Header names are lower case and sorted, and values carry no outer spaces.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// Characters that need no escape only.
    pub(super) path: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub(super) moment: &'a str,
    pub(super) headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body.
    pub(super) payload: Digest,
}

impl Signer {
    /// The `authorization` header of a request to S3.
    pub(super) fn authorization(&self, request: &Request<'_>) -> String {
        let line = |(name, value): &(&str, &str)| format!("{name}:{value}\n");
        let headers: String = request.headers.iter().map(line).collect();
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let Request { method, path, moment, payload, .. } = request;
        let canonical = format!("{method}\n{path}\n\n{headers}\n{names}\n{payload}");
        let day = moment.split('T').next().unwrap_or_default();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let hashed = Digest::of_blob(canonical.as_bytes());
        let text = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}");
        let signature = hmac(self.key(day).as_bytes(), text.as_bytes());
        let key = &self.access_key;
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }

    /// The key of one day, region and service.
    fn key(&self, day: &str) -> Digest {
        let start = Zeroizing::new(format!("AWS4{}", self.secret.as_str()));
        let mut key = hmac(start.as_bytes(), day.as_bytes());
        for part in [self.region.as_str(), "s3", "aws4_request"] {
            key = hmac(key.as_bytes(), part.as_bytes());
        }
        key
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Digest {
    let short =
        if key.len() > BLOCK { Digest::of_blob(key).as_bytes().to_vec() } else { key.to_vec() };
    let mut block = Zeroizing::new(short);
    block.resize(BLOCK, 0);
    let padded = |pad: u8| Zeroizing::new(block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>());
    let inner = sha256_parts(&[&padded(0x36), text]);
    sha256_parts(&[&padded(0x5c), inner.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_gives_the_values_of_rfc_4231() {
        for (key, text, mac) in [
            (
                vec![0x0b; 20],
                &b"Hi There"[..],
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hmac(&key, text).to_string(), mac);
        }
    }

    #[test]
    fn the_published_example_of_a_get_has_its_signature() {
        let signer = Signer {
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Zeroizing::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            region: "us-east-1".to_owned(),
        };
        let payload = Digest::of_blob(b"");
        let hash = payload.to_string();
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", hash.as_str()),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let (method, path, moment) = ("GET", "/test.txt", "20130524T000000Z");
        let said =
            signer.authorization(&Request { method, path, moment, headers: &headers, payload });
        let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert!(said.ends_with(signature), "{said}");
    }
}
