//! OpenAI's chat completions, as its API reference lays them out, and what compatible vendors make of them.

use serde_json::Value;
use vantage_protocol::finish::Ending;
use vantage_protocol::request::Adapter;

use super::{Answer, Words, count, name, words};
use crate::evidence::Usage;
use crate::trouble;

/// See [`headers_allowed`](super::headers_allowed). OpenAI's reference names its own under "Debugging requests".
pub(super) const HEADERS: [&str; 20] = [
    "cf-cache-status",
    "cf-ray",
    "content-encoding",
    "content-type",
    "date",
    "openai-model",
    "openai-processing-ms",
    "openai-version",
    "retry-after",
    "retry-after-ms",
    "server",
    "via",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-request-id",
    "x-should-retry",
];

pub(super) fn answer(body: &Value) -> Option<Answer> {
    // A request never asks for more than one choice; of several the first is the answer, wherever it stands.
    let choices = body.get("choices")?.as_array()?;
    let is_first = |choice: &&Value| choice.get("index").and_then(Value::as_u64) == Some(0);
    let choice = choices.iter().find(is_first).or_else(|| choices.first())?;
    Some(Answer {
        words: said(choice),
        is_blocked: false,
        model: body.get("model").and_then(name),
        id: body.get("id").and_then(name),
        finish: finish(choice),
        usage: body.get("usage").map(usage).unwrap_or_default(),
        trouble: trouble::of_choice(choice).or_else(|| trouble::of_choice(choice.get("message")?)),
    })
}

/// Why a choice ended. A gateway that passes another vendor's answer on may call whole what that vendor called broken, and
/// give its word beside its own.
fn finish(choice: &Value) -> Option<String> {
    let said = |field: &str| choice.get(field).and_then(super::finish);
    let is_torn = |word: &String| Ending::of(Adapter::CompatibleChat, Some(word.as_str())) == Ending::Torn;
    said("native_finish_reason").filter(is_torn).or_else(|| said("finish_reason")).or_else(|| {
        let asks_for_a_tool = |calls: &Value| calls.as_array().is_some_and(|calls| !calls.is_empty());
        choice.get("message")?.get("tool_calls").filter(|calls| asks_for_a_tool(calls))?;
        Some("tool_calls".to_owned())
    })
}

/// A model that declines by the `refusal` field has answered, in those words.
fn said(choice: &Value) -> Words {
    let Some(message) = choice.get("message").filter(|message| message.is_object()) else {
        return Words::Odd;
    };
    match words(message.get("content")) {
        Words::None => words(message.get("refusal")),
        said => said,
    }
}

/// Some servers give the counts Anthropic's names.
fn usage(usage: &Value) -> Usage {
    let told = |field: &str| usage.get(field).filter(|count| !count.is_null());
    let either = |[one, other]: [&str; 2]| told(one).or_else(|| told(other)).and_then(count);
    let usage = Usage {
        prompt_tokens: either(["prompt_tokens", "input_tokens"]),
        output_tokens: either(["completion_tokens", "output_tokens"]),
    };
    usage.with_total(told("total_tokens").and_then(count))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_choice(choice: Value) -> Answer {
        answer(&json!({ "choices": [choice] })).unwrap()
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
            answer(&body).unwrap(),
            Answer {
                words: Words::Said(" yes\n".into()),
                is_blocked: false,
                model: Some("m-2026".into()),
                id: Some("chatcmpl-1".into()),
                finish: Some("stop".into()),
                usage: Usage { prompt_tokens: Some(3), output_tokens: Some(1) },
                trouble: None,
            }
        );
    }

    #[test]
    fn a_refusal_in_words_is_an_answer() {
        let declined = Words::Said("I can't say.".into());
        for message in [
            json!({ "content": null, "refusal": "I can't say." }),
            json!({ "content": " \n", "refusal": "I can't say." }),
            json!({ "content": [{ "type": "refusal", "refusal": "I can't say." }] }),
        ] {
            assert_eq!(read_choice(json!({ "message": message })).words, declined, "{message}");
        }
        let both = json!({ "message": { "content": "Yes.", "refusal": "No." } });
        assert_eq!(read_choice(both).words, Words::Said("Yes.".into()));
        assert_eq!(read_choice(json!({ "message": { "content": " \n" } })).words, Words::None);
    }

    #[test]
    fn what_is_no_completion_is_not_read() {
        for body in [
            json!([]),
            json!({}),
            json!(null),
            json!("yes"),
            json!({ "choices": [] }),
            json!({ "choices": {} }),
        ] {
            assert_eq!(answer(&body), None, "{body}");
        }
        for choice in
            [json!({}), json!(7), json!({ "message": "yes" }), json!({ "message": { "content": 7 } })]
        {
            assert_eq!(read_choice(choice.clone()).words, Words::Odd, "{choice}");
        }
        let two =
            json!({ "choices": [{ "message": { "content": "a" } }, { "message": { "content": "b" } }] });
        assert_eq!(answer(&two).unwrap().words, Words::Said("a".into()));
    }

    #[test]
    fn the_first_choice_is_the_answer_wherever_it_stands() {
        let choice = |index: u32, text: &str, finish: &str| json!({ "index": index, "message": { "content": text }, "finish_reason": finish });
        let found = answer(&json!({ "choices": [choice(1, "b", "stop"), choice(0, "a", "error")] })).unwrap();
        assert_eq!((found.words, found.finish.as_deref()), (Words::Said("a".into()), Some("error")));
    }

    #[test]
    fn what_another_vendor_called_broken_is() {
        let gateway = |native: &str| {
            let message = json!({ "content": "half" });
            json!({ "message": message, "finish_reason": "stop", "native_finish_reason": native })
        };
        assert_eq!(read_choice(gateway("error")).finish.as_deref(), Some("error"));
        for whole in ["end_turn", "STOP", "eos", "a word of tomorrow"] {
            assert_eq!(read_choice(gateway(whole)).finish.as_deref(), Some("stop"), "{whole}");
        }
        let within =
            json!({ "message": { "content": "half", "error": { "code": 502 } }, "finish_reason": "stop" });
        assert!(read_choice(within).trouble.is_some());
        let untold = json!({ "message": { "content": "Let me look", "tool_calls": [{ "id": "1" }] } });
        assert_eq!(read_choice(untold).finish.as_deref(), Some("tool_calls"));
    }

    #[test]
    fn counts_go_by_either_name() {
        let body = json!({ "choices": [{}], "usage": { "input_tokens": 3, "output_tokens": 1 } });
        let usage = answer(&body).unwrap().usage;
        assert_eq!((usage.prompt_tokens, usage.output_tokens), (Some(3), Some(1)));
        let thoughts = json!({ "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 304 });
        let usage = answer(&json!({ "choices": [{}], "usage": thoughts })).unwrap().usage;
        assert_eq!((usage.prompt_tokens, usage.output_tokens), (Some(3), Some(301)), "the larger counts");
    }
}
