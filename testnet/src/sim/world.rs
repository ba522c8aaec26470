//! The world: a queue of events, the nodes they happen to, and what can be seen from outside.

use super::cast::{Cast, START_S};
use super::dice::Dice;
use super::ear::Ear;
use super::event::{Event, Index, Queue, Return, Scheduled};
use super::node::{Asker, Node};
use super::scenario::Scenario;
use super::trace::Trace;
use std::rc::Rc;
use vantage_protocol::attester::Input;
use vantage_protocol::cid::Cid;
use vantage_protocol::hash::sha256;
use vantage_protocol::id::JobId;

/// A job is given this long after its last deadline, seconds: ten of the longest retries.
const PATIENCE_S: u64 = 300;
/// Most events of a run: far above what any scenario takes, so that a loop ends as a violation.
const EVENTS_MAX: u64 = 2_000_000;

/// A simulated network.
#[derive(Debug)]
pub struct World {
    /// What it goes through.
    pub scenario: Scenario,
    /// Who takes part.
    pub cast: Cast,
    /// Nodes: members, volunteers, then second instances of members that run two.
    pub nodes: Vec<Node>,
    /// The world's clock, POSIX milliseconds; nodes see their own.
    pub now_ms: u64,
    /// What happened, as one hash.
    pub trace: Trace,
    /// What left honest nodes.
    pub ear: Ear,
    /// The job, once it was submitted.
    pub job: Option<JobId>,
    /// What went wrong in the simulation itself, or was seen to be wrong on the spot.
    pub violations: Vec<String>,
    pub(super) dice: Dice,
    pub(super) queue: Queue,
    pub(super) author: Index,
    pub(super) foreign: Vec<super::foreign::Message>,
}

impl World {
    /// The beginning: nobody has started yet.
    pub fn new(scenario: Scenario) -> Self {
        let cast = Cast::draw(&scenario);
        let nodes: Vec<Node> =
            cast.identities.iter().map(|i| Node::new(i.clone(), i.config(&cast.genesis))).collect();
        let dice = Dice::new(scenario.seed, 0);
        let policy = cast.policy();
        // the last node is honest in every scenario: a volunteer, or the last member
        let author = nodes.len().saturating_sub(1);
        let mut world = Self {
            scenario,
            cast,
            nodes,
            now_ms: START_S * 1000,
            trace: Trace::default(),
            ear: Ear::new(policy),
            job: None,
            violations: Vec::new(),
            dice,
            queue: Queue::default(),
            author,
            foreign: Vec::new(),
        };
        world.plan();
        world
    }

    /// Runs until every honest node is through with the job, or patience ends.
    pub fn run(&mut self) {
        while let Some((at_ms, scheduled)) = self.queue.pop() {
            self.now_ms = at_ms;
            self.happen(scheduled);
            if self.trace.lines() > EVENTS_MAX {
                self.violations.push(format!("loop: over {EVENTS_MAX} events and effects"));
                return;
            }
            if self.trace.lines().is_multiple_of(32) && (self.is_done() || self.now_ms > self.end_ms()) {
                return;
            }
        }
    }

    /// When patience ends.
    fn end_ms(&self) -> u64 {
        (START_S + 60 + 3 * self.scenario.gap_s + PATIENCE_S) * 1000
    }

    /// Every honest node that is to survive is up and has an outcome with its content.
    pub fn is_done(&self) -> bool {
        let Some(job) = self.job else { return false };
        let mut honest = self.nodes.iter().filter(|n| n.is_honest() && !n.lost);
        honest.all(|n| {
            let view = n.attester.as_ref().and_then(|a| a.job(&job));
            view.is_some_and(|v| v.outcome.is_some() && v.content.is_some())
        })
    }

    fn happen(&mut self, scheduled: Scheduled) {
        let Scheduled { node, life, event } = scheduled;
        if event.dies_with_node() && self.nodes[node].life != life {
            return;
        }
        if self.nodes[node].lost {
            return;
        }
        self.trace.add(self.now_ms, event.kind(), node, &event.payload());
        match event {
            Event::Restart => self.start(node),
            Event::Die => {
                self.nodes[node].lost = true;
                self.nodes[node].stop();
            }
            Event::Cut => self.nodes[node].cut = true,
            Event::Heal => {
                self.nodes[node].cut = false;
                if self.nodes[node].is_up() {
                    self.connect(node);
                }
            }
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
            Event::Gossip { from, bytes } => self.gossip_arrives(node, from, bytes),
            Event::Request { from, from_life, back, stream, bytes } => {
                let asker = Asker { node: from, life: from_life, back, stream, bytes };
                self.request_arrives(node, asker);
            }
            Event::Answer { back, bytes } => self.answer_arrives(node, back, bytes),
            Event::Fetched { cid, bytes } => self.fetched(node, cid, bytes),
            Event::CellDone { job, slot } => self.cell_done(node, job, slot),
            Event::Announce => self.announce(node),
            Event::Submit => self.submit(node),
            Event::Doom(effects) => self.nodes[node].doom = Some(effects),
            Event::Foreign(which) => self.hear_foreign(node, which),
            Event::Scheme => self.scheme(node),
            Event::Restart | Event::Die | Event::Cut | Event::Heal => {}
        }
    }

    fn gossip_arrives(&mut self, node: Index, from: Index, bytes: Rc<[u8]>) {
        let known = self.nodes[node].cut || !self.nodes[node].seen.insert(sha256(&bytes));
        if known || self.is_of_twin(node, &bytes) {
            return;
        }
        let token = self.nodes[node].token();
        let message = bytes.to_vec();
        self.nodes[node].heard.insert(token, (from, bytes));
        self.input(node, Input::Gossip { token, bytes: message });
    }

    fn request_arrives(&mut self, node: Index, asker: Asker) {
        if self.nodes[node].cut {
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

    /// Tells a node's core what happened and carries out what it wants.
    pub(super) fn input(&mut self, node: Index, input: Input) {
        let (now_ms, world_ms) = (self.nodes[node].clock_ms(self.now_ms), self.now_ms);
        let effects = {
            let Node { attester, disk, .. } = &mut self.nodes[node];
            let Some(attester) = attester else { return };
            attester.handle(input, now_ms, disk)
        };
        self.carry_out(node, effects);
        let it = &mut self.nodes[node];
        let Some(attester) = &it.attester else { return };
        let at_ms = world_ms + attester.next_wake_ms(now_ms).saturating_sub(now_ms);
        if it.wake_ms.is_none_or(|wake| at_ms < wake) {
            it.wake_ms = Some(at_ms);
            self.schedule(at_ms, node, Event::Wake);
        }
    }
}
