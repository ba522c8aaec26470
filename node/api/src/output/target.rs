//! `vantage target`.

use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use vantage_protocol::id::Hash;
use vantage_protocol::receipt::Receipt;
use vantage_protocol::target::Target;

/// Vendors that are set up, and what is offered of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TargetsListed {
    /// Vendors that are set up.
    pub vendors: Vec<VendorConfigured>,
    /// Targets of these vendors that are offered.
    pub targets: Vec<TargetOffered>,
}

/// A vendor that is set up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct VendorConfigured {
    /// Name of its table.
    pub vendor: String,
    /// Wire format: `chat completions`, `messages` or `generateContent`.
    pub speaks: String,
    /// It is simulated.
    pub simulated: bool,
    /// Base address by region.
    pub endpoints: BTreeMap<String, String>,
    /// Limits for one job.
    pub job: Limits,
    /// Limits for one day, UTC.
    pub day: Limits,
}

/// Limits of calls and money.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Limits {
    /// Most calls; null for no limit.
    pub calls_max: Option<u64>,
    /// Most money, millionths of a US dollar; null for no limit.
    pub microusd_max: Option<u64>,
}

/// A target that is offered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TargetOffered {
    /// Target.
    pub target: Target,
    /// Price; null if none is known.
    pub price: Option<Price>,
}

/// Price of a million tokens, millionths of a US dollar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Price {
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Which list it comes from, and of when.
    pub source: String,
}

/// One call outside any job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Probed {
    /// Target.
    pub target: Target,
    /// Region whose endpoint was called.
    pub region: String,
    /// Base address that was called.
    pub endpoint: String,
    /// How the prompt is put, by the suite that is named or by default.
    pub sampling: Sampling,
    /// Price; null if none is known.
    pub price: Option<Price>,
    /// The most that the call could cost, millionths of a US dollar; null if no price is known.
    pub most_microusd: Option<u64>,
    /// What to try next where the API's status hints at it; for people.
    pub advice: Option<String>,
    /// What it did cost, millionths of a US dollar; null if not known.
    pub cost_microusd: Option<u64>,
    /// Hash of the request.
    pub request: Hash,
    /// The answer's text: hostile, escape it.
    pub output: Option<String>,
    /// What is kept of the response: hostile, escape it.
    pub response: Option<String>,
    /// The receipt, as a job would have it.
    pub receipt: Receipt,
}

/// How a prompt is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Sampling {
    /// Longest answer, tokens.
    pub tokens_max: u32,
    /// Sampling temperature, thousandths; null if none is sent.
    pub temperature_milli: Option<u32>,
    /// Seed; null if none is sent.
    pub seed: Option<u32>,
}
