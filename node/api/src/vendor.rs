//! What people see of the vendors that a node may call.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One vendor on the day that is, or all together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VendorView {
    /// Name of its table; `all` for all together, whose figures include vendors that are no longer set up.
    pub vendor: String,
    /// Regions that it can be called from here.
    pub regions: Vec<String>,
    /// The day, UTC: `2026-01-31`.
    pub day: String,
    /// Calls let through on that day, retries included.
    pub calls: u64,
    /// Most calls on a day, where that is set.
    pub calls_max: Option<u64>,
    /// Spent on that day, millionths of a US dollar.
    pub spent_microusd: u64,
    /// How much of that nobody told, so that the most was assumed.
    pub assumed_microusd: u64,
    /// Set aside for calls under way.
    pub reserved_microusd: u64,
    /// Most that may be spent on a day, where that is set.
    pub microusd_max: Option<u64>,
    /// What is left of that.
    pub free_microusd: Option<u64>,
    /// How the vendor is being called right now; none for all together.
    pub pace: Option<PaceView>,
}

/// How a vendor is being called right now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaceView {
    /// Calls under way.
    pub in_flight: u32,
    /// Calls that may be under way at once, as adapted to what the vendor bears.
    pub at_once: u32,
    /// Calls that may be under way at once, as configured.
    pub at_once_max: u32,
    /// For how much longer the vendor is left alone because it asked for that, milliseconds.
    pub held_ms: u64,
    /// How often in a row it has asked for fewer calls.
    pub throttled_in_row: u32,
}

impl VendorView {
    /// All vendors together.
    pub const ALL: &'static str = "all";
}
