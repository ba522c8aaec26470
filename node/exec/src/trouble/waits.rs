//! How long an error asks to be left alone, in fields and in sentences.

use std::time::Duration;

use serde_json::Value;

use super::spelled;
use crate::retry::{leading, retry_after_ms, seconds};

/// The fields of an error that say how long to wait, in seconds.
const FIELDS: [&str; 4] = ["retryAfter", "retryDelay", "retry_after", "retry_after_seconds"];
/// What goes before a wait in sentences.
const LEADS: [&str; 12] = [
    "again in ",
    "again after ",
    "retry in ",
    "retry after ",
    "request in ",
    "request after ",
    "requests after ",
    "reset in ",
    "resets in ",
    "reset after ",
    "wait for ",
    "wait ",
];
/// What may stand between.
const ABOUT: [&str; 4] = ["about ", "approximately ", "at least ", "another "];

/// The longest wait that an object asks for in fields of its own.
pub(super) fn asked(object: &Value) -> Option<Duration> {
    let waits = FIELDS.iter().filter_map(|name| delay(object.get(*name)?));
    let in_ms = object.get("retry_after_ms").and_then(spelled).and_then(|ms| retry_after_ms(&ms));
    waits.chain(in_ms).max()
}

/// A wait in seconds, with or without a unit: a number or a text, or the two fields of a `google.protobuf.Duration`.
fn delay(value: &Value) -> Option<Duration> {
    match value {
        Value::String(text) => seconds(text),
        Value::Number(number) => seconds(&number.to_string()),
        Value::Object(fields) => {
            let nanos = fields.get("nanos").and_then(Value::as_u64).unwrap_or(0);
            let whole = fields.get("seconds").map_or(Some("0".to_owned()), spelled)?;
            Some(seconds(&whole)?.saturating_add(Duration::from_nanos(nanos)))
        }
        _ => None,
    }
}

/// The longest wait that sentences in lower case ask for.
pub(super) fn in_words(sentences: &str) -> Option<Duration> {
    let spaced = spaced(sentences);
    let behind = |lead: &'static str| {
        spaced.match_indices(lead).filter_map(|(at, lead)| {
            let rest = spaced.get(at + lead.len()..)?;
            leading(ABOUT.iter().find_map(|about| rest.strip_prefix(about)).unwrap_or(rest))
        })
    };
    LEADS.iter().flat_map(|lead| behind(lead)).max()
}

/// With one blank for whatever parts words on a line: `Retry-After: 2` says what `retry after 2` does. The colons of a time
/// stay.
fn spaced(sentences: &str) -> String {
    let mut spaced = String::with_capacity(sentences.len());
    let mut letters = sentences.chars().peekable();
    while let Some(c) = letters.next() {
        let last = spaced.chars().next_back();
        let is_between = match c {
            '-' | '_' => letters.peek().is_some_and(|next| next.is_alphabetic()),
            ':' | '=' => !last.is_some_and(|last| last.is_ascii_digit()),
            ' ' | '\t' => true,
            _ => false,
        };
        match is_between {
            false => spaced.push(c),
            true if last != Some(' ') => spaced.push(' '),
            true => {}
        }
    }
    spaced
}
