//! What a receipt says of Golem: who did the work under which agreement, at what price, and who failed before.

use crate::params::{GOLEM_ATTEMPTS_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX};
use crate::wire::rule;
use serde::{Deserialize, Serialize};

/// How a cell was run on the Golem Network. Ids are the daemon's; names and prices are the provider's word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golem {
    /// SHA3-224 of the image that was demanded, 56 hex digits.
    pub image: String,
    /// Payment platform, such as `erc20-polygon-glm`.
    pub platform: String,
    /// Its money is a test network's, worth nothing.
    pub test_money: bool,
    /// Where the provider stands.
    pub region: ProviderRegion,
    /// All tries at this cell, in order; the last one is the one that brought the answer, if there is one.
    pub attempts: Vec<GolemAttempt>,
}

/// How it is known where a provider stands. What it claims is never taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderRegion {
    /// Nothing was measured. This edition has no other.
    Unmeasured,
}

/// One try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GolemAttempt {
    /// When it began by the executor's clock, POSIX milliseconds.
    pub began_ms: u64,
    /// When it ended by the executor's clock, POSIX milliseconds.
    pub ended_ms: u64,
    /// Who did the work; none if nobody was found.
    pub worker: Option<GolemWorker>,
    /// Stable code of the failure; none if it went well.
    pub failure: Option<String>,
}

/// A provider at work, and what it asks for in thousand-millionths of a GLM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GolemWorker {
    /// The provider's id.
    pub provider: String,
    /// Runtime by name and version. One whose name begins with `sim-` is simulated.
    pub runtime: String,
    /// Id of the agreement.
    pub agreement: String,
    /// Id of the activity, if one was begun.
    pub activity: Option<String>,
    /// For an hour of running.
    pub hour_nanoglm: u64,
    /// For a processor's second.
    pub cpu_second_nanoglm: u64,
    /// For starting.
    pub start_nanoglm: u64,
}

impl Golem {
    pub(super) fn check(&self, has_answer: bool) -> Result<(), String> {
        if self.image.len() != 56 || !self.image.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err("golem.image: 56 lower-case hex digits are needed".into());
        }
        rule::text("golem.platform", &self.platform, NAME_BYTES_MAX)?;
        rule::some("golem.attempts", self.attempts.len(), GOLEM_ATTEMPTS_MAX)?;
        self.attempts.iter().try_for_each(GolemAttempt::check)?;
        let well = self.attempts.last().is_some_and(|last| last.failure.is_none() && last.worker.is_some());
        if has_answer && !well {
            return Err("golem.attempts: an answer needs a last attempt that went well".into());
        }
        Ok(())
    }
}

impl GolemAttempt {
    fn check(&self) -> Result<(), String> {
        if let Some(failure) = &self.failure {
            rule::text("golem.attempts.failure", failure, REASON_BYTES_MAX)?;
        }
        let Some(worker) = &self.worker else { return Ok(()) };
        rule::text("golem.attempts.worker.provider", &worker.provider, REASON_BYTES_MAX)?;
        rule::text("golem.attempts.worker.runtime", &worker.runtime, REASON_BYTES_MAX)?;
        rule::text("golem.attempts.worker.agreement", &worker.agreement, REASON_BYTES_MAX)?;
        if let Some(activity) = &worker.activity {
            rule::text("golem.attempts.worker.activity", activity, REASON_BYTES_MAX)?;
        }
        Ok(())
    }
}
