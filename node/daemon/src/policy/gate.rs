//! The gate before execution: it keeps count of what was taken on, asks the policy, and lets slots wait for their turn.

use super::{Asked, Policy, Refusal};
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use vantage_api::Room;
use vantage_protocol::attester::Execution;
use vantage_protocol::id::JobId;

/// Seconds of a day.
const DAY_S: u64 = 86_400;
/// Slots that wait for their turn; further ones are declined. A guess: more than a day of work.
const WAITING_MAX: usize = 1024;

/// What becomes of a slot.
#[derive(Debug)]
pub enum Admission {
    /// Run it now.
    Start(Box<Execution>),
    /// It waits until another slot ends.
    Wait,
    /// Not taken on; the reason for the log.
    Decline(String),
}

/// What of a job was taken on here.
#[derive(Clone, Copy, Default, Debug)]
struct Load {
    cells: u64,
    calls: u64,
    cost_microusd: u64,
}

/// Decides on each slot once, in the engine's thread.
#[derive(Debug)]
pub struct Gate {
    policy: Arc<Policy>,
    store: Arc<Store>,
    /// Price asked for a call, by target.
    prices: BTreeMap<String, u64>,
    loads: BTreeMap<JobId, Load>,
    waiting: VecDeque<Box<Execution>>,
}

impl Gate {
    /// `prices` are those that the node announces, millionths of a US dollar a call.
    pub fn new(policy: Arc<Policy>, store: Arc<Store>, prices: BTreeMap<String, u64>) -> Self {
        Self { policy, store, prices, loads: BTreeMap::new(), waiting: VecDeque::new() }
    }

    /// Another policy, from now on.
    pub fn follow(&mut self, policy: Arc<Policy>) {
        self.policy = policy;
    }

    /// Takes a slot on or not. That it was taken on is on disk before it runs. `running` slots run already.
    pub fn admit(
        &mut self,
        execution: Execution,
        running: usize,
        room: Room,
        now_s: u64,
    ) -> Result<Admission, StoreError> {
        let load = self.load_with(&execution);
        if !self.store.is_taken(&execution.job, execution.slot)? {
            if let Err(refusal) = self.decide(&execution, load, room, now_s)? {
                return Ok(Admission::Decline(refusal.to_string()));
            }
            self.store.take(&execution.job, execution.slot, now_s)?;
        }
        self.loads.insert(execution.job, load);
        let execution = Box::new(execution);
        if self.policy.slots_running_max.is_some_and(|most| running >= most) {
            self.waiting.push_back(execution);
            return Ok(Admission::Wait);
        }
        Ok(Admission::Start(execution))
    }

    /// The next slot whose turn it is, now that `running` slots run.
    pub fn next(&mut self, running: usize) -> Option<Execution> {
        if self.policy.slots_running_max.is_some_and(|most| running >= most) {
            return None;
        }
        self.waiting.pop_front().map(|execution| *execution)
    }

    /// A slot need not be run any more. Says whether it was waiting.
    pub fn abandon(&mut self, job: &JobId, slot: u32) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|execution| (execution.job, execution.slot) != (*job, slot));
        self.waiting.len() < before
    }

    /// Slots that wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn decide(
        &self,
        execution: &Execution,
        load: Load,
        room: Room,
        now_s: u64,
    ) -> Result<Result<(), Refusal>, StoreError> {
        if room < Room::Ample {
            let text = "there is too little free space for further jobs".to_owned();
            return Ok(Err(Refusal { code: "disk", text }));
        }
        if self.waiting.len() >= WAITING_MAX {
            return Ok(Err(Refusal { code: "busy", text: format!("{WAITING_MAX} slots wait already") }));
        }
        let today = self.store.taken_since(now_s / DAY_S * DAY_S)?;
        let others = today.iter().filter(|job| **job != execution.job).count();
        Ok(self.policy.decide(&Asked {
            author: execution.author,
            suite: execution.suite,
            target: execution.target.as_str(),
            cells: load.cells,
            calls: load.calls,
            cost_microusd: load.cost_microusd,
            other_jobs_today: others as u64,
            now_s,
        }))
    }

    /// The job's load here once this slot is taken on.
    fn load_with(&self, execution: &Execution) -> Load {
        let before = self.loads.get(&execution.job).copied().unwrap_or_default();
        let cells = execution.tasks.len() as u64;
        let price = self.prices.get(execution.target.as_str()).copied().unwrap_or_default();
        Load {
            cells: before.cells.saturating_add(cells),
            calls: before.calls.saturating_add(execution.calls_max.into()),
            cost_microusd: before.cost_microusd.saturating_add(cells.saturating_mul(price)),
        }
    }
}
