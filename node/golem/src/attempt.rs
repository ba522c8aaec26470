//! What is asked of a provider, who was tried, and what came of it.

use crate::amount::Nano;
use crate::failure::Failure;

/// Providers tried for one command, and searches that found none. A guess.
pub const ATTEMPTS_MAX: usize = 4;
/// Providers told of beside them that were about to sign and did not.
pub const UNSIGNED_MAX: usize = 4;

/// A command to run in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Absolute path of the program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Longest output taken, in bytes.
    pub output_bytes_max: usize,
}

/// One try at one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whom, as far as there was anybody.
    pub on: Option<Worker>,
    /// When it began, POSIX milliseconds.
    pub began_ms: u64,
    /// When it ended.
    pub ended_ms: u64,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// Who does the work, under which agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The provider's id.
    pub provider: String,
    /// What it calls itself: its word.
    pub name: String,
    /// Runtime by name and version: its word.
    pub runtime: String,
    /// Id of the agreement.
    pub agreement: String,
    /// Id of the activity, if there was one.
    pub activity: Option<String>,
    /// Price of an hour, of a processor's second, of the start.
    pub price: [Nano; 3],
    /// What the probe printed there; none if it did not run, or failed. Hostile bytes, at most as many as were asked for.
    pub probed: Option<Vec<u8>>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran<T> {
    /// The result, or the last attempt's failure.
    pub result: Result<T, Failure>,
    /// All tries, in order; never none.
    pub attempts: Vec<Attempt>,
}
