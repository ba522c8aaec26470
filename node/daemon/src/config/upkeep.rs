//! `[log]`, `[disk]` and `[keep]`: what a node that runs for months writes, leaves free and gives up.

use super::error::ConfigError;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

/// Most log files that are kept; more is a typing error.
const FILES_MAX: u32 = 10_000;
/// Fewest days for which a job's blocks are kept: a job is worked on until a day after its last deadline.
const JOB_DAYS_MIN: u32 = 2;

/// `[log]`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A level or a filter, such as `info` or `info,vantage_net=debug`; `$RUST_LOG` comes first. Default `info`.
    #[serde(default = "level")]
    pub level: String,
    /// Directory of log files, made with mode 0700. None: standard error only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// When a new file begins. Default daily.
    #[serde(default)]
    pub rotation: Rotation,
    /// Files kept; the oldest goes. Default 14, a guess.
    #[serde(default = "files_kept")]
    pub files_kept: u32,
    /// How the lines in files look. Default text.
    #[serde(default)]
    pub format: LogFormat,
}

/// When a new log file begins, UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// Each minute: for tests and for hunting a fault.
    Minutely,
    /// Each hour.
    Hourly,
    /// Each day.
    #[default]
    Daily,
    /// Never.
    Never,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `[disk]`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// With less free space than this no further job is taken on; with less than half of it, no block is taken for
    /// others. Default 512, a guess: a job of the largest size fits twice. 0: the space is not looked at.
    #[serde(default = "free_mib_min")]
    pub free_mib_min: u32,
}

/// `[keep]`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Days after its last deadline for which a job's blocks are kept. None: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_days: Option<u32>,
    /// With more than this in blocks the oldest jobs that are over go first. None: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks_mib_max: Option<u64>,
    /// Whether the node prunes by itself, five minutes after the start and once a day. Default true.
    #[serde(default = "daily")]
    pub daily: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: level(),
            dir: None,
            rotation: Rotation::default(),
            files_kept: files_kept(),
            format: LogFormat::default(),
        }
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self { free_mib_min: free_mib_min() }
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self { job_days: None, blocks_mib_max: None, daily: daily() }
    }
}

impl Log {
    /// Checks the values; a relative directory begins at `base`.
    pub(super) fn check(self, base: &Path, file: &Path) -> Result<Self, ConfigError> {
        if let Err(error) = filter(&self.level) {
            let help =
                "write a level (error, warn, info, debug, trace), or a filter such as info,vantage_net=debug";
            return Err(ConfigError::key(file, "log.level", format!("{:?}: {error}", self.level), help));
        }
        if !(1..=FILES_MAX).contains(&self.files_kept) {
            let what = format!("{} files", self.files_kept);
            return Err(ConfigError::key(file, "log.files_kept", what, format!("from 1 to {FILES_MAX}")));
        }
        Ok(Self { dir: self.dir.map(|dir| base.join(dir)), ..self })
    }
}

/// Reads a filter of the log. A word that is no level would be taken for the name of a part of the program, and silence
/// everything else.
pub fn filter(text: &str) -> Result<EnvFilter, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let is_level = |part: &&str| LEVELS.contains(&part.to_ascii_lowercase().as_str());
    if let Some(word) = parts().find(|part| !part.contains(['=', '[', ':']) && !is_level(part)) {
        return Err(format!("{word:?} is no level"));
    }
    EnvFilter::builder().parse(text).map_err(|error| error.to_string())
}

impl Keep {
    /// Checks the values.
    pub(super) fn check(self, file: &Path) -> Result<Self, ConfigError> {
        if let Some(days) = self.job_days.filter(|days| *days < JOB_DAYS_MIN) {
            let help =
                format!("at least {JOB_DAYS_MIN}: jobs are worked on until a day after their last deadline");
            return Err(ConfigError::key(file, "keep.job_days", format!("{days} is too few"), help));
        }
        Ok(self)
    }
}

impl Disk {
    /// The floor, bytes.
    pub fn free_bytes_min(&self) -> u64 {
        u64::from(self.free_mib_min) * 1024 * 1024
    }
}

fn level() -> String {
    "info".to_owned()
}

fn files_kept() -> u32 {
    14
}

fn free_mib_min() -> u32 {
    512
}

fn daily() -> bool {
    true
}
