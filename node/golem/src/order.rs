//! What is looked for on the market, and what it may cost.

use crate::amount::Nano;
use crate::daemon::{Decorations, Demand, Properties};
use crate::image::Image;
use crate::manifest::{self, Landmark};
use serde_json::{Value, json};

/// Runtime of ordinary providers: a virtual machine.
pub const RUNTIME_VM: &str = "vm";
/// Runtime of the simulated provider of test networks. It runs commands on its own machine and says so by its name.
pub const RUNTIME_SIM: &str = "sim-exeunit";
/// How often a debit note is asked for, seconds. As stock requestors do.
const NOTE_INTERVAL_S: u64 = 120;
/// How long a debit note may wait for its acceptance, seconds. As stock requestors do.
const NOTE_ACCEPT_S: u64 = 120;
/// How long a provider may have to wait for the money, seconds. As stock requestors do.
const PAYMENT_TIMEOUT_S: u64 = 43_200;

/// What is rented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Runtime that an offer must have, by its exact name.
    pub runtime: String,
    /// Part of the market.
    pub subnet: String,
    /// What runs there.
    pub image: Image,
    /// As `erc20-polygon-glm`.
    pub platform: String,
    /// Least memory, GiB.
    pub mem_gib: u32,
    /// Least disk, GiB.
    pub storage_gib: u32,
    /// Least threads.
    pub threads: u32,
    /// What it may cost.
    pub caps: Caps,
    /// What the image is to reach on the Internet, at providers who offer that. Empty: nothing is asked for.
    pub landmarks: Vec<Landmark>,
}

/// The most that an offer may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// For one hour of running, processors idle.
    pub hour: Nano,
    /// For one second of a processor.
    pub cpu_second: Nano,
    /// For starting.
    pub start: Nano,
}

impl Order {
    /// Only in test networks.
    pub fn is_simulated(&self) -> bool {
        self.runtime == RUNTIME_SIM
    }

    /// The demand as it is published; `expires_ms` is when the rent ends, POSIX milliseconds.
    pub fn demand(&self, decorations: &Decorations, expires_ms: u64) -> Demand {
        let mut properties = Properties::new();
        let mut put = |name: &str, value: Value| properties.insert(name.to_owned(), value);
        put("golem.srv.caps.multi-activity", json!(true));
        put("golem.node.debug.subnet", json!(self.subnet));
        put("golem.srv.comp.expiration", json!(expires_ms));
        put("golem.srv.comp.vm.package_format", json!("gvmkit-squash"));
        let package = format!("hash:sha3:{}:{}", self.image.sha3_224, self.image.url);
        put("golem.srv.comp.task_package", json!(package));
        put("golem.com.scheme.payu.debit-note.interval-sec?", json!(NOTE_INTERVAL_S));
        put("golem.com.scheme.payu.payment-timeout-sec?", json!(PAYMENT_TIMEOUT_S));
        put("golem.com.payment.debit-notes.accept-timeout?", json!(NOTE_ACCEPT_S));
        for decoration in &decorations.properties {
            put(&decoration.key, json!(decoration.value));
        }
        let mut constraints = vec![
            "(golem.com.pricing.model=linear)".to_owned(),
            format!("(golem.node.debug.subnet={})", self.subnet),
            format!("(golem.runtime.name={})", self.runtime),
            format!("(golem.inf.mem.gib>={})", self.mem_gib),
            format!("(golem.inf.storage.gib>={})", self.storage_gib),
            format!("(golem.inf.cpu.threads>={})", self.threads),
        ];
        constraints.extend(decorations.constraints.iter().cloned());
        Demand { properties, constraints: format!("(&{})", constraints.concat()) }
    }

    /// The demand as an answer to a proposal: it settles how it is paid.
    pub fn counter(&self, demand: &Demand) -> Demand {
        let mut counter = demand.clone();
        counter.properties.insert("golem.com.payment.chosen-platform".to_owned(), json!(self.platform));
        counter
    }

    /// An answer that also asks for the way out to the landmarks, from now on and until the rent ends, POSIX
    /// milliseconds.
    pub(crate) fn with_way_out(&self, counter: &Demand, now_ms: u64, expires_ms: u64) -> Demand {
        let mut counter = counter.clone();
        let manifest = manifest::encode(&self.image, &self.landmarks, now_ms, expires_ms);
        counter.properties.insert(manifest::PROPERTY.to_owned(), json!(manifest));
        counter
    }
}

/// A name that can stand in a constraint: letters, digits, `-`, `.`, `_`.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// A test network's money is worth nothing: its token is `tglm` on every platform that has one. Whatever else there is
/// counts as real.
pub fn is_test_platform(platform: &str) -> bool {
    platform.ends_with("-tglm")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::daemon::Decoration;

    pub(crate) fn order() -> Order {
        Order {
            runtime: RUNTIME_SIM.into(),
            subnet: "test".into(),
            image: Image { url: "http://127.0.0.1:1/x.gvmi".into(), sha3_224: "9a".repeat(28) },
            platform: "erc20-holesky-tglm".into(),
            mem_gib: 2,
            storage_gib: 2,
            threads: 1,
            caps: Caps { hour: Nano(500_000_000), cpu_second: Nano(100_000), start: Nano(0) },
            landmarks: Vec::new(),
        }
    }

    #[test]
    fn a_demand_says_what_is_wanted() {
        let decorations = Decorations {
            properties: vec![Decoration {
                key: "golem.com.payment.protocol.version".into(),
                value: "3".into(),
            }],
            constraints: vec!["(golem.com.payment.protocol.version>1)".into()],
        };
        let demand = order().demand(&decorations, 1_795_690_537_921);
        assert_eq!(
            demand.constraints,
            "(&(golem.com.pricing.model=linear)(golem.node.debug.subnet=test)(golem.runtime.name=sim-exeunit)\
             (golem.inf.mem.gib>=2)(golem.inf.storage.gib>=2)(golem.inf.cpu.threads>=1)\
             (golem.com.payment.protocol.version>1))"
        );
        assert_eq!(demand.properties["golem.com.payment.protocol.version"], "3");
        let package = format!("hash:sha3:{}:http://127.0.0.1:1/x.gvmi", "9a".repeat(28));
        assert_eq!(demand.properties["golem.srv.comp.task_package"], package.as_str());
        let counter = order().counter(&demand);
        assert_eq!(counter.properties["golem.com.payment.chosen-platform"], "erc20-holesky-tglm");
    }

    /// Providers that let nobody out must find nothing in the demand that they would say no to.
    #[test]
    fn a_way_out_is_asked_for_in_the_answer_alone() {
        let none = Decorations { properties: Vec::new(), constraints: Vec::new() };
        let plain = order().demand(&none, 1_795_694_137_123);
        let order = Order { landmarks: vec![manifest::tests::landmark()], ..order() };
        let demand = order.demand(&none, 1_795_694_137_123);
        assert_eq!(demand, plain);
        let counter = order.counter(&demand);
        let asking = order.with_way_out(&counter, 1_795_690_537_123, 1_795_694_137_123);
        assert!(!counter.properties.contains_key(manifest::PROPERTY));
        assert!(asking.properties.contains_key(manifest::PROPERTY));
        assert_eq!(asking.constraints, plain.constraints);
    }

    #[test]
    fn names_cannot_change_a_constraint() {
        assert!(is_plain_name("sim-exeunit") && is_plain_name("a_1.b"));
        assert!(!is_plain_name("vm)(a=*") && !is_plain_name("") && !is_plain_name(&"a".repeat(65)));
    }
}
