//! OpenAI's chat completions.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{End, Ids, LIMIT_REQUESTS, LIMIT_TOKENS, Question, Said, Trouble, text_of, tokens, unix_seconds};

/// The fields of a request that matter here; others are let pass, as the real API does with most.
#[derive(Debug, Deserialize)]
struct Request {
    model: String,
    messages: Vec<Message>,
    max_completion_tokens: Option<u64>,
    max_tokens: Option<u64>,
    n: Option<u64>,
    stream: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

pub(super) fn read(body: &[u8]) -> Result<Question, Trouble> {
    let request: Request = serde_json::from_slice(body).map_err(|error| {
        Trouble::BadBody(400, format!("We could not parse the body of your request: {error}."))
    })?;
    if request.messages.is_empty() {
        return Err(Trouble::BadField("messages", "Invalid 'messages': empty array.".into()));
    }
    if request.n.is_some_and(|n| n != 1) {
        return Err(Trouble::BadField("n", "sim:openai gives one choice: 'n' must be 1.".into()));
    }
    if request.stream == Some(true) {
        return Err(Trouble::BadField(
            "stream",
            "sim:openai does not stream: 'stream' must be false.".into(),
        ));
    }
    let last = request.messages.iter().rev().find(|message| message.role == "user");
    Ok(Question {
        prompt: last.map(|message| text_of(&message.content)).unwrap_or_default(),
        prompt_tokens: request.messages.iter().map(|message| tokens(&text_of(&message.content))).sum(),
        tokens_max: request.max_completion_tokens.or(request.max_tokens),
        model: request.model,
    })
}

pub(super) fn answer(question: &Question, said: &Said, ids: &Ids) -> Value {
    let completion_tokens = question.counted(said);
    let words = (!said.text.is_empty() || said.end != End::Filter).then_some(&said.text);
    let (content, refusal) = match said.end {
        End::Refusal => (None, words),
        _ => (words, None),
    };
    let finish_reason = match said.end {
        End::Stop | End::Refusal => "stop",
        End::Length => "length",
        End::Filter => "content_filter",
        End::Torn => "error",
    };
    let mut body = json!({
        "id": format!("chatcmpl-sim-{}", ids.short()),
        "object": "chat.completion",
        "created": unix_seconds(),
        "model": question.model,
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": content, "refusal": refusal, "annotations": [] },
            "logprobs": null,
            "finish_reason": finish_reason,
        }],
        "usage": {
            "prompt_tokens": question.prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": question.prompt_tokens + completion_tokens,
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
    });
    if said.end == End::Torn {
        body["choices"][0]["error"] =
            json!({ "code": 502, "message": "The upstream went away (simulated)." });
    }
    body
}

pub(super) fn error(trouble: &Trouble) -> (u16, Value) {
    const INVALID: &str = "invalid_request_error";
    let (status, message, kind, param, code) = match trouble {
        Trouble::NoKey => {
            let message =
                "You didn't provide an API key in an Authorization header (Authorization: Bearer …).";
            (401, message.to_owned(), INVALID, None, None)
        }
        Trouble::WrongKey(key) => {
            let message = format!("Incorrect API key provided: {}.", masked(key));
            (401, message, INVALID, None, Some("invalid_api_key"))
        }
        Trouble::UnknownUrl(url) => (404, format!("Invalid URL ({url})"), INVALID, None, None),
        Trouble::BadBody(status, message) => (*status, message.clone(), INVALID, None, None),
        Trouble::BadField(field, message) => (400, message.clone(), INVALID, Some(*field), None),
        Trouble::NoModel(model) => {
            let message = format!("The model `{model}` does not exist or you do not have access to it.");
            (404, message, INVALID, None, Some("model_not_found"))
        }
        Trouble::RateLimited => {
            let message = "Rate limit reached for requests per minute (simulated). Please try again later.";
            (429, message.to_owned(), "requests", None, Some("rate_limit_exceeded"))
        }
        Trouble::QuotaUsedUp => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            (429, message.to_owned(), "insufficient_quota", None, Some("insufficient_quota"))
        }
        Trouble::Overloaded => {
            let message = "The engine is currently overloaded, please try again later.";
            (503, message.to_owned(), "server_error", None, None)
        }
        Trouble::PlaceNotSupported => {
            let code = "unsupported_country_region_territory";
            let message = "Country, region, or territory not supported".to_owned();
            (403, message, "request_forbidden", None, Some(code))
        }
        Trouble::Status(status) => (*status, "A planned failure.".to_owned(), "server_error", None, None),
    };
    (status, json!({ "error": { "message": message, "type": kind, "param": param, "code": code } }))
}

pub(super) fn models(names: &[&str]) -> Value {
    let created = unix_seconds();
    let model = |name: &&str| json!({ "id": name, "object": "model", "created": created, "owned_by": "sim" });
    json!({ "object": "list", "data": names.iter().map(model).collect::<Vec<_>>() })
}

pub(super) fn headers(ids: &Ids, latency_ms: u64, calls: u64) -> Vec<(&'static str, String)> {
    let used = calls % LIMIT_REQUESTS;
    vec![
        ("content-type", "application/json".to_owned()),
        ("server", "sim-openai".to_owned()),
        ("openai-organization", "org-sim".to_owned()),
        ("openai-version", "2020-10-01".to_owned()),
        ("openai-processing-ms", latency_ms.to_string()),
        ("x-request-id", ids.request_id()),
        ("x-ratelimit-limit-requests", LIMIT_REQUESTS.to_string()),
        ("x-ratelimit-limit-tokens", LIMIT_TOKENS.to_string()),
        ("x-ratelimit-remaining-requests", LIMIT_REQUESTS.saturating_sub(used).to_string()),
        ("x-ratelimit-remaining-tokens", LIMIT_TOKENS.saturating_sub(used * 100).to_string()),
        ("x-ratelimit-reset-requests", "6ms".to_owned()),
        ("x-ratelimit-reset-tokens", "3ms".to_owned()),
    ]
}

/// A key as the real API quotes it in a refusal: its ends in clear.
fn masked(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    match (chars.get(..5), chars.get(chars.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if chars.len() > 12 => {
            let hidden = "*".repeat(chars.len() - 9);
            format!("{}{hidden}{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
        }
        _ => "*".repeat(chars.len()),
    }
}
