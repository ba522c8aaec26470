//! What is offered: models that are there and whole, keys of APIs that can be had. No key is shown, nobody is called.

use super::Findings;
use super::place::Configured;
use crate::config::checked::{CAP_HELP, is_uncapped, uncapped, vendor_name};
use vantage_protocol::target::{Surface, Target};
use vantage_runner::ModelStore;

/// Each open model that is offered.
pub(super) fn models(configured: &Configured, quick: bool, findings: &mut Findings) {
    const CHECK: &str = "model";
    let store = ModelStore::new(&configured.checked.models);
    let offered = configured.checked.offers.targets.iter().map(|offer| &offer.target);
    let mut open: Vec<&Target> = offered.filter(|target| target.surface() == Surface::Open).collect();
    open.sort();
    if open.is_empty() {
        return findings.ok(CHECK, "none is offered");
    }
    for target in open {
        let name = target.model();
        let found = if quick { store.open(name) } else { store.verify(name, &mut |_, _| {}) };
        match found {
            Ok(model) => {
                let how = if quick { "there, not hashed" } else { "whole" };
                findings.ok(CHECK, format!("{target}: {how}, sha256 {}", model.model_sha256()));
            }
            Err(error) => findings.fail(
                CHECK,
                format!("{target}: {error}"),
                format!("`vantage model pull {name}`, or do not offer it"),
            ),
        }
    }
}

/// Each vendor's key, whether an offer has its vendor, and whether there is a cap on its money.
pub(super) fn keys(configured: &Configured, findings: &mut Findings) {
    const CHECK: &str = "API key";
    if configured.raw.vendors.is_empty() {
        return findings.ok(CHECK, "no vendor is configured");
    }
    for vendor in &configured.raw.vendors {
        let name = &vendor.target;
        let targets = configured.checked.offers.targets.iter();
        let used = targets.filter(|offer| vendor_name(&offer.target) == name).count();
        match vendor.key.load() {
            Ok(None) => findings.ok(CHECK, format!("{name}: none is wanted; {used} offers use it")),
            Ok(Some(_)) => findings.ok(CHECK, format!("{name}: there; {used} offers use it")),
            Err(error) => findings.fail(
                CHECK,
                format!("{name}: {error}"),
                "the node does not start without it: put right what is named, in the node's own environment",
            ),
        }
        if is_uncapped(vendor, &configured.checked.budget.limits) {
            findings.fail("budget", uncapped(name), CAP_HELP);
        }
    }
}
