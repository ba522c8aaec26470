//! What differs from vendor to vendor on the wire, and nothing else: where the key goes, which headers are evidence, and
//! how a body is read.

mod anthropic;
mod gemini;
mod openai;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use vantage_protocol::request::Adapter;
use vantage_protocol::target::Dialect;
use zeroize::Zeroizing;

use crate::evidence::Usage;
use crate::failure::{ApiRefusal, Failure};
use crate::json::Body;
use crate::secret::Secret;
use crate::trouble::Trouble;

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

/// The words of an answer, of all blocks or parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Said(String),
    /// Nothing, or blanks.
    None,
    /// Something stands there that is no text, or may be a part of one.
    Odd,
    /// There is no place for words, by the vendor's reference.
    Absent,
}

/// The kinds of parts that are no words: thoughts, and what the vendor's own tools were asked and gave back. A closed list:
/// a part of a kind that is in none of these lists may hold words.
const SILENT: [&str; 26] = [
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "function_call_output",
    "function_response",
    "mcp_tool_result",
    "mcp_tool_use",
    "reasoning",
    "reasoning.encrypted",
    "reasoning.summary",
    "reasoning.text",
    "reasoning_content",
    "reasoning_text",
    "redacted_thinking",
    "reference",
    "server_tool_use",
    "summary_text",
    "text_editor_code_execution_tool_result",
    "think",
    "thinking",
    "thought",
    "tool_reference",
    "tool_result",
    "web_fetch_tool_result",
    "web_search_tool_result",
];

/// The kinds of parts in which the model asks for a tool of ours.
const TOOLS: [&str; 6] =
    ["custom_tool_call", "function", "function_call", "tool_call", "tool_calls", "tool_use"];

/// The fields of parts that may hold words.
const OF_PART: [&str; 5] = ["content", "message", "parts", "refusal", "text"];

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

/// The first of the answers to a request that asked for one, wherever it stands.
fn first(answers: Option<&Value>) -> Option<&Value> {
    let answers = answers?.as_array()?;
    let is_first =
        |answer: &&Value| answer.get("index").is_some_and(|index| count(index) == Some(0) || index == "0");
    answers.iter().find(is_first).or_else(|| answers.iter().find(|answer| !answer.is_null()))
}

/// The words of a content: a text, or a list of parts, of which those with text are joined in order. Thoughts and tools are
/// no words; refusals are, where there is no other text. A part that may hold words of another kind makes all of it odd:
/// what is left would be a part of the answer.
fn words(content: Option<&Value>) -> Words {
    // of an object of which nothing is known, nobody can say that it holds no words
    if content.and_then(Value::as_object).is_some_and(Map::is_empty) {
        return Words::Odd;
    }
    let (mut text, mut refusal) = (String::new(), String::new());
    for part in parts(content) {
        match part {
            Value::Null => {}
            Value::String(said) => text.push_str(said),
            Value::Object(fields) => match Part::of(fields) {
                Part::Text(said) => text.push_str(said),
                Part::Refusal(said) => refusal.push_str(said),
                Part::Silent | Part::Tool => {}
                Part::Odd => return Words::Odd,
            },
            _ => return Words::Odd,
        }
    }
    let said = if text.trim().is_empty() { refusal } else { text };
    if said.trim().is_empty() { Words::None } else { Words::Said(said) }
}

/// Whether one of the parts of a content asks for a tool.
fn asks_for_tool(content: Option<&Value>) -> bool {
    let asks = |part: &Value| part.as_object().is_some_and(|fields| matches!(Part::of(fields), Part::Tool));
    parts(content).iter().any(asks)
}

/// The parts of a content, one of its own if it is no list. Some servers wrap the list as Gemini does.
fn parts(content: Option<&Value>) -> &[Value] {
    match content {
        None | Some(Value::Null) => &[],
        Some(Value::Array(parts)) => parts,
        Some(one) => match one.get("parts").filter(|_| !holds_words(one.get("text"))) {
            Some(Value::Array(parts)) => parts,
            Some(part) => std::slice::from_ref(part),
            None => std::slice::from_ref(one),
        },
    }
}

/// One part of a content.
enum Part<'a> {
    Text(&'a str),
    /// The model declines in these words (OpenAI's reference: a message's content has parts of `text` or of `refusal`).
    Refusal(&'a str),
    Silent,
    Tool,
    Odd,
}

impl<'a> Part<'a> {
    fn of(fields: &'a Map<String, Value>) -> Self {
        let is_wordy = OF_PART.iter().any(|name| holds_words(fields.get(*name)));
        let unless_wordy = if is_wordy { Self::Odd } else { Self::Silent };
        let kind = match fields.get("type") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(kind)) => kind.trim().to_ascii_lowercase(),
            Some(_) => return unless_wordy,
        };
        let calls = ["functionCall", "function_call"];
        match (is_thought(fields.get("thought")), kind.as_str()) {
            (Some(true), _) => Self::Silent,
            (None, _) => unless_wordy,
            _ if calls.iter().any(|name| fields.get(*name).is_some_and(|call| !call.is_null())) => Self::Tool,
            (_, "" | "text" | "output_text") => match fields.get("text") {
                Some(Value::String(text)) => Self::Text(text),
                _ => unless_wordy,
            },
            (_, "refusal") => match fields.get("refusal").or(fields.get("text")) {
                Some(Value::String(text)) => Self::Refusal(text),
                _ => unless_wordy,
            },
            (_, kind) if TOOLS.contains(&kind) => Self::Tool,
            (_, kind) if SILENT.contains(&kind) => Self::Silent,
            _ => unless_wordy,
        }
    }
}

/// Whether a part is said to be a thought; none if what is said of it is neither yes nor no.
fn is_thought(flag: Option<&Value>) -> Option<bool> {
    match flag {
        None | Some(Value::Null) => Some(false),
        Some(Value::Bool(is)) => Some(*is),
        Some(Value::Number(number)) => Some(number.as_f64() != Some(0.0)),
        Some(Value::String(word)) => match word.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        },
        Some(_) => None,
    }
}

/// Whether something stands there that may be words.
fn holds_words(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Bool(true) | Value::Number(_) | Value::Object(_)) => true,
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
    fn parts_are_joined_and_what_is_no_text_is_said_to_be_none() {
        let said = |text: &str| Words::Said(text.to_owned());
        for (content, expected) in [
            (json!("yes"), said("yes")),
            (json!(["One, ", { "type": "text", "text": "two." }]), said("One, two.")),
            (
                json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }, { "type": "text", "text": "yes" }]),
                said("yes"),
            ),
            (
                json!([{ "type": "reasoning", "text": "hm" }, { "type": "output_text", "text": "yes" }]),
                said("yes"),
            ),
            (json!([{ "text": "hm", "thought": true }, { "text": "yes" }]), said("yes")),
            (
                json!([{ "type": "tool_use", "id": "t" }, null, { "type": "text", "text": "yes" }, { "type": 7 }]),
                said("yes"),
            ),
            (json!([{ "type": "refusal", "refusal": "no" }]), said("no")),
            (json!([{ "type": "refusal", "refusal": "no" }, { "type": "text", "text": "yes" }]), said("yes")),
            (json!({ "type": "text", "text": "yes" }), said("yes")),
            (json!([{ "type": "thinking", "thinking": "hm" }]), Words::None),
            (json!([{ "type": "text", "text": null }]), Words::None),
            (json!([]), Words::None),
            (json!(" \n"), Words::None),
            (json!(null), Words::None),
            (json!(7), Words::Odd),
            (json!(true), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, 7]), Words::Odd),
            (json!([{ "type": "text", "text": { "value": "a" } }]), Words::Odd),
            (json!([["a"]]), Words::Odd),
            (json!({}), Words::Odd),
            // kinds are read in any case, and none is text
            (
                json!([{ "type": null, "text": "One, " }, { "type": " ", "text": "two" }, { "type": "TEXT ", "text": "." }]),
                said("One, two."),
            ),
            (json!({ "parts": [{ "text": "yes" }] }), said("yes")),
            (json!({ "parts": { "text": "yes" } }), said("yes")),
            (json!({ "parts": ["yes", {}] }), said("yes")),
            (
                json!([{ "thought": "true", "text": "hm" }, { "thought": 1, "text": "hm" }, { "thought": 0, "text": "yes" }]),
                said("yes"),
            ),
            (
                json!([{ "type": "Thinking", "text": "hm" }, { "type": "tool_result", "content": "hm" }, "yes"]),
                said("yes"),
            ),
            // half an answer is none
            (json!([{ "type": "text", "text": "a" }, { "type": "markdown", "text": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": 7, "text": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": "answer", "content": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": "text", "content": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": "new", "text": {} }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "thought": "so it is", "text": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "parts": [{ "text": "b" }] }]), Words::Odd),
            (
                json!([{ "type": "text", "text": "a" }, { "type": "image_url", "text": " " }, { "type": "new" }]),
                said("a"),
            ),
        ] {
            assert_eq!(words(Some(&content)), expected, "{content}");
        }
        assert_eq!(words(None), Words::None);
    }

    #[test]
    fn a_part_that_asks_for_a_tool_is_told_from_what_a_tool_gave_back() {
        for asks in [
            json!([{ "type": "tool_use" }]),
            json!([{ "text": "a" }, { "functionCall": {} }]),
            json!({ "parts": [{ "functionCall": { "name": "f" } }] }),
            json!({ "type": "Function_Call" }),
        ] {
            assert!(asks_for_tool(Some(&asks)), "{asks}");
        }
        for none in [
            json!([{ "type": "server_tool_use" }]),
            json!([{ "functionCall": null }]),
            json!("tool_use"),
            json!([{ "type": "text", "text": "tool_use" }]),
            json!(null),
        ] {
            assert!(!asks_for_tool(Some(&none)), "{none}");
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
