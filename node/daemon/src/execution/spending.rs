//! What was spent, and what is left: asked of the ledger by whoever reads, and never of the engine.

use super::golem::GolemDesk;
use crate::ledger::{Ledger, Today, today};
use crate::store::StoreError;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Date;
use vantage_api::{GolemView, PaceView, VendorView};
use vantage_exec::{PaceState, VendorClient};

/// Vendors, Golem, and the ledger that all are paid from.
#[derive(Clone, Debug)]
pub struct Spending {
    pub(super) ledger: Arc<Ledger>,
    pub(super) vendors: Arc<BTreeMap<String, Arc<VendorClient>>>,
    pub(super) golem: Option<Arc<GolemDesk>>,
}

impl Spending {
    /// Vendors by name, and all together: what was spent today, and what is left.
    pub fn vendors(&self) -> Result<Vec<VendorView>, StoreError> {
        let on = today();
        let (by_vendor, all) = self.ledger.today()?;
        let set_up = self
            .vendors
            .iter()
            .filter_map(|(name, client)| Some(vendor_view(name, Some(client), by_vendor.get(name)?, on)));
        let mut views: Vec<VendorView> = set_up.collect();
        if !views.is_empty() {
            views.push(vendor_view(VendorView::ALL, None, &all, on));
        }
        Ok(views)
    }

    /// What stands at Golem; none if it is not set up.
    pub fn golem(&self) -> Result<Option<GolemView>, StoreError> {
        self.golem.as_ref().map(|desk| desk.view()).transpose()
    }
}

/// One vendor; without a client all together.
fn vendor_view(vendor: &str, client: Option<&VendorClient>, today: &Today, on: Date) -> VendorView {
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
