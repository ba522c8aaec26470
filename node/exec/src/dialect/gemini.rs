//! Gemini's `generateContent`, as its API reference lays it out. It is the JSON form of protocol buffers: whatever is
//! empty is left out.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{Answer, Trouble, filled};
use crate::evidence::Usage;
use crate::failure::{ApiRefusal, Failure};

/// See [`headers_allowed`](super::headers_allowed). The API tells model and id in the body alone.
pub(super) const HEADERS: [&str; 6] =
    ["content-type", "date", "retry-after", "server", "server-timing", "via"];

/// The values of `finishReason` with which a filter withheld the answer, or cut it.
const FILTERS: [&str; 6] =
    ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"];

/// Longest wait that is read from an error body, seconds: a day.
const RETRY_S_MAX: f64 = 86_400.0;

/// A response; fields that are not used here are not looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<RawUsage>,
    model_version: Option<String>,
    response_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    /// What the model thought is no part of what it said.
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawUsage {
    #[serde(default)]
    prompt_token_count: u64,
    #[serde(default)]
    candidates_token_count: u64,
    /// Charged like those of the answer.
    #[serde(default)]
    thoughts_token_count: u64,
}

#[derive(Deserialize)]
struct RawError {
    error: Detail,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Value>,
}

pub(super) fn answer(body: &[u8]) -> Option<Answer> {
    let response: Response = serde_json::from_slice(body).ok()?;
    let blocked = response.prompt_feedback.and_then(|feedback| feedback.block_reason);
    // A request never asks for more than one candidate; there is none if the prompt itself was blocked.
    let mut candidates = response.candidates.into_iter().flatten();
    let (candidate, None) = (candidates.next(), candidates.next()) else { return None };
    if candidate.is_none() && blocked.is_none() {
        return None;
    }
    let (content, finish) =
        candidate.map_or((None, None), |candidate| (candidate.content, candidate.finish_reason));
    let parts = content.map(|content| content.parts).unwrap_or_default();
    let text: String = parts.into_iter().filter(|part| !part.thought).filter_map(|part| part.text).collect();
    let is_filtered = blocked.is_some() || finish.as_deref().is_some_and(|reason| FILTERS.contains(&reason));
    Some(Answer {
        text: filled(text),
        is_filtered,
        model: response.model_version,
        id: response.response_id,
        finish_reason: finish.or(blocked),
        usage: response.usage_metadata.map(|raw| Usage {
            prompt_tokens: raw.prompt_token_count,
            output_tokens: raw.candidates_token_count.saturating_add(raw.thoughts_token_count),
        }),
    })
}

pub(super) fn trouble(status: u16, body: &[u8]) -> Trouble {
    let Ok(RawError { error }) = serde_json::from_slice::<RawError>(body) else { return Trouble::default() };
    let refused = |refusal| Some(Failure::RefusedByApi(refusal));
    let failure = match (status, error.status.as_str()) {
        (401, _) | (_, "UNAUTHENTICATED") => refused(ApiRefusal::InvalidKey),
        // An invalid key is a bad argument here, a missing one is refused for want of permission.
        (400..=499, "INVALID_ARGUMENT" | "PERMISSION_DENIED") if error.is_about_the_key() => {
            refused(ApiRefusal::InvalidKey)
        }
        (400, "FAILED_PRECONDITION") if error.says("user location is not supported") => {
            refused(ApiRefusal::RegionNotSupported)
        }
        // Retired and unknown models alike.
        (404, "NOT_FOUND") if error.says("model") => refused(ApiRefusal::ModelNotFound),
        (429, "RESOURCE_EXHAUSTED") if error.is_used_up_for_today() => refused(ApiRefusal::InsufficientQuota),
        (503, "UNAVAILABLE") => Some(Failure::Overloaded),
        _ => None,
    };
    Trouble { failure, id: None, retry_after: error.retry_after() }
}

impl Detail {
    fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(words)
    }

    fn is_about_the_key(&self) -> bool {
        let reason = |detail: &Value| detail.get("reason").and_then(Value::as_str) == Some("API_KEY_INVALID");
        self.details.iter().any(reason) || self.says("api key") || self.says("unregistered callers")
    }

    /// A quota by the day is used up; one by the minute is a rate.
    fn is_used_up_for_today(&self) -> bool {
        let violations = self.details.iter().filter_map(|detail| detail.get("violations")?.as_array());
        let mut ids = violations.flatten().filter_map(|violation| violation.get("quotaId")?.as_str());
        ids.any(|id| id.contains("PerDay"))
    }

    /// `google.rpc.RetryInfo`, a duration such as `"37s"` or `"0.5s"`.
    fn retry_after(&self) -> Option<Duration> {
        let delay = self.details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
        let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
        (0.0..=RETRY_S_MAX).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Option<Answer> {
        let mut body = json!({
            "candidates": [{ "content": { "parts": [{ "text": "yes" }], "role": "model" },
                             "finishReason": "STOP", "index": 0 }],
            "usageMetadata": { "promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4 },
            "modelVersion": "m-2026", "responseId": "r-1"
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
                id: Some("r-1".into()),
                finish_reason: Some("STOP".into()),
                usage: Some(Usage { prompt_tokens: 3, output_tokens: 1 }),
            }
        );
    }

    #[test]
    fn all_parts_are_one_text_but_for_thoughts() {
        let parts = json!([{ "text": "hm", "thought": true }, { "text": "One, " }, { "functionCall": {} },
            { "text": "two." }]);
        let read = read(|body| {
            body["candidates"][0]["content"]["parts"] = parts;
            body["usageMetadata"]["thoughtsTokenCount"] = json!(9);
        });
        let read = read.unwrap();
        assert_eq!((read.text.as_deref(), read.usage.unwrap().output_tokens), (Some("One, two."), 10));
    }

    #[test]
    fn filters_are_told_from_other_ends() {
        for (reason, is_filtered) in [
            ("STOP", false),
            ("MAX_TOKENS", false),
            ("OTHER", false),
            ("SAFETY", true),
            ("RECITATION", true),
            ("PROHIBITED_CONTENT", true),
            ("BLOCKLIST", true),
            ("SPII", true),
        ] {
            let read = read(|body| body["candidates"][0]["finishReason"] = json!(reason)).unwrap();
            assert_eq!((read.is_filtered, read.finish_reason.as_deref()), (is_filtered, Some(reason)));
        }
        let blocked = answer(br#"{"promptFeedback":{"blockReason":"SAFETY"},"modelVersion":"m"}"#).unwrap();
        assert_eq!((blocked.is_filtered, blocked.finish_reason.as_deref()), (true, Some("SAFETY")));
        assert_eq!(blocked.text, None);
        // A candidate that used up its tokens for thoughts has no content at all.
        let spent = read(|body| body["candidates"][0] = json!({ "finishReason": "MAX_TOKENS" })).unwrap();
        assert_eq!((spent.text, spent.is_filtered), (None, false));
    }

    #[test]
    fn what_is_no_response_is_not_read() {
        assert_eq!(read(|body| body["candidates"] = json!([])), None);
        assert_eq!(read(|body| body["candidates"] = json!([{}, {}])), None);
        assert_eq!(read(|body| body["candidates"][0]["content"]["parts"] = json!("yes")), None);
        for body in ["", "{}", "[]", "null", "{\"candidates\":{}}"] {
            assert_eq!(answer(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn error_bodies_are_read_where_they_say_more_than_the_status() {
        let error = |code: u16, status: &str, message: &str, details: Value| {
            let body = json!({ "error": { "code": code, "message": message, "status": status,
                "details": details } });
            let failure = trouble(code, body.to_string().as_bytes()).failure;
            failure.map_or(String::new(), |failure| failure.to_string())
        };
        let invalid =
            json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID" }]);
        assert_eq!(error(400, "INVALID_ARGUMENT", "m", invalid), "refused_by_api(invalid_key)");
        assert_eq!(error(400, "INVALID_ARGUMENT", "Invalid value", json!([])), "");
        let none = "Method doesn't allow unregistered callers (callers without established identity).";
        assert_eq!(error(403, "PERMISSION_DENIED", none, json!([])), "refused_by_api(invalid_key)");
        let gone =
            "models/gemini-1 is not found for API version v1beta, or is not supported for generateContent.";
        assert_eq!(error(404, "NOT_FOUND", gone, json!([])), "refused_by_api(model_not_found)");
        let place = "User location is not supported for the API use.";
        assert_eq!(
            error(400, "FAILED_PRECONDITION", place, json!([])),
            "refused_by_api(region_not_supported)"
        );
        assert_eq!(error(503, "UNAVAILABLE", "The model is overloaded.", json!([])), "overloaded");
        assert_eq!(error(429, "RESOURCE_EXHAUSTED", "m", json!([])), "");
        let day =
            json!([{ "violations": [{ "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }] }]);
        assert_eq!(error(429, "RESOURCE_EXHAUSTED", "m", day), "refused_by_api(insufficient_quota)");
        for body in ["", "<html>", r#"{"error":"nope"}"#] {
            assert_eq!(trouble(418, body.as_bytes()), Trouble::default(), "{body}");
        }
    }

    #[test]
    fn the_wait_is_read_from_the_body() {
        let asked = |delay: &str| {
            let body = json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED",
                "details": [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }] } });
            trouble(429, body.to_string().as_bytes()).retry_after
        };
        assert_eq!(asked("37s"), Some(Duration::from_secs(37)));
        assert_eq!(asked("0.5s"), Some(Duration::from_millis(500)));
        for odd in ["37", "-1s", "NaNs", "infs", "1e30s", ""] {
            assert_eq!(asked(odd), None, "{odd}");
        }
    }
}
