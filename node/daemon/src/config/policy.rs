//! `[policy]`: what this node takes on. Read again on SIGHUP.

use super::error::ConfigError;
use crate::policy::Policy;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

/// Longest list. A guess: what one person maintains by hand.
const ITEMS_MAX: usize = 4096;

/// The table as it stands in the file; see [`Policy`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPolicy {
    /// Node ids, hex.
    pub authors_allow: Vec<String>,
    /// Node ids, hex.
    pub authors_deny: Vec<String>,
    /// Ids of suites.
    pub suites_allow: Vec<String>,
    /// Ids of suites.
    pub suites_deny: Vec<String>,
    /// Targets, or beginnings such as `openai/*`.
    pub targets_allow: Vec<String>,
    /// Targets, or beginnings.
    pub targets_deny: Vec<String>,
    /// Most cells of one job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cells_max: Option<u64>,
    /// Most calls of one job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_max: Option<u64>,
    /// Most that one job may cost by the prices offered, millionths of a US dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_microusd_max: Option<u64>,
    /// Most jobs a day, from midnight UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs_per_day_max: Option<u64>,
    /// Most slots that run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots_running_max: Option<usize>,
    /// Spans of the day, such as `22:00-06:00`.
    pub hours_utc: Vec<String>,
}

impl RawPolicy {
    /// Checks every value.
    pub(super) fn check(&self, file: &Path) -> Result<Policy, ConfigError> {
        if self.slots_running_max == Some(0) {
            let help = "at least 1; to take nothing on, offer nothing";
            return Err(ConfigError::key(file, "policy.slots_running_max", "is 0", help));
        }
        Ok(Policy {
            authors_allow: items(file, "authors_allow", &self.authors_allow)?,
            authors_deny: items(file, "authors_deny", &self.authors_deny)?,
            suites_allow: items(file, "suites_allow", &self.suites_allow)?,
            suites_deny: items(file, "suites_deny", &self.suites_deny)?,
            targets_allow: items(file, "targets_allow", &self.targets_allow)?,
            targets_deny: items(file, "targets_deny", &self.targets_deny)?,
            cells_max: self.cells_max,
            calls_max: self.calls_max,
            cost_microusd_max: self.cost_microusd_max,
            jobs_per_day_max: self.jobs_per_day_max,
            slots_running_max: self.slots_running_max,
            hours: items(file, "hours_utc", &self.hours_utc)?,
        })
    }
}

fn items<T, C>(file: &Path, key: &str, texts: &[String]) -> Result<C, ConfigError>
where
    T: FromStr<Err: Display>,
    C: FromIterator<T>,
{
    let key = format!("policy.{key}");
    if texts.len() > ITEMS_MAX {
        let what = format!("{} items", texts.len());
        return Err(ConfigError::key(file, &key, what, format!("at most {ITEMS_MAX}")));
    }
    let read = |text: &String| {
        text.parse()
            .map_err(|error: T::Err| ConfigError::key(file, &key, error.to_string(), "correct or remove it"))
    };
    texts.iter().map(read).collect()
}
