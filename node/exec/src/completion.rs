//! Reading a whole body, whatever its vendor: what all dialects have in common.

use serde_json::Value;
use vantage_protocol::finish::Ending;
use vantage_protocol::request::Adapter;

use crate::dialect::{self, Answer, Words};
use crate::evidence::{Usage, printable};
use crate::failure::Failure;
use crate::json::{self, Unreadable};
use crate::trouble::{self, Trouble};

/// Longest answer accepted, in bytes: the protocol's limit on outputs.
pub const TEXT_MAX: usize = 1 << 20;

/// The status of a part of an answer, which nobody asked for.
const PARTIAL: u16 = 206;

/// What a body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) text: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) finish: Option<String>,
    pub(crate) usage: Usage,
    pub(crate) failure: Option<Failure>,
    /// The error that it is, or holds.
    pub(crate) trouble: Option<Trouble>,
    /// No part of an answer is in it, so that there is nothing to charge for.
    pub(crate) is_free: bool,
}

/// How a body came, as far as its reading depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) adapter: Adapter,
    pub(crate) status: u16,
    /// The end of the body was marked. Where it was not, a connection that broke looks like one that was closed.
    pub(crate) is_framed: bool,
}

/// Reads a whole body. It is read whatever its content type says: many servers and proxies get it wrong.
pub(crate) fn read(origin: Origin, body: &[u8]) -> Completion {
    if Failure::of_status(origin.status).is_some() {
        return Completion::of_trouble(trouble::under(origin.status, body));
    }
    if origin.status == PARTIAL {
        return Completion::failed(Failure::Torn);
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        // blank lines keep a connection alive; where the end is not marked, nothing says that more was not to come
        let failure = if origin.is_framed { Failure::Empty } else { Failure::Connect };
        return Completion::failed(failure);
    }
    let body = match json::read(body) {
        Ok(body) => body,
        Err(Unreadable::Torn) if !origin.is_framed => return Completion::failed(Failure::Connect),
        Err(_) => return Completion::failed(Failure::Malformed),
    };
    of_success(origin.adapter, &body)
}

fn of_success(adapter: Adapter, body: &Value) -> Completion {
    let answer = dialect::answer(dialect::of(adapter), body);
    let trouble = trouble::within(body, answer.is_some());
    match (answer, trouble) {
        (Some(answer), trouble) => Completion::of(adapter, answer, trouble),
        (None, Some(trouble)) => Completion::of_trouble(trouble),
        (None, None) => Completion::failed(Failure::Malformed),
    }
}

impl Completion {
    /// The texts that were read out of the body, each put together from all of its parts.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        [&self.text, &self.model, &self.id, &self.finish].into_iter().flatten().map(|text| text.as_bytes())
    }

    /// Whether this, read from what is kept of a body, brings the same as the whole body did.
    pub(crate) fn says_as_much_as(&self, whole: &Self) -> bool {
        let said =
            |read: &Self| (read.failure, read.text.is_some(), read.model.is_some(), read.finish.is_some());
        said(self) == said(whole)
    }

    fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    fn of_trouble(trouble: Trouble) -> Self {
        let failure = trouble.failure.unwrap_or(Failure::ApiError);
        Self { trouble: Some(trouble), is_free: true, ..Self::failed(failure) }
    }

    fn of(adapter: Adapter, answer: Answer, trouble: Option<Trouble>) -> Self {
        // As it will be kept, so that whoever reads the receipt classifies the same word.
        let finish = answer.finish.as_deref().map(printable);
        let ending = Ending::of(adapter, finish.as_deref());
        let trouble = answer.trouble.or(trouble);
        let failure = match (&trouble, &answer.words) {
            // It broke off, if nothing else is known of it.
            (Some(trouble), _) => Some(trouble.failure.unwrap_or(Failure::Torn)),
            (None, _) if answer.is_blocked => Some(Failure::ContentFilter),
            // Nothing of an answer is there.
            (None, Words::Odd) if finish.is_none() => Some(Failure::Malformed),
            (None, words) => Failure::of_ending(ending).or(match words {
                Words::Said(text) if text.len() > TEXT_MAX => Some(Failure::TooLarge),
                Words::Said(_) => None,
                Words::None => Some(Failure::Empty),
                Words::Odd => Some(Failure::Malformed),
            }),
        };
        let text = match answer.words {
            Words::Said(text) if text.len() <= TEXT_MAX => Some(text),
            _ => None,
        };
        Self {
            text,
            model: answer.model,
            id: answer.id,
            finish,
            usage: answer.usage,
            failure,
            trouble,
            is_free: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vantage_protocol::target::Dialect;

    use super::*;

    const VENDORS: [Adapter; 4] =
        [Adapter::OpenAiChat, Adapter::CompatibleChat, Adapter::AnthropicMessages, Adapter::GeminiGenerate];

    fn read_under(adapter: Adapter, status: u16, body: &[u8]) -> Completion {
        read(Origin { adapter, status, is_framed: true }, body)
    }

    /// A proper answer with this text that ended with `finish`.
    fn answer(adapter: Adapter, text: &str, finish: &Value) -> Vec<u8> {
        let body = match dialect::of(adapter) {
            Dialect::OpenAi => {
                json!({ "choices": [{ "message": { "content": text }, "finish_reason": finish }] })
            }
            Dialect::Anthropic => {
                json!({ "type": "message", "content": [{ "type": "text", "text": text }], "stop_reason": finish })
            }
            Dialect::Gemini => {
                json!({ "candidates": [{ "content": { "parts": [{ "text": text }] }, "finishReason": finish }] })
            }
        };
        body.to_string().into_bytes()
    }

    /// How a whole answer ends, and one at the limit.
    fn ends(adapter: Adapter) -> [Value; 2] {
        match dialect::of(adapter) {
            Dialect::OpenAi => [json!("stop"), json!("length")],
            Dialect::Anthropic => [json!("end_turn"), json!("max_tokens")],
            Dialect::Gemini => [json!("STOP"), json!("MAX_TOKENS")],
        }
    }

    #[test]
    fn only_whole_answers_and_those_at_their_limit_are_answers() {
        for adapter in VENDORS {
            for end in ends(adapter) {
                let read = read_under(adapter, 200, &answer(adapter, "yes", &end));
                assert_eq!((read.failure, read.text.as_deref()), (None, Some("yes")), "{adapter:?} {end}");
                let blank = read_under(adapter, 200, &answer(adapter, " \n", &end));
                assert_eq!(blank.failure, Some(Failure::Empty), "{adapter:?} {end}");
            }
            for strange in [json!("stopped"), json!(0), json!(true), json!(["stop"]), json!({ "stop": 1 })] {
                let read = read_under(adapter, 200, &answer(adapter, "yes", &strange));
                assert_eq!(read.failure, Some(Failure::UnknownFinish), "{adapter:?} {strange}");
            }
            for none in [json!(null), json!("")] {
                let read = read_under(adapter, 200, &answer(adapter, "yes", &none));
                let expected = (adapter != Adapter::CompatibleChat).then_some(Failure::UnknownFinish);
                assert_eq!((read.failure, read.finish), (expected, None), "{adapter:?}");
            }
        }
    }

    #[test]
    fn endings_that_are_none_have_a_code_each_with_text_and_without() {
        use Adapter::{AnthropicMessages, CompatibleChat, GeminiGenerate, OpenAiChat};
        for (adapter, finish, expected) in [
            (OpenAiChat, "content_filter", Failure::ContentFilter),
            (OpenAiChat, "tool_calls", Failure::ToolCall),
            (OpenAiChat, "error", Failure::UnknownFinish),
            (CompatibleChat, "error", Failure::Torn),
            (CompatibleChat, "sensitive", Failure::ContentFilter),
            (CompatibleChat, "insufficient_system_resource", Failure::Torn),
            (AnthropicMessages, "refusal", Failure::ContentFilter),
            (AnthropicMessages, "pause_turn", Failure::Torn),
            (AnthropicMessages, "tool_use", Failure::ToolCall),
            (GeminiGenerate, "SAFETY", Failure::ContentFilter),
            (GeminiGenerate, "OTHER", Failure::Torn),
            (GeminiGenerate, "MALFORMED_FUNCTION_CALL", Failure::ToolCall),
        ] {
            for text in ["It is", ""] {
                let read = read_under(adapter, 200, &answer(adapter, text, &json!(finish)));
                assert_eq!(
                    (read.failure, read.finish.as_deref()),
                    (Some(expected), Some(finish)),
                    "{adapter:?}"
                );
            }
        }
    }

    #[test]
    fn limits_hold_in_every_dialect() {
        for adapter in VENDORS {
            let [whole, _] = ends(adapter);
            let long = read_under(adapter, 200, &answer(adapter, &"x".repeat(TEXT_MAX + 1), &whole));
            assert_eq!((long.text, long.failure), (None, Some(Failure::TooLarge)), "{adapter:?}");
            for empty in ["", "\r\n \n"] {
                assert_eq!(read_under(adapter, 200, empty.as_bytes()).failure, Some(Failure::Empty));
            }
            // An answer under a status that is none is not read as one.
            let under = read_under(adapter, 503, &answer(adapter, "yes", &whole));
            assert_eq!((under.failure, under.text), (Some(Failure::Http5xx(503)), None));
        }
    }

    #[test]
    fn what_is_no_answer_is_malformed_and_a_stream_is_never_half_an_answer() {
        let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"ready\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        for body in [
            stream,
            "<html>",
            "{",
            "{}",
            "[]",
            "null",
            "7",
            "\"yes\"",
            "[{}]",
            "{\"choices\":[]}",
            "{\"choices\":[{}]}",
        ] {
            for adapter in VENDORS {
                let read = read_under(adapter, 200, body.as_bytes());
                assert_eq!((read.failure, read.text), (Some(Failure::Malformed), None), "{adapter:?} {body}");
            }
        }
        let chunk = br#"{"choices":[{"delta":{"content":"ready"},"finish_reason":"stop"}]}"#;
        assert_eq!(read_under(Adapter::CompatibleChat, 200, chunk).failure, Some(Failure::Malformed));
    }

    #[test]
    fn a_body_without_a_marked_end_that_breaks_off_is_a_broken_connection() {
        for (is_framed, expected) in [(true, Failure::Malformed), (false, Failure::Connect)] {
            let origin = Origin { adapter: Adapter::CompatibleChat, status: 200, is_framed };
            assert_eq!(read(origin, b"{\"choices\":[{\"mess").failure, Some(expected));
            assert_eq!(read(origin, b"<html>").failure, Some(Failure::Malformed));
        }
    }

    #[test]
    fn an_error_beside_an_answer_goes_before_it() {
        let read = |choice: Value, beside: Value| {
            let body = json!({ "choices": [choice], "error": beside, "usage": { "completion_tokens": 4 } });
            read_under(Adapter::CompatibleChat, 200, body.to_string().as_bytes())
        };
        let whole = json!({ "message": { "content": "yes" }, "finish_reason": "stop" });
        for none in [json!(null), json!({}), json!(""), json!(false), json!([])] {
            assert_eq!(read(whole.clone(), none.clone()).failure, None, "{none}");
        }
        let beside = read(whole.clone(), json!({ "code": 502, "message": "gone" }));
        assert_eq!((beside.failure, beside.usage.output_tokens), (Some(Failure::Http5xx(502)), Some(4)));
        assert!(!beside.is_free);
        for (error, expected) in [
            (json!({ "code": 429 }), Failure::RateLimited),
            (json!({ "message": "upstream went away" }), Failure::Torn),
            (json!("lost"), Failure::Torn),
        ] {
            let mut choice = whole.clone();
            choice["error"] = error;
            assert_eq!(read(choice.clone(), json!(null)).failure, Some(expected), "{choice}");
        }
    }

    #[test]
    fn what_may_be_a_part_is_no_answer() {
        let part = answer(Adapter::OpenAiChat, "yes", &json!("stop"));
        assert_eq!(read_under(Adapter::OpenAiChat, 206, &part).failure, Some(Failure::Torn));
        for blank in [&b""[..], b"\n\n"] {
            assert_eq!(read_under(Adapter::OpenAiChat, 200, blank).failure, Some(Failure::Empty));
            let origin = Origin { adapter: Adapter::OpenAiChat, status: 200, is_framed: false };
            assert_eq!(read(origin, blank).failure, Some(Failure::Connect));
        }
    }
}
