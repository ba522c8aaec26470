//! What is wrong in a vendor's configuration, and what to do. No value is quoted that may be a key.

use crate::key::KeyError;
use crate::secret::shown;

/// What is wrong with one vendor's configuration.
#[derive(Debug, thiserror::Error)]
#[error("vendor {}: {problem}", shown(target))]
pub struct ConfigError {
    /// The vendor's target name.
    pub target: String,
    /// What is wrong, and what to do.
    pub problem: ConfigProblem,
}

/// One thing wrong in a vendor's configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigProblem {
    /// The name breaks the rule for names.
    #[error(
        "a target is 1 to 64 of a-z 0-9 . _ - (after sim: for a simulated vendor), starting with a letter or digit"
    )]
    TargetName,
    /// The name stands for a vendor the host does not belong to.
    #[error(
        "endpoints.{region} is {}, but this name is kept for {own} and its regional hosts: give a compatible vendor \
         a name of its own (a simulated one: sim:<name>)",
        shown(host)
    )]
    NotItsOwn {
        /// The region of the endpoint.
        region: String,
        /// Its host.
        host: String,
        /// The host that the name stands for.
        own: &'static str,
    },
    /// No endpoint at all.
    #[error("endpoints is empty: set at least [endpoints] <region> = \"https://…\"")]
    NoEndpoints,
    /// A region's name breaks the rule for names.
    #[error("region {}: a region is 1 to 32 of a-z 0-9 -", shown(.0))]
    RegionName(String),
    /// An address that is not a usable base address.
    #[error("endpoints.{region} is not a base address ({reason}): write it as https://host[:port][/path]")]
    Address {
        /// The region of the endpoint.
        region: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Unencrypted to another machine.
    #[error(
        "endpoints.{region} is http:// to {}, which is not this machine: use https://, or set \
         allow_plain_http = true if key and answers may travel in clear",
        shown(host)
    )]
    PlainHttp {
        /// The region of the endpoint.
        region: String,
        /// Its host.
        host: String,
    },
    /// A simulated vendor in a network that is not a test network.
    #[error("a simulated vendor is only accepted in a test network (genesis: testnet = true)")]
    SimOutsideTestnet,
    /// A simulated vendor on another machine.
    #[error(
        "endpoints.{region} is {}: a simulated vendor must be on this machine (127.0.0.1, ::1, localhost)",
        shown(host)
    )]
    SimNotLoopback {
        /// The region of the endpoint.
        region: String,
        /// Its host.
        host: String,
    },
    /// A number outside its range.
    #[error("{field} is {value}, it must be from {min} to {max}")]
    Range {
        /// The field's name.
        field: &'static str,
        /// The value found.
        value: u64,
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
    },
    /// The key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// This node has no endpoint of the target in a region. No other one is used in its stead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "target {target}: no endpoint for region {region}: set [vendors.endpoints] {region} = \"https://…\" (set are: {known})"
)]
pub struct NoEndpoint {
    /// The target.
    pub target: String,
    /// The region without an endpoint.
    pub region: String,
    /// The regions that have one, for the message.
    pub known: String,
}
