//! OpenAI's chat completions, as its API reference lays them out, and what compatible vendors make of them.

use serde_json::Value;
use vantage_protocol::finish::Ending;
use vantage_protocol::request::Adapter;

use super::{Answer, First, Words, count, first, name, words};
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

pub(super) fn answer(body: &Value) -> Answer {
    let choices = body.get("choices").filter(|choices| !choices.is_null());
    let first = first(choices);
    let choice = first.one();
    let message = choice.and_then(|choice| choice.get("message"));
    Answer {
        words: match (&first, choices) {
            (First::One(_), _) => said(message),
            (First::None, None | Some(Value::Array(_))) => Words::Absent,
            (First::Pieces(_), _) | (First::None, Some(_)) => Words::Odd,
        },
        asks_for_tool: message.is_some_and(asks_for_tool),
        model: body.get("model").and_then(name),
        id: body.get("id").and_then(name),
        finish: choice.and_then(finish),
        usage: body.get("usage").map(usage).unwrap_or_default(),
        trouble: first.trouble().or_else(|| trouble::of_choice(message?)),
    }
}

/// Whether a message asks for a tool. Servers that write out every field have an empty list, or a call of no name.
fn asks_for_tool(message: &Value) -> bool {
    let calls = message.get("tool_calls").and_then(Value::as_array);
    let name = message.get("function_call").and_then(|call| call.get("name"));
    calls.is_some_and(|calls| calls.iter().any(|call| !call.is_null()))
        || name.and_then(super::name).is_some()
        || super::asks_for_tool(message.get("content"))
}

/// Why a choice ended. A gateway that passes another vendor's answer on gives that vendor's word beside its own, or has none
/// of its own. It may call whole what that vendor called broken, withheld or cut.
fn finish(choice: &Value) -> Option<String> {
    let said = |field: &str| choice.get(field).and_then(super::finish);
    let ending = |word: &String| Ending::of(Adapter::CompatibleChat, Some(word.as_str()));
    let (own, native) = (said("finish_reason"), said("native_finish_reason"));
    let is_worse = |native: &String| match (own.as_ref().map(ending), ending(native)) {
        (None, _) | (_, Ending::Torn) => true,
        (Some(own), Ending::Withheld | Ending::ToolCall) => own.is_answer(),
        (Some(own), Ending::Cut) => own == Ending::Whole,
        _ => false,
    };
    native.filter(is_worse).or_else(|| own.clone()).or_else(|| {
        choice.get("message").filter(|message| asks_for_tool(message)).map(|_| "tool_calls".to_owned())
    })
}

/// A model that declines by the `refusal` field has answered, in those words.
fn said(message: Option<&Value>) -> Words {
    let Some(Value::Object(message)) = message else { return Words::Odd };
    match words(message.get("content")) {
        Words::None => words(message.get("refusal")),
        said => said,
    }
}

/// Some servers give the counts Anthropic's names, and some give both: money goes by the larger. Where one of them is no
/// count nobody knows which it would be. What was reasoned counts within the answer; more of it than the answer has came
/// beside it, and is charged like it.
fn usage(usage: &Value) -> Usage {
    let told = |field: &str| usage.get(field).filter(|count| !count.is_null());
    let larger = |names: [&str; 2]| {
        let counts: Option<Vec<u64>> = names.into_iter().filter_map(told).map(count).collect();
        counts?.into_iter().max()
    };
    let reasoned = ["completion_tokens_details", "output_tokens_details"]
        .into_iter()
        .filter_map(|details| told(details)?.get("reasoning_tokens"))
        .chain(told("reasoning_tokens"))
        .filter_map(count)
        .max();
    let output = larger(["completion_tokens", "output_tokens"]);
    let beside =
        reasoned.zip(output).map_or(0, |(reasoned, output)| if reasoned > output { reasoned } else { 0 });
    let usage = Usage {
        prompt_tokens: larger(["prompt_tokens", "input_tokens"]),
        output_tokens: output.map(|output| output.saturating_add(beside)),
    };
    usage.with_total(told("total_tokens").and_then(count))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_choice(choice: Value) -> Answer {
        answer(&json!({ "choices": [choice] }))
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
            answer(&body),
            Answer {
                words: Words::Said(" yes\n".into()),
                asks_for_tool: false,
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
            json!({ "choices": null }),
        ] {
            assert_eq!(answer(&body).words, Words::Absent, "{body}");
        }
        assert_eq!(answer(&json!({ "choices": {} })).words, Words::Odd);
        for choice in
            [json!({}), json!(7), json!({ "message": "yes" }), json!({ "message": { "content": 7 } })]
        {
            assert_eq!(read_choice(choice.clone()).words, Words::Odd, "{choice}");
        }
    }

    #[test]
    fn choices_of_one_index_are_pieces_and_none_of_them_is_the_answer() {
        let choice = |index: Value, finish: Value| json!({ "index": index, "message": { "content": "part" }, "finish_reason": finish });
        let untold = json!({ "message": { "content": "part" }, "finish_reason": "stop" });
        for choices in [
            json!([choice(json!(0), json!(null)), choice(json!(0), json!("stop"))]),
            json!([choice(json!(0), json!("stop")), choice(json!(0.0), json!("stop"))]),
            json!([choice(json!(0), json!("stop")), choice(json!("0"), json!("stop"))]),
            json!([
                choice(json!(0), json!("stop")),
                choice(json!(1), json!("stop")),
                choice(json!(1), json!("stop"))
            ]),
            json!([untold, untold]),
            json!([choice(json!(0), json!("stop")), untold]),
            json!([choice(json!(null), json!("stop")), choice(json!(-1), json!("stop"))]),
        ] {
            let read = answer(&json!({ "choices": choices }));
            assert_eq!((read.words, read.finish), (Words::Odd, None), "{choices}");
        }
        let first = json!([choice(json!(1), json!("error")), untold]);
        let read = answer(&json!({ "choices": first }));
        assert_eq!((read.words, read.finish.as_deref()), (Words::Said("part".into()), Some("stop")));
        let lowest = json!([choice(json!(2), json!("stop")), choice(json!(1), json!("length"))]);
        assert_eq!(answer(&json!({ "choices": lowest })).finish.as_deref(), Some("length"));
        let broken = json!([untold, { "index": 0, "error": { "code": 429 } }]);
        assert!(answer(&json!({ "choices": broken })).trouble.is_some());
    }

    #[test]
    fn the_first_choice_is_the_answer_wherever_it_stands() {
        let choice = |index: Value, text: &str, finish: &str| json!({ "index": index, "message": { "content": text }, "finish_reason": finish });
        for first in [json!(0), json!("0"), json!(0.0)] {
            let two = json!([null, choice(json!(1), "b", "stop"), choice(first.clone(), "a", "error")]);
            let found = answer(&json!({ "choices": two }));
            assert_eq!(
                (found.words, found.finish.as_deref()),
                (Words::Said("a".into()), Some("error")),
                "{first}"
            );
        }
        let untold = answer(&json!({ "choices": [null, choice(json!(null), "a", "stop")] }));
        assert_eq!(untold.words, Words::Said("a".into()));
    }

    #[test]
    fn what_another_vendor_called_broken_is() {
        for (own, native, kept) in [
            (json!("stop"), "error", "error"),
            (json!("length"), "error", "error"),
            (json!("stop"), "content_filter", "content_filter"),
            (json!("length"), "SAFETY", "SAFETY"),
            (json!("stop"), "tool_use", "tool_use"),
            (json!("stop"), "MAX_TOKENS", "MAX_TOKENS"),
            (json!("length"), "MAX_TOKENS", "length"),
            (json!("content_filter"), "max_tokens", "content_filter"),
            (json!("stop"), "end_turn", "stop"),
            (json!("stop"), "STOP", "stop"),
            (json!("stop"), "a word of tomorrow", "stop"),
            // where there is no own word, it is the vendor's, whatever it is
            (json!(null), "content_filter", "content_filter"),
            (json!(""), "error", "error"),
            (json!(null), "end_turn", "end_turn"),
            (json!(null), "a word of tomorrow", "a word of tomorrow"),
        ] {
            let choice = json!({ "message": { "content": "half" }, "finish_reason": own, "native_finish_reason": native });
            assert_eq!(read_choice(choice).finish.as_deref(), Some(kept), "{own} {native}");
        }
        let within =
            json!({ "message": { "content": "half", "error": { "code": 502 } }, "finish_reason": "stop" });
        assert!(read_choice(within).trouble.is_some());
        let untold = json!({ "message": { "content": "Let me look", "tool_calls": [{ "id": "1" }] } });
        assert_eq!(read_choice(untold).finish.as_deref(), Some("tool_calls"));
    }

    #[test]
    fn what_stands_beside_an_answer_does_not_depend_on_it() {
        for choices in
            [json!([]), json!(null), json!(7), json!([7]), json!([{ "message": { "content": 7 } }])]
        {
            let read = answer(
                &json!({ "id": "c-1", "model": "m", "choices": choices, "usage": { "prompt_tokens": 3 } }),
            );
            assert_eq!((read.id.as_deref(), read.model.as_deref()), (Some("c-1"), Some("m")), "{choices}");
            assert_eq!(read.usage.prompt_tokens, Some(3), "{choices}");
        }
    }

    #[test]
    fn a_call_of_a_tool_is_told_from_the_fields_of_none() {
        for asks in [
            json!({ "tool_calls": [{}] }),
            json!({ "function_call": { "name": "f" } }),
            json!({ "content": [{ "type": "tool_use" }] }),
        ] {
            assert!(read_choice(json!({ "message": asks })).asks_for_tool, "{asks}");
        }
        for none in [
            json!({ "tool_calls": [] }),
            json!({ "tool_calls": [null], "function_call": { "name": "" } }),
            json!({ "tool_calls": null }),
        ] {
            assert!(!read_choice(json!({ "message": none })).asks_for_tool, "{none}");
        }
    }

    #[test]
    fn counts_go_by_either_name() {
        let body = json!({ "choices": [{}], "usage": { "input_tokens": 3, "output_tokens": 1 } });
        let usage = answer(&body).usage;
        assert_eq!((usage.prompt_tokens, usage.output_tokens), (Some(3), Some(1)));
        let thoughts = json!({ "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 304 });
        let usage = answer(&json!({ "choices": [{}], "usage": thoughts })).usage;
        assert_eq!((usage.prompt_tokens, usage.output_tokens), (Some(3), Some(301)), "the larger counts");
    }

    #[test]
    fn of_counts_under_two_names_the_larger_is_charged() {
        let read = |usage: Value| {
            let usage = answer(&json!({ "choices": [{}], "usage": usage })).usage;
            (usage.prompt_tokens, usage.output_tokens)
        };
        for (small, large) in [(1, 900), (900, 1), (0, 900), (900, 900)] {
            let both = json!({ "prompt_tokens": small, "input_tokens": large, "completion_tokens": large,
                               "output_tokens": small });
            assert_eq!(read(both.clone()), (Some(900), Some(900)), "{both}");
        }
        for odd in [json!("900"), json!(-1), json!(0.5), json!([])] {
            let both = json!({ "prompt_tokens": 3, "input_tokens": odd, "completion_tokens": odd,
                               "output_tokens": 3 });
            assert_eq!(read(both.clone()), (None, None), "{both}");
        }
        let blank = json!({ "prompt_tokens": 3, "input_tokens": null, "completion_tokens": null, "output_tokens": 4 });
        assert_eq!(read(blank), (Some(3), Some(4)));
    }

    #[test]
    fn more_reasoning_than_answer_came_beside_it() {
        let read = |usage: Value| answer(&json!({ "choices": [{}], "usage": usage })).usage.output_tokens;
        for (reasoning, charged) in [(0, 10), (9, 10), (10, 10), (11, 21), (300, 310)] {
            for details in ["completion_tokens_details", "output_tokens_details"] {
                let usage = json!({ "prompt_tokens": 3, "completion_tokens": 10,
                                    details: { "reasoning_tokens": reasoning } });
                assert_eq!(read(usage.clone()), Some(charged), "{usage}");
            }
        }
        // a total counts them once
        let told = json!({ "prompt_tokens": 3, "completion_tokens": 10, "reasoning_tokens": 300, "total_tokens": 313 });
        assert_eq!(read(told), Some(310));
        let short = json!({ "prompt_tokens": 3, "completion_tokens": 10, "reasoning_tokens": 300, "total_tokens": 13 });
        assert_eq!(read(short), Some(310));
        for odd in [json!("300"), json!(null), json!(-5), json!({})] {
            let usage =
                json!({ "completion_tokens": 10, "completion_tokens_details": { "reasoning_tokens": odd } });
            assert_eq!(read(usage.clone()), Some(10), "{usage}");
        }
        assert_eq!(read(json!({ "completion_tokens_details": { "reasoning_tokens": 300 } })), None);
    }
}
