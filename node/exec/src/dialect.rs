//! What differs from vendor to vendor on the wire, and nothing else: where the key goes, which headers are evidence, and
//! how a body is read.

mod anthropic;
mod gemini;
mod openai;

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use vantage_protocol::target::Dialect;
use zeroize::Zeroizing;

use crate::evidence::Usage;
use crate::failure::{ApiRefusal, Failure};
use crate::secret::Secret;

/// What the body of a proper answer says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The words, of all blocks or parts, if there are any.
    pub(crate) text: Option<String>,
    /// The vendor says that its filter withheld the answer, or cut it.
    pub(crate) is_filtered: bool,
    pub(crate) model: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) usage: Option<Usage>,
}

/// What the body of an error says beyond its status.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) failure: Option<Failure>,
    pub(crate) id: Option<String>,
    /// How long the vendor asks to be left alone, where it says so in the body.
    pub(crate) retry_after: Option<Duration>,
}

/// Reads the body of a 2xx; `None` if it is not what the vendor's reference lays out.
pub(crate) fn answer(dialect: Dialect, body: &[u8]) -> Option<Answer> {
    match dialect {
        Dialect::OpenAi => openai::answer(body),
        Dialect::Anthropic => anthropic::answer(body),
        Dialect::Gemini => gemini::answer(body),
    }
}

/// Reads the body of any other status. Whatever cannot be read adds nothing.
pub(crate) fn trouble(dialect: Dialect, status: u16, body: &[u8]) -> Trouble {
    match dialect {
        Dialect::OpenAi => openai::trouble(status, body),
        Dialect::Anthropic => anthropic::trouble(status, body),
        Dialect::Gemini => gemini::trouble(status, body),
    }
}

/// The response headers that are kept, in lower case and in order. Those of the vendors' references, and those that tell
/// which front end answered. Cookies and the names of accounts, organisations and projects are left out on purpose.
pub fn headers_allowed(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::OpenAi => &openai::HEADERS,
        Dialect::Anthropic => &anthropic::HEADERS,
        Dialect::Gemini => &gemini::HEADERS,
    }
}

/// The header that holds the vendor's id of a request; it goes before an id in the body.
pub(crate) fn request_id_header(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::OpenAi => Some("x-request-id"),
        Dialect::Anthropic => Some("request-id"),
        Dialect::Gemini => None,
    }
}

/// The limit of output tokens that a request body of ours sets.
pub(crate) fn output_tokens_max(dialect: Dialect, body: &[u8]) -> Option<u64> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let limit = match dialect {
        Dialect::OpenAi => body.get("max_completion_tokens").or(body.get("max_tokens")),
        Dialect::Anthropic => body.get("max_tokens"),
        Dialect::Gemini => body.get("generationConfig").and_then(|config| config.get("maxOutputTokens")),
    };
    limit?.as_u64()
}

/// The header that carries the key.
pub(crate) fn credential(dialect: Dialect, key: &Secret) -> Result<(HeaderName, HeaderValue), Failure> {
    let (name, text) = match dialect {
        Dialect::OpenAi => (AUTHORIZATION, Zeroizing::new(format!("Bearer {}", key.expose()))),
        Dialect::Anthropic => (HeaderName::from_static("x-api-key"), Zeroizing::new(key.expose().to_owned())),
        Dialect::Gemini => {
            (HeaderName::from_static("x-goog-api-key"), Zeroizing::new(key.expose().to_owned()))
        }
    };
    // Cannot fail for a checked key; were it to, the call would be one without a valid key.
    let mut value =
        HeaderValue::from_str(&text).map_err(|_| Failure::RefusedByApi(ApiRefusal::InvalidKey))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// The text, unless it is blank.
fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];

    #[test]
    fn allow_lists_are_lower_case_sorted_and_short() {
        for dialect in ALL {
            let headers = headers_allowed(dialect);
            assert!(headers.windows(2).all(|pair| pair[0] < pair[1]), "{dialect:?}");
            assert!(headers.iter().all(|name| *name == name.to_ascii_lowercase()));
            assert!(headers.contains(&"content-type") && headers.contains(&"retry-after"));
            // The protocol's limit on headers of a receipt.
            assert!(headers.len() <= vantage_protocol::params::HEADERS_MAX);
            assert!(request_id_header(dialect).is_none_or(|name| headers.contains(&name)));
            for private in
                ["set-cookie", "openai-organization", "anthropic-organization-id", "openai-project"]
            {
                assert!(!headers.contains(&private));
            }
        }
    }

    #[test]
    fn a_key_goes_where_its_vendor_wants_it_and_is_marked() {
        let key = Secret::new("sk-dialect-0123456789").unwrap();
        for (dialect, name, value) in [
            (Dialect::OpenAi, "authorization", "Bearer sk-dialect-0123456789"),
            (Dialect::Anthropic, "x-api-key", "sk-dialect-0123456789"),
            (Dialect::Gemini, "x-goog-api-key", "sk-dialect-0123456789"),
        ] {
            let (found, carried) = credential(dialect, &key).unwrap();
            assert_eq!((found.as_str(), carried.to_str().unwrap()), (name, value));
            assert!(carried.is_sensitive() && !format!("{carried:?}").contains("0123"));
        }
    }

    #[test]
    fn limits_of_our_own_bodies_are_found() {
        for (dialect, body) in [
            (Dialect::OpenAi, r#"{"max_completion_tokens":64}"#),
            (Dialect::OpenAi, r#"{"max_tokens":64}"#),
            (Dialect::Anthropic, r#"{"max_tokens":64}"#),
            (Dialect::Gemini, r#"{"generationConfig":{"maxOutputTokens":64}}"#),
        ] {
            assert_eq!(output_tokens_max(dialect, body.as_bytes()), Some(64));
            assert_eq!(output_tokens_max(dialect, b"{}"), None);
            assert_eq!(output_tokens_max(dialect, b"{"), None);
        }
    }
}
