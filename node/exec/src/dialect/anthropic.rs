//! Anthropic's messages, as its API reference lays them out.

use serde_json::Value;

use super::{Answer, Words, asks_for_tool, count, name, words};
use crate::evidence::Usage;

/// See [`headers_allowed`](super::headers_allowed). Anthropic's reference names its own under "Rate limits" and
/// "Request id".
pub(super) const HEADERS: [&str; 23] = [
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
    "content-encoding",
    "content-type",
    "date",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "server",
    "via",
    "x-should-retry",
];

pub(super) fn answer(body: &Value) -> Answer {
    let content = body.get("content");
    let finish = body.get("stop_reason").and_then(super::finish);
    let is_message = match body.get("type") {
        None | Some(Value::Null) => true,
        Some(kind) => kind
            .as_str()
            .is_some_and(|kind| kind.trim().is_empty() || kind.trim().eq_ignore_ascii_case("message")),
    };
    Answer {
        words: match content {
            Some(_) if !is_message => Words::Odd,
            None if finish.is_none() || !is_message => Words::Absent,
            content => words(content),
        },
        asks_for_tool: asks_for_tool(content),
        model: body.get("model").and_then(name),
        id: body.get("id").and_then(name),
        finish,
        usage: body.get("usage").map(usage).unwrap_or_default(),
        trouble: None,
    }
}

/// Tokens read from and written to a cache are counted apart from the others, and are tokens of the prompt as well.
fn usage(usage: &Value) -> Usage {
    let of_cache = |name: &str| match usage.get(name) {
        None | Some(Value::Null) => Some(0),
        Some(tokens) => count(tokens),
    };
    let prompt_tokens = || {
        let input = usage.get("input_tokens").and_then(count)?;
        let (written, read) =
            (of_cache("cache_creation_input_tokens")?, of_cache("cache_read_input_tokens")?);
        Some(input.saturating_add(written).saturating_add(read))
    };
    Usage { prompt_tokens: prompt_tokens(), output_tokens: usage.get("output_tokens").and_then(count) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Answer {
        let mut body = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m-2026",
            "content": [{ "type": "text", "text": "yes" }],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": { "input_tokens": 3, "output_tokens": 1 }
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
                id: Some("msg_1".into()),
                finish: Some("end_turn".into()),
                usage: Usage { prompt_tokens: Some(3), output_tokens: Some(1) },
                trouble: None,
            }
        );
    }

    #[test]
    fn tokens_of_a_cache_are_tokens_of_the_prompt() {
        let usage = |usage: Value| read(|body| body["usage"] = usage).usage;
        let cached = json!({ "input_tokens": 3, "output_tokens": 1, "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": null });
        assert_eq!(usage(cached).prompt_tokens, Some(23));
        let odd = usage(json!({ "input_tokens": 3, "output_tokens": 1, "cache_read_input_tokens": "7" }));
        assert_eq!((odd.prompt_tokens, odd.output_tokens), (None, Some(1)), "a part of it is not known");
    }

    #[test]
    fn what_is_no_message_has_no_words_and_each_field_is_read_by_itself() {
        for kind in [json!("completion"), json!(7)] {
            assert_eq!(read(|body| body["type"] = kind.clone()).words, Words::Odd, "{kind}");
        }
        for kind in [json!(null), json!(""), json!("Message ")] {
            assert_eq!(read(|body| body["type"] = kind.clone()).words, Words::Said("yes".into()), "{kind}");
        }
        assert_eq!(read(|body| body["content"] = json!(7)).words, Words::Odd);
        for body in [json!({}), json!([]), json!({ "type": "message" }), json!(null)] {
            assert_eq!(answer(&body).words, Words::Absent, "{body}");
        }
        let read = read(|body| {
            body.as_object_mut().unwrap().remove("content");
        });
        assert_eq!((read.words, read.finish.as_deref()), (Words::None, Some("end_turn")));
        assert_eq!((read.id.as_deref(), read.usage.prompt_tokens), (Some("msg_1"), Some(3)));
    }
}
