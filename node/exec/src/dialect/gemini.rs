//! Gemini's `generateContent`, as its API reference lays it out. It is the JSON form of protocol buffers: whatever is
//! empty is left out.

use serde_json::Value;

use super::{Answer, First, Words, asks_for_tool, count, first, name, words};
use crate::evidence::Usage;

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

/// What goes before the reason for which a prompt was blocked: some are spelled like reasons for which answers ended.
pub(crate) const BLOCKED: &str = "BLOCKED:";

/// What stands for no reason in messages that write out every field; 0 is its number.
const UNSPECIFIED: [&str; 3] = ["0", "BLOCKED_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"];

pub(super) fn answer(body: &Value) -> Answer {
    // There is none if the prompt itself was blocked.
    let first = first(body.get("candidates"));
    let candidate = first.one();
    let blocked = body
        .get("promptFeedback")
        .and_then(|feedback| super::finish(feedback.get("blockReason")?))
        .filter(|reason| candidate.is_none() || !UNSPECIFIED.contains(&reason.trim()));
    let finish = candidate.and_then(|candidate| super::finish(candidate.get("finishReason")?));
    Answer {
        words: match (&first, &blocked) {
            (First::One(candidate), _) => said(candidate, finish.is_some()),
            (First::Pieces(_), _) => Words::Odd,
            (First::None, Some(_)) => Words::None,
            (First::None, None) => Words::Absent,
        },
        asks_for_tool: candidate.is_some_and(|candidate| asks_for_tool(candidate.get("content"))),
        model: body.get("modelVersion").and_then(name),
        id: body.get("responseId").and_then(name),
        finish: blocked.map(|reason| format!("{BLOCKED}{}", reason.trim())).or(finish),
        usage: body.get("usageMetadata").map(usage).unwrap_or_default(),
        trouble: first.trouble(),
    }
}

fn said(candidate: &Value, has_ended: bool) -> Words {
    match candidate.get("content") {
        // It used up its tokens for thoughts, or was filtered.
        None | Some(Value::Null) if has_ended => Words::None,
        None | Some(Value::Null) => Words::Odd,
        // a list without entries is left out, and its content has its author alone
        Some(Value::Object(content)) if content.is_empty() => Words::None,
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

    fn read(change: impl FnOnce(&mut Value)) -> Answer {
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
            read(|_| {}),
            Answer {
                words: Words::Said("yes".into()),
                asks_for_tool: false,
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
        assert_eq!((read.words, read.usage.output_tokens), (Words::Said("One, two.".into()), Some(10)));
    }

    #[test]
    fn a_count_that_is_left_out_is_zero_beside_others_and_unknown_alone() {
        let usage = |usage: Value| {
            let usage = read(|body| body["usageMetadata"] = usage).usage;
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
        let blocked = answer(&json!({ "promptFeedback": { "blockReason": "SAFETY" }, "modelVersion": "m" }));
        assert_eq!((blocked.finish.as_deref(), blocked.words), (Some("BLOCKED:SAFETY"), Words::None));
        let beside =
            |reason: Value| read(|body| body["promptFeedback"] = json!({ "blockReason": reason })).finish;
        assert_eq!(beside(json!("OTHER")).as_deref(), Some("BLOCKED:OTHER"));
        assert_eq!(beside(json!(["SAFETY"])).as_deref(), Some("BLOCKED:[\"SAFETY\"]"));
        for none in [json!(null), json!(""), json!("BLOCK_REASON_UNSPECIFIED"), json!(0)] {
            assert_eq!(beside(none.clone()).as_deref(), Some("STOP"), "{none}");
        }
        let rated = read(|body| body["promptFeedback"] = json!({ "safetyRatings": [] }));
        assert_eq!(rated.finish.as_deref(), Some("STOP"));
        let untold = answer(&json!({ "promptFeedback": { "blockReason": "BLOCK_REASON_UNSPECIFIED" } }));
        assert_eq!(untold.finish.as_deref(), Some("BLOCKED:BLOCK_REASON_UNSPECIFIED"));
    }

    #[test]
    fn a_content_of_its_author_alone_is_empty() {
        let read = |content: Value| read(|body| body["candidates"][0]["content"] = content).words;
        assert_eq!(
            [read(json!({})), read(json!(null)), read(json!({ "parts": [] }))],
            [Words::None, Words::None, Words::None]
        );
        assert_eq!(read(json!({ "text": "yes" })), Words::Said("yes".into()));
        let beside = json!({ "parts": [{ "inlineData": {} }, { "executableCode": { "code": "x" } }, { "text": "yes" }] });
        assert_eq!(read(beside), Words::Said("yes".into()));
    }

    #[test]
    fn candidates_of_one_index_are_pieces() {
        let candidate =
            |text: &str| json!({ "content": { "parts": [{ "text": text }] }, "finishReason": "STOP" });
        let (mut other, mut same) = (candidate("b"), candidate("b"));
        (other["index"], same["index"]) = (json!(1), json!(0));
        for twice in [json!([candidate("a"), candidate("b")]), json!([candidate("a"), same])] {
            let read = read(|body| body["candidates"] = twice.clone());
            assert_eq!((read.words, read.finish), (Words::Odd, None), "{twice}");
        }
        // an index of 0 is left out
        let read = read(|body| body["candidates"] = json!([other, candidate("a")]));
        assert_eq!(read.words, Words::Said("a".into()));
    }

    #[test]
    fn what_is_no_response_is_not_read() {
        assert_eq!(read(|body| body["candidates"] = json!([])).words, Words::Absent);
        assert_eq!(read(|body| body["candidates"] = json!([{}])).words, Words::Odd);
        assert_eq!(read(|body| body["candidates"][0]["content"]["parts"] = json!(7)).words, Words::Odd);
        let spent = read(|body| body["candidates"][0] = json!({ "finishReason": "MAX_TOKENS" }));
        assert_eq!(spent.words, Words::None);
        for body in [json!({}), json!([]), json!(null), json!({ "candidates": {} })] {
            assert_eq!(answer(&body).words, Words::Absent, "{body}");
        }
    }
}
