//! What people see of the vendors that a node may call.

use crate::ledger::Today;
use time::Date;
use vantage_api::{PaceView, VendorView};
use vantage_exec::{PaceState, VendorClient};

/// One vendor; without a client all together.
pub(crate) fn vendor_view(
    vendor: &str,
    client: Option<&VendorClient>,
    today: &Today,
    on: Date,
) -> VendorView {
    let Today { sum, limit } = today;
    let regions = client.map(|client| client.vendor().regions().map(str::to_owned).collect());
    VendorView {
        vendor: vendor.to_owned(),
        regions: regions.unwrap_or_default(),
        day: on.to_string(),
        calls: sum.calls,
        calls_max: limit.calls_max,
        spent_microusd: sum.spent_microusd,
        assumed_microusd: sum.assumed_microusd,
        reserved_microusd: sum.reserved_microusd,
        microusd_max: limit.microusd_max,
        free_microusd: limit.free_microusd(sum),
        pace: client.map(|client| pace_view(client.pace())),
    }
}

fn pace_view(state: PaceState) -> PaceView {
    let PaceState { in_flight, at_once, at_once_max, held_ms, throttled_in_row } = state;
    PaceView { in_flight, at_once, at_once_max, held_ms, throttled_in_row }
}
