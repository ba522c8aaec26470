//! Why a command did not do what was asked.

use serde::Serialize;
use utoipa::ToSchema;

/// What every command prints where it fails.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Failed {
    /// The failure.
    pub error: Failure,
}

/// What was wrong, where, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Failure {
    /// What was wrong.
    pub what: String,
    /// Where: a file, an address, an argument.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// What to do.
    #[serde(rename = "do")]
    pub advice: Option<String>,
    /// Exit code of the process.
    #[schema(minimum = 1, maximum = 6)]
    pub exit: u8,
}
