use serde_json::{Value, json};
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
        (CompatibleChat, "repetition", Failure::Torn),
        (CompatibleChat, "content_filter: PROHIBITED_CONTENT", Failure::ContentFilter),
        (CompatibleChat, "content_filter: RECITATION", Failure::ContentFilter),
        (CompatibleChat, "function_call_filter: MALFORMED_FUNCTION_CALL", Failure::ToolCall),
        (CompatibleChat, "content_filter: STOP", Failure::UnknownFinish),
        (CompatibleChat, "content_filter: BLOCKED:SAFETY", Failure::UnknownFinish),
        (OpenAiChat, "content_filter: RECITATION", Failure::UnknownFinish),
        (AnthropicMessages, "refusal", Failure::ContentFilter),
        (AnthropicMessages, "pause_turn", Failure::Torn),
        (AnthropicMessages, "tool_use", Failure::ToolCall),
        (GeminiGenerate, "SAFETY", Failure::ContentFilter),
        (GeminiGenerate, "OTHER", Failure::Torn),
        (GeminiGenerate, "MALFORMED_FUNCTION_CALL", Failure::ToolCall),
    ] {
        for text in ["It is", ""] {
            let read = read_under(adapter, 200, &answer(adapter, text, &json!(finish)));
            assert_eq!((read.failure, read.finish.as_deref()), (Some(expected), Some(finish)), "{adapter:?}");
        }
    }
}

#[test]
fn pieces_of_an_answer_are_malformed_however_they_end() {
    for (first, second) in
        [(json!(null), json!("stop")), (json!("stop"), json!("stop")), (json!(null), json!(null))]
    {
        let body = json!({ "choices": [
            { "index": 0, "message": { "content": "part one " }, "finish_reason": first },
            { "index": 0, "message": { "content": "part two" }, "finish_reason": second },
        ] });
        for adapter in [Adapter::OpenAiChat, Adapter::CompatibleChat] {
            let read = read_under(adapter, 200, body.to_string().as_bytes());
            assert_eq!((read.failure, read.text), (Some(Failure::Malformed), None), "{body}");
        }
    }
}

#[test]
fn a_part_under_any_name_for_words_is_seen_in_a_body() {
    for part in [
        json!({ "type": "text_delta", "delta": "more" }),
        json!({ "type": "string", "value": "more" }),
        json!({ "type": "message", "output": "more" }),
        json!({ "type": "audio", "audio": { "transcript": "more" } }),
        json!({ "Text": "more" }),
        json!({ "Content": [{ "text": "more" }] }),
    ] {
        let content = json!([{ "type": "text", "text": "half" }, part]);
        for (adapter, body) in [
            (
                Adapter::CompatibleChat,
                json!({ "choices": [{ "message": { "content": content }, "finish_reason": "stop" }] }),
            ),
            (Adapter::AnthropicMessages, json!({ "content": content, "stop_reason": "end_turn" })),
            (
                Adapter::GeminiGenerate,
                json!({ "candidates": [{ "content": { "parts": content }, "finishReason": "STOP" }] }),
            ),
        ] {
            let read = read_under(adapter, 200, body.to_string().as_bytes());
            assert_eq!((read.failure, read.text), (Some(Failure::Malformed), None), "{body}");
        }
    }
}

#[test]
fn an_ending_without_a_message_is_that_ending() {
    let body = json!({ "choices": [{ "index": 0, "finish_reason": "content_filter: PROHIBITED_CONTENT" }] });
    let read = read_under(Adapter::CompatibleChat, 200, body.to_string().as_bytes());
    assert_eq!(read.failure, Some(Failure::ContentFilter));
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
        (json!({ "code": "x", "message": "boom" }), Failure::ApiError),
        (json!({ "message": "upstream went away" }), Failure::ApiError),
        (json!({ "code": 429 }), Failure::RateLimited),
    ] {
        assert_eq!(read(whole.clone(), error.clone()).failure, Some(expected), "{error}");
        let listed = json!({ "choices": [whole], "errors": [error] }).to_string();
        let listed = read_under(Adapter::CompatibleChat, 200, listed.as_bytes());
        assert_eq!(listed.failure, Some(expected), "errors: {error}");
    }
    for none in [json!([]), json!(null), json!([{}, null])] {
        let listed = json!({ "choices": [whole], "errors": none }).to_string();
        assert_eq!(read_under(Adapter::CompatibleChat, 200, listed.as_bytes()).failure, None, "{none}");
    }
    let torn = json!({ "message": { "content": "ye" }, "finish_reason": "error" });
    assert_eq!(read(torn, json!({ "message": "gone" })).failure, Some(Failure::Torn), "it says so itself");
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

/// A proper answer of an adapter with one more field, put before all others of the body.
fn with_field(adapter: Adapter, field: &str, value: &str) -> Vec<u8> {
    let [whole, _] = ends(adapter);
    let body = String::from_utf8(answer(adapter, "yes", &whole)).unwrap();
    format!("{{\"{field}\":{value},{}", &body[1..]).into_bytes()
}

#[test]
fn a_field_beyond_all_bounds_costs_no_answer() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let wide = format!("[0{}]", ",0".repeat(70_000));
    for adapter in VENDORS {
        for field in [
            "usage",
            "usageMetadata",
            "metadata",
            "details",
            "id",
            "model",
            "responseId",
            "status",
            "code",
            "x",
        ] {
            for value in [&deep, &wide] {
                let read = read_under(adapter, 200, &with_field(adapter, field, value));
                assert_eq!((read.failure, read.text.as_deref()), (None, Some("yes")), "{adapter:?} {field}");
            }
        }
        // what nobody can look into is no sign that all is well
        for value in [&deep, &wide] {
            let read = read_under(adapter, 200, &with_field(adapter, "error", value));
            assert_eq!(read.failure, Some(Failure::ApiError), "{adapter:?}");
        }
    }
}

#[test]
fn an_answer_beyond_all_bounds_is_malformed_and_all_beside_it_is_read() {
    for content in
        [format!("{}{}", "[".repeat(200), "]".repeat(200)), format!("[\"yes\"{}]", ",\"yes\"".repeat(70_000))]
    {
        let body = format!(
            "{{\"choices\":[{{\"message\":{{\"content\":{content}}},\"finish_reason\":\"stop\"}}],\"id\":\"c-1\",\"model\":\"m\",\"usage\":{{\"completion_tokens\":4}}}}"
        );
        let read = read_under(Adapter::CompatibleChat, 200, body.as_bytes());
        assert_eq!((read.failure, read.text), (Some(Failure::Malformed), None));
        assert_eq!((read.id.as_deref(), read.model.as_deref()), (Some("c-1"), Some("m")));
        assert_eq!((read.finish.as_deref(), read.usage.output_tokens), (Some("stop"), Some(4)));
    }
}

#[test]
fn what_is_told_beside_no_answer_is_told() {
    for (adapter, body, failure, finish) in [
        (
            Adapter::CompatibleChat,
            r#"{"choices":[],"id":"i","model":"m","usage":{"completion_tokens":4}}"#,
            Failure::Malformed,
            None,
        ),
        (
            Adapter::CompatibleChat,
            r#"{"choices":null,"id":"i","model":"m","usage":{"completion_tokens":4}}"#,
            Failure::Malformed,
            None,
        ),
        (
            Adapter::CompatibleChat,
            r#"{"choices":[{"message":{"content":7},"finish_reason":"stop"}],"id":"i","model":"m","usage":{"completion_tokens":4}}"#,
            Failure::Malformed,
            Some("stop"),
        ),
        (
            Adapter::AnthropicMessages,
            r#"{"type":"message","stop_reason":"refusal","id":"i","model":"m","usage":{"output_tokens":4}}"#,
            Failure::ContentFilter,
            Some("refusal"),
        ),
        (
            Adapter::AnthropicMessages,
            r#"{"type":"message","stop_reason":"end_turn","id":"i","model":"m","usage":{"output_tokens":4}}"#,
            Failure::Empty,
            Some("end_turn"),
        ),
        (
            Adapter::AnthropicMessages,
            r#"{"type":"message","id":"i","model":"m","usage":{"output_tokens":4}}"#,
            Failure::Malformed,
            None,
        ),
        (
            Adapter::GeminiGenerate,
            r#"{"candidates":[],"responseId":"i","modelVersion":"m","usageMetadata":{"candidatesTokenCount":4}}"#,
            Failure::Malformed,
            None,
        ),
    ] {
        let read = read_under(adapter, 200, body.as_bytes());
        assert_eq!((read.failure, read.finish.as_deref()), (Some(failure), finish), "{body}");
        assert_eq!(
            (read.id.as_deref(), read.model.as_deref(), read.usage.output_tokens),
            (Some("i"), Some("m"), Some(4)),
            "{body}"
        );
    }
}

#[test]
fn a_complaint_where_the_answer_should_stand_is_an_error() {
    for choices in ["[]", "null", "[{}]", "[{\"message\":{\"content\":\"\"}}]"] {
        for (beside, expected) in
            [("\"code\":429", Failure::RateLimited), ("\"detail\":\"no\"", Failure::ApiError)]
        {
            let body = format!("{{\"choices\":{choices},{beside}}}");
            let read = read_under(Adapter::CompatibleChat, 200, body.as_bytes());
            assert_eq!(read.failure, Some(expected), "{body}");
        }
    }
    let whole = r#"{"choices":[{"message":{"content":"yes"}}],"code":429,"detail":"no"}"#;
    assert_eq!(read_under(Adapter::CompatibleChat, 200, whole.as_bytes()).failure, None);
}

#[test]
fn an_answer_that_asks_for_a_tool_is_none_whatever_its_word() {
    for (adapter, body) in [
        (
            Adapter::GeminiGenerate,
            json!({ "candidates": [{ "content": { "parts": [{ "functionCall": { "name": "f" } }] }, "finishReason": "STOP" }] }),
        ),
        (
            Adapter::GeminiGenerate,
            json!({ "candidates": [{ "content": { "parts": [{ "text": "Let me look." }, { "functionCall": {} }] }, "finishReason": "STOP" }] }),
        ),
        (
            Adapter::CompatibleChat,
            json!({ "choices": [{ "message": { "content": "Let me look.", "tool_calls": [{ "id": "1" }] }, "finish_reason": "stop" }] }),
        ),
        (
            Adapter::OpenAiChat,
            json!({ "choices": [{ "message": { "content": null, "function_call": { "name": "f" } }, "finish_reason": "stop" }] }),
        ),
        (
            Adapter::AnthropicMessages,
            json!({ "content": [{ "type": "tool_use", "id": "t" }], "stop_reason": "end_turn" }),
        ),
    ] {
        let read = read_under(adapter, 200, body.to_string().as_bytes());
        assert_eq!(read.failure, Some(Failure::ToolCall), "{body}");
    }
}

#[test]
fn a_blocked_prompt_is_classified_by_the_word_that_is_kept() {
    for (reason, beside, expected) in [
        ("SAFETY", false, Some(Failure::ContentFilter)),
        ("OTHER", false, Some(Failure::ContentFilter)),
        ("OTHER", true, Some(Failure::ContentFilter)),
        ("OF_THE_FUTURE", true, Some(Failure::UnknownFinish)),
        ("BLOCK_REASON_UNSPECIFIED", true, None),
        ("BLOCK_REASON_UNSPECIFIED", false, Some(Failure::UnknownFinish)),
    ] {
        let mut body = json!({ "promptFeedback": { "blockReason": reason } });
        if beside {
            body["candidates"] =
                json!([{ "content": { "parts": [{ "text": "yes" }] }, "finishReason": "STOP" }]);
        }
        let read = read_under(Adapter::GeminiGenerate, 200, body.to_string().as_bytes());
        assert_eq!(read.failure, expected, "{reason}");
        let ending = Ending::of(Adapter::GeminiGenerate, read.finish.as_deref());
        assert_eq!(Failure::of_ending(ending), expected, "whoever holds the receipt says the same: {reason}");
    }
}
