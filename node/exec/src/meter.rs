//! What stands between a call and the money it costs: nothing is sent that was not set aside first.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

/// Tokens of one call: the most there can be, or as the vendor counted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Of the request.
    pub input: u64,
    /// Of the answer.
    pub output: u64,
}

/// Tokens that a vendor may count beyond those that a request shows, and that are set aside for any call: of its own
/// instructions and templates. A guess: the longest known instructions that a vendor adds unasked have some 700.
const UNSEEN: Tokens = Tokens { input: 1_024, output: 1_024 };

/// Most tokens that a vendor may count beyond those that were set aside: what is above is no count. Some vendors count
/// thoughts beside the limit of an answer (OpenAI, Anthropic and Gemini within it), and the longest answer of any model
/// that is documented, thoughts included, has 128 Ki. Instructions of 32 Ki are a guess: the longest known have 24.
const HIDDEN_MAX: Tokens = Tokens { input: 32 << 10, output: 128 << 10 };

/// Most models of a vendor of which more than [`UNSEEN`] is remembered.
const MODELS_MAX: usize = 256;

/// What a vendor counts beyond what requests show, by model: who counted more once does so again, so more is set aside.
#[derive(Debug, Default)]
pub(crate) struct Unseen(Mutex<BTreeMap<String, Tokens>>);

impl Unseen {
    /// The most that a call to this model may take, of which the request shows so much.
    pub(crate) fn most(&self, model: &str, shown: Tokens) -> Tokens {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unseen = seen.get(model).copied().unwrap_or(UNSEEN);
        shown.plus(unseen)
    }

    /// Remembers what a call took, of which the request showed so much.
    pub(crate) fn learn(&self, model: &str, shown: Tokens, took: Tokens) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.get(model).copied().unwrap_or(UNSEEN);
        let beyond = Tokens {
            input: took.input.saturating_sub(shown.input).max(known.input),
            output: took.output.saturating_sub(shown.output).max(known.output),
        };
        if beyond != known && (seen.len() < MODELS_MAX || seen.contains_key(model)) {
            seen.insert(model.to_owned(), beyond);
        }
    }
}

impl Tokens {
    /// Whether there are no more of either kind than of `most`.
    pub fn are_within(&self, most: &Self) -> bool {
        self.input <= most.input && self.output <= most.output
    }

    /// Whether a vendor can have counted so many where `most` was set aside.
    pub(crate) fn can_be(&self, most: Self) -> bool {
        self.are_within(&most.plus(HIDDEN_MAX))
    }

    fn plus(self, more: Self) -> Self {
        Self { input: self.input.saturating_add(more.input), output: self.output.saturating_add(more.output) }
    }
}

/// What a call is charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Nothing: it was not sent, or an error came back, which vendors do not charge.
    Nothing,
    /// The tokens that the vendor counted.
    For(Tokens),
    /// It may have been carried out, and nobody said how many tokens that took.
    Unknown,
}

/// Names one reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Why no call may be sent, or why one could not be settled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeterError {
    /// A budget is used up, or cannot tell what the call would cost.
    #[error("{0}")]
    Exhausted(String),
    /// It could not be recorded: the node's own trouble, no fault of the vendor.
    #[error("the ledger could not be written, so no call is sent: {0}")]
    NotRecorded(String),
}

/// What a [`Meter`] gives back later.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, MeterError>> + Send + 'a>>;

/// Keeps account of calls and of what they cost, over all restarts of the node.
///
/// The node's is its ledger on disk; a test's may be in memory. A reservation is recorded *before* its call is sent, so
/// a killed node may have counted a call that was never sent and never the other way round.
pub trait Meter: fmt::Debug + Send + Sync {
    /// Sets one call of at most `most` aside, and resolves once that would survive a power cut. Only then may the call
    /// be sent.
    fn reserve(&self, most: Tokens) -> Pending<'_, Ticket>;

    /// Puts what the call was charged for in place of what was set aside. Millionths of a US dollar, where known.
    fn settle(&self, ticket: Ticket, charge: Charge) -> Pending<'_, Option<u64>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_counts_more_than_is_shown_has_more_set_aside_the_next_time() {
        let unseen = Unseen::default();
        let shown = Tokens { input: 100, output: 64 };
        assert_eq!(unseen.most("m", shown), Tokens { input: 1_124, output: 1_088 });
        let took = Tokens { input: 20, output: 6_000 };
        assert!(!took.are_within(&unseen.most("m", shown)) && took.can_be(unseen.most("m", shown)));
        unseen.learn("m", shown, took);
        assert!(took.are_within(&unseen.most("m", shown)));
        unseen.learn("m", shown, Tokens { input: 20, output: 10 });
        assert_eq!(unseen.most("m", shown).output, 6_000);
        assert_eq!(unseen.most("other", shown).output, 1_088, "each model for itself");
    }
}
