//! The words of an answer: a text, or parts of it, and what stands among them that is none.

use serde_json::{Map, Value};

/// The words of an answer, of all blocks or parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Said(String),
    /// Nothing, or blanks.
    None,
    /// Something stands there that is no text, or may be a part of one.
    Odd,
    /// There is no place for words, by the vendor's reference.
    Absent,
}

/// The kinds of parts that are no words: thoughts, and what the vendor's own tools were asked and gave back. A closed list:
/// a part of a kind that is in none of these lists may hold words.
const SILENT: [&str; 26] = [
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "function_call_output",
    "function_response",
    "mcp_tool_result",
    "mcp_tool_use",
    "reasoning",
    "reasoning.encrypted",
    "reasoning.summary",
    "reasoning.text",
    "reasoning_content",
    "reasoning_text",
    "redacted_thinking",
    "reference",
    "server_tool_use",
    "summary_text",
    "text_editor_code_execution_tool_result",
    "think",
    "thinking",
    "thought",
    "tool_reference",
    "tool_result",
    "web_fetch_tool_result",
    "web_search_tool_result",
];

/// The kinds of parts in which the model asks for a tool of ours.
const TOOLS: [&str; 6] =
    ["custom_tool_call", "function", "function_call", "tool_call", "tool_calls", "tool_use"];

/// The fields of parts that may hold words, in lower case: they are written in any.
const OF_PART: [&str; 20] = [
    "answer",
    "audio",
    "body",
    "code",
    "completion",
    "content",
    "delta",
    "generated_text",
    "html",
    "markdown",
    "message",
    "output",
    "output_text",
    "parts",
    "refusal",
    "response",
    "string",
    "text",
    "transcript",
    "value",
];

/// Whether a field of this name may hold words of an answer, in whatever letters it is written.
pub(crate) fn is_of_words(name: &str) -> bool {
    OF_PART.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The words of a content: a text, or a list of parts, of which those with text are joined in order. Thoughts and tools are
/// no words; refusals are, where there is no other text. A part that may hold words of another kind makes all of it odd:
/// what is left would be a part of the answer.
pub(super) fn words(content: Option<&Value>) -> Words {
    // of an object of which nothing is known, nobody can say that it holds no words
    if content.and_then(Value::as_object).is_some_and(Map::is_empty) {
        return Words::Odd;
    }
    let (mut text, mut refusal) = (String::new(), String::new());
    for part in parts(content) {
        match part {
            Value::Null => {}
            Value::String(said) => text.push_str(said),
            Value::Object(fields) => match Part::of(fields) {
                Part::Text(said) => text.push_str(said),
                Part::Refusal(said) => refusal.push_str(said),
                Part::Silent | Part::Tool => {}
                Part::Odd => return Words::Odd,
            },
            _ => return Words::Odd,
        }
    }
    let said = if text.trim().is_empty() { refusal } else { text };
    if said.trim().is_empty() { Words::None } else { Words::Said(said) }
}

/// Whether one of the parts of a content asks for a tool.
pub(super) fn asks_for_tool(content: Option<&Value>) -> bool {
    let asks = |part: &Value| part.as_object().is_some_and(|fields| matches!(Part::of(fields), Part::Tool));
    parts(content).iter().any(asks)
}

/// Whether a part holds no words and asks for no tool, by what is known of its kind.
pub(crate) fn is_silent(part: &Map<String, Value>) -> bool {
    matches!(Part::of(part), Part::Silent)
}

/// The parts of a content, one of its own if it is no list. Some servers wrap the list as Gemini does.
fn parts(content: Option<&Value>) -> &[Value] {
    match content {
        None | Some(Value::Null) => &[],
        Some(Value::Array(parts)) => parts,
        Some(one) => match one.get("parts").filter(|_| !holds_words(one.get("text"))) {
            Some(Value::Array(parts)) => parts,
            Some(part) => std::slice::from_ref(part),
            None => std::slice::from_ref(one),
        },
    }
}

/// One part of a content.
enum Part<'a> {
    Text(&'a str),
    /// The model declines in these words (OpenAI's reference: a message's content has parts of `text` or of `refusal`).
    Refusal(&'a str),
    Silent,
    Tool,
    Odd,
}

impl<'a> Part<'a> {
    fn of(fields: &'a Map<String, Value>) -> Self {
        let is_wordy = fields.iter().any(|(name, value)| is_of_words(name) && holds_words(Some(value)));
        let unless_wordy = if is_wordy { Self::Odd } else { Self::Silent };
        let kind = match fields.get("type") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(kind)) => kind.trim().to_ascii_lowercase(),
            Some(_) => return unless_wordy,
        };
        let calls = ["functionCall", "function_call"];
        match (is_thought(fields.get("thought")), kind.as_str()) {
            (Some(true), _) => Self::Silent,
            (None, _) => unless_wordy,
            _ if calls.iter().any(|name| fields.get(*name).is_some_and(|call| !call.is_null())) => Self::Tool,
            (_, "" | "text" | "output_text") => match fields.get("text") {
                Some(Value::String(text)) => Self::Text(text),
                _ => unless_wordy,
            },
            (_, "refusal") => match fields.get("refusal").or(fields.get("text")) {
                Some(Value::String(text)) => Self::Refusal(text),
                _ => unless_wordy,
            },
            (_, kind) if TOOLS.contains(&kind) => Self::Tool,
            (_, kind) if SILENT.contains(&kind) => Self::Silent,
            _ => unless_wordy,
        }
    }
}

/// Whether a part is said to be a thought; none if what is said of it is neither yes nor no.
fn is_thought(flag: Option<&Value>) -> Option<bool> {
    match flag {
        None | Some(Value::Null) => Some(false),
        Some(Value::Bool(is)) => Some(*is),
        Some(Value::Number(number)) => Some(number.as_f64() != Some(0.0)),
        Some(Value::String(word)) => match word.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        },
        Some(_) => None,
    }
}

/// Whether something stands there that may be words.
fn holds_words(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Bool(true) | Value::Number(_) | Value::Object(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_joined_and_what_is_no_text_is_said_to_be_none() {
        let said = |text: &str| Words::Said(text.to_owned());
        for (content, expected) in [
            (json!("yes"), said("yes")),
            (json!(["One, ", { "type": "text", "text": "two." }]), said("One, two.")),
            (
                json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }, { "type": "text", "text": "yes" }]),
                said("yes"),
            ),
            (
                json!([{ "type": "reasoning", "text": "hm" }, { "type": "output_text", "text": "yes" }]),
                said("yes"),
            ),
            (json!([{ "text": "hm", "thought": true }, { "text": "yes" }]), said("yes")),
            (
                json!([{ "type": "tool_use", "id": "t" }, null, { "type": "text", "text": "yes" }, { "type": 7 }]),
                said("yes"),
            ),
            (json!([{ "type": "refusal", "refusal": "no" }]), said("no")),
            (json!([{ "type": "refusal", "refusal": "no" }, { "type": "text", "text": "yes" }]), said("yes")),
            (json!({ "type": "text", "text": "yes" }), said("yes")),
            (json!([{ "type": "thinking", "thinking": "hm" }]), Words::None),
            (json!([{ "type": "text", "text": null }]), Words::None),
            (json!([]), Words::None),
            (json!(" \n"), Words::None),
            (json!(null), Words::None),
            (json!(7), Words::Odd),
            (json!(true), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, 7]), Words::Odd),
            (json!([{ "type": "text", "text": { "value": "a" } }]), Words::Odd),
            (json!([["a"]]), Words::Odd),
            (json!({}), Words::Odd),
            // kinds are read in any case, and none is text
            (
                json!([{ "type": null, "text": "One, " }, { "type": " ", "text": "two" }, { "type": "TEXT ", "text": "." }]),
                said("One, two."),
            ),
            (json!({ "parts": [{ "text": "yes" }] }), said("yes")),
            (json!({ "parts": { "text": "yes" } }), said("yes")),
            (json!({ "parts": ["yes", {}] }), said("yes")),
            (
                json!([{ "thought": "true", "text": "hm" }, { "thought": 1, "text": "hm" }, { "thought": 0, "text": "yes" }]),
                said("yes"),
            ),
            (
                json!([{ "type": "Thinking", "text": "hm" }, { "type": "tool_result", "content": "hm" }, "yes"]),
                said("yes"),
            ),
            // half an answer is none
            (json!([{ "type": "text", "text": "a" }, { "type": "markdown", "text": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": 7, "text": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": "answer", "content": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": "text", "content": "b" }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "type": "new", "text": {} }]), Words::Odd),
            (json!([{ "type": "text", "text": "a" }, { "thought": "so it is", "text": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "parts": [{ "text": "b" }] }]), Words::Odd),
            (json!([{ "text": "a" }, { "type": "text_delta", "delta": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "type": "string", "value": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "type": "message", "output": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "type": "audio", "audio": { "transcript": "b" } }]), Words::Odd),
        ] {
            assert_eq!(words(Some(&content)), expected, "{content}");
        }
        assert_eq!(words(None), Words::None);
    }

    #[test]
    fn a_part_that_may_hold_words_under_another_name_makes_all_of_it_odd() {
        let said = |text: &str| Words::Said(text.to_owned());
        for (content, expected) in [
            (json!([{ "text": "a" }, { "type": "audio", "transcript": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "Text": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "type": "code", "code": "b" }]), Words::Odd),
            (json!([{ "text": "a" }, { "type": "text", "CONTENT": "b" }]), Words::Odd),
            (
                json!([{ "text": "a" }, { "type": "function_call_output", "output": "hm" }, { "type": "new", "value": "" }]),
                said("a"),
            ),
            (
                json!([{ "type": "text", "text": "a" }, { "type": "image_url", "text": " " }, { "type": "new" }]),
                said("a"),
            ),
        ] {
            assert_eq!(words(Some(&content)), expected, "{content}");
        }
    }

    #[test]
    fn a_part_that_asks_for_a_tool_is_told_from_what_a_tool_gave_back() {
        for asks in [
            json!([{ "type": "tool_use" }]),
            json!([{ "text": "a" }, { "functionCall": {} }]),
            json!({ "parts": [{ "functionCall": { "name": "f" } }] }),
            json!({ "type": "Function_Call" }),
        ] {
            assert!(asks_for_tool(Some(&asks)), "{asks}");
        }
        for none in [
            json!([{ "type": "server_tool_use" }]),
            json!([{ "functionCall": null }]),
            json!("tool_use"),
            json!([{ "type": "text", "text": "tool_use" }]),
            json!(null),
        ] {
            assert!(!asks_for_tool(Some(&none)), "{none}");
        }
    }
}
