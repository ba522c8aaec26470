//! Gemini's `generateContent`, as its API reference lays it out. It is the JSON form of protocol buffers: whatever is
//! empty is left out.

use serde_json::Value;

use super::{Answer, Words, count, name, words};
use crate::evidence::Usage;
use crate::trouble;

/// See [`headers_allowed`](super::headers_allowed). The API tells model and id in the body alone.
pub(super) const HEADERS: [&str; 9] = [
    "content-encoding",
    "content-type",
    "date",
    "retry-after",
    "retry-after-ms",
    "server",
    "server-timing",
    "via",
    "x-should-retry",
];

pub(super) fn answer(body: &Value) -> Option<Answer> {
    // A request never asks for more than one candidate; there is none if the prompt itself was blocked.
    let candidate =
        body.get("candidates").and_then(Value::as_array).and_then(|candidates| candidates.first());
    let blocked =
        body.get("promptFeedback").and_then(|feedback| feedback.get("blockReason")).and_then(super::finish);
    if candidate.is_none() && blocked.is_none() {
        return None;
    }
    let finish = candidate.and_then(|candidate| candidate.get("finishReason")).and_then(super::finish);
    Some(Answer {
        words: candidate.map_or(Words::None, said),
        is_blocked: blocked.is_some(),
        model: body.get("modelVersion").and_then(name),
        id: body.get("responseId").and_then(name),
        finish: blocked.or(finish),
        usage: body.get("usageMetadata").map(usage).unwrap_or_default(),
        trouble: candidate.and_then(trouble::of_choice),
    })
}

fn said(candidate: &Value) -> Words {
    match candidate.get("content") {
        // It used up its tokens for thoughts, or was filtered.
        None if candidate.get("finishReason").is_some() => Words::None,
        None => Words::Odd,
        Some(Value::Object(content)) => words(content.get("parts")),
        Some(content) => words(Some(content)),
    }
}

/// Thoughts are charged like the answer. A count of zero is left out, so that beside a told prompt, which never has none,
/// what is missing is zero.
fn usage(usage: &Value) -> Usage {
    let prompt_tokens = usage.get("promptTokenCount").and_then(count);
    let of_output = |name: &str| match usage.get(name) {
        None | Some(Value::Null) => Some(0),
        Some(tokens) => count(tokens),
    };
    let usage_total = usage.get("totalTokenCount").and_then(count);
    let is_told = usage.get("promptTokenCount").or(usage.get("candidatesTokenCount")).is_some();
    let output_tokens =
        || Some(of_output("candidatesTokenCount")?.saturating_add(of_output("thoughtsTokenCount")?));
    let usage = Usage { prompt_tokens, output_tokens: if is_told { output_tokens() } else { None } };
    usage.with_total(usage_total)
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
        answer(&body)
    }

    #[test]
    fn an_answer_is_read_with_all_that_is_said_about_it() {
        assert_eq!(
            read(|_| {}).unwrap(),
            Answer {
                words: Words::Said("yes".into()),
                is_blocked: false,
                model: Some("m-2026".into()),
                id: Some("r-1".into()),
                finish: Some("STOP".into()),
                usage: Usage { prompt_tokens: Some(3), output_tokens: Some(1) },
                trouble: None,
            }
        );
    }

    #[test]
    fn thoughts_are_tokens_and_no_words() {
        let parts = json!([{ "text": "hm", "thought": true }, { "text": "One, " }, { "functionCall": {} },
            { "text": "two." }]);
        let read = read(|body| {
            body["candidates"][0]["content"]["parts"] = parts;
            body["usageMetadata"]["thoughtsTokenCount"] = json!(9);
        });
        let read = read.unwrap();
        assert_eq!((read.words, read.usage.output_tokens), (Words::Said("One, two.".into()), Some(10)));
    }

    #[test]
    fn a_count_that_is_left_out_is_zero_beside_others_and_unknown_alone() {
        let usage = |usage: Value| {
            let usage = read(|body| body["usageMetadata"] = usage).unwrap().usage;
            (usage.prompt_tokens, usage.output_tokens)
        };
        assert_eq!(usage(json!({ "promptTokenCount": 7, "thoughtsTokenCount": 256 })), (Some(7), Some(256)));
        assert_eq!(usage(json!({ "promptTokenCount": 7 })), (Some(7), Some(0)));
        assert_eq!(usage(json!({ "promptTokenCount": "7", "candidatesTokenCount": 1 })), (None, Some(1)));
        assert_eq!(usage(json!({ "promptTokenCount": 7, "candidatesTokenCount": 0.5 })), (Some(7), None));
        assert_eq!(usage(json!({})), (None, None));
    }

    #[test]
    fn a_blocked_prompt_has_no_answer_whatever_stands_beside_it() {
        let blocked =
            answer(&json!({ "promptFeedback": { "blockReason": "SAFETY" }, "modelVersion": "m" })).unwrap();
        assert_eq!(
            (blocked.is_blocked, blocked.finish.as_deref(), blocked.words),
            (true, Some("SAFETY"), Words::None)
        );
        let both = read(|body| body["promptFeedback"] = json!({ "blockReason": "OTHER" })).unwrap();
        assert_eq!((both.is_blocked, both.finish.as_deref()), (true, Some("OTHER")));
        assert!(!read(|body| body["promptFeedback"] = json!({ "safetyRatings": [] })).unwrap().is_blocked);
    }

    #[test]
    fn what_is_no_response_is_not_read() {
        assert_eq!(read(|body| body["candidates"] = json!([])), None);
        assert_eq!(read(|body| body["candidates"] = json!([{}])).unwrap().words, Words::Odd);
        assert_eq!(
            read(|body| body["candidates"][0]["content"]["parts"] = json!(7)).unwrap().words,
            Words::Odd
        );
        let spent = read(|body| body["candidates"][0] = json!({ "finishReason": "MAX_TOKENS" })).unwrap();
        assert_eq!((spent.words, spent.is_blocked), (Words::None, false));
        for body in [json!({}), json!([]), json!(null), json!({ "candidates": {} })] {
            assert_eq!(answer(&body), None, "{body}");
        }
    }
}
