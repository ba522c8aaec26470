//! A provider for tests, `sim-exeunit`: it plays what Golem's provider agent and its ExeUnit do, against a real daemon.
//!
//! It has a real market, real agreements, real notes and invoices; what it has not is a virtual machine. The image is
//! fetched, checked and unpacked, and its programs run as children of the test. Its offer says `sim-exeunit` and never
//! `vm`, unless a test that is about this sets another name.

mod activities;
mod batch;
mod billing;
mod market;
mod meter;
mod network;
mod options;
mod runtime;
mod script;
mod seen;
mod unit;

pub use options::{Faults, NANO, Prices, ProviderOptions, RUNTIME};
pub use seen::{Bill, Seen};

use crate::rest::Rest;
use crate::{BedError, Daemon, NotReady};
use meter::Meter;
use network::Network;
use runtime::Images;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A running provider. Dropped, it is gone at once and without a word, as if it had been killed.
#[derive(Debug)]
pub struct SimProvider {
    agent: Arc<Agent>,
}

/// What the tasks of a provider share.
#[derive(Debug)]
struct Agent {
    rest: Rest,
    gsb_url: String,
    options: ProviderOptions,
    offer: Value,
    started: String,
    images: Arc<Images>,
    seen: watch::Sender<Seen>,
    /// The properties of the demand behind each agreement.
    demands: Mutex<HashMap<String, Value>>,
    /// Agreement and clock of each activity.
    meters: Mutex<BTreeMap<String, (String, Arc<Meter>)>>,
    tasks: Mutex<JoinSet<()>>,
}

impl SimProvider {
    /// Publishes an offer through a daemon, and serves whoever takes it. Images and what activities write are kept
    /// below the daemon's directory.
    pub async fn start(daemon: &Daemon, subnet: &str, options: ProviderOptions) -> Result<Self, BedError> {
        let dir: PathBuf = daemon.dir().join("images");
        std::fs::create_dir_all(&dir).map_err(BedError::io(&dir))?;
        let offer = options.offer(daemon.node_id(), subnet);
        let agent = Arc::new(Agent {
            rest: Rest::new(daemon.api_url(), daemon.app_key().to_owned()),
            gsb_url: daemon.gsb_url(),
            options,
            offer,
            started: market::beginning(),
            images: Arc::new(Images::new(dir)),
            seen: watch::Sender::default(),
            demands: Mutex::default(),
            meters: Mutex::default(),
            tasks: Mutex::default(),
        });
        let offer_id = market::publish(&agent).await?;
        agent.spawn(market::negotiate(Arc::clone(&agent), offer_id));
        agent.spawn(market::see_agreements_end(Arc::clone(&agent)));
        agent.spawn(activities::attend(Arc::clone(&agent)));
        agent.spawn(billing::see_invoices(Arc::clone(&agent)));
        agent.spawn(billing::see_debit_notes(Arc::clone(&agent)));
        agent.spawn(billing::see_payments(Arc::clone(&agent)));
        Ok(Self { agent })
    }

    /// What it has seen so far.
    pub fn seen(&self) -> Seen {
        self.agent.seen.borrow().clone()
    }

    /// Waits until what it has seen fulfils a condition.
    pub async fn until(
        &self,
        what: &str,
        limit: Duration,
        holds: impl FnMut(&Seen) -> bool,
    ) -> Result<Seen, BedError> {
        let mut news = self.agent.seen.subscribe();
        let waited = tokio::time::timeout(limit, news.wait_for(holds)).await;
        if let Ok(Ok(seen)) = waited {
            return Ok(seen.clone());
        }
        Err(BedError::NotReady(Box::new(NotReady {
            name: self.agent.options.name.clone(),
            what: what.to_owned(),
            waited_s: limit.as_secs(),
            why: "it did not come true".to_owned(),
            log: PathBuf::new(),
            tail: format!("{:#?}", self.seen()),
        })))
    }
}

impl Drop for SimProvider {
    fn drop(&mut self) {
        self.agent.tasks().abort_all();
    }
}

impl Agent {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks().spawn(task);
    }

    fn see<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        let mut change = Some(change);
        let mut outcome = None;
        self.seen.send_modify(|seen| outcome = change.take().map(|change| change(seen)));
        // `send_modify` calls it once
        outcome.expect("the change was made")
    }

    fn trouble(&self, error: &BedError) {
        self.see(|seen| seen.trouble(error.to_string()));
    }

    /// Keeps what the demand of an agreement says.
    fn remember(&self, agreement: &str, content: &Value) {
        let properties = content["demand"]["properties"].clone();
        let mut demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        demands.insert(agreement.to_owned(), properties);
    }

    /// Whether an agreement is one of ours: several agents may serve one daemon.
    fn has_signed(&self, agreement: &str) -> bool {
        self.demands.lock().unwrap_or_else(PoisonError::into_inner).contains_key(agreement)
    }

    fn demand(&self, agreement: &str, property: &str) -> Value {
        let demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        demands.get(agreement).map(|properties| properties[property].clone()).unwrap_or_default()
    }

    fn task_package(&self, agreement: &str) -> String {
        let package = self.demand(agreement, "golem.srv.comp.task_package");
        package.as_str().unwrap_or_default().to_owned()
    }

    fn network(&self, agreement: &str) -> Network {
        Network::agreed(self.options.outbound, self.demand(agreement, network::MANIFEST).as_str())
    }

    fn billed(&self, nano: u64) -> u64 {
        nano.saturating_mul(self.options.faults.bills_times.unwrap_or(1))
    }

    fn meters(&self) -> MutexGuard<'_, BTreeMap<String, (String, Arc<Meter>)>> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
