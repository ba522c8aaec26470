//! Reading the body of a chat completion, or of an error, as OpenAI's API reference lays them out.

use serde::Deserialize;

use crate::evidence::Usage;
use crate::failure::{ApiRefusal, Failure};

/// Longest answer accepted, in bytes: the protocol's limit on outputs.
pub const TEXT_MAX: usize = 1 << 20;

/// What a body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) text: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) usage: Option<Usage>,
    pub(crate) failure: Option<Failure>,
}

/// Reads a whole body that came with `status`.
pub(crate) fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Completion {
    if let Some(failure) = Failure::of_status(status) {
        return Completion::failed(refusal(status, body).unwrap_or(failure));
    }
    if body.is_empty() {
        return Completion::failed(Failure::Empty);
    }
    if !content_type.is_some_and(is_json) {
        return Completion::failed(Failure::Malformed);
    }
    match serde_json::from_slice::<RawCompletion>(body) {
        Ok(raw) => raw.read(),
        Err(_) => Completion::failed(Failure::Malformed),
    }
}

/// A chat completion on the wire; fields that are not used here are not looked at.
#[derive(Deserialize)]
struct RawCompletion {
    id: Option<String>,
    model: Option<String>,
    choices: Vec<RawChoice>,
    usage: Option<RawUsage>,
}

#[derive(Deserialize)]
struct RawChoice {
    message: RawMessage,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct RawMessage {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct RawUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

/// An error body. Compatible vendors put a plain string where OpenAI has an object, hence the loose type.
#[derive(Deserialize)]
struct RawError {
    error: serde_json::Value,
}

impl Completion {
    fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

impl RawCompletion {
    fn read(self) -> Completion {
        // A request never asks for more than one choice.
        let mut choices = self.choices.into_iter();
        let (Some(choice), None) = (choices.next(), choices.next()) else {
            return Completion::failed(Failure::Malformed);
        };
        // A model that declines by the `refusal` field has answered, in those words.
        let filled = |text: &String| !text.trim().is_empty();
        let text = choice.message.content.filter(filled).or(choice.message.refusal.filter(filled));
        let failure = match &text {
            Some(text) if text.len() > TEXT_MAX => Some(Failure::TooLarge),
            _ if choice.finish_reason.as_deref() == Some("content_filter") => Some(Failure::ContentFilter),
            Some(_) => None,
            None => Some(Failure::Empty),
        };
        Completion {
            text: text.filter(|text| text.len() <= TEXT_MAX),
            model: self.model,
            id: self.id,
            finish_reason: choice.finish_reason,
            usage: self
                .usage
                .map(|raw| Usage { prompt_tokens: raw.prompt_tokens, output_tokens: raw.completion_tokens }),
            failure,
        }
    }
}

/// The refusal that an error body names, where it is more than its status says.
fn refusal(status: u16, body: &[u8]) -> Option<Failure> {
    let raw: Option<RawError> = serde_json::from_slice(body).ok();
    let field = |name| {
        let error = raw.as_ref().map(|raw| &raw.error);
        error.and_then(|error| error.get(name)).and_then(serde_json::Value::as_str).unwrap_or_default()
    };
    match (status, field("code"), field("type")) {
        (401, _, _) | (400..=499, "invalid_api_key", _) => {
            Some(Failure::RefusedByApi(ApiRefusal::InvalidKey))
        }
        (400..=499, "model_not_found", _) => Some(Failure::RefusedByApi(ApiRefusal::ModelNotFound)),
        (400..=499, "insufficient_quota", _) | (400..=499, _, "insufficient_quota") => {
            Some(Failure::RefusedByApi(ApiRefusal::InsufficientQuota))
        }
        (400..=499, "content_filter" | "content_policy_violation", _) => Some(Failure::ContentFilter),
        _ => None,
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    fn read_choice(choice: serde_json::Value) -> Completion {
        read(200, JSON, json!({ "choices": [choice] }).to_string().as_bytes())
    }

    #[test]
    fn an_answer_is_read_with_all_that_is_said_about_it() {
        let body = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-2026",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": " yes\n", "refusal": null },
                          "logprobs": null, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4 }
        });
        let read = read(200, JSON, body.to_string().as_bytes());
        assert_eq!(
            read,
            Completion {
                text: Some(" yes\n".into()),
                model: Some("m-2026".into()),
                id: Some("chatcmpl-1".into()),
                finish_reason: Some("stop".into()),
                usage: Some(Usage { prompt_tokens: 3, output_tokens: 1 }),
                failure: None,
            }
        );
    }

    #[test]
    fn a_refusal_in_words_is_an_answer() {
        let read = read_choice(json!({ "message": { "content": null, "refusal": "I can't say." } }));
        assert_eq!((read.text.as_deref(), read.failure), (Some("I can't say."), None));
    }

    #[test]
    fn a_filtered_answer_fails_and_keeps_what_there_is() {
        let empty = read_choice(json!({ "message": { "content": null }, "finish_reason": "content_filter" }));
        assert_eq!((empty.text, empty.failure), (None, Some(Failure::ContentFilter)));
        let cut =
            read_choice(json!({ "message": { "content": "It is" }, "finish_reason": "content_filter" }));
        assert_eq!((cut.text.as_deref(), cut.failure), (Some("It is"), Some(Failure::ContentFilter)));
        assert_eq!(cut.finish_reason.as_deref(), Some("content_filter"));
    }

    #[test]
    fn what_is_no_completion_is_malformed_or_empty() {
        for body in [
            "{",
            "[]",
            "{}",
            "null",
            "\"yes\"",
            r#"{"choices":[]}"#,
            r#"{"choices":[{}]}"#,
            r#"{"choices":[{"message":{"content":7}}]}"#,
            r#"{"choices":[],"choices":[]}"#,
            r#"{"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]}"#,
            "{\"choices\":[{\"message\":{\"content\":\"\u{1}\"}}]}",
        ] {
            assert_eq!(read(200, JSON, body.as_bytes()).failure, Some(Failure::Malformed), "{body}");
        }
        let deep = "[".repeat(1 << 20);
        assert_eq!(read(200, JSON, deep.as_bytes()).failure, Some(Failure::Malformed));
        assert_eq!(read(200, JSON, b"").failure, Some(Failure::Empty));
        assert_eq!(read_choice(json!({ "message": { "content": " \n" } })).failure, Some(Failure::Empty));
        let long = "x".repeat(TEXT_MAX + 1);
        let read_long = read_choice(json!({ "message": { "content": long } }));
        assert_eq!((read_long.text, read_long.failure), (None, Some(Failure::TooLarge)));
        for content_type in [None, Some("text/html"), Some("application/jsonp")] {
            let body = br#"{"choices":[{"message":{"content":"yes"}}]}"#;
            assert_eq!(read(200, content_type, body).failure, Some(Failure::Malformed));
        }
    }

    #[test]
    fn error_bodies_are_read_where_they_say_more_than_the_status() {
        let error = |status, code: &str, kind: &str| {
            let body = json!({ "error": { "message": "m", "type": kind, "param": null, "code": code } });
            read(status, JSON, body.to_string().as_bytes()).failure.unwrap().to_string()
        };
        assert_eq!(error(404, "model_not_found", "invalid_request_error"), "refused_by_api(model_not_found)");
        assert_eq!(error(404, "", "invalid_request_error"), "http_4xx(404)");
        assert_eq!(
            error(429, "insufficient_quota", "insufficient_quota"),
            "refused_by_api(insufficient_quota)"
        );
        assert_eq!(error(429, "rate_limit_exceeded", "tokens"), "rate_limited");
        assert_eq!(error(401, "invalid_api_key", "invalid_request_error"), "refused_by_api(invalid_key)");
        assert_eq!(error(403, "unsupported_country_region_territory", "request_forbidden"), "http_4xx(403)");
        assert_eq!(error(400, "content_policy_violation", "image"), "content_filter");
        assert_eq!(error(500, "model_not_found", "server_error"), "http_5xx(500)");
        for body in ["", "<html>", r#"{"error":"nope"}"#, r#"{"error":null}"#] {
            assert_eq!(read(418, JSON, body.as_bytes()).failure, Some(Failure::Http4xx(418)), "{body}");
        }
    }
}
