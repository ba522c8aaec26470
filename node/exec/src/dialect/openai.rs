//! OpenAI's chat completions, as its API reference lays them out, and what compatible vendors make of them.

use serde::Deserialize;

use super::{Answer, Trouble, filled};
use crate::evidence::Usage;
use crate::failure::{ApiRefusal, Failure};

/// See [`headers_allowed`](super::headers_allowed). OpenAI's reference names its own under "Debugging requests".
pub(super) const HEADERS: [&str; 17] = [
    "cf-cache-status",
    "cf-ray",
    "content-type",
    "date",
    "openai-model",
    "openai-processing-ms",
    "openai-version",
    "retry-after",
    "server",
    "via",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-request-id",
];

/// A chat completion; fields that are not used here are not looked at.
#[derive(Deserialize)]
struct Completion {
    id: Option<String>,
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<RawUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
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

pub(super) fn answer(body: &[u8]) -> Option<Answer> {
    let completion: Completion = serde_json::from_slice(body).ok()?;
    // A request never asks for more than one choice.
    let mut choices = completion.choices.into_iter();
    let (Some(choice), None) = (choices.next(), choices.next()) else { return None };
    // A model that declines by the `refusal` field has answered, in those words.
    let refusal = choice.message.refusal.and_then(filled);
    Some(Answer {
        text: choice.message.content.and_then(filled).or(refusal),
        is_filtered: choice.finish_reason.as_deref() == Some("content_filter"),
        model: completion.model,
        id: completion.id,
        finish_reason: choice.finish_reason,
        usage: completion
            .usage
            .map(|raw| Usage { prompt_tokens: raw.prompt_tokens, output_tokens: raw.completion_tokens }),
    })
}

pub(super) fn trouble(status: u16, body: &[u8]) -> Trouble {
    let raw: Option<RawError> = serde_json::from_slice(body).ok();
    let field = |name| {
        let error = raw.as_ref().map(|raw| &raw.error);
        error.and_then(|error| error.get(name)).and_then(serde_json::Value::as_str).unwrap_or_default()
    };
    let refused = |refusal| Some(Failure::RefusedByApi(refusal));
    let failure = match (status, field("code"), field("type")) {
        (401, _, _) | (400..=499, "invalid_api_key", _) => refused(ApiRefusal::InvalidKey),
        (400..=499, "model_not_found", _) => refused(ApiRefusal::ModelNotFound),
        (400..=499, "insufficient_quota", _) | (400..=499, _, "insufficient_quota") => {
            refused(ApiRefusal::InsufficientQuota)
        }
        (400..=499, "unsupported_country_region_territory", _) => refused(ApiRefusal::RegionNotSupported),
        (400..=499, "content_filter" | "content_policy_violation", _) => Some(Failure::ContentFilter),
        _ => None,
    };
    Trouble { failure, ..Trouble::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_choice(choice: serde_json::Value) -> Answer {
        answer(json!({ "choices": [choice] }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_answer_is_read_with_all_that_is_said_about_it() {
        let body = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-2026",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": " yes\n", "refusal": null },
                          "logprobs": null, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4 }
        });
        assert_eq!(
            answer(body.to_string().as_bytes()).unwrap(),
            Answer {
                text: Some(" yes\n".into()),
                is_filtered: false,
                model: Some("m-2026".into()),
                id: Some("chatcmpl-1".into()),
                finish_reason: Some("stop".into()),
                usage: Some(Usage { prompt_tokens: 3, output_tokens: 1 }),
            }
        );
    }

    #[test]
    fn a_refusal_in_words_is_an_answer_and_a_filter_is_none() {
        let read = read_choice(json!({ "message": { "content": null, "refusal": "I can't say." } }));
        assert_eq!((read.text.as_deref(), read.is_filtered), (Some("I can't say."), false));
        let empty = read_choice(json!({ "message": { "content": null }, "finish_reason": "content_filter" }));
        assert_eq!((empty.text, empty.is_filtered), (None, true));
        let cut =
            read_choice(json!({ "message": { "content": "It is" }, "finish_reason": "content_filter" }));
        assert_eq!((cut.text.as_deref(), cut.is_filtered), (Some("It is"), true));
        assert_eq!(cut.finish_reason.as_deref(), Some("content_filter"));
        assert_eq!(read_choice(json!({ "message": { "content": " \n" } })).text, None);
    }

    #[test]
    fn what_is_no_completion_is_not_read() {
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
            assert_eq!(answer(body.as_bytes()), None, "{body}");
        }
        assert_eq!(answer("[".repeat(1 << 20).as_bytes()), None);
    }

    #[test]
    fn error_bodies_are_read_where_they_say_more_than_the_status() {
        let error = |status, code: &str, kind: &str| {
            let body = json!({ "error": { "message": "m", "type": kind, "param": null, "code": code } });
            let failure = trouble(status, body.to_string().as_bytes()).failure;
            failure.map_or(String::new(), |failure| failure.to_string())
        };
        assert_eq!(error(404, "model_not_found", "invalid_request_error"), "refused_by_api(model_not_found)");
        assert_eq!(error(404, "", "invalid_request_error"), "");
        assert_eq!(
            error(429, "insufficient_quota", "insufficient_quota"),
            "refused_by_api(insufficient_quota)"
        );
        assert_eq!(error(429, "rate_limit_exceeded", "tokens"), "");
        assert_eq!(error(401, "invalid_api_key", "invalid_request_error"), "refused_by_api(invalid_key)");
        assert_eq!(
            error(403, "unsupported_country_region_territory", "request_forbidden"),
            "refused_by_api(region_not_supported)"
        );
        assert_eq!(error(400, "content_policy_violation", "image"), "content_filter");
        assert_eq!(error(500, "model_not_found", "server_error"), "");
        for body in ["", "<html>", r#"{"error":"nope"}"#, r#"{"error":null}"#] {
            assert_eq!(trouble(418, body.as_bytes()), Trouble::default(), "{body}");
        }
    }
}
