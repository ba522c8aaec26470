//! Bodies and headers as OpenAI's API reference lays them out.

use std::time::SystemTime;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Requests per minute that the simulated account is said to have.
const LIMIT_REQUESTS: u64 = 10_000;

/// Tokens per minute that the simulated account is said to have.
const LIMIT_TOKENS: u64 = 2_000_000;

/// The fields of a request that matter here; others are let pass, as the real API does with most.
#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    messages: Vec<Message>,
    max_completion_tokens: Option<u64>,
    max_tokens: Option<u64>,
    n: Option<u64>,
    #[serde(default)]
    stream: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

/// What an answer says, before it is put into the wire's form.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) finish_reason: &'static str,
    /// Whether the text goes into the `refusal` field, with no content.
    pub(super) is_refusal: bool,
}

/// Makes the names that an answer carries: all say `sim`, and depend on the seed and the call alone.
#[derive(Debug)]
pub(super) struct Ids {
    digest: String,
    pub(super) fingerprint: String,
}

impl ChatRequest {
    /// What the real API would refuse, or what is not simulated.
    pub(super) fn objection(&self) -> Option<(&'static str, &'static str)> {
        if self.messages.is_empty() {
            return Some(("Invalid 'messages': empty array.", "messages"));
        }
        if self.n.is_some_and(|n| n != 1) {
            return Some(("sim:openai gives one choice: 'n' must be 1.", "n"));
        }
        if self.stream == Some(true) {
            return Some(("sim:openai does not stream: 'stream' must be false.", "stream"));
        }
        None
    }

    /// The text of the last message by the user.
    pub(super) fn prompt(&self) -> String {
        let last = self.messages.iter().rev().find(|message| message.role == "user");
        last.map(|message| text_of(&message.content)).unwrap_or_default()
    }

    /// `text` within the request's limit of tokens.
    pub(super) fn limited(&self, text: String) -> Answer {
        let tokens_max = self.max_completion_tokens.or(self.max_tokens).unwrap_or(u64::MAX);
        if tokens(&text) <= tokens_max {
            return Answer { text, finish_reason: "stop", is_refusal: false };
        }
        let chars_max = usize::try_from(tokens_max.saturating_mul(4)).unwrap_or(usize::MAX);
        let text = text.chars().take(chars_max).collect();
        Answer { text, finish_reason: "length", is_refusal: false }
    }

    /// Tokens of all messages.
    fn prompt_tokens(&self) -> u64 {
        self.messages.iter().map(|message| tokens(&text_of(&message.content))).sum()
    }

    /// The body of a whole answer.
    pub(super) fn completion(&self, answer: &Answer, ids: &Ids) -> Value {
        let (prompt_tokens, completion_tokens) = (self.prompt_tokens(), tokens(&answer.text));
        let (content, refusal) = match answer.is_refusal {
            true => (None, Some(&answer.text)),
            false => (Some(&answer.text), None),
        };
        json!({
            "id": format!("chatcmpl-sim-{}", ids.short()),
            "object": "chat.completion",
            "created": unix_seconds(),
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": content, "refusal": refusal, "annotations": [] },
                "logprobs": null,
                "finish_reason": answer.finish_reason,
            }],
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
                "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
                "completion_tokens_details": {
                    "reasoning_tokens": 0,
                    "audio_tokens": 0,
                    "accepted_prediction_tokens": 0,
                    "rejected_prediction_tokens": 0,
                },
            },
            "service_tier": "default",
            "system_fingerprint": ids.fingerprint,
        })
    }
}

impl Ids {
    pub(super) fn new(seed: u64, region: &str, body: &[u8], call: u64) -> Self {
        let seeded = Sha256::new().chain_update(seed.to_be_bytes());
        let of_call = seeded.clone().chain_update(call.to_be_bytes()).chain_update(region).chain_update([0]);
        Self {
            digest: hex(&of_call.chain_update(body).finalize()),
            fingerprint: format!("sim_{}", hex(&seeded.finalize()).chars().take(10).collect::<String>()),
        }
    }

    fn short(&self) -> String {
        self.digest.chars().take(24).collect()
    }

    /// The value of `x-request-id`.
    pub(super) fn request_id(&self) -> String {
        format!("req_sim_{}", self.digest.chars().rev().take(32).collect::<String>())
    }
}

/// An error body in OpenAI's shape.
pub(super) fn error_body(message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Value {
    json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
}

/// A response with the headers that the real API sends; `calls` is how many came before.
pub(super) fn respond(
    status: StatusCode,
    body: Body,
    ids: &Ids,
    latency_ms: u64,
    calls: u64,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("server", "sim-openai".to_owned()),
        ("openai-organization", "org-sim".to_owned()),
        ("openai-version", "2020-10-01".to_owned()),
        ("openai-processing-ms", latency_ms.to_string()),
        ("x-request-id", ids.request_id()),
        ("x-ratelimit-limit-requests", LIMIT_REQUESTS.to_string()),
        ("x-ratelimit-limit-tokens", LIMIT_TOKENS.to_string()),
        ("x-ratelimit-remaining-requests", LIMIT_REQUESTS.saturating_sub(calls % LIMIT_REQUESTS).to_string()),
        (
            "x-ratelimit-remaining-tokens",
            LIMIT_TOKENS.saturating_sub(calls % LIMIT_REQUESTS * 100).to_string(),
        ),
        ("x-ratelimit-reset-requests", "6ms".to_owned()),
        ("x-ratelimit-reset-tokens", "3ms".to_owned()),
    ] {
        set(headers, name, &value);
    }
    response
}

/// Sets a header, if its value can be one.
pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A key as the real API quotes it in a refusal: its ends in clear.
pub(super) fn masked(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    match (chars.get(..5), chars.get(chars.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if chars.len() > 12 => {
            let hidden = "*".repeat(chars.len() - 9);
            format!("{}{hidden}{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
        }
        _ => "*".repeat(chars.len()),
    }
}

/// Unix time in whole seconds.
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A message's content: a text, or a list of parts of which some are text.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// Tokens of a text by rule of thumb: four characters each.
fn tokens(text: &str) -> u64 {
    u64::try_from(text.chars().count().div_ceil(4)).unwrap_or(u64::MAX)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
