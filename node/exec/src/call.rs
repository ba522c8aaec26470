//! The request, as the pure core made it.

/// Largest request body, in bytes. A guess: a prompt of a suite is far smaller.
pub const CALL_BODY_MAX: usize = 1 << 20;

/// Longest request path, in bytes. A guess: the known ones have under 100.
const PATH_LEN_MAX: usize = 256;

/// A request without host and credentials: the same bytes in every region, a function of the job alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    method: String,
    path: String,
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
        "path {0:?} is refused: it starts with one /, and holds letters, digits and - _ . : / without .."
    )]
    Path(String),
    /// The body passes [`CALL_BODY_MAX`].
    #[error("the request body has {0} bytes, the limit is {CALL_BODY_MAX}")]
    Body(usize),
}

impl Call {
    /// Checks a request; `path` is what follows the base address, such as `/v1/chat/completions`.
    pub fn new(method: impl Into<String>, path: impl Into<String>, body: Vec<u8>) -> Result<Self, CallError> {
        let (method, path) = (method.into(), path.into());
        if method != "POST" {
            return Err(CallError::Method(method));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        let inside = path.starts_with('/') && !path.contains("//") && !path.contains("..");
        if !inside || path.len() > PATH_LEN_MAX || !path.bytes().all(plain) {
            return Err(CallError::Path(path));
        }
        if body.len() > CALL_BODY_MAX {
            return Err(CallError::Body(body.len()));
        }
        Ok(Self { method, path, body })
    }

    /// The HTTP method, always `POST`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path below the endpoint's base address.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The body, sent byte for byte.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_endpoint() {
        assert!(Call::new("POST", "/v1/models/gemini-2.5:generate", vec![]).is_ok());
        for path in ["", "v1", "//evil.example/", "/a/../b", "/a?key=1", "/a#b", "/a b", "/@evil.example"] {
            assert_eq!(Call::new("POST", path, vec![]), Err(CallError::Path(path.into())), "{path}");
        }
        assert_eq!(Call::new("GET", "/v1", vec![]), Err(CallError::Method("GET".into())));
        assert!(matches!(Call::new("POST", "/v1", vec![0; CALL_BODY_MAX + 1]), Err(CallError::Body(_))));
    }
}
