//! Judging offers: pure, and the same for a list of offers as for a hire.

use crate::amount::{Atto, Nano};
use crate::daemon::{Properties, plain};
use crate::manifest;
use crate::order::Order;
use serde_json::Value;

/// Usage counter: seconds since the activity began.
pub const DURATION: &str = "golem.usage.duration_sec";
/// Usage counter: seconds of processors.
pub const CPU: &str = "golem.usage.cpu_sec";
/// Most threads that a price is reckoned for: more is a claim that would only raise the bound of an invoice. A guess.
const THREADS_MAX: u64 = 64;
/// Threads that a bill may count: the runner computes on one, and the runtime around it on some of another. What the
/// provider claims to have is no reason to pay for it.
const BILLED_THREADS_MAX: u64 = 2;
/// Most counters in an offer; stock providers have two or three. A guess.
const COUNTERS_MAX: usize = 8;

/// An offer that is good enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The provider's id.
    pub provider: String,
    /// What it calls itself: its word.
    pub name: String,
    /// Runtime, by name and version: its word.
    pub runtime: String,
    /// Threads: its word, at most 64.
    pub threads: u64,
    /// What it asks for.
    pub price: Price,
    /// Whether it offers that an image reaches named addresses of the Internet: its word.
    pub outbound: bool,
}

/// A linear price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// In the offer's own order: what is counted, and the price of one second of it.
    counters: Vec<(Counter, Atto)>,
    /// For starting.
    start: Atto,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counter {
    Duration,
    Cpu,
}

/// Why an offer is not taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// Not the runtime that was demanded.
    #[error("its runtime is another one")]
    Runtime,
    /// Not priced by a linear model, or not in a way that can be reckoned.
    #[error("its price cannot be reckoned: {0}")]
    Pricing(String),
    /// Over a cap.
    #[error("its price is above the cap: {what} {asked} GLM, at most {cap}")]
    Price {
        /// Of what.
        what: &'static str,
        /// What it asks for.
        asked: Nano,
        /// What it may.
        cap: Nano,
    },
    /// Cannot be paid on the platform that is set up.
    #[error("it takes no payment on the platform set up here")]
    Platform,
    /// An id that is none.
    #[error("its id cannot be read")]
    Id,
}

impl Refusal {
    /// The word that refusals are counted by.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Pricing(_) => "pricing",
            Self::Price { .. } => "price",
            Self::Platform => "platform",
            Self::Id => "id",
        }
    }
}

impl Offer {
    /// Judges an offer.
    pub fn judge(provider: &str, properties: &Properties, order: &Order) -> Result<Self, Refusal> {
        let offer = Self::read(provider, properties)?;
        if text(properties, "golem.runtime.name") != Some(order.runtime.as_str()) {
            return Err(Refusal::Runtime);
        }
        let platform = format!("golem.com.payment.platform.{}.address", order.platform);
        if !properties.contains_key(&platform) {
            return Err(Refusal::Platform);
        }
        offer.price.check(order)?;
        Ok(offer)
    }

    /// Reads an offer without asking whether it is good.
    pub fn read(provider: &str, properties: &Properties) -> Result<Self, Refusal> {
        if !is_node_id(provider) {
            return Err(Refusal::Id);
        }
        let word = |name| plain(text(properties, name).unwrap_or("unknown"));
        let threads = properties.get("golem.inf.cpu.threads").and_then(Value::as_u64);
        Ok(Self {
            provider: provider.to_owned(),
            name: word("golem.node.id.name"),
            runtime: format!("{} {}", word("golem.runtime.name"), word("golem.runtime.version")),
            threads: threads.unwrap_or(1).clamp(1, THREADS_MAX),
            price: Price::read(properties)?,
            outbound: manifest::is_offered(properties),
        })
    }
}

impl Offer {
    /// Threads that are reckoned with where bills are judged.
    pub fn billed_threads(&self) -> u64 {
        self.threads.min(BILLED_THREADS_MAX)
    }
}

impl Price {
    fn read(properties: &Properties) -> Result<Self, Refusal> {
        let bad = |why: &str| Refusal::Pricing(why.to_owned());
        if text(properties, "golem.com.pricing.model") != Some("linear") {
            return Err(bad("it is not linear"));
        }
        let list = |name: &str| properties.get(name).and_then(Value::as_array);
        let usage = list("golem.com.usage.vector").ok_or_else(|| bad("it has no usage vector"))?;
        let prices =
            list("golem.com.pricing.model.linear.coeffs").ok_or_else(|| bad("it has no coefficients"))?;
        if usage.is_empty() || usage.len() > COUNTERS_MAX || prices.len() != usage.len() + 1 {
            return Err(bad("coefficients and usage vector do not fit"));
        }
        let atto = |value: &Value| match value {
            Value::Number(number) => Atto::of(number).ok_or_else(|| bad("a coefficient is no amount")),
            _ => Err(bad("a coefficient is no number")),
        };
        let mut counters = Vec::new();
        for (counter, price) in usage.iter().zip(prices) {
            let counter = match counter.as_str() {
                Some(DURATION) => Counter::Duration,
                Some(CPU) => Counter::Cpu,
                _ => return Err(bad("it counts something unknown")),
            };
            if counters.iter().any(|(had, _)| *had == counter) {
                return Err(bad("it counts something twice"));
            }
            counters.push((counter, atto(price)?));
        }
        let start = prices.last().map(atto).transpose()?.unwrap_or_default();
        Ok(Self { counters, start })
    }

    fn check(&self, order: &Order) -> Result<(), Refusal> {
        let caps = &order.caps;
        for (what, asked, cap) in [
            ("an hour", self.hour(), caps.hour),
            ("a processor's second", self.cpu_second(), caps.cpu_second),
            ("the start", self.start(), caps.start),
        ] {
            if asked > cap {
                return Err(Refusal::Price { what, asked, cap });
            }
        }
        Ok(())
    }

    fn of(&self, counter: Counter) -> Atto {
        let found = self.counters.iter().find(|(had, _)| *had == counter);
        found.map(|(_, price)| *price).unwrap_or_default()
    }

    /// For one hour of running, processors idle; rounded up.
    pub fn hour(&self) -> Nano {
        self.of(Counter::Duration).times_milli(3_600_000).up()
    }

    /// For one second of a processor, rounded up.
    pub fn cpu_second(&self) -> Nano {
        self.of(Counter::Cpu).up()
    }

    /// For starting, rounded up.
    pub fn start(&self) -> Nano {
        self.start.up()
    }

    /// The most that so much time can cost on so many threads, all of them busy.
    pub fn most(&self, elapsed_ms: u64, threads: u64) -> Nano {
        let running = self.of(Counter::Duration).times_milli(elapsed_ms);
        let busy = self.of(Counter::Cpu).times_milli(elapsed_ms.saturating_mul(threads));
        self.start.plus(running).plus(busy).up()
    }

    /// What a usage vector costs, in the offer's own order, and how long its longest counter is; none if it does not fit.
    pub fn of_usage(&self, usage: &[serde_json::Number]) -> Option<Nano> {
        if usage.len() != self.counters.len() {
            return None;
        }
        let mut sum = self.start;
        for ((_, price), used) in self.counters.iter().zip(usage) {
            sum = sum.plus(price.times_milli(crate::amount::milli(used)?));
        }
        Some(sum.up())
    }
}

/// `0x` and forty hex digits.
pub(crate) fn is_node_id(id: &str) -> bool {
    id.strip_prefix("0x").is_some_and(|hex| hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn text<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::order::tests::order;
    use proptest::prelude::*;
    use serde_json::json;

    pub(crate) const PROVIDER: &str = "0xe0419e60fe222d45b3f1d853e310fce464ddd777";

    fn offer(changes: Value) -> Properties {
        let mut offer = json!({
            "golem.com.payment.platform.erc20-holesky-tglm.address": PROVIDER,
            "golem.com.pricing.model": "linear",
            "golem.com.pricing.model.linear.coeffs": [0.0001, 0.0001, 0.0],
            "golem.com.usage.vector": [CPU, DURATION],
            "golem.inf.cpu.threads": 2,
            "golem.node.id.name": "prov\u{1b}[31m",
            "golem.runtime.name": "sim-exeunit",
            "golem.runtime.version": "0.1.0",
        });
        for (name, value) in changes.as_object().unwrap() {
            offer[name] = value.clone();
        }
        offer.as_object().unwrap().clone()
    }

    pub(crate) fn price(cpu: f64, duration: f64, start: f64) -> Price {
        let coeffs = json!({ "golem.com.pricing.model.linear.coeffs": [cpu, duration, start] });
        Price::read(&offer(coeffs)).unwrap()
    }

    #[test]
    fn a_good_offer_is_taken() {
        let offer = Offer::judge(PROVIDER, &offer(json!({})), &order()).unwrap();
        assert_eq!((offer.threads, offer.runtime.as_str()), (2, "sim-exeunit 0.1.0"));
        assert_eq!(offer.name, "prov [31m");
        assert_eq!(offer.price.hour(), "0.36".parse().unwrap());
        assert_eq!(offer.price.most(10_000, 2), "0.003".parse().unwrap());
    }

    #[test]
    fn bad_offers_are_refused_each_for_its_reason() {
        let coeffs = "golem.com.pricing.model.linear.coeffs";
        let usage = "golem.com.usage.vector";
        for (change, word) in [
            (json!({ "golem.runtime.name": "vm" }), "runtime"),
            (json!({ "golem.runtime.name": "SIM-EXEUNIT" }), "runtime"),
            (json!({ "golem.com.pricing.model": "flat" }), "pricing"),
            (json!({ coeffs: [0.0001, 0.0001] }), "pricing"),
            (json!({ coeffs: [0.0001, -0.0001, 0] }), "pricing"),
            (json!({ coeffs: [0.0001, "0.0001", 0] }), "pricing"),
            (json!({ coeffs: [0.0001, 1e300, 0] }), "pricing"),
            (json!({ usage: [CPU, CPU] }), "pricing"),
            (json!({ usage: [CPU, "golem.usage.storage_gib"] }), "pricing"),
            (json!({ usage: [], coeffs: [0] }), "pricing"),
            (json!({ coeffs: [0.0001, 0.0002, 0.0] }), "price"),
            (json!({ coeffs: [0.00010000001, 0.0001, 0.0] }), "price"),
            (json!({ coeffs: [0.0001, 0.0001, 0.000000001] }), "price"),
        ] {
            assert_eq!(
                Offer::judge(PROVIDER, &offer(change.clone()), &order()).unwrap_err().word(),
                word,
                "{change}"
            );
        }
        let mut unpaid = offer(json!({}));
        unpaid.remove("golem.com.payment.platform.erc20-holesky-tglm.address");
        assert_eq!(Offer::judge(PROVIDER, &unpaid, &order()), Err(Refusal::Platform));
        assert_eq!(Offer::judge("0x12", &offer(json!({})), &order()), Err(Refusal::Id));
    }

    proptest! {
        #[test]
        fn no_offer_above_a_cap_is_taken(cpu in 0.0..0.001f64, duration in 0.0..0.001f64, start in 0.0..0.1f64) {
            let coeffs = json!({ "golem.com.pricing.model.linear.coeffs": [cpu, duration, start] });
            let mut order = order();
            order.caps.start = Nano(50_000_000);
            if let Ok(offer) = Offer::judge(PROVIDER, &offer(coeffs), &order) {
                prop_assert!(offer.price.hour() <= order.caps.hour);
                prop_assert!(offer.price.cpu_second() <= order.caps.cpu_second);
                prop_assert!(offer.price.start() <= order.caps.start);
                // what the caps promise holds for every time and every number of threads
                let hour = offer.price.most(3_600_000, 4).0;
                prop_assert!(hour <= order.caps.hour.0 + order.caps.start.0 + order.caps.cpu_second.0 * 4 * 3600);
            }
        }

        #[test]
        fn longer_never_costs_less(a in 0..10_000_000u64, b in 0..10_000_000u64, threads in 1..64u64) {
            let price = price(0.0001, 0.00003, 0.01);
            prop_assert!(price.most(a, threads) <= price.most(a + b, threads));
        }

        #[test]
        fn judging_never_panics(coeffs in proptest::collection::vec(any::<f64>(), 0..5)) {
            let change = json!({ "golem.com.pricing.model.linear.coeffs": coeffs });
            let _ = Offer::judge(PROVIDER, &offer(change), &order());
        }
    }
}
