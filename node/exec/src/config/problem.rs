//! What is wrong in a vendor's configuration, and what to do. No value is quoted that may be a key.

use serde::de::{Deserializer, Error, Visitor};

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

/// Reads a price, and says in words what one is: people write dollars.
pub(super) fn whole_price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Price;
    const WANTED: &str =
        "a price is in whole millionths of a dollar per million tokens: for 0.20 dollars write 200_000";
    impl Visitor<'_> for Price {
        type Value = u64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("whole millionths of a dollar per million tokens")
        }

        fn visit_u64<E: Error>(self, price: u64) -> Result<u64, E> {
            Ok(price)
        }

        fn visit_i64<E: Error>(self, price: i64) -> Result<u64, E> {
            u64::try_from(price).map_err(|_| E::custom(WANTED))
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<u64, E> {
            Err(E::custom(WANTED))
        }

        fn visit_str<E: Error>(self, _: &str) -> Result<u64, E> {
            Err(E::custom(WANTED))
        }
    }
    deserializer.deserialize_any(Price)
}
