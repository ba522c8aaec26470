//! Why a call was not carried out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was wrong, where, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{place}: {what}; {help}")]
pub struct Fault {
    /// What was wrong.
    pub what: String,
    /// Where: a field of the call, a file, a part of the node.
    #[serde(rename = "where")]
    pub place: String,
    /// What to do.
    pub help: String,
}

impl Fault {
    /// A fault in these words.
    pub fn new(place: impl Into<String>, what: impl ToString, help: impl Into<String>) -> Self {
        Self { what: what.to_string(), place: place.into(), help: help.into() }
    }
}
