//! An announce: what an executor offers to run, and where.

use crate::params::{ANNOUNCE_S_MAX, REGIONS_MAX, TARGETS_MAX};
use crate::target::Target;
use crate::wire::rule;
use serde::{Deserialize, Serialize};

/// An executor's offer. It ends by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    /// Regions that the executor says it stands in (`declared`), sorted.
    pub regions: Vec<String>,
    /// What it runs, sorted by target.
    pub offers: Vec<Offer>,
    /// Slots of one job that it takes on at most.
    pub slots_max: u32,
    /// When it was made, POSIX seconds.
    pub from_s: u64,
    /// When it ends, POSIX seconds.
    pub until_s: u64,
}

/// One target that an executor runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// What is run.
    pub target: Target,
    /// Price asked for one call, millionths of a US dollar; 0 where the executor asks nothing.
    pub call_microusd: u64,
}

impl Announce {
    /// Whether it offers this target in this region until after `until_s`.
    pub fn covers(&self, region: &str, target: &Target, until_s: u64) -> bool {
        self.until_s > until_s
            && self.regions.iter().any(|r| r == region)
            && self.offers.iter().any(|o| o.target == *target)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        rule::some("announce.regions", self.regions.len(), REGIONS_MAX)?;
        rule::ascending("announce.regions", &self.regions)?;
        for region in &self.regions {
            rule::name("announce.regions", region)?;
        }
        rule::at_most("announce.offers", self.offers.len(), TARGETS_MAX)?;
        let targets: Vec<_> = self.offers.iter().map(|o| &o.target).collect();
        rule::ascending("announce.offers", &targets)?;
        rule::within("announce.slots_max", self.slots_max.into(), 0, 1024)?;
        if self.until_s <= self.from_s || self.until_s - self.from_s > ANNOUNCE_S_MAX {
            return Err(format!("announce.until_s: must lie within {ANNOUNCE_S_MAX} s after from_s"));
        }
        Ok(())
    }
}
