//! Anthropic's messages.

use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{End, Ids, LIMIT_REQUESTS, LIMIT_TOKENS, Question, Said, Trouble, text_of, tokens};

/// When the rate limits of the simulated account are said to be full again: a date that is past and says nothing.
const RESET: &str = "2025-01-01T00:00:00Z";

/// The fields of a request that matter here.
#[derive(Debug, Deserialize)]
struct Request {
    model: String,
    max_tokens: Option<u64>,
    messages: Vec<Message>,
    temperature: Option<f64>,
    stream: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Question, Trouble> {
    let refuse = |field, message: &str| Err(Trouble::BadField(field, format!("{field}: {message}")));
    if !headers.contains_key("anthropic-version") {
        return refuse("anthropic-version", "header is required");
    }
    let request: Request = serde_json::from_slice(body)
        .map_err(|error| Trouble::BadBody(400, format!("The request body is not valid JSON: {error}")))?;
    if request.max_tokens.is_none() {
        return refuse("max_tokens", "Field required");
    }
    if request.messages.is_empty() {
        return refuse("messages", "at least one message is required");
    }
    if request.temperature.is_some_and(|temperature| !(0.0..=1.0).contains(&temperature)) {
        return refuse("temperature", "range: 0..1");
    }
    if request.stream == Some(true) {
        return refuse("stream", "sim:anthropic does not stream");
    }
    let last = request.messages.iter().rev().find(|message| message.role == "user");
    Ok(Question {
        prompt: last.map(|message| text_of(&message.content)).unwrap_or_default(),
        prompt_tokens: request.messages.iter().map(|message| tokens(&text_of(&message.content))).sum(),
        tokens_max: request.max_tokens,
        model: request.model,
    })
}

pub(super) fn answer(question: &Question, said: &Said, ids: &Ids) -> Value {
    let blocks: Vec<Value> =
        said.parts().into_iter().map(|text| json!({ "type": "text", "text": text })).collect();
    let stop_reason = match said.end {
        End::Stop | End::Refusal => "end_turn",
        End::Length => "max_tokens",
        End::Filter => "refusal",
        End::Torn => "pause_turn",
    };
    json!({
        "id": format!("msg_sim_{}", ids.short()),
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": blocks,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": question.prompt_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": { "ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0 },
            "output_tokens": question.counted(said),
            "service_tier": "standard",
        },
    })
}

pub(super) fn error(trouble: &Trouble, ids: &Ids) -> (u16, Value) {
    let (status, kind, message) = match trouble {
        Trouble::NoKey => (401, "authentication_error", "x-api-key header is required".to_owned()),
        Trouble::WrongKey(_) => (401, "authentication_error", "invalid x-api-key".to_owned()),
        Trouble::UnknownUrl(_) => (404, "not_found_error", "Not Found".to_owned()),
        Trouble::BadBody(413, message) => (413, "request_too_large", message.clone()),
        Trouble::BadBody(status, message) => (*status, "invalid_request_error", message.clone()),
        Trouble::BadField(_, message) => (400, "invalid_request_error", message.clone()),
        Trouble::NoModel(model) => (404, "not_found_error", format!("model: {model}")),
        Trouble::RateLimited => {
            (429, "rate_limit_error", "This request would exceed your rate limit (simulated).".to_owned())
        }
        Trouble::QuotaUsedUp => {
            (402, "billing_error", "Your credit balance is too low to access the API.".to_owned())
        }
        Trouble::Overloaded => (529, "overloaded_error", "Overloaded".to_owned()),
        Trouble::PlaceNotSupported => {
            (403, "permission_error", "Access from an unsupported country, region or territory.".to_owned())
        }
        Trouble::Status(status) => {
            let kind = if *status < 500 { "invalid_request_error" } else { "api_error" };
            (*status, kind, "A planned failure.".to_owned())
        }
    };
    let body = json!({
        "type": "error",
        "error": { "type": kind, "message": message },
        "request_id": ids.request_id(),
    });
    (status, body)
}

pub(super) fn models(names: &[&str]) -> Value {
    let model = |name: &&str| {
        json!({ "type": "model", "id": name, "display_name": format!("{name} (simulated)"),
                "created_at": "2025-01-01T00:00:00Z" })
    };
    json!({
        "data": names.iter().map(model).collect::<Vec<_>>(),
        "has_more": false,
        "first_id": names.first(),
        "last_id": names.last(),
    })
}

pub(super) fn headers(ids: &Ids, calls: u64) -> Vec<(&'static str, String)> {
    let used = calls % LIMIT_REQUESTS;
    let tokens_left = LIMIT_TOKENS.saturating_sub(used * 100).to_string();
    vec![
        ("content-type", "application/json".to_owned()),
        ("server", "sim-anthropic".to_owned()),
        ("request-id", ids.request_id()),
        ("anthropic-organization-id", "00000000-0000-0000-0000-000000000000".to_owned()),
        ("anthropic-ratelimit-requests-limit", LIMIT_REQUESTS.to_string()),
        ("anthropic-ratelimit-requests-remaining", LIMIT_REQUESTS.saturating_sub(used).to_string()),
        ("anthropic-ratelimit-requests-reset", RESET.to_owned()),
        ("anthropic-ratelimit-tokens-limit", LIMIT_TOKENS.to_string()),
        ("anthropic-ratelimit-tokens-remaining", tokens_left),
        ("anthropic-ratelimit-tokens-reset", RESET.to_owned()),
    ]
}
