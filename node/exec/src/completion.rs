//! Reading a whole body, whatever its vendor: what all dialects have in common.

use std::collections::BTreeMap;
use std::time::Duration;

use vantage_protocol::target::Dialect;

use crate::dialect::{self, Answer};
use crate::evidence::Usage;
use crate::failure::Failure;

/// Longest answer accepted, in bytes: the protocol's limit on outputs.
pub const TEXT_MAX: usize = 1 << 20;

/// What a body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) text: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) usage: Option<Usage>,
    pub(crate) failure: Option<Failure>,
    /// The body is an error object and no answer, whatever its status.
    pub(crate) is_error_object: bool,
    /// What an error's code fields say.
    pub(crate) codes: BTreeMap<String, String>,
    /// How long the vendor asks to be left alone, where the body says so.
    pub(crate) retry_after: Option<Duration>,
}

/// Reads a whole body that came with `status`.
pub(crate) fn read(dialect: Dialect, status: u16, content_type: Option<&str>, body: &[u8]) -> Completion {
    if let Some(failure) = Failure::of_status(status) {
        let found = dialect::trouble(dialect, status, body);
        let failed = Completion::failed(found.failure.unwrap_or(failure));
        return Completion { retry_after: found.retry_after, is_error_object: true, ..failed };
    }
    if body.is_empty() {
        return Completion::failed(Failure::Empty);
    }
    if !content_type.is_some_and(is_json) {
        return Completion::failed(Failure::Malformed);
    }
    dialect::answer(dialect, body).map_or_else(|| Completion::failed(Failure::Malformed), Completion::of)
}

impl Completion {
    /// The texts that were read out of the body, each put together from all of its parts.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        [&self.text, &self.model, &self.id, &self.finish_reason]
            .into_iter()
            .flatten()
            .map(|text| text.as_bytes())
    }

    fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    fn of(answer: Answer) -> Self {
        let failure = match &answer.text {
            Some(text) if text.len() > TEXT_MAX => Some(Failure::TooLarge),
            _ if answer.is_filtered => Some(Failure::ContentFilter),
            Some(_) => None,
            None => Some(Failure::Empty),
        };
        Self {
            text: answer.text.filter(|text| text.len() <= TEXT_MAX),
            model: answer.model,
            id: answer.id,
            finish_reason: answer.finish_reason,
            usage: answer.usage,
            failure,
            ..Self::default()
        }
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    /// A proper answer with this text, in each dialect.
    fn answers(text: &str) -> [(Dialect, Value); 3] {
        [
            (Dialect::OpenAi, json!({ "choices": [{ "message": { "content": text } }] })),
            (Dialect::Anthropic, json!({ "type": "message", "content": [{ "type": "text", "text": text }] })),
            (Dialect::Gemini, json!({ "candidates": [{ "content": { "parts": [{ "text": text }] } }] })),
        ]
    }

    #[test]
    fn limits_hold_in_every_dialect() {
        for (dialect, body) in answers(&"x".repeat(TEXT_MAX + 1)) {
            let long = read(dialect, 200, JSON, body.to_string().as_bytes());
            assert_eq!((long.text, long.failure), (None, Some(Failure::TooLarge)), "{dialect:?}");
        }
        for (dialect, body) in answers(" \n") {
            let blank = read(dialect, 200, JSON, body.to_string().as_bytes());
            assert_eq!((blank.text, blank.failure), (None, Some(Failure::Empty)), "{dialect:?}");
        }
        for (dialect, body) in answers("yes") {
            let body = body.to_string();
            assert_eq!(read(dialect, 200, JSON, body.as_bytes()).text.as_deref(), Some("yes"));
            for content_type in [None, Some("text/html"), Some("application/jsonp")] {
                let read = read(dialect, 200, content_type, body.as_bytes());
                assert_eq!(read.failure, Some(Failure::Malformed));
            }
            assert_eq!(read(dialect, 200, JSON, b"").failure, Some(Failure::Empty));
            // An answer under a status that is none is not read as one.
            assert_eq!(read(dialect, 503, JSON, body.as_bytes()).failure, Some(Failure::Http5xx(503)));
        }
    }
}
