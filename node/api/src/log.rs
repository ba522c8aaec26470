//! Logs and proofs.

use crate::call::{Call, Method};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vantage_protocol::attester::{LogPage, Shown};

/// Leaves of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetLog {
    /// Node id, or a prefix that only one known node has; none means this node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Index of the first leaf.
    pub start: u64,
    /// How many at most; a page has 128 at most in any case.
    pub count: u32,
}

impl Call for GetLog {
    type Reply = LogPage;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/log";
    const ABOUT: &'static str = "Some leaves of a log.";
}

/// A certified leaf with its proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetProof {
    /// Node id, or a prefix that only one known node has.
    pub node: String,
    /// Index of the leaf.
    pub index: u64,
}

impl Call for GetProof {
    type Reply = Shown;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/proof";
    const ABOUT: &'static str = "A certified leaf, with all that a stranger needs to check it.";
}

/// A job's own leaf with its proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetJobProof {
    /// Job id, or a prefix that only one job has.
    pub id: String,
}

impl Call for GetJobProof {
    type Reply = Shown;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/job/proof";
    const ABOUT: &'static str = "A job's own leaf, with all that a stranger needs to check it.";
}
