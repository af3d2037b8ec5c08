//! A call of Mass as it goes out, and what came back.

/// How it is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It changes nothing.
    Get,
    /// It may.
    Post,
    /// It puts members in the place of others, and does so once however often it is asked.
    Put,
}

impl Method {
    /// As on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// GET or POST.
    pub method: Method,
    /// Below the URL of Mass, with its query.
    pub path: String,
    /// The body, JSON; empty where there is none.
    pub body: Vec<u8>,
    /// The key under which it has one effect, for calls that take one.
    pub key: Option<String>,
    /// Whether the same call may go out twice and have one effect.
    pub repeatable: bool,
}

impl Call {
    /// A read.
    pub(super) fn get(path: String) -> Self {
        Self { method: Method::Get, path, body: Vec::new(), key: None, repeatable: true }
    }

    /// A call with a body.
    pub(super) fn post(path: &str, body: &serde_json::Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { method: Method::Post, path: path.to_owned(), body, key: None, repeatable: false }
    }

    /// Members that take the place of those there are: the same again changes nothing.
    pub(super) fn put(path: String, body: &serde_json::Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { method: Method::Put, path, body, key: None, repeatable: true }
    }

    /// Under a key, which makes it repeatable.
    pub(super) fn keyed(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), repeatable: true, ..self }
    }
}

/// What came back: a status below 500, and JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The bytes.
    pub body: Vec<u8>,
}
