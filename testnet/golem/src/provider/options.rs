//! What a provider offers and asks, and what it may be told to do wrong.

use serde_json::{Value, json};
use std::time::Duration;

/// The name under which this provider offers its runtime, so that nobody takes it for a real one.
pub const RUNTIME: &str = "sim-exeunit";
/// Nano-GLM in one GLM: prices and amounts are counted in whole ones.
pub const NANO: u64 = 1_000_000_000;

/// Prices in nano-GLM (10⁻⁹ GLM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// For each activity.
    pub start_nano: u64,
    /// For each second that an activity lives.
    pub per_second_nano: u64,
    /// For each second of computing.
    pub per_cpu_second_nano: u64,
}

impl Default for Prices {
    /// Of the order of what providers ask on the main network: 0.02 GLM an hour, 0.1 GLM an hour of computing.
    fn default() -> Self {
        Self { start_nano: 100_000, per_second_nano: 5_556, per_cpu_second_nano: 27_778 }
    }
}

/// What the provider is told to do wrong. Nothing, as a rule.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Activities are ordered and no ExeUnit ever starts.
    pub no_exeunit: bool,
    /// Agreements are never approved.
    pub never_approves: bool,
    /// Each captured output has its last letter or digit replaced.
    pub wrong_output: bool,
    /// Each captured output is this long, of the letter x.
    pub output_bytes: Option<usize>,
    /// A `run` never ends.
    pub endless_run: bool,
    /// The agent dies, as if it had been killed, when it is to run its n-th program (counted from 1, over all
    /// activities).
    pub dies_at_run: Option<u64>,
    /// All that is billed is multiplied.
    pub bills_times: Option<u64>,
    /// Debit notes come this often, whatever was agreed.
    pub notes_every: Option<Duration>,
    /// Whoever asks for a way out is refused, whatever the offer says.
    pub refuses_way_out: bool,
    /// After this long the provider ends the agreement by itself.
    pub ends_agreement_after: Option<Duration>,
}

/// How a provider is set up.
#[derive(Clone, Debug)]
pub struct ProviderOptions {
    /// Its name in the offer.
    pub name: String,
    /// What it asks.
    pub prices: Prices,
    /// The payment platform.
    pub platform: String,
    /// The runtime's name in the offer.
    pub runtime: String,
    /// Memory, in GiB, in the offer.
    pub mem_gib: f64,
    /// Whether it lets programs out to the addresses of a demand's manifest: the offer says so, and activities have a
    /// network only then.
    pub outbound: bool,
    /// What it does wrong.
    pub faults: Faults,
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self {
            name: "sim-provider".to_owned(),
            prices: Prices::default(),
            platform: "erc20-holesky-tglm".to_owned(),
            runtime: RUNTIME.to_owned(),
            mem_gib: 4.0,
            outbound: true,
            faults: Faults::default(),
        }
    }
}

impl ProviderOptions {
    /// The offer, as the market's REST API takes it.
    pub(super) fn offer(&self, address: &str, subnet: &str) -> Value {
        let glm = |nano: u64| nano as f64 / NANO as f64;
        let prices = &self.prices;
        // as long as the vector of usage, and the start price last
        let coefficients =
            [glm(prices.per_second_nano), glm(prices.per_cpu_second_nano), glm(prices.start_nano)];
        let capabilities: &[&str] = if self.outbound { &["inet", "manifest-support"] } else { &[] };
        let mut properties = json!({
            "golem.node.id.name": self.name,
            "golem.node.debug.subnet": subnet,
            "golem.runtime.name": self.runtime,
            "golem.runtime.version": env!("CARGO_PKG_VERSION"),
            "golem.runtime.capabilities": capabilities,
            "golem.inf.mem.gib": self.mem_gib,
            "golem.inf.storage.gib": 20.0,
            "golem.inf.cpu.architecture": std::env::consts::ARCH,
            "golem.inf.cpu.cores": 2,
            "golem.inf.cpu.threads": 2,
            "golem.srv.caps.multi-activity": true,
            "golem.srv.caps.payload-manifest": self.outbound,
            "golem.com.usage.vector": ["golem.usage.duration_sec", "golem.usage.cpu_sec"],
            "golem.com.pricing.model": "linear",
            "golem.com.pricing.model.linear.coeffs": coefficients,
            "golem.com.scheme": "payu",
            "golem.com.scheme.payu.debit-note.interval-sec?": 120,
            "golem.com.scheme.payu.payment-timeout-sec?": 120,
            "golem.com.payment.debit-notes.accept-timeout?": 240,
            "golem.com.payment.protocol.version": 3,
        });
        properties[format!("golem.com.payment.platform.{}.address", self.platform)] = json!(address);
        let constraints = format!("(&(golem.srv.comp.expiration>0)(golem.node.debug.subnet={subnet}))");
        json!({ "properties": properties, "constraints": constraints })
    }
}

/// Nano-GLM as a decimal number of GLM, exactly.
pub(super) fn glm(nano: u64) -> String {
    format!("{}.{:09}", nano / NANO, nano % NANO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_says_what_it_is() {
        let offer = ProviderOptions::default().offer("0xabc", "s");
        let properties = &offer["properties"];
        assert_eq!(properties["golem.runtime.name"], "sim-exeunit");
        assert_eq!(properties["golem.com.pricing.model.linear.coeffs"][0], 0.000005556);
        assert_eq!(properties["golem.runtime.capabilities"][0], "inet");
        assert_eq!(properties["golem.srv.caps.payload-manifest"], true);
        let closed = ProviderOptions { outbound: false, ..ProviderOptions::default() }.offer("0xabc", "s");
        assert_eq!(closed["properties"]["golem.runtime.capabilities"], json!([]));
        assert_eq!(closed["properties"]["golem.srv.caps.payload-manifest"], false);
        assert_eq!(properties["golem.com.payment.platform.erc20-holesky-tglm.address"], "0xabc");
        assert_eq!((glm(0), glm(1_500_000_000)), ("0.000000000".to_owned(), "1.500000000".to_owned()));
    }
}
