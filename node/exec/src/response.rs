//! What is kept of the body of an answer: the fields that evidence needs, each of its form. Whatever else a vendor says
//! beside an answer (the account that is charged, metadata, thoughts, annotations) is left out.

use serde_json::{Map, Value};

use crate::dialect::is_silent;
use crate::form;
use crate::json;
use crate::screen::Screen;

/// What a field holds.
#[derive(Clone, Copy)]
enum Holds {
    /// Words of the answer, or parts of them.
    Words,
    /// Other fields.
    Fields,
    Number,
    Id,
    Model,
    /// Why the answer ended.
    End,
    /// One of [`KINDS`].
    Kind,
    /// That there are some is all that is told.
    Calls,
}

/// The fields that are kept, in alphabetical order.
const FIELDS: [(&str, Holds); 40] = [
    ("blockReason", Holds::End),
    ("cache_creation_input_tokens", Holds::Number),
    ("cache_read_input_tokens", Holds::Number),
    ("candidates", Holds::Fields),
    ("candidatesTokenCount", Holds::Number),
    ("choices", Holds::Fields),
    ("completion_tokens", Holds::Number),
    ("completion_tokens_details", Holds::Fields),
    ("content", Holds::Words),
    ("created", Holds::Number),
    ("finishReason", Holds::End),
    ("finish_reason", Holds::End),
    ("id", Holds::Id),
    ("index", Holds::Number),
    ("input_tokens", Holds::Number),
    ("message", Holds::Fields),
    ("model", Holds::Model),
    ("modelVersion", Holds::Model),
    ("native_finish_reason", Holds::End),
    ("object", Holds::Kind),
    ("output_tokens", Holds::Number),
    ("output_tokens_details", Holds::Fields),
    ("parts", Holds::Words),
    ("promptFeedback", Holds::Fields),
    ("promptTokenCount", Holds::Number),
    ("prompt_tokens", Holds::Number),
    ("reasoning_tokens", Holds::Number),
    ("refusal", Holds::Words),
    ("responseId", Holds::Id),
    ("role", Holds::Kind),
    ("stop_reason", Holds::End),
    ("system_fingerprint", Holds::Id),
    ("text", Holds::Words),
    ("thoughtsTokenCount", Holds::Number),
    ("tool_calls", Holds::Calls),
    ("totalTokenCount", Holds::Number),
    ("total_tokens", Holds::Number),
    ("type", Holds::Kind),
    ("usage", Holds::Fields),
    ("usageMetadata", Holds::Fields),
];

/// Kinds of things, and who speaks. A part of another kind holds no words of the answer.
const KINDS: [&str; 8] =
    ["assistant", "chat.completion", "message", "model", "output_text", "refusal", "text", "tool_use"];

/// The body of an answer without what evidence does not need; none if it cannot be read.
pub(crate) fn kept(body: &[u8], answer_field: &str, screen: &Screen<'_>) -> Option<Vec<u8>> {
    let kept = fields(json::read(body, answer_field).ok()?.value.as_object()?, screen)?;
    serde_json::to_vec(&Value::Object(kept)).ok()
}

/// An object's fields; none for one of an unknown kind.
fn fields(object: &Map<String, Value>, screen: &Screen<'_>) -> Option<Map<String, Value>> {
    let is_known = |kind: &Value| kind.is_null() || kind.as_str().is_some_and(is_kind);
    if !object.get("type").is_none_or(is_known) {
        return None;
    }
    let kept = object.iter().filter_map(|(name, value)| {
        let at = FIELDS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        let (_, holds) = FIELDS.get(at)?;
        let kept = if value.is_null() { Value::Null } else { field(*holds, value, screen)? };
        Some((name.clone(), kept))
    });
    Some(kept.collect())
}

fn is_kind(kind: &str) -> bool {
    let kind = kind.trim().to_ascii_lowercase();
    kind.is_empty() || KINDS.contains(&kind.as_str())
}

fn field(holds: Holds, value: &Value, screen: &Screen<'_>) -> Option<Value> {
    match (holds, value) {
        (Holds::Words, Value::String(_)) | (Holds::Number | Holds::Id, Value::Number(_)) => {
            Some(value.clone())
        }
        (Holds::Words | Holds::Fields, Value::Array(list)) => {
            Some(list.iter().filter_map(|entry| field(holds, entry, screen)).collect())
        }
        // thoughts, and what else is passed over where the answer is read
        (Holds::Words, Value::Object(part)) if is_silent(part) => None,
        (Holds::Words | Holds::Fields, Value::Object(object)) => fields(object, screen).map(Value::Object),
        (Holds::Id, Value::String(id)) => form::is_id(id).then(|| value.clone()),
        (Holds::Model, Value::String(name)) => Some(screen.name(name).into()),
        (Holds::End, Value::String(word)) => {
            Some(if form::is_finish(word.trim()) { value.clone() } else { form::OTHER.into() })
        }
        (Holds::End, _) => Some(form::OTHER.into()),
        (Holds::Kind, Value::String(kind)) => is_kind(kind).then(|| value.clone()),
        (Holds::Calls, Value::Array(calls)) if !calls.is_empty() => Some(serde_json::json!([{}])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept_of(body: &Value) -> Vec<u8> {
        kept(body.to_string().as_bytes(), "choices", &Screen::new(&[], "")).unwrap()
    }

    #[test]
    fn of_an_answer_only_what_evidence_needs_is_kept() {
        let body = json!({
            "id": "chatcmpl-9f2c1a7b", "object": "chat.completion", "created": 1, "model": "m-2026",
            "user": "alice", "organization": "org-a1B2c3D4", "metadata": { "account": "acct_1" },
            "system_fingerprint": "fp_44709d6fcb", "service_tier": "alice",
            "choices": [{ "index": 0, "finish_reason": "stop", "logprobs": { "alice": 1 }, "message": {
                "role": "assistant", "name": "alice", "reasoning_content": "alice", "annotations": ["alice"],
                "content": [{ "type": "text", "text": "yes", "alice": 1 }, { "type": "alice", "text": "alice" },
                            { "text": "alice", "thought": true }], "refusal": null } }],
            "usage": { "prompt_tokens": 3, "completion_tokens": "alice", "total_tokens": 4, "org": "alice" },
        });
        let kept: Value = serde_json::from_slice(&kept_of(&body)).unwrap();
        assert_eq!(
            kept,
            json!({
                "id": "chatcmpl-9f2c1a7b", "object": "chat.completion", "created": 1, "model": "m-2026",
                "system_fingerprint": "fp_44709d6fcb",
                "choices": [{ "index": 0, "finish_reason": "stop", "message": {
                    "role": "assistant", "content": [{ "type": "text", "text": "yes" }], "refusal": null } }],
                "usage": { "prompt_tokens": 3, "total_tokens": 4 },
            })
        );
    }

    #[test]
    fn what_has_another_form_is_left_out() {
        // tidy: so it is on any machine
        let body = json!({ "id": "org-alice", "object": "alice", "model": "/home/alice/m.gguf", "created": "alice",
            "candidates": [{ "finishReason": "alice's own", "content": { "role": "alice", "parts": [{ "text": "yes" }] } }],
            "stop_reason": ["alice"], "choices": "alice", "message": "alice" });
        let kept = kept_of(&body);
        assert!(!String::from_utf8_lossy(&kept).contains("alice"), "{}", String::from_utf8_lossy(&kept));
    }

    #[test]
    fn parts_are_kept_as_they_are_read() {
        let body = json!({ "choices": [{ "message": { "content": [
            { "type": " TEXT ", "text": "one" }, { "type": null, "text": "two" }, { "type": "", "text": "three" },
            { "text": "thought", "thought": "true" }, { "text": "thought", "thought": 1 },
            { "type": "reasoning", "text": "thought" },
        ] } }] });
        let kept: Value = serde_json::from_slice(&kept_of(&body)).unwrap();
        assert_eq!(
            kept.pointer("/choices/0/message/content"),
            Some(&json!([
                { "type": " TEXT ", "text": "one" }, { "type": null, "text": "two" }, { "type": "", "text": "three" },
            ]))
        );
    }

    #[test]
    fn fields_stand_in_order() {
        assert!(FIELDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
