//! What people see of Golem: what was spent, and what is open.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The Golem Network as this node uses it. Amounts are thousand-millionths of a GLM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GolemView {
    /// Payment platform, such as `erc20-polygon-glm`.
    pub platform: String,
    /// Its money is a test network's, worth nothing.
    pub test_money: bool,
    /// The day, UTC: `2026-01-31`.
    pub day: String,
    /// Spent on that day: what was accepted of providers' bills.
    pub spent_nanoglm: u64,
    /// Set aside for what is open.
    pub reserved_nanoglm: u64,
    /// Most that may be spent on a day.
    pub nanoglm_max: u64,
    /// What is left of that.
    pub free_nanoglm: u64,
    /// What is open at the daemon.
    pub open: Vec<GolemOpenView>,
}

/// Money set aside, and what it is being spent on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GolemOpenView {
    /// What it is for: job and slot.
    pub purpose: String,
    /// Whether it is at work; otherwise an earlier process left it, and it is being ended.
    pub at_work: bool,
    /// The most that it may cost.
    pub most_nanoglm: u64,
    /// Accepted so far.
    pub accepted_nanoglm: u64,
    /// Agreements, in the order in which they were made.
    pub agreements: Vec<AgreementView>,
}

/// An agreement with a provider.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementView {
    /// Id of the agreement.
    pub agreement: String,
    /// Id of the provider.
    pub provider: String,
    /// Id of the activity, once there is one.
    pub activity: Option<String>,
    /// When it was made, POSIX milliseconds.
    pub began_ms: u64,
    /// When it was ended; none while it lasts.
    pub ended_ms: Option<u64>,
    /// Accepted so far.
    pub accepted_nanoglm: u64,
}
