//! What stands between a call and the money it costs: nothing is sent that was not set aside first.

use std::fmt;
use std::pin::Pin;

/// Tokens of one call: the most there can be, or as the vendor counted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Of the request.
    pub input: u64,
    /// Of the answer.
    pub output: u64,
}

/// Tokens that a vendor may count beyond those that a request shows: of its own instructions and templates, and of
/// reasoning beyond the limit. A guess: the longest known instructions that a vendor adds unasked have some 700.
pub(crate) const UNSEEN_TOKENS_MAX: u64 = 1_024;

impl Tokens {
    /// Whether there are no more of either kind than of `most`.
    pub fn are_within(&self, most: &Self) -> bool {
        self.input <= most.input && self.output <= most.output
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
