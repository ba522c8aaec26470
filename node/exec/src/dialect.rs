//! What differs from vendor to vendor on the wire, and nothing else: where the key goes, which headers are evidence, and
//! how a body is read.

mod anthropic;
mod gemini;
mod openai;
mod words;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::Value;
use vantage_protocol::request::Adapter;
use vantage_protocol::target::Dialect;
use zeroize::Zeroizing;

use crate::call::Call;
use crate::evidence::Usage;
use crate::failure::{ApiRefusal, Failure};
use crate::json::Body;
use crate::secret::Secret;
use crate::trouble::{self, Trouble};

pub(crate) use gemini::BLOCKED;
pub(crate) use words::{Words, is_of_words, is_silent};
use words::{asks_for_tool, words};

/// What the body of a 2xx says. Each field is read by itself: an odd one, or one that is missing, never costs the others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) words: Words,
    /// The model asks for a tool to be run, with words or without.
    pub(crate) asks_for_tool: bool,
    pub(crate) model: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) finish: Option<String>,
    pub(crate) usage: Usage,
    /// An error where the answer should stand, or beside it.
    pub(crate) trouble: Option<Trouble>,
}

/// The format of the answers to an adapter's requests.
pub(crate) fn of(adapter: Adapter) -> Dialect {
    match adapter {
        Adapter::OpenChat | Adapter::OpenAiChat | Adapter::CompatibleChat => Dialect::OpenAi,
        Adapter::AnthropicMessages => Dialect::Anthropic,
        Adapter::GeminiGenerate => Dialect::Gemini,
    }
}

/// The field of a body that the answer stands in.
pub(crate) fn answer_field(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "choices",
        Dialect::Anthropic => "content",
        Dialect::Gemini => "candidates",
    }
}

/// Reads the body of a 2xx.
pub(crate) fn answer(dialect: Dialect, body: &Body) -> Answer {
    let answer = match dialect {
        Dialect::OpenAi => openai::answer(&body.value),
        Dialect::Anthropic => anthropic::answer(&body.value),
        Dialect::Gemini => gemini::answer(&body.value),
    };
    Answer { words: if body.is_cut { Words::Odd } else { answer.words }, ..answer }
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
    let body: Value = serde_json::from_slice(body).ok()?;
    let limit = match dialect {
        Dialect::OpenAi => body.get("max_completion_tokens").or(body.get("max_tokens")),
        Dialect::Anthropic => body.get("max_tokens"),
        Dialect::Gemini => body.get("generationConfig").and_then(|config| config.get("maxOutputTokens")),
    };
    limit?.as_u64()
}

/// The model that a request of ours asks for, by its body or, where that names none, by its path.
pub(crate) fn model_asked(call: &Call) -> String {
    let body: Option<Value> = serde_json::from_slice(call.body()).ok();
    let named = body.as_ref().and_then(|body| body.get("model")?.as_str());
    named.unwrap_or(call.path()).to_owned()
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

/// What stands where the answer to a request that asked for one should.
enum First<'a> {
    None,
    /// The answer, or of several the first by their indexes.
    One(&'a Value),
    /// Several of one index: nobody can say which of them is the answer, or whether each is a piece of it.
    Pieces(&'a [Value]),
}

/// The first of the answers to a request that asked for one, wherever it stands. An index that is not told is 0, as formats
/// leave out that write nothing for what is empty.
fn first(answers: Option<&Value>) -> First<'_> {
    let Some(all) = answers.and_then(Value::as_array) else { return First::None };
    let index = |answer: &Value| match answer.get("index") {
        Some(Value::String(digits)) => digits.trim().parse().unwrap_or(0),
        Some(index) => count(index).unwrap_or(0),
        None => 0,
    };
    let mut indexed: Vec<(u64, &Value)> =
        all.iter().filter(|answer| !answer.is_null()).map(|answer| (index(answer), answer)).collect();
    indexed.sort_by_key(|(index, _)| *index);
    let is_twice = indexed.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other));
    match indexed.first() {
        _ if is_twice => First::Pieces(all),
        Some((_, answer)) => First::One(answer),
        None => First::None,
    }
}

impl<'a> First<'a> {
    /// The answer, if it is one.
    fn one(&self) -> Option<&'a Value> {
        match self {
            Self::One(answer) => Some(answer),
            Self::None | Self::Pieces(_) => None,
        }
    }

    /// The error that stands in the answer, or in a piece of it.
    fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::None => None,
            Self::One(answer) => trouble::of_choice(answer),
            Self::Pieces(pieces) => pieces.iter().find_map(trouble::of_choice),
        }
    }
}

/// A name or an id: a text that is not blank, or a number as text.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The reason for an end, as it stands: what is no text is shown as JSON, so that it is never taken for none.
fn finish(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        odd => Some(odd.to_string()),
    }
}

/// A count of tokens: a whole number from 0, with or without `.0`. Any other is not known. What is too large for one is the
/// largest, which no call can have taken.
fn count(value: &Value) -> Option<u64> {
    let whole = |number: f64| (number >= 0.0 && number.fract() == 0.0).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];

    #[test]
    fn allow_lists_are_lower_case_sorted_and_short() {
        for dialect in ALL {
            let headers = headers_allowed(dialect);
            assert!(headers.windows(2).all(|pair| pair[0] < pair[1]), "{dialect:?}");
            assert!(headers.iter().all(|name| *name == name.to_ascii_lowercase()));
            let needed =
                ["content-encoding", "content-type", "retry-after", "retry-after-ms", "x-should-retry"];
            assert!(needed.iter().all(|name| headers.contains(name)), "{dialect:?}");
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
        let key = Secret::new("sk-dialect-7193058264").unwrap();
        for (dialect, name, value) in [
            (Dialect::OpenAi, "authorization", "Bearer sk-dialect-7193058264"),
            (Dialect::Anthropic, "x-api-key", "sk-dialect-7193058264"),
            (Dialect::Gemini, "x-goog-api-key", "sk-dialect-7193058264"),
        ] {
            let (found, carried) = credential(dialect, &key).unwrap();
            assert_eq!((found.as_str(), carried.to_str().unwrap()), (name, value));
            assert!(carried.is_sensitive() && !format!("{carried:?}").contains("0123"));
        }
    }

    #[test]
    fn a_count_is_a_whole_number_and_nothing_else_is() {
        for (number, expected) in
            [("0", 0), ("9", 9), ("9.0", 9), ("1e3", 1000), ("4294967296", 1 << 32), ("1e300", u64::MAX)]
        {
            assert_eq!(count(&number.parse().unwrap()), Some(expected), "{number}");
        }
        for odd in ["null", "-1", "0.2", "41.6", "\"9\"", "true", "[9]", "{}"] {
            assert_eq!(count(&odd.parse().unwrap()), None, "{odd}");
        }
    }

    #[test]
    fn an_odd_reason_is_never_none() {
        for (value, text) in
            [(json!("stop"), "stop"), (json!(0), "0"), (json!(false), "false"), (json!([]), "[]")]
        {
            assert_eq!(finish(&value).as_deref(), Some(text));
        }
        for none in [json!(null), json!(""), json!(" ")] {
            assert_eq!(finish(&none), None, "{none}");
        }
        assert_eq!(
            [name(&json!(17)), name(&json!("a")), name(&json!(true))],
            [Some("17".into()), Some("a".into()), None]
        );
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
