//! `[metrics]`: health and metrics over HTTP.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;

/// `[metrics]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address for `/healthz`, `/readyz` and `/metrics`, such as `127.0.0.1:9464`. Default: none, nothing is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Lets `listen` be an address that other machines reach. Default false.
    #[serde(default)]
    pub allow_public: bool,
}

impl Metrics {
    /// The address to serve, if there is one. It is on loopback unless the operator wants otherwise.
    pub(super) fn check(&self, file: &Path) -> Result<Option<SocketAddr>, ConfigError> {
        const KEY: &str = "metrics.listen";
        let Some(text) = &self.listen else { return Ok(None) };
        let Ok(addr) = text.parse::<SocketAddr>() else {
            let shown: String = text.chars().take(128).collect();
            let what = format!("{shown:?} is no address and port");
            return Err(ConfigError::key(file, KEY, what, "write it as 127.0.0.1:9464"));
        };
        if !addr.ip().is_loopback() && !self.allow_public {
            let what = format!("{addr} is not on loopback: other machines would reach it");
            let help = "use 127.0.0.1, or set allow_public = true if a firewall decides who may read it";
            return Err(ConfigError::key(file, KEY, what, help));
        }
        Ok(Some(addr))
    }
}
