//! An announce: what an executor offers to run, and where.

use crate::params::{ANNOUNCE_S_MAX, REGIONS_MAX, TARGETS_MAX};
use crate::target::Target;
use crate::wire::rule;
use serde::{Deserialize, Serialize};

/// An executor's offer. It ends by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{NetId, NodeId};
    use crate::leaf::{Leaf, Statement};
    use crate::params::{LEAF_BYTES_MAX, NAME_BYTES_MAX, TARGET_BYTES_MAX};

    #[test]
    fn the_largest_announce_is_a_leaf() {
        let region = |n: usize| format!("{n:0>width$}", width = NAME_BYTES_MAX);
        let target = |n: usize| format!("compat:{:m>56}/{n:M>128}", "").parse::<Target>().unwrap();
        let mut offers: Vec<Offer> =
            (0..TARGETS_MAX).map(|n| Offer { target: target(n), call_microusd: u64::MAX }).collect();
        offers.sort_by(|a, b| a.target.cmp(&b.target));
        assert!(offers.iter().all(|offer| offer.target.as_str().len() == TARGET_BYTES_MAX));
        let statement = Statement::Announce(Announce {
            regions: (0..REGIONS_MAX).map(region).collect(),
            offers,
            slots_max: 1024,
            from_s: 1 << 39,
            until_s: (1 << 39) + ANNOUNCE_S_MAX,
        });
        let leaf = Leaf { net: NetId([1; 32]), author: NodeId([2; 32]), statement };
        let bytes = leaf.encode();
        assert!(bytes.len() < LEAF_BYTES_MAX / 2, "{}", bytes.len());
        assert_eq!(Leaf::decode(&bytes, &leaf.net), Ok(leaf));
    }
}
