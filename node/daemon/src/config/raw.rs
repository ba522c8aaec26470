//! The configuration as it stands in the file. Unknown keys are refused.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::path::{Component, Path, PathBuf};
use vantage_exec::{VendorConfig, shown};

/// The whole file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The network's genesis, TOML.
    pub genesis: PathBuf,
    /// Where the node keeps everything. Default: the directory of this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// Where the node says it stands. A member's is in the genesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Whether simulated targets are run; only in a test network.
    #[serde(default)]
    pub allow_sim: bool,
    /// The network.
    #[serde(default)]
    pub net: Net,
    /// What the node runs for others.
    #[serde(default)]
    pub offers: Offers,
    /// Open models.
    #[serde(default)]
    pub open: Open,
    /// How slots are run.
    #[serde(default)]
    pub execution: Execution,
    /// Health and metrics over HTTP.
    #[serde(default)]
    pub metrics: super::metrics::Metrics,
    /// What the node logs, and where.
    #[serde(default)]
    pub log: super::upkeep::Log,
    /// How much space is left free.
    #[serde(default)]
    pub disk: super::upkeep::Disk,
    /// What is kept for how long.
    #[serde(default)]
    pub keep: super::upkeep::Keep,
    /// What the node takes on.
    #[serde(default)]
    pub policy: super::policy::RawPolicy,
    /// What calls may cost, at all vendors together.
    #[serde(default)]
    pub budget: Budget,
    /// Where keys are delivered.
    #[serde(default)]
    pub secrets: Secrets,
    /// The Golem Network, through the operator's own daemon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub golem: Option<super::golem::RawGolem>,
    /// APIs that the node may call.
    #[serde(default, rename = "vendor", skip_serializing_if = "Vec::is_empty")]
    pub vendors: Vec<VendorConfig>,
}

impl Config {
    /// Reads the text of a file. The error names the line, and the word that was meant where a key is unknown.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut raw: Self = toml::from_str(text).map_err(|error| ConfigError::shape(file, text, &error))?;
        raw.secrets.check(file)?;
        let app_key = raw.golem.as_mut().map(|golem| &mut golem.app_key);
        for key in raw.vendors.iter_mut().map(|vendor| &mut vendor.key).chain(app_key) {
            *key = std::mem::take(key).declared(&raw.secrets.shared);
        }
        Ok(raw)
    }

    /// The same configuration, looked at for another user, who runs the node.
    pub fn run_by(mut self, user: u32) -> Self {
        let app_key = self.golem.as_mut().map(|golem| &mut golem.app_key);
        for key in self.vendors.iter_mut().map(|vendor| &mut vendor.key).chain(app_key) {
            *key = std::mem::take(key).run_by(user);
        }
        self
    }
}

/// `[secrets]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Directories into which a service manager or a container's runtime delivers keys: in them a key's file may be
    /// readable by others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<PathBuf>,
}

impl Secrets {
    /// A whole file system is no directory that anybody delivers keys into.
    fn check(&self, file: &Path) -> Result<(), ConfigError> {
        let is_one = |dir: &&PathBuf| {
            dir.is_absolute()
                && dir.components().count() > 1
                && !dir.components().any(|part| part == Component::ParentDir)
        };
        match self.shared.iter().find(|dir| !is_one(dir)) {
            None => Ok(()),
            Some(dir) => Err(ConfigError::key(
                file,
                "secrets.shared",
                format!("{} is no directory that keys are delivered into", shown(&dir.to_string_lossy())),
                "name it by its whole path, such as /run/secrets",
            )),
        }
    }
}

/// `[net]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Net {
    /// Addresses to listen on; port 0 picks one. Empty: the node only dials.
    #[serde(default)]
    pub listen: Vec<String>,
    /// Addresses under which others reach the node.
    #[serde(default)]
    pub external: Vec<String>,
    /// Entry points, each ending in `/p2p/<peer id>`.
    #[serde(default)]
    pub bootstrap: Vec<String>,
    /// Let private and loopback addresses be dialled and published.
    #[serde(default)]
    pub allow_private: bool,
}

/// `[offers]`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    /// What is offered.
    #[serde(default)]
    pub targets: Vec<Offer>,
    /// Slots of one job taken on at most. Default 16, a guess.
    #[serde(default = "slots_max")]
    pub slots_max: u32,
}

/// One offered target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Its name, such as `open:smollm2-135m`.
    pub target: String,
    /// Price asked for one call, millionths of a US dollar. Default 0.
    #[serde(default)]
    pub call_microusd: u64,
}

/// `[open]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Directory of models. Default: `$VANTAGE_MODELS`, else `~/.cache/vantage/models`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<PathBuf>,
}

/// `[execution]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// Pause between two cells of a slot, milliseconds. Default 0.
    #[serde(default)]
    pub gap_ms: u64,
}

/// `[budget]`. Each vendor's own limits stand in its table.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Most calls on one day (UTC), retries included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_max_per_day: Option<u64>,
    /// Most that one day (UTC) may cost, millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microusd_max_per_day: Option<u64>,
    /// Most calls for one job, retries included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_max_per_job: Option<u64>,
    /// Most that one job may cost, millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microusd_max_per_job: Option<u64>,
    /// A list of prices, TOML, that goes before those that come with the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PathBuf>,
}

impl Default for Offers {
    fn default() -> Self {
        Self { targets: Vec::new(), slots_max: slots_max() }
    }
}

fn slots_max() -> u32 {
    16
}
