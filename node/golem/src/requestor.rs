//! What a session needs, whoever it is for.

use crate::account::Journal;
use crate::attempt::Command;
use crate::daemon::Daemon;
use crate::order::Order;
use std::sync::Arc;
use std::time::Duration;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Finding a provider and signing.
    pub hire: Duration,
    /// Fetching and starting the image.
    pub start: Duration,
    /// One command.
    pub command: Duration,
    /// One agreement.
    pub rent: Duration,
    /// Waiting for the last invoice.
    pub invoice: Duration,
}

/// Everything that a session needs, whoever it is for.
#[derive(Clone, Debug)]
pub struct Requestor {
    /// The operator's daemon.
    pub daemon: Daemon,
    /// What is rented.
    pub order: Order,
    /// What measures the way to the order's landmarks, run once in each rental that has a way out to them.
    pub probe: Option<Command>,
    /// How long things may take.
    pub times: Times,
    /// Where open accounts are written down.
    pub journal: Arc<dyn Journal>,
}
