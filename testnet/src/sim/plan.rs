//! What is planned before a run: starts, offers, jobs, and every step of the script.

use super::cast::{REGIONS, START_S};
use super::event::{Event, Index};
use super::script::Action;
use super::world::World;
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::attester::{Input, JobOrder};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::JobId;
use vantage_protocol::job::JobTarget;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::target::Target;
use vantage_protocol::wire;

/// When the job is ordered unless the script says so, after the beginning, milliseconds: announces
/// have been certified by then, if nothing is lost.
pub(super) const SUBMIT_MS: u64 = 8_000;
/// An order that was refused is given again after this long, milliseconds.
const AGAIN_MS: u64 = 2_000;
/// Nodes start one after the other within this time, milliseconds.
const STARTS_MS: u64 = 300;
/// Targets of a simulation, in order: as many as a job may ask for.
pub(super) const TARGETS: [&str; 4] =
    ["compat:sim-b/model", "compat:sim-c/model", "compat:sim-d/model", "sim:openai"];

impl World {
    /// Fills the queue.
    pub(super) fn plan(&mut self) {
        self.plan_rogues();
        let begin_ms = self.now_ms;
        let script = self.scenario.script.clone();
        for node in 0..self.cast.identities.len() {
            let by_script = script.iter().any(|s| s.action == Action::Start { node });
            let crashed =
                script.iter().any(|s| matches!(s.action, Action::Crash { node: n, .. } if n == node));
            if !by_script || crashed {
                self.schedule(begin_ms + node as u64 * 97 % STARTS_MS, node, Event::Restart);
            }
        }
        if !script.iter().any(|s| matches!(s.action, Action::Submit { .. })) {
            self.plan_order(SUBMIT_MS, self.author);
        }
        for step in &script {
            self.plan_step(begin_ms + step.at_ms, &step.action);
        }
        if script.iter().any(|s| matches!(s.action, Action::Foreign { .. })) {
            self.overhear();
        }
    }

    fn plan_order(&mut self, at_ms: u64, node: Index) {
        self.orders += 1;
        self.last_order_ms = self.last_order_ms.max(self.now_ms + at_ms);
        self.schedule(self.now_ms + at_ms, node, Event::Submit(self.orders));
    }

    fn plan_step(&mut self, at_ms: u64, action: &Action) {
        match action {
            Action::Start { node } => self.schedule(at_ms, *node, Event::Restart),
            Action::Submit { node } => self.plan_order(at_ms - self.now_ms, *node),
            Action::Crash { node, effects, down_ms } => {
                self.schedule(at_ms, *node, Event::Doom(*effects, *down_ms));
            }
            Action::Clock { node, ms } if at_ms == self.now_ms => self.nodes[*node].skew_ms = *ms,
            Action::Clock { node, ms } => self.schedule(at_ms, *node, Event::Clock(*ms)),
            Action::Foreign { node, message } => self.schedule(at_ms, *node, Event::Foreign(*message)),
            Action::Heal => self.schedule(at_ms, 0, Event::Heal(None)),
            Action::Partition { groups, for_ms } => {
                self.partition_count += 1;
                let id = self.partition_count;
                self.schedule(at_ms, 0, Event::Partition(id, groups.clone()));
                if let Some(for_ms) = for_ms {
                    self.schedule(at_ms + for_ms, 0, Event::Heal(Some(id)));
                }
            }
        }
    }

    /// A node starts, for the first time or again.
    pub(super) fn start(&mut self, node: Index) {
        self.inherit(node);
        let memo = self.memo.clone();
        if let Err(why) = self.nodes[node].start(memo) {
            self.violations.push(format!("I7: node {node} does not start from its own records: {why}"));
            self.nodes[node].lost = true;
            return;
        }
        self.connect(node);
        self.schedule(self.now_ms + 100, node, Event::Announce);
        let due: Vec<u64> = self.nodes[node].orders.iter().copied().collect();
        for order in due {
            self.schedule(self.now_ms + AGAIN_MS, node, Event::Submit(order));
        }
        self.input(node, Input::Tick);
    }

    /// The operator's offer, the same at each start.
    pub(super) fn announce(&mut self, node: Index) {
        let offer = |target| Offer { target, call_microusd: 0 };
        let announce = Announce {
            regions: vec![self.nodes[node].identity.region.clone()],
            offers: targets(self.scenario.targets).into_iter().map(offer).collect(),
            slots_max: 8,
            from_s: START_S,
            until_s: START_S + 24 * 3600,
        };
        self.input(node, Input::Announce { announce });
    }

    /// The operator orders a job: again and again, until the node takes the order.
    pub(super) fn submit(&mut self, node: Index, order: u64) {
        self.nodes[node].orders.insert(order);
        if !self.nodes[node].is_up() {
            return;
        }
        let suite = wire::encode(&suite(self.scenario.prompts, order));
        let cid = Cid::dag_cbor(&suite);
        self.nodes[node].disk.put(cid, suite, true);
        let repeats = self.scenario.repeats;
        let target = |target| JobTarget { target, repeats };
        let regions = &REGIONS[..self.scenario.regions];
        let input = JobOrder {
            suite: cid,
            targets: targets(self.scenario.targets).into_iter().map(target).collect(),
            regions: regions.iter().map(|r| (*r).to_owned()).collect(),
            replicas: self.scenario.replicas,
            study: None,
            commit_s: self.scenario.gap_s,
            reveal_s: self.scenario.gap_s,
            final_s: self.scenario.gap_s,
            output_bytes_max: 4096,
            slot_calls_max: 1000,
        };
        self.input(node, Input::Submit { token: order, order: input });
    }

    /// The core's answer to an order.
    pub(super) fn submitted(&mut self, node: Index, order: u64, result: Result<JobId, String>) {
        match result {
            Ok(job) => {
                self.nodes[node].orders.remove(&order);
                self.jobs.push(job);
                self.last_order_ms = self.last_order_ms.max(self.now_ms);
            }
            Err(_) => self.schedule(self.now_ms + AGAIN_MS, node, Event::Submit(order)),
        }
    }
}

/// The targets of a simulation: the simulated vendor first, then endpoints of other names.
fn targets(count: usize) -> Vec<Target> {
    let mut targets: Vec<Target> =
        TARGETS.iter().rev().take(count).map(|text| text.parse().expect("a constant that parses")).collect();
    targets.sort();
    targets
}

fn suite(prompts: usize, order: u64) -> Suite {
    let prompt = |i: usize| Prompt {
        id: format!("p{i}"),
        topic: "simulation".into(),
        kind: if i == 0 { PromptKind::Contested } else { PromptKind::Fact },
        text: format!("Question number {i}?"),
    };
    Suite {
        v: 1,
        name: if order == 1 { "simulation".into() } else { format!("simulation-{order}") },
        label: "prepared answers, for the simulator".into(),
        tokens_max: 64,
        temperature_milli: Some(0),
        seed: Some(1),
        prompts: (0..prompts).map(prompt).collect(),
    }
}
