//! Anthropic's messages, as its API reference lays them out.

use serde::Deserialize;

use super::{Answer, Trouble, filled};
use crate::evidence::Usage;
use crate::failure::{ApiRefusal, Failure};

/// See [`headers_allowed`](super::headers_allowed). Anthropic's reference names its own under "Rate limits" and
/// "Request id".
pub(super) const HEADERS: [&str; 20] = [
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset",
    "anthropic-ratelimit-output-tokens-limit",
    "anthropic-ratelimit-output-tokens-remaining",
    "anthropic-ratelimit-output-tokens-reset",
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-tokens-limit",
    "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-tokens-reset",
    "cf-cache-status",
    "cf-ray",
    "content-type",
    "date",
    "request-id",
    "retry-after",
    "server",
    "via",
];

/// A message; fields that are not used here are not looked at.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: Kind,
    id: Option<String>,
    model: Option<String>,
    content: Vec<Block>,
    stop_reason: Option<String>,
    usage: Option<RawUsage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Message,
}

/// Blocks of other kinds than text (thinking, tool use) are no words of an answer.
#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

/// Tokens read from and written to a cache are counted apart from the others.
#[derive(Deserialize)]
struct RawUsage {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct RawError {
    error: Detail,
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    message: String,
}

pub(super) fn answer(body: &[u8]) -> Option<Answer> {
    let message: Message = serde_json::from_slice(body).ok()?;
    let Kind::Message = message.kind;
    let texts = message.content.into_iter().filter(|block| block.kind == "text");
    let text: String = texts.filter_map(|block| block.text).collect();
    Some(Answer {
        text: filled(text),
        // By the reference this is a classifier that stepped in, and what there is of words was cut by it. A model that
        // declines in its own words ends with `end_turn`.
        is_filtered: message.stop_reason.as_deref() == Some("refusal"),
        model: message.model,
        id: message.id,
        finish_reason: message.stop_reason,
        usage: message.usage.map(|raw| Usage {
            prompt_tokens: raw
                .input_tokens
                .saturating_add(raw.cache_creation_input_tokens.unwrap_or(0))
                .saturating_add(raw.cache_read_input_tokens.unwrap_or(0)),
            output_tokens: raw.output_tokens,
        }),
    })
}

pub(super) fn trouble(status: u16, body: &[u8]) -> Trouble {
    let Ok(raw) = serde_json::from_slice::<RawError>(body) else { return Trouble::default() };
    let refused = |refusal| Some(Failure::RefusedByApi(refusal));
    let says = |words: &str| raw.error.message.to_ascii_lowercase().contains(words);
    let failure = match (status, raw.error.kind.as_str()) {
        (401, _) | (400..=499, "authentication_error") => refused(ApiRefusal::InvalidKey),
        (400..=499, "billing_error") => refused(ApiRefusal::InsufficientQuota),
        // Older than `billing_error`, and still seen.
        (400, "invalid_request_error") if says("credit balance is too low") => {
            refused(ApiRefusal::InsufficientQuota)
        }
        // Retired and unknown models alike; other things that are not found are called otherwise.
        (404, "not_found_error") if says("model") => refused(ApiRefusal::ModelNotFound),
        (400..=499, _) if says("unsupported country") || says("unsupported region") => {
            refused(ApiRefusal::RegionNotSupported)
        }
        (400..=599, "overloaded_error") => Some(Failure::Overloaded),
        (400..=599, "rate_limit_error") => Some(Failure::RateLimited),
        _ => None,
    };
    Trouble { failure, id: raw.request_id, retry_after: None }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Option<Answer> {
        let mut body = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m-2026",
            "content": [{ "type": "text", "text": "yes" }],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": { "input_tokens": 3, "output_tokens": 1 }
        });
        change(&mut body);
        answer(body.to_string().as_bytes())
    }

    #[test]
    fn an_answer_is_read_with_all_that_is_said_about_it() {
        assert_eq!(
            read(|_| {}).unwrap(),
            Answer {
                text: Some("yes".into()),
                is_filtered: false,
                model: Some("m-2026".into()),
                id: Some("msg_1".into()),
                finish_reason: Some("end_turn".into()),
                usage: Some(Usage { prompt_tokens: 3, output_tokens: 1 }),
            }
        );
    }

    #[test]
    fn all_text_blocks_are_one_text_and_no_others() {
        let blocks = json!([
            { "type": "thinking", "thinking": "hm", "signature": "s" }, { "type": "text", "text": "One, " },
            { "type": "tool_use", "id": "t", "name": "n", "input": {} }, { "type": "text", "text": "two." },
            { "type": "of_the_future", "text": "no" }
        ]);
        assert_eq!(read(|body| body["content"] = blocks).unwrap().text.as_deref(), Some("One, two."));
        assert_eq!(read(|body| body["content"] = json!([])).unwrap().text, None);
    }

    #[test]
    fn a_refusal_in_words_is_an_answer_and_a_classifier_is_a_filter() {
        let said =
            read(|body| body["content"] = json!([{ "type": "text", "text": "I can't help with that." }]));
        assert!(!said.unwrap().is_filtered);
        let stopped = read(|body| body["stop_reason"] = json!("refusal")).unwrap();
        assert_eq!((stopped.is_filtered, stopped.finish_reason.as_deref()), (true, Some("refusal")));
    }

    #[test]
    fn cached_tokens_are_tokens_of_the_prompt() {
        let usage = json!({ "input_tokens": 3, "output_tokens": 1, "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": null });
        assert_eq!(read(|body| body["usage"] = usage).unwrap().usage.unwrap().prompt_tokens, 23);
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        assert_eq!(read(|body| body["type"] = json!("error")), None);
        assert_eq!(read(|body| body["content"] = json!("yes")), None);
        assert_eq!(read(|body| body["content"] = json!([{ "text": "yes" }])), None);
        assert_eq!(read(|body| body["usage"] = json!({ "input_tokens": -1, "output_tokens": 1 })), None);
        for body in ["", "{}", "[]", "{\"type\":\"message\"}"] {
            assert_eq!(answer(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn error_bodies_are_read_where_they_say_more_than_the_status() {
        let error = |status, kind: &str, message: &str| {
            let body = json!({ "type": "error", "error": { "type": kind, "message": message },
                "request_id": "req_1" });
            let found = trouble(status, body.to_string().as_bytes());
            assert_eq!(found.id.as_deref(), Some("req_1"));
            found.failure.map_or(String::new(), |failure| failure.to_string())
        };
        assert_eq!(error(401, "authentication_error", "invalid x-api-key"), "refused_by_api(invalid_key)");
        assert_eq!(error(404, "not_found_error", "model: claude-1"), "refused_by_api(model_not_found)");
        assert_eq!(error(404, "not_found_error", "Not Found"), "");
        assert_eq!(error(402, "billing_error", "m"), "refused_by_api(insufficient_quota)");
        let low = "Your credit balance is too low to access the Anthropic API.";
        assert_eq!(error(400, "invalid_request_error", low), "refused_by_api(insufficient_quota)");
        assert_eq!(error(400, "invalid_request_error", "temperature: range: -1..1"), "");
        assert_eq!(error(429, "rate_limit_error", "m"), "rate_limited");
        assert_eq!(error(529, "overloaded_error", "Overloaded"), "overloaded");
        assert_eq!(error(500, "api_error", "m"), "");
        for body in ["", "<html>", r#"{"error":"nope"}"#] {
            assert_eq!(trouble(418, body.as_bytes()), Trouble::default(), "{body}");
        }
    }
}
