//! The request, as the pure core made it.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use vantage_protocol::params::MODEL_BYTES_MAX;

/// Largest request body, in bytes. A guess: a prompt of a suite is far smaller.
pub const CALL_BODY_MAX: usize = 1 << 20;

/// Longest request path, in bytes: the longest name of a model, each of its bytes written as three, and what is around it.
const PATH_LEN_MAX: usize = 3 * MODEL_BYTES_MAX + 64;

/// The headers that a request may bring, in lower case: those that the core's adapters are known to need. None that could
/// carry a credential or name the sender.
const HEADERS: [&str; 1] = ["anthropic-version"];

/// A request without host and credentials: the same bytes in every region, a function of the job alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    method: String,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Why a request cannot be sent. It points at whoever made the request, not at the vendor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Only `POST` is known.
    #[error("method {0:?} is not known: only POST is")]
    Method(String),
    /// The path would not stay below the endpoint's base address.
    #[error(
        "path {0:?} is refused: it starts with one /, holds letters, digits, - _ . ~ : / and %XX, and no segment of dots"
    )]
    Path(String),
    /// A header that no adapter is known to need, or a value that cannot be sent.
    #[error("header {0:?} is refused: a request brings anthropic-version or none")]
    Header(String),
    /// The body passes [`CALL_BODY_MAX`].
    #[error("the request body has {0} bytes, the limit is {CALL_BODY_MAX}")]
    Body(usize),
}

impl Call {
    /// Checks a request; `path` is what follows the base address, such as `/chat/completions`.
    pub fn new(
        method: impl Into<String>,
        path: impl Into<String>,
        headers: &BTreeMap<String, String>,
        body: Vec<u8>,
    ) -> Result<Self, CallError> {
        let (method, path) = (method.into(), path.into());
        if method != "POST" {
            return Err(CallError::Method(method));
        }
        if path.len() > PATH_LEN_MAX || !stays_below(&path) {
            return Err(CallError::Path(path));
        }
        let mut checked = HeaderMap::new();
        for (name, value) in headers {
            let refused = || CallError::Header(name.clone());
            let known = HEADERS.iter().find(|known| *known == name).ok_or_else(refused)?;
            let value = HeaderValue::from_str(value).map_err(|_| refused())?;
            checked.insert(HeaderName::from_static(known), value);
        }
        if body.len() > CALL_BODY_MAX {
            return Err(CallError::Body(body.len()));
        }
        Ok(Self { method, path, headers: checked, body })
    }

    /// The HTTP method, always `POST`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path below the endpoint's base address.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The headers that change what is asked.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, sent byte for byte.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Whether a path names something below the base address, in bytes that a URL carries unchanged.
fn stays_below(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else { return false };
    path.split('/').all(|segment| {
        // a dot that is percent-encoded is one to those who walk paths
        let is_dots = matches!(segment.replace("%2E", ".").as_str(), "." | "..");
        !segment.is_empty() && !is_dots && is_plain(segment)
    })
}

/// Whether all of a segment stands for itself, or is written as `%XX`.
fn is_plain(segment: &str) -> bool {
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~:".contains(&byte);
        let escape =
            byte == b'%' && [bytes.next(), bytes.next()].iter().all(|byte| byte.as_ref().is_some_and(hex));
        if !plain && !escape {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(path: &str, body: Vec<u8>) -> Result<Call, CallError> {
        Call::new("POST", path, &BTreeMap::new(), body)
    }

    #[test]
    fn a_header_is_one_of_those_that_are_known() {
        let with = |name: &str, value: &str| {
            let headers = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            Call::new("POST", "/v1/messages", &headers, vec![])
        };
        let call = with("anthropic-version", "2023-06-01").unwrap();
        assert_eq!(call.headers()["anthropic-version"], "2023-06-01");
        for (name, value) in [
            ("authorization", "Bearer x"),
            ("x-api-key", "x"),
            ("host", "elsewhere.example"),
            ("accept-language", "de"),
            ("x-forwarded-for", "192.0.2.1"),
            ("Anthropic-Version", "2023-06-01"),
            ("anthropic-version", "a\r\nx: y"),
        ] {
            assert_eq!(with(name, value).unwrap_err(), CallError::Header(name.into()));
        }
    }

    #[test]
    fn a_path_cannot_leave_its_endpoint() {
        for path in
            ["/v1/models/gemini-2.5:generate", "/chat/completions", "/a..b", "/..:x", "/%2E%2E:x", "/a%2Fb~"]
        {
            assert!(post(path, vec![]).is_ok(), "{path}");
        }
        for path in [
            "",
            "/",
            "v1",
            "//evil.example/",
            "/a/../b",
            "/a/./b",
            "/a/%2E%2E/b",
            "/a/.%2E",
            "/a/%2e%2e/b",
            "/a/",
            "/a%2",
            "/a%",
            "/a%zz",
            "/a?key=1",
            "/a#b",
            "/a b",
            "/a\\b",
            "/@evil.example",
            "/a\u{e9}",
        ] {
            assert_eq!(post(path, vec![]), Err(CallError::Path(path.into())), "{path}");
        }
        let long = format!("/{}", "a".repeat(PATH_LEN_MAX));
        assert_eq!(post(&long, vec![]), Err(CallError::Path(long.clone())));
        let got = Call::new("GET", "/v1", &BTreeMap::new(), vec![]);
        assert_eq!(got, Err(CallError::Method("GET".into())));
        assert!(matches!(post("/v1", vec![0; CALL_BODY_MAX + 1]), Err(CallError::Body(_))));
    }
}
