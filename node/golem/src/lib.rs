//! Runs commands on the Golem Network, through the operator's own `yagna` daemon.
//!
//! A [`Requestor`] opens a [`Session`]: money is set aside, and a provider is hired for the first command and kept for
//! those that follow. One that fails is replaced, a bounded number of times; each [`Attempt`] is told. A session is
//! closed: agreements end, the last invoices are checked and accepted or rejected, and what is left is given back.
//!
//! - *Money is counted in whole nano-GLM*, and what is accepted never passes what was set aside: see [`Nano`].
//! - *Nothing is used before it is written down*: the caller's [`Journal`] knows of each allocation and agreement, and
//!   [`reclaim`] ends after a crash what the journal has open.
//! - *Every wait is bounded.* The daemon's own time limits are not relied upon.
//! - *Where a provider stands is measured, if it can be*: one that offers a way out to the order's [`Landmark`]s gets the
//!   probe to run, once a rental, and what it prints is told with the [`Worker`]. Nothing fails for the lack of it.
//! - *What decides is pure*: [`Offer::judge`], [`bill`], [`batch`], [`backoff`].
//!
//! What providers say of themselves is their word; the network checks none of it.

mod account;
mod amount;
mod attempt;
mod avoid;
pub mod backoff;
pub mod batch;
pub mod bill;
mod cashier;
mod daemon;
mod failure;
#[cfg(test)]
mod fake;
mod hire;
mod image;
mod look;
mod manifest;
mod moment;
mod offer;
mod order;
mod rental;
mod requestor;
mod session;
mod settle;

pub use account::{Account, Deal, Journal, JournalError};
pub use amount::{Atto, BadAmount, NANO, Nano};
pub use attempt::{ATTEMPTS_MAX, Attempt, Command, Ran, UNSIGNED_MAX, Worker};
pub use daemon::*;
pub use failure::Failure;
pub use image::Image;
pub use look::{Seen, look};
pub use manifest::Landmark;
pub use offer::{CPU, DURATION, Offer, Price, Refusal};
pub use order::{Caps, Order, RUNTIME_SIM, RUNTIME_VM, is_plain_name, is_test_platform};
pub use requestor::{Requestor, Times};
pub use session::Session;
pub use settle::{Closed, reclaim};

/// Longest output of a command that may be asked for, in bytes: the daemon's reply must hold it, escaped.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;
