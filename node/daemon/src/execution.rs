//! Running slots: one task each, cell after cell, every receipt on disk before the next cell begins.
//!
//! A slot that is asked for again after a restart goes on where it was: cells whose receipts are on disk are not run
//! again. A cell that a crash interrupted is; its calls were counted before they were sent, so no restart exceeds a cap.
//!
//! Shortly before the commit deadline what is not done becomes a receipt with failure `deadline`, so that the cells
//! that are done still count. After the deadline nothing is of use any more: the slot is given up.

mod api;
mod cell;
mod golem;
mod landmarks;
mod open;
mod probe;
mod receipt;
mod slot;
mod spending;

use crate::config::Config;
use crate::ledger::Ledger;
use crate::store::{Store, StoreError};
use golem::{GolemDesk, GolemSlot};
use open::OpenWorker;
pub use open::question;
pub use probe::{Probe, Probed, plain_suite};
pub use spending::Spending;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vantage_exec::{TransportError, VendorClient};
use vantage_protocol::attester::Execution;
use vantage_protocol::id::{JobId, Salt};
use vantage_protocol::receipt::Receipt;
use vantage_protocol::target::{Surface, Target};
use vantage_runner::ModelStore;

#[cfg(test)]
pub(crate) use receipt::sample as sample_receipt;

/// How a slot ended.
#[derive(Debug)]
pub struct SlotEnd {
    /// Which job.
    pub job: JobId,
    /// Which slot.
    pub slot: u32,
    /// What came of it.
    pub outcome: SlotOutcome,
}

/// What came of a slot.
#[derive(Debug)]
pub enum SlotOutcome {
    /// All cells have a receipt; outputs and responses are in the store, private.
    Executed {
        /// Fresh from the system's random source.
        salt: Salt,
        /// In canonical order.
        cells: Vec<Receipt>,
    },
    /// The slot is not taken on.
    Declined {
        /// Why, for people.
        reason: String,
    },
    /// Abandoned, called off, or too late.
    GivenUp,
    /// This node cannot remember: it must stop.
    Failed(StoreError),
}

/// All slots that this node runs.
#[derive(Debug)]
pub struct Executions {
    store: Arc<Store>,
    ends: mpsc::Sender<SlotEnd>,
    ledger: Arc<Ledger>,
    vendors: Arc<BTreeMap<String, Arc<VendorClient>>>,
    models: ModelStore,
    open: Arc<OpenWorker>,
    golem: Option<Arc<GolemDesk>>,
    gap: Duration,
    running: BTreeMap<(JobId, u32), CancellationToken>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Executions {
    /// Nothing runs yet. Ends of slots go to `ends`, whose other side must be drained.
    pub fn new(
        config: &Config,
        store: Arc<Store>,
        ledger: Arc<Ledger>,
        ends: mpsc::Sender<SlotEnd>,
    ) -> Result<Self, TransportError> {
        let mut vendors = BTreeMap::new();
        for vendor in &config.vendors {
            vendors.insert(vendor.target().to_owned(), Arc::new(VendorClient::new(vendor.clone())?));
        }
        Ok(Self {
            golem: config.golem.clone().map(|golem| Arc::new(GolemDesk::new(golem, store.clone()))),
            store,
            ends,
            ledger,
            vendors: Arc::new(vendors),
            models: ModelStore::new(&config.models),
            open: Arc::new(OpenWorker::new(ModelStore::new(&config.models), config.runner.clone())),
            gap: Duration::from_millis(config.execution.gap_ms),
            running: BTreeMap::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        })
    }

    /// Why a target cannot be run here from a region; `Ok` if it can, as far as can be seen without running it.
    pub fn available(&self, target: &Target, region: &str) -> Result<(), String> {
        match target.surface() {
            Surface::Open => self.models.open(target.model()).map(|_| ()).map_err(|error| error.to_string()),
            Surface::Golem => self.golem(target).map(|_| ()),
            Surface::Api => {
                let found = self.vendor(target)?.vendor().endpoint(region);
                found.map(|_| ()).map_err(|error| error.to_string())
            }
        }
    }

    /// Runs a slot, unless it is running already. Does not wait.
    pub fn start(&mut self, execution: Execution) {
        let key = (execution.job, execution.slot);
        let Entry::Vacant(place) = self.running.entry(key) else { return };
        let cancel = place.insert(self.stop.child_token()).clone();
        let executor = self.executor(&execution);
        let (store, ledger, gap) = (self.store.clone(), self.ledger.clone(), self.gap);
        let ends = self.ends.clone();
        self.tasks.spawn(async move {
            let outcome = match &executor {
                Ok(executor) => {
                    let executor = executor.clone();
                    slot::Slot { execution, executor, store, ledger, gap, cancel }.run().await
                }
                Err(reason) => SlotOutcome::Declined { reason: reason.clone() },
            };
            // Nobody listens once the node is stopping.
            let _ = ends.send(SlotEnd { job: key.0, slot: key.1, outcome }).await;
            if let Ok(executor) = executor {
                executor.close().await;
            }
        });
    }

    /// Calls a slot off; its end is still told.
    pub fn abandon(&self, job: &JobId, slot: u32) {
        if let Some(cancel) = self.running.get(&(*job, slot)) {
            cancel.cancel();
        }
    }

    /// Takes note of an end that was told.
    pub fn ended(&mut self, end: &SlotEnd) {
        self.running.remove(&(end.job, end.slot));
    }

    /// Whether a slot is being run.
    pub fn is_running(&self, job: &JobId, slot: u32) -> bool {
        self.running.contains_key(&(*job, slot))
    }

    /// What was spent, for readers.
    pub fn spending(&self) -> Spending {
        Spending { ledger: self.ledger.clone(), vendors: self.vendors.clone(), golem: self.golem.clone() }
    }

    /// Ends what an earlier process left open at the daemon of Golem, and whatever could not be ended since, until the
    /// node stops. Does not wait.
    pub fn tend_golem(&self) {
        match &self.golem {
            Some(desk) => {
                let (desk, stop) = (desk.clone(), self.stop.clone());
                self.tasks.spawn(async move { desk.tend(&stop).await });
            }
            None => golem::warn_of_open(&self.store),
        }
    }

    /// Slots being run.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Calls everything off and waits until nothing runs any more. What is done is on disk.
    pub async fn stop(self, mut ends: mpsc::Receiver<SlotEnd>) {
        self.stop.cancel();
        self.tasks.close();
        ends.close();
        while ends.recv().await.is_some() {}
        self.tasks.wait().await;
        self.open.stop().await;
    }

    fn executor(&self, execution: &Execution) -> Result<cell::Executor, String> {
        self.available(&execution.target, &execution.region)?;
        Ok(match execution.target.surface() {
            Surface::Open => cell::Executor::Open(self.open.clone()),
            Surface::Api => cell::Executor::Api(self.vendor(&execution.target)?.clone()),
            Surface::Golem => {
                let desk = self.golem(&execution.target)?.clone();
                cell::Executor::Golem(Arc::new(GolemSlot::new(desk, execution.job, execution.slot)))
            }
        })
    }

    fn golem(&self, target: &Target) -> Result<&Arc<GolemDesk>, String> {
        let desk = self.golem.as_ref().ok_or_else(|| format!("{target} is not set up here: no [golem]"))?;
        if desk.has(target.model()) {
            return Ok(desk);
        }
        Err(format!("{target} is not set up here: its model is not in the image that [golem] names"))
    }

    fn vendor(&self, target: &Target) -> Result<&Arc<VendorClient>, String> {
        let name = crate::ledger::vendor_name(target);
        self.vendors.get(name).ok_or_else(|| format!("{target} is not set up here: no [[vendor]] {name:?}"))
    }
}

#[cfg(test)]
mod tests;
