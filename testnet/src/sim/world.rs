//! The world: a queue of events, the nodes they happen to, and what can be seen from outside.

use super::cast::{Cast, START_S};
use super::dice::Dice;
use super::ear::Ear;
use super::event::{Event, Index, Queue, Return, Scheduled};
use super::invariants::of_the_sealed_set;
use super::latency::Milestones;
use super::mesh::Mesh;
use super::node::{Asker, Node};
use super::scenario::Scenario;
use super::trace::Trace;
use std::collections::BTreeMap;
use std::rc::Rc;
use vantage_protocol::attester::Input;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId};
use vantage_protocol::memo::Memo;

/// A job is given this long after its last deadline, seconds: ten of the longest retries.
const PATIENCE_S: u64 = 300;
/// Most events and effects of a run, for each node: far above what any scenario takes, so that a loop
/// ends as a violation.
const EVENTS_MAX: u64 = 400_000;
/// Signatures that are remembered as good: more than any run makes.
const MEMO_ENTRIES: usize = 1 << 22;

/// A simulated network.
#[derive(Debug)]
pub struct World {
    /// What it goes through, every trouble drawn.
    pub scenario: Scenario,
    /// Who takes part.
    pub cast: Cast,
    /// Nodes: members, executors, then second instances of members that run two.
    pub nodes: Vec<Node>,
    /// The world's clock, POSIX milliseconds; nodes see their own.
    pub now_ms: u64,
    /// What happened, as one hash and, if asked for, as text.
    pub trace: Trace,
    /// What left honest nodes.
    pub ear: Ear,
    /// The jobs that were taken.
    pub jobs: Vec<JobId>,
    /// What went wrong in the simulation itself, or was seen to be wrong on the spot.
    pub violations: Vec<String>,
    pub(super) dice: Dice,
    pub(super) queue: Queue,
    pub(super) author: Index,
    pub(super) foreign: Vec<super::foreign::Message>,
    pub(super) mesh: Mesh,
    /// One memory for all nodes: each signature is verified once in a world.
    pub(super) memo: Memo,
    /// Partitions that hold: the group of each node.
    pub(super) partitions: BTreeMap<u64, Vec<usize>>,
    pub(super) partition_count: u64,
    pub(super) orders: u64,
    pub(super) last_order_ms: u64,
    pub(super) milestones: Milestones,
}

impl World {
    /// The beginning: nobody has started yet.
    pub fn new(scenario: &Scenario) -> Self {
        Self::with_trace(scenario, Trace::default())
    }

    /// The same, with a trace that keeps its lines.
    pub fn traced(scenario: &Scenario) -> Self {
        Self::with_trace(scenario, Trace::readable())
    }

    fn with_trace(scenario: &Scenario, trace: Trace) -> Self {
        let scenario = scenario.drawn();
        let cast = Cast::draw(&scenario);
        let nodes: Vec<Node> =
            cast.identities.iter().map(|i| Node::new(i.clone(), i.config(&cast.genesis))).collect();
        let memo = Memo::with_capacity(MEMO_ENTRIES);
        let (dice, policy, mesh) = (
            Dice::new(scenario.seed, 0),
            cast.policy().remembering(&memo),
            Mesh::draw(&scenario, &cast.identities),
        );
        let author = scenario.author();
        let mut world = Self {
            scenario,
            cast,
            nodes,
            now_ms: START_S * 1000,
            trace,
            ear: Ear::new(policy),
            jobs: Vec::new(),
            violations: Vec::new(),
            dice,
            queue: Queue::default(),
            author,
            foreign: Vec::new(),
            mesh,
            memo,
            partitions: BTreeMap::new(),
            partition_count: 0,
            orders: 0,
            last_order_ms: 0,
            milestones: Milestones::default(),
        };
        for node in world.scenario.lost() {
            world.nodes[node].lost = true;
        }
        world.plan();
        world
    }

    /// Runs until every honest node is through with every job, a violation is seen on the spot, or
    /// patience ends.
    pub fn run(&mut self) {
        let events_max = EVENTS_MAX * self.nodes.len() as u64;
        while let Some((at_ms, scheduled)) = self.queue.pop() {
            self.now_ms = at_ms;
            let node = scheduled.node;
            self.happen(scheduled);
            // what arrives at a node in the same millisecond is one group
            if self.queue.next() != Some((at_ms, node)) {
                self.drive(node);
            }
            if self.trace.lines() > events_max {
                self.violations.push(format!("loop: over {events_max} events and effects"));
            }
            if !self.violations.is_empty() {
                return;
            }
            if self.trace.lines().is_multiple_of(32) && (self.is_done() || self.now_ms > self.end_ms()) {
                return;
            }
        }
    }

    /// When patience ends.
    fn end_ms(&self) -> u64 {
        self.last_order_ms + (60 + 3 * self.scenario.gap_s + PATIENCE_S) * 1000
    }

    /// Every honest node that is to survive is up and has an outcome with its content for each job;
    /// members have published it.
    pub fn is_done(&self) -> bool {
        if self.jobs.len() as u64 != self.orders {
            return false;
        }
        let honest = || self.nodes.iter().enumerate().filter(|(_, n)| n.is_honest() && !n.lost);
        let concluded = |(index, node): (Index, &Node)| {
            node.is_up()
                && self.jobs.iter().all(|job| match node.concluded.get(job) {
                    Some(content) => index >= self.scenario.members || node.provided.contains(content),
                    None => false,
                })
        };
        // BOUNDED may have become SEALED since: then it has no content until that is assembled
        let holds = |(_, node): (Index, &Node)| {
            let ended = |job| node.attester.as_ref().and_then(|attester| attester.ended(job));
            self.jobs.iter().all(|job| ended(job).is_some_and(|(_, content)| content.is_some()))
        };
        honest().all(concluded) && honest().all(holds)
    }

    fn happen(&mut self, scheduled: Scheduled) {
        let Scheduled { node, life, event } = scheduled;
        if event.dies_with_node() && self.nodes[node].life != life {
            return;
        }
        self.note_event(node, &event);
        match event {
            Event::Restart if !self.nodes[node].is_up() => self.start(node),
            Event::Partition(id, groups) => self.part(id, &groups),
            Event::Heal(which) => self.heal(which),
            Event::Clock(ms) => self.nodes[node].skew_ms = ms,
            Event::Submit(order) => self.submit(node, order),
            event if self.nodes[node].is_up() => self.happen_to_running(node, event),
            _ => {}
        }
    }

    fn happen_to_running(&mut self, node: Index, event: Event) {
        match event {
            Event::Wake => {
                self.nodes[node].wake_ms = None;
                self.input(node, Input::Tick);
            }
            Event::PeerUp(peer) => self.input(node, Input::PeerUp { peer }),
            Event::Gossip { from, bytes, id } => self.gossip_arrives(node, from, bytes, id),
            Event::Request { from, from_life, back, stream, bytes } => {
                let asker = Asker { node: from, life: from_life, back, stream, bytes };
                self.request_arrives(node, asker);
            }
            Event::Answer { back, bytes } => self.answer_arrives(node, back, bytes),
            Event::Fetched { cid, bytes } => self.fetched(node, cid, bytes),
            Event::CellDone { job, slot } => self.cell_done(node, job, slot),
            Event::Announce => self.announce(node),
            Event::Doom(effects, down_ms) => self.nodes[node].doom = Some((effects, down_ms)),
            Event::Foreign(which) => self.hear_foreign(node, which),
            Event::Scheme => self.scheme(node),
            Event::Restart | Event::Partition(..) | Event::Heal(_) | Event::Clock(_) | Event::Submit(_) => {}
        }
    }

    fn gossip_arrives(&mut self, node: Index, from: Index, bytes: Rc<[u8]>, id: Hash) {
        if self.parted(from, node) || !self.nodes[node].seen.insert(id) || self.is_of_twin(node, &bytes) {
            return;
        }
        let token = self.nodes[node].token();
        let message = bytes.to_vec();
        self.nodes[node].heard.insert(token, (from, bytes));
        self.input(node, Input::Gossip { token, bytes: message });
    }

    fn request_arrives(&mut self, node: Index, asker: Asker) {
        if self.parted(asker.node, node) {
            return;
        }
        let token = self.nodes[node].token();
        let (stream, bytes) = (asker.stream, asker.bytes.to_vec());
        self.nodes[node].asked.insert(token, asker);
        if let Some(answer) = self.rogue_answer(node, stream, &bytes) {
            if let Some(answer) = answer {
                self.answer(node, token, answer);
            }
            return;
        }
        self.input(node, Input::Request { token, stream, bytes });
    }

    fn answer_arrives(&mut self, node: Index, back: Return, bytes: Option<Vec<u8>>) {
        if !self.nodes[node].open.remove(&back) {
            return;
        }
        match back {
            Return::Call(call) => {
                let bytes = self.rogue_hears(node, bytes);
                self.input(node, Input::Answer { call, bytes });
            }
            Return::Relay(token) => {
                if let Some(bytes) = bytes {
                    self.answer(node, token, bytes);
                }
            }
            Return::Nowhere => {}
        }
    }

    fn fetched(&mut self, node: Index, cid: Cid, bytes: Option<Vec<u8>>) {
        let found = bytes.is_some();
        if let Some(bytes) = bytes {
            self.nodes[node].disk.put(cid, bytes, true);
        }
        self.input(node, Input::Fetched { cid, found });
    }

    /// Tells a node's core what happened and carries out what that alone asks for.
    pub(super) fn input(&mut self, node: Index, input: Input) {
        let now_ms = self.nodes[node].clock_ms(self.now_ms);
        let effects = {
            let Node { attester, disk, .. } = &mut self.nodes[node];
            let Some(attester) = attester else { return };
            attester.hear(input, now_ms, disk)
        };
        self.carry_out(node, effects);
    }

    /// Has a node do what is due after all that it was told.
    pub(super) fn drive(&mut self, node: Index) {
        let (now_ms, world_ms) = (self.nodes[node].clock_ms(self.now_ms), self.now_ms);
        let effects = {
            let Node { attester, disk, .. } = &mut self.nodes[node];
            let Some(attester) = attester else { return };
            attester.drive(now_ms, disk)
        };
        self.carry_out(node, effects);
        let Node { attester, follower, .. } = &mut self.nodes[node];
        // one reader is enough: what is told is the same for all
        if let Some(attester) = attester.as_mut().filter(|_| node == 0) {
            self.violations.extend(follower.follow(attester));
        }
        if self.nodes[node].is_honest() {
            self.violations.extend(of_the_sealed_set(node, &self.nodes[node], &self.jobs));
        }
        let it = &mut self.nodes[node];
        let Some(attester) = &it.attester else { return };
        let at_ms = world_ms + attester.next_wake_ms(now_ms).saturating_sub(now_ms);
        if it.wake_ms.is_none_or(|wake| at_ms < wake) {
            it.wake_ms = Some(at_ms);
            self.schedule(at_ms, node, Event::Wake);
        }
    }
}
