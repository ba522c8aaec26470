//! A series: the same put again and again, each job naming the one before and the one it is held against.

use super::{Measure, Names};
use crate::id::JobId;
use crate::params::{NAME_BYTES_MAX, SERIES_LINES_MAX};
use crate::target::Target;
use crate::wire::rule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a job's plan says of the series that it belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Name for people, the same in all jobs of the series.
    pub name: String,
    /// What is followed, the same in all jobs: their number enters the threshold of the alarm.
    pub lines: Vec<Line>,
    /// The job before this one; none of the first.
    #[serde(default)]
    pub predecessor: Option<JobId>,
    /// The calibration job that this one is held against: the oldest before it that no other job was held against. None where it is one
    /// itself, as the first is.
    #[serde(default)]
    pub calibration: Option<JobId>,
}

/// One share of answers that a series follows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Of what the share is: refusals or coded answers.
    pub measure: Measure,
    /// Of whose answers.
    pub target: Target,
    /// In which region; none: in all of the job, each held against itself.
    #[serde(default)]
    pub region: Option<String>,
}

impl Series {
    /// Bounds, and what can be told without the job.
    pub(super) fn check(&self) -> Result<(), String> {
        rule::text("name", &self.name, NAME_BYTES_MAX)?;
        rule::some("lines", self.lines.len(), SERIES_LINES_MAX)?;
        let mut seen = BTreeSet::new();
        for (at, line) in self.lines.iter().enumerate() {
            let place = |why: &str| format!("lines, line {}: {why}", at + 1);
            if line.measure == Measure::Texts {
                return Err(place(
                    "measure: texts rise and fall in no order; follow refusals or coded answers",
                ));
            }
            if let Some(region) = &line.region {
                rule::name("region", region).map_err(|why| place(&why))?;
            }
            if !seen.insert(line) {
                return Err(place("it stands twice"));
            }
        }
        if self.predecessor.is_none() && self.calibration.is_some() {
            return Err(
                "calibration: the first job of a series has none before it to be held against; name a predecessor, or leave it out"
                    .into(),
            );
        }
        Ok(())
    }
}

impl Line {
    /// Whether the job has what the line follows.
    pub(super) fn check_with(&self, names: &Names<'_>, coded: &BTreeSet<u32>) -> Result<(), String> {
        names.target(&self.target)?;
        if let Some(region) = &self.region {
            names.region(region)?;
        }
        if self.measure == Measure::Coded && coded.is_empty() {
            return Err("no prompt has a coding".into());
        }
        Ok(())
    }
}
