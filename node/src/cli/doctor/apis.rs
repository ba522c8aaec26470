//! What is offered: models that are there and whole, keys of APIs that can be had, addresses as APIs want them. No key is
//! shown, nobody is called.

use super::place::Configured;
use super::{Findings, Running};
use vantage_daemon::config::checked::{Uncapped, uncapped};
use vantage_daemon::ledger::vendor_name;
use vantage_exec::KeyError;
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
pub(super) fn keys(configured: &Configured, running: &Running, findings: &mut Findings) {
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
            Err(error) if has_its_own(running, &error, name) => findings.warn(
                CHECK,
                format!("{name}: the running node has its own; from here it cannot be looked at: {error}"),
                "nothing, if the node's service hands it over at each start; else see to it before the next start",
            ),
            Err(error) => findings.fail(
                CHECK,
                format!("{name}: {error}"),
                "the node does not start without it: put right what is named, in the node's own environment",
            ),
        }
        if let Some(Uncapped { what, help, .. }) = uncapped(vendor, &configured.checked.budget.limits) {
            findings.fail("budget", what, help);
        }
    }
}

/// Whether a node that runs was given a key that this process cannot have: by a variable, or by what delivers keys to a
/// service. It would not run without the key, if it knows the vendor.
fn has_its_own(running: &Running, error: &KeyError, vendor: &str) -> bool {
    let Running::Yes(answered) = running else { return false };
    error.is_of_surroundings() && answered.status.vendors.iter().any(|view| view.vendor == vendor)
}

/// Each base address. That of a compatible endpoint carries the version of its API, with few exceptions.
pub(super) fn addresses(configured: &Configured, findings: &mut Findings) {
    const CHECK: &str = "API address";
    for vendor in &configured.checked.vendors {
        let name = vendor.target();
        let is_bare = |region: &&str| vendor.endpoint(region).is_ok_and(|url| !has_version(url.path()));
        let bare = vendor.regions().find(|region| vendor.config().is_compatible() && is_bare(region));
        let bare = bare.and_then(|region| vendor.shown_endpoint(region));
        match bare {
            None => findings.ok(CHECK, format!("{name}: as its API wants it, by its form")),
            Some(url) => findings.warn(
                CHECK,
                format!("{name}: {url} carries no version, and requests go to /chat/completions below it"),
                "most servers want https://api.example/v1 or the like; where it is right `vantage target probe` gets an \
                 answer",
            ),
        }
    }
}

/// Whether a segment of a path is a version: v1, v4, v1beta.
fn has_version(path: &str) -> bool {
    let is_version = |segment: &str| {
        segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    path.split('/').any(is_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_segment_of_its_own() {
        for path in ["/v1", "/v1/", "/api/paas/v4", "/v1beta/openai", "/openai/v1", "/v10"] {
            assert!(has_version(path), "{path}");
        }
        for path in ["", "/", "/api", "/vault", "/v", "/xv1", "/openai"] {
            assert!(!has_version(path), "{path}");
        }
    }
}
