//! Orders about jobs.

use crate::call::{Call, Method};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vantage_protocol::attester::JobOrder;
use vantage_protocol::id::JobId;

/// Longest idempotency key, bytes. A guess.
pub const ORDER_KEY_BYTES_MAX: usize = 64;

/// Submit a job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// What is wanted.
    pub order: JobOrder,
    /// The suite's canonical block, base64; `order.suite` is its id.
    #[serde(with = "crate::base64_bytes")]
    #[schema(value_type = String, format = Byte)]
    pub suite: Vec<u8>,
    /// The study plan's canonical block, base64, if `order.study` names one.
    #[serde(default, with = "crate::base64_bytes", skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<String>, format = Byte)]
    pub study: Vec<u8>,
    /// Idempotency key: letters, digits, `-`, `_`, `.` and `:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A job was submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// Its id.
    pub id: JobId,
    /// It was submitted under this key before, and nothing new was said.
    pub again: bool,
}

impl Call for Submit {
    type Reply = Submitted;
    const METHOD: Method = Method::Order;
    const PATH: &'static str = "/v1/job/submit";
    const ABOUT: &'static str = "Submit a job.";
}

/// Run no more of a job here: decline own slots that are not committed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopHere {
    /// Job id, or a prefix that only one job has.
    pub id: String,
}

/// What became of this node's slots of a job that it was told to stop.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoppedHere {
    /// The job's full id.
    pub id: JobId,
    /// Slots declined now.
    pub declined_now: Vec<u32>,
    /// Slots declined before.
    pub declined_before: Vec<u32>,
    /// Slots committed before: what was said stands.
    pub committed: Vec<u32>,
}

impl Call for StopHere {
    type Reply = StoppedHere;
    const METHOD: Method = Method::Order;
    const PATH: &'static str = "/v1/job/stop-here";
    const ABOUT: &'static str = "Decline this node's slots of a job that are not committed.";
}
