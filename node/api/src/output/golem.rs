//! `vantage golem`.

use serde::Serialize;
use utoipa::ToSchema;

/// What `vantage golem offers` gathered. Money is in billionths of a GLM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OffersSeen {
    /// Runtime that is demanded.
    pub runtime: String,
    /// Subnet that is looked at.
    pub subnet: String,
    /// Payment platform.
    pub platform: String,
    /// Its money is a test network's.
    pub test_money: bool,
    /// Highest price of an hour.
    pub hour_nanoglm_max: u64,
    /// Highest price of a second of processor time.
    pub cpu_second_nanoglm_max: u64,
    /// Highest price of a start.
    pub start_nanoglm_max: u64,
    /// The offers.
    pub offers: Vec<OfferSeen>,
}

/// A provider's offer. Its words are the provider's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OfferSeen {
    /// The provider's id.
    pub provider: String,
    /// The name that it gives itself; none, like all below, where the offer is not understood.
    pub name: Option<String>,
    /// Its runtime.
    pub runtime: Option<String>,
    /// Threads that it offers.
    pub threads: Option<u64>,
    /// Price of an hour.
    pub hour_nanoglm: Option<u64>,
    /// Price of a second of processor time.
    pub cpu_second_nanoglm: Option<u64>,
    /// Price of a start.
    pub start_nanoglm: Option<u64>,
    /// It lets tasks reach the internet.
    pub outbound: Option<bool>,
    /// Why it would not be hired; none if it would be.
    pub refused: Option<String>,
}
