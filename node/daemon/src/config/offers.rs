//! What the node runs for others, held against what it is set up for.

use super::ConfigError;
use super::checked::Checker;
use super::golem::Golem;
use super::raw;
use crate::ledger::vendor_name;
use std::str::FromStr;
use vantage_exec::{Vendor, shown};
use vantage_protocol::announce::Offer;
use vantage_protocol::params::TARGETS_MAX;
use vantage_protocol::target::{Surface, Target};

/// Most slots of one job that a node may offer, as the protocol has it.
const SLOTS_MAX: u32 = 1024;
/// The key that the errors name.
const KEY: &str = "offers.targets";

/// What the node offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offers {
    /// Sorted by target.
    pub targets: Vec<Offer>,
    /// Slots of one job taken on at most.
    pub slots_max: u32,
}

impl Checker<'_> {
    pub(super) fn offers(
        &self,
        offers: &raw::Offers,
        vendors: &[Vendor],
        golem: Option<&Golem>,
        region: Option<&str>,
    ) -> Result<Offers, ConfigError> {
        if offers.slots_max > SLOTS_MAX {
            let what = format!("{} is too many", offers.slots_max);
            return self.wrong("offers.slots_max", what, format!("at most {SLOTS_MAX}"));
        }
        if offers.targets.len() > TARGETS_MAX {
            let what = format!("{} targets are too many", offers.targets.len());
            return self.wrong(KEY, what, format!("at most {TARGETS_MAX}"));
        }
        let mut targets = Vec::new();
        for offer in &offers.targets {
            let target = self.offered(&offer.target, vendors, golem, region)?;
            targets.push(Offer { target, call_microusd: offer.call_microusd });
        }
        targets.sort_by(|a, b| a.target.cmp(&b.target));
        if let Some([twice, _]) = targets.array_windows().find(|[a, b]| a.target == b.target) {
            return self.wrong(KEY, format!("{} stands twice", twice.target), "remove one");
        }
        Ok(Offers { targets, slots_max: offers.slots_max })
    }

    fn offered(
        &self,
        text: &str,
        vendors: &[Vendor],
        golem: Option<&Golem>,
        region: Option<&str>,
    ) -> Result<Target, ConfigError> {
        let target = match Target::from_str(text) {
            Ok(target) => target,
            Err(error) => {
                let what = error.to_string().replacen(&format!("{text:?}"), &shown(text), 1);
                return self.wrong(KEY, what, "correct it");
            }
        };
        if target.is_sim() && !self.allow_sim {
            let help = "set allow_sim = true (in a test network), or remove it";
            return self.wrong(KEY, format!("{target} is simulated"), help);
        }
        match target.surface() {
            Surface::Open => return Ok(target),
            Surface::Golem => return self.on_golem(target, golem),
            Surface::Api => {}
        }
        let name = vendor_name(&target);
        let Some(vendor) = vendors.iter().find(|vendor| vendor.target() == name) else {
            let what = format!("{target} is offered, but there is no [[vendor]] with target = {name:?}");
            return self.wrong(KEY, what, "add the table, or remove the offer");
        };
        match region.map(|region| vendor.endpoint(region)) {
            Some(Err(error)) => self.wrong(KEY, error, "add the endpoint, or remove the offer"),
            _ => Ok(target),
        }
    }

    fn on_golem(&self, target: Target, golem: Option<&Golem>) -> Result<Target, ConfigError> {
        match golem {
            None => {
                let what = format!("{target} is offered, but there is no table [golem]");
                self.wrong(KEY, what, "add the table, or remove the offer")
            }
            Some(golem) if !golem.models.iter().any(|model| model == target.model()) => {
                let what =
                    format!("{target} is offered, but models in [golem] does not name {}", target.model());
                self.wrong(KEY, what, "correct the list, or remove the offer")
            }
            Some(_) => Ok(target),
        }
    }
}
