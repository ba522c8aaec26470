//! What is planned before a run: starts, offers, the job, and all the troubles of the scenario.

use super::cast::START_S;
use super::event::{Event, Index};
use super::world::World;
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::attester::{Input, JobOrder};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::JobId;
use vantage_protocol::job::JobTarget;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::target::Target;
use vantage_protocol::wire;

/// When the job is ordered, after the start, milliseconds: announces have been certified by then,
/// if nothing is lost.
const SUBMIT_MS: u64 = 8_000;
/// An order that was refused is given again after this long, milliseconds.
const AGAIN_MS: u64 = 2_000;
/// Troubles begin this long before and end this long after the job is ordered, milliseconds.
const TROUBLE_MS: (u64, u64) = (3_000, 25_000);
/// Who dies for good does so within this time after the order, milliseconds: a job without troubles
/// takes longer.
const DEATH_MS: u64 = 1_500;

impl World {
    /// Fills the queue.
    pub(super) fn plan(&mut self) {
        self.plan_rogues();
        self.plan_clocks();
        let start_ms = self.now_ms;
        for node in 0..self.cast.identities.len() {
            let at_ms = start_ms + self.dice.below(300);
            self.schedule(at_ms, node, Event::Restart);
        }
        self.schedule(start_ms + SUBMIT_MS, self.author, Event::Submit);
        self.plan_troubles();
        self.plan_foreign();
    }

    fn plan_clocks(&mut self) {
        let skew_ms = self.scenario.skew_ms;
        for node in 0..self.nodes.len() {
            let error_ms = self.dice.below(2 * skew_ms + 1) as i64;
            self.nodes[node].skew_ms = error_ms - skew_ms as i64;
        }
        if self.scenario.fast_clock_ms > 0 {
            let node = self.dice.below(self.scenario.members as u64) as usize;
            self.nodes[node].skew_ms = self.scenario.fast_clock_ms as i64;
        }
    }

    fn plan_troubles(&mut self) {
        let submit_ms = START_S * 1000 + SUBMIT_MS;
        let (from, to) = (submit_ms - TROUBLE_MS.0, submit_ms + TROUBLE_MS.1);
        let honest: Vec<Index> = (0..self.nodes.len()).filter(|i| self.nodes[*i].is_honest()).collect();
        for _ in 0..self.scenario.crashes {
            let node = honest[self.dice.below(honest.len() as u64) as usize];
            let at_ms = self.dice.between(from, to);
            let effects = self.dice.below(30) as u32;
            self.schedule(at_ms, node, Event::Doom(effects));
        }
        for _ in 0..self.scenario.partitions {
            let node = honest[self.dice.below(honest.len() as u64) as usize];
            let at_ms = self.dice.between(from, to);
            let length_ms = self.dice.between(1_000, 8_000);
            self.schedule(at_ms, node, Event::Cut);
            self.schedule(at_ms + length_ms, node, Event::Heal);
        }
        let members = honest.iter().copied().filter(|i| *i < self.scenario.members && *i != self.author);
        for node in members.take(self.scenario.lost_members).collect::<Vec<_>>() {
            let at_ms = self.dice.between(submit_ms, submit_ms + DEATH_MS);
            self.schedule(at_ms, node, Event::Die);
        }
    }

    /// A node starts, for the first time or again.
    pub(super) fn start(&mut self, node: Index) {
        self.inherit(node);
        if let Err(why) = self.nodes[node].start() {
            self.violations.push(format!("I7: node {node} does not start from its own records: {why}"));
            self.nodes[node].lost = true;
            return;
        }
        self.connect(node);
        self.schedule(self.now_ms + 100, node, Event::Announce);
        if node == self.author && self.job.is_none() && self.now_ms > START_S * 1000 + SUBMIT_MS {
            self.schedule(self.now_ms + AGAIN_MS, node, Event::Submit);
        }
        self.input(node, Input::Tick);
    }

    /// The operator's offer, the same at each start.
    pub(super) fn announce(&mut self, node: Index) {
        let announce = Announce {
            regions: vec![self.nodes[node].identity.region.clone()],
            offers: vec![Offer { target: target(), call_microusd: 0 }],
            slots_max: 8,
            from_s: START_S,
            until_s: START_S + 3600,
        };
        self.input(node, Input::Announce { announce });
    }

    /// The operator orders the job.
    pub(super) fn submit(&mut self, node: Index) {
        if self.job.is_some() {
            return;
        }
        let suite = wire::encode(&suite(self.scenario.prompts));
        let cid = Cid::dag_cbor(&suite);
        self.nodes[node].disk.put(cid, suite, true);
        let regions = &super::cast::REGIONS[..self.scenario.regions];
        let order = JobOrder {
            suite: cid,
            targets: vec![JobTarget { target: target(), repeats: self.scenario.repeats }],
            regions: regions.iter().map(|r| (*r).to_owned()).collect(),
            replicas: self.scenario.replicas,
            contrasts: Vec::new(),
            commit_s: self.scenario.gap_s,
            reveal_s: self.scenario.gap_s,
            final_s: self.scenario.gap_s,
            output_bytes_max: 4096,
            slot_calls_max: 100,
        };
        self.input(node, Input::Submit { token: 1, order });
    }

    /// The core's answer to an order.
    pub(super) fn submitted(&mut self, node: Index, result: Result<JobId, String>) {
        match result {
            Ok(job) => self.job = Some(job),
            Err(_) => self.schedule(self.now_ms + AGAIN_MS, node, Event::Submit),
        }
    }
}

/// The one target of a simulation.
fn target() -> Target {
    "sim:openai".parse().expect("a constant that parses")
}

fn suite(prompts: usize) -> Suite {
    let prompt = |i: usize| Prompt {
        id: format!("p{i}"),
        topic: "simulation".into(),
        kind: if i == 0 { PromptKind::Contested } else { PromptKind::Fact },
        text: format!("Question number {i}?"),
    };
    Suite {
        v: 1,
        name: "simulation".into(),
        label: "prepared answers, for the simulator".into(),
        tokens_max: 64,
        temperature_milli: 0,
        seed: Some(1),
        prompts: (0..prompts).map(prompt).collect(),
    }
}
