//! What a receipt says of Golem: who did the work under which agreement, at what price, and who failed before.

use crate::params::{GOLEM_ATTEMPTS_MAX, LANDMARKS_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX, ROUND_TRIP_US_MAX};
use crate::wire::rule;
use serde::{Deserialize, Serialize};

/// How a cell was run on the Golem Network. Ids are the daemon's; names and prices are the provider's word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = GolemReceipt))]
#[serde(deny_unknown_fields)]
pub struct Golem {
    /// SHA3-224 of the image that was demanded, 56 hex digits.
    pub image: String,
    /// Payment platform, such as `erc20-polygon-glm`.
    pub platform: String,
    /// Its money is a test network's, worth nothing.
    pub test_money: bool,
    /// What is known of where the provider of the last attempt stands.
    pub region: ProviderRegion,
    /// All tries at this cell, in order; the last one is the one that brought the answer, if there is one.
    pub attempts: Vec<GolemAttempt>,
}

/// What is known of where a provider stands. What it claims is never taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ProviderRegion {
    /// Nothing was measured.
    Unmeasured,
    /// Round trips from inside the provider's runtime, once under its agreement. Evidence and no proof: light in fibre
    /// goes some 200 km in a millisecond, so r ms bound the distance to r × 100 km; and the numbers pass through the
    /// provider, who can invent larger and smaller ones.
    Measured {
        /// One for each landmark that the executor names, sorted by name; at least one was reached.
        delays: Vec<LandmarkDelay>,
    },
}

/// How far off a landmark is. Exactly one of round trip and failure is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LandmarkDelay {
    /// Its name, given by the executor.
    pub landmark: String,
    /// Where it stands, by the executor's word.
    pub region: String,
    /// The shortest round trip, from the request sent to the answer's first byte, microseconds.
    pub round_trip_us: Option<u64>,
    /// Stable code; why it was not reached.
    pub failure: Option<String>,
}

/// One try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
        self.region.check()?;
        if self.region != ProviderRegion::Unmeasured
            && self.attempts.last().is_none_or(|a| a.worker.is_none())
        {
            return Err("golem.region: is measured, and the last attempt has no worker".into());
        }
        let well = self.attempts.last().is_some_and(|last| last.failure.is_none() && last.worker.is_some());
        if has_answer && !well {
            return Err("golem.attempts: an answer needs a last attempt that went well".into());
        }
        Ok(())
    }
}

impl ProviderRegion {
    fn check(&self) -> Result<(), String> {
        let Self::Measured { delays } = self else { return Ok(()) };
        const WHAT: &str = "golem.region.measured.delays";
        rule::some(WHAT, delays.len(), LANDMARKS_MAX)?;
        delays.iter().try_for_each(LandmarkDelay::check)?;
        let names: Vec<&str> = delays.iter().map(|delay| delay.landmark.as_str()).collect();
        rule::ascending(WHAT, &names)?;
        if delays.iter().all(|delay| delay.round_trip_us.is_none()) {
            return Err(format!("{WHAT}: none was reached, which is unmeasured"));
        }
        Ok(())
    }
}

impl LandmarkDelay {
    fn check(&self) -> Result<(), String> {
        const WHAT: &str = "golem.region.measured.delays";
        rule::name(&format!("{WHAT}.landmark"), &self.landmark)?;
        rule::name(&format!("{WHAT}.region"), &self.region)?;
        match (self.round_trip_us, &self.failure) {
            (Some(us), None) => rule::within(&format!("{WHAT}.round_trip_us"), us, 0, ROUND_TRIP_US_MAX),
            (None, Some(code)) => rule::name(&format!("{WHAT}.failure"), code),
            _ => Err(format!("{WHAT}: exactly one of round_trip_us and failure is needed")),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(landmark: &str, round_trip_us: Option<u64>) -> LandmarkDelay {
        let failure = round_trip_us.is_none().then(|| "timeout".to_owned());
        LandmarkDelay { landmark: landmark.into(), region: "eu".into(), round_trip_us, failure }
    }

    fn check(delays: Vec<LandmarkDelay>) -> Result<(), String> {
        ProviderRegion::Measured { delays }.check()
    }

    #[test]
    fn round_trips_are_sorted_bounded_and_not_all_missing() {
        assert_eq!(check(vec![delay("eu-1", Some(0)), delay("us-1", None)]), Ok(()));
        let many = |n: usize| (0..n).map(|n| delay(&format!("l{n:02}"), Some(1))).collect::<Vec<_>>();
        assert_eq!(check(many(LANDMARKS_MAX)), Ok(()));
        let both = LandmarkDelay { failure: Some("timeout".into()), ..delay("eu-1", Some(1)) };
        let neither = LandmarkDelay { failure: None, ..delay("eu-1", None) };
        for (bad, why) in [
            (vec![], "at least one"),
            (many(LANDMARKS_MAX + 1), "at most 16"),
            (vec![delay("b", Some(1)), delay("a", Some(1))], "sorted"),
            (vec![delay("a", Some(1)), delay("a", Some(2))], "nothing twice"),
            (vec![delay("a", None), delay("b", None)], "none was reached"),
            (vec![delay("A", Some(1))], "landmark"),
            (vec![delay("a", Some(ROUND_TRIP_US_MAX + 1))], "round_trip_us"),
            (vec![both], "exactly one"),
            (vec![neither], "exactly one"),
        ] {
            let error = check(bad).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
