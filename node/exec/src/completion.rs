//! Reading a whole body, whatever its vendor: what all dialects have in common.

use vantage_protocol::finish::Ending;
use vantage_protocol::request::Adapter;

use crate::dialect::{self, Answer, Words};
use crate::evidence::{Usage, printable};
use crate::failure::Failure;
use crate::json::{self, Body, Unreadable};
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
    if json::is_blank(body) {
        // blank lines keep a connection alive; where the end is not marked, nothing says that more was not to come
        let failure = if origin.is_framed { Failure::Empty } else { Failure::Connect };
        return Completion::failed(failure);
    }
    match json::read(body, dialect::answer_field(dialect::of(origin.adapter))) {
        Ok(body) => of_success(origin.adapter, &body),
        Err(Unreadable::Torn) if !origin.is_framed => Completion::failed(Failure::Connect),
        Err(_) => Completion::failed(Failure::Malformed),
    }
}

fn of_success(adapter: Adapter, body: &Body) -> Completion {
    let answer = dialect::answer(dialect::of(adapter), body);
    let has_answer = matches!(answer.words, Words::Said(_)) || answer.finish.is_some();
    let trouble = trouble::within(&body.value, has_answer);
    Completion::of(adapter, answer, trouble)
}

impl Completion {
    /// The texts that were read out of the body, each put together from all of its parts.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        [&self.text, &self.model, &self.id, &self.finish].into_iter().flatten().map(|text| text.as_bytes())
    }

    /// Whether this, read from what is kept of a body, brings the same as the whole body did.
    pub(crate) fn says_as_much_as(&self, whole: &Self) -> bool {
        let has = |read: &Self| (read.model.is_some(), read.finish.is_some());
        (self.failure, &self.text, has(self)) == (whole.failure, &whole.text, has(whole))
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
        // the server itself says that the answer broke off where it stands
        let is_torn = answer.trouble.is_some() || ending == Ending::Torn;
        let trouble = answer.trouble.or(trouble);
        let is_absent = answer.words == Words::Absent && finish.is_none();
        let failure = match (&trouble, &answer.words) {
            (Some(trouble), _) => {
                let unknown = if is_torn { Failure::Torn } else { Failure::ApiError };
                Some(trouble.failure.unwrap_or(unknown))
            }
            (None, Words::Odd | Words::Absent) if finish.is_none() => Some(Failure::Malformed),
            (None, words) => Failure::of_ending(ending).or(match words {
                _ if answer.asks_for_tool => Some(Failure::ToolCall),
                Words::Said(text) if text.len() > TEXT_MAX => Some(Failure::TooLarge),
                Words::Said(_) => None,
                Words::None => Some(Failure::Empty),
                Words::Odd | Words::Absent => Some(Failure::Malformed),
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
            is_free: is_absent && trouble.is_some(),
            trouble,
        }
    }
}

#[cfg(test)]
mod tests;
