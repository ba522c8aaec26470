//! The attester: one state machine from what happens outside to what is to be done.
//!
//! `hear(input, now, blocks) -> effects` for each thing that happens, then `drive(now, blocks) -> effects` once. The
//! state is a function of the records that were persisted; whatever is in flight is volatile and asked for again. When it
//! is driven the machine looks at what its logs show and says what is due, so a restart needs no code of its own.

mod awaited;
mod changes;
mod clock;
mod effect;
mod executor;
mod fetches;
mod follow;
mod heads;
mod input;
mod inspect;
mod log_view;
mod member;
mod outcome;
mod own;
mod record;
mod restored;
mod round;
mod rounds;
mod said;
mod serve;
mod step;
mod submit;
mod view;
mod witness;

pub use changes::Changes;
pub use effect::{Effect, Execution, Notice, Task, Verdict};
pub use input::{Call, Input, JobOrder, PeerKey, Stream, Token};
pub use inspect::{KnownNode, LogPage, NotShown, OwnSlots, PAGE_LEAVES_MAX, Shown, job_of};
pub use record::Record;
pub use step::Blocks;
pub use view::{FinalView, JobView, OutcomeView, Overview, Phase, SlotState, SlotView};

use crate::cid::Cid;
use crate::genesis::Genesis;
use crate::id::{Hash, JobId, NetId, NodeId, Salt};
use crate::keys::{LogKey, WitnessKey};
use crate::keyset::Keyset;
use crate::leaf::{Leaf, Statement};
use crate::log::{Origin, Policy, SignedCheckpoint};
use crate::memo::Memo;
use awaited::Awaited;
use clock::Clocks;
use fetches::Fetches;
use heads::Want;
use log_view::LogView;
use own::Own;
use restored::Unsure;
use round::Round;
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, BTreeSet};
use step::Step;

/// Longest time between two looks at the clock, milliseconds: a guess.
const TICK_MS: u64 = 500;
/// Requests under way at once: a guess, bounds memory.
const CALLS_MAX: usize = 1024;

/// Who this node is. The root key is not needed any more.
#[derive(Clone, Debug)]
pub struct Config {
    /// The network.
    pub genesis: Genesis,
    /// Signs the node's checkpoints.
    pub log: LogKey,
    /// Cosigns, if the node is a member.
    pub witness: WitnessKey,
    /// Becomes leaf 0.
    pub keyset: Keyset,
}

/// What an outgoing request was about.
#[derive(Debug)]
enum Pending {
    /// `direct`: the member itself was asked, not another one that relays and may lie.
    Witness {
        member: NodeId,
        head: SignedCheckpoint,
        direct: bool,
    },
    Heads {
        peer: PeerKey,
        after: Option<NodeId>,
        pages: u32,
    },
    Range {
        node: NodeId,
        start: u64,
    },
    Longest {
        member: NodeId,
    },
    /// A head that shows when a leaf was certified.
    Head,
}

/// One node's protocol state.
#[derive(Debug)]
pub struct Attester {
    config: Config,
    net: NetId,
    node: NodeId,
    origin: Origin,
    policy: Policy,
    /// Members whose keysets the policy holds.
    policy_size: usize,
    logs: BTreeMap<NodeId, LogView>,
    rounds: BTreeMap<JobId, Round>,
    /// Jobs in which something may be left to do.
    open: BTreeSet<JobId>,
    /// Jobs that were over when they were found, not looked at yet.
    unlooked: BTreeSet<JobId>,
    /// Logs of which more is certified than was searched for jobs.
    grown: BTreeSet<NodeId>,
    salted: BTreeMap<(JobId, u32), (Salt, Cid)>,
    /// Content and bundle of the jobs that this node has published.
    published: BTreeMap<JobId, (Cid, Cid)>,
    /// The bundles that this node provides for good.
    provided: BTreeMap<JobId, Cid>,
    /// Latest time that this node's witness key has signed, POSIX seconds.
    witness_time_s: u64,
    clocks: Clocks,
    memo: Memo,
    own: Own,
    fetches: Fetches,
    awaited: Awaited,
    wants: BTreeMap<NodeId, Want>,
    calls: BTreeMap<Call, Pending>,
    next_call: Call,
    rates: BTreeMap<NodeId, (u64, u32)>,
    /// When `rates` was last cleared of what is past.
    rates_ms: u64,
    unjudged: Vec<SignedCheckpoint>,
    heads_ms: u64,
    /// What may look different to whoever reads along.
    changes: Changes,
    /// Something changed that rounds may depend on.
    news: bool,
    /// Something was heard that may leave something to do.
    stirred: bool,
    /// Time has passed: what is missing may be asked for again.
    ticked: bool,
}

impl Attester {
    /// A node with an empty log. Call [`restore`](Self::restore) with its records before the first
    /// [`hear`](Self::hear). The error says which key does not fit.
    pub fn new(config: Config) -> Result<Self, String> {
        Self::remembering(config, Memo::default())
    }

    /// The same, with a memo that it may share with others.
    pub fn remembering(config: Config, memo: Memo) -> Result<Self, String> {
        let net = config.genesis.net();
        config.keyset.verify(&net).map_err(|e| e.to_string())?;
        if config.keyset.log != config.log.public() || config.keyset.witness != config.witness.public() {
            return Err("the keyset does not belong to the log and witness keys given".into());
        }
        let node = config.keyset.node();
        let origin = config.genesis.origin(node);
        let policy = Policy::new(Vec::new(), config.genesis.quorum()).remembering(&memo);
        Ok(Self {
            config,
            net,
            node,
            origin,
            policy,
            policy_size: 0,
            logs: BTreeMap::new(),
            rounds: BTreeMap::new(),
            open: BTreeSet::new(),
            unlooked: BTreeSet::new(),
            grown: BTreeSet::new(),
            salted: BTreeMap::new(),
            published: BTreeMap::new(),
            provided: BTreeMap::new(),
            witness_time_s: 0,
            clocks: Clocks::default(),
            memo,
            own: Own::default(),
            fetches: Fetches::default(),
            awaited: Awaited::default(),
            wants: BTreeMap::new(),
            calls: BTreeMap::new(),
            next_call: 0,
            rates: BTreeMap::new(),
            rates_ms: 0,
            unjudged: Vec::new(),
            heads_ms: 0,
            changes: Changes::default(),
            news: true,
            stirred: true,
            ticked: true,
        })
    }

    /// Replays one record of an earlier life, in order. The error says why it does not fit.
    pub fn restore(&mut self, record: Record) -> Result<(), String> {
        match record {
            Record::OwnLeaf(bytes) => self.replay_leaf(self.node, &bytes),
            Record::Leaves { node, start, leaves } => {
                let held = self.logs.get(&node).map_or(0, LogView::size);
                if start != held {
                    return Err(format!("leaves of {} start at {start}, {held} are held", node.short()));
                }
                leaves.iter().try_for_each(|bytes| self.replay_leaf(node, bytes))
            }
            Record::Head(note) => {
                let head = SignedCheckpoint::parse(&note).map_err(|e| e.to_string())?;
                let node = head.checkpoint.origin.node;
                let log = self.logs.get_mut(&node).ok_or("a head of an unknown log")?;
                kept_as_signed(log, head.checkpoint.size, &head.checkpoint.root)?;
                log.merge(&self.policy, &head);
                self.grown.insert(node);
                for cosigner in self.policy.cosigners(&head).map_err(|e| e.to_string())? {
                    self.clocks.hear(cosigner.member, cosigner.last);
                }
                if node == self.node {
                    self.own.target = self.own.target.max(log.certified());
                }
                Ok(())
            }
            Record::Witnessed { node, size, root, time_s } => {
                self.witness_time_s = self.witness_time_s.max(time_s);
                let log = self.logs.get_mut(&node).ok_or("witnessed an unknown log")?;
                kept_as_signed(log, size, &root)?;
                log.witnessed = Some((size, root));
                self.clocks.hear(self.node, time_s);
                Ok(())
            }
            Record::Salted { job, slot, salt, receipts } => {
                self.salted.insert((job, slot), (salt, receipts));
                Ok(())
            }
            Record::Rewind { node, size } => {
                self.logs.get_mut(&node).ok_or("rewinds an unknown log")?.truncate(size);
                Ok(())
            }
            Record::Restored => {
                self.own.restored = true;
                self.own.unsure = Some(Unsure::default());
                Ok(())
            }
            Record::Vouched => {
                self.own.unsure = None;
                Ok(())
            }
            Record::Lost { seen } => {
                self.own.lost = Some(seen);
                Ok(())
            }
            Record::Published { job, content, bundle } => {
                self.published.insert(job, (content, bundle));
                Ok(())
            }
            Record::Provided { job, bundle } => {
                self.provided.insert(job, bundle);
                Ok(())
            }
        }
    }

    fn replay_leaf(&mut self, node: NodeId, bytes: &[u8]) -> Result<(), String> {
        if let Some(log) = self.logs.get_mut(&node) {
            return log.push(bytes);
        }
        let view = self.open_log(node, bytes)?;
        self.insert_log(view);
        Ok(())
    }

    /// Tells the core what happened; it answers with what that alone asks for, in order. `now_ms` is the shell's clock,
    /// POSIX milliseconds. Once everything that waits was told, [`drive`](Self::drive) says what else is due.
    pub fn hear(&mut self, input: Input, now_ms: u64, blocks: &dyn Blocks) -> Vec<Effect> {
        let mut step = Step::new(now_ms, blocks);
        self.begin(&mut step);
        self.take(&mut step, input);
        step.out
    }

    /// What is due after all that was heard, in order: once for a group of inputs.
    pub fn drive(&mut self, now_ms: u64, blocks: &dyn Blocks) -> Vec<Effect> {
        if !std::mem::take(&mut self.stirred) {
            return Vec::new();
        }
        let mut step = Step::new(now_ms, blocks);
        self.drive_unsure(&mut step);
        if self.may_sign() {
            self.drive_rounds(&mut step);
        }
        self.drive_own(&mut step);
        if self.news && self.may_sign() {
            self.drive_rounds(&mut step);
        }
        self.drive_sync(&mut step);
        self.ticked = false;
        step.out
    }

    /// When [`Input::Tick`] is due at the latest, POSIX milliseconds.
    pub fn next_wake_ms(&self, now_ms: u64) -> u64 {
        let head = self.head_due_ms(now_ms);
        let due = head.into_iter().chain(self.fetches.next_ms(now_ms)).min().unwrap_or(u64::MAX);
        due.clamp(now_ms + 1, now_ms + TICK_MS)
    }

    /// The node behind a transport key, if its keyset is known.
    pub fn node_of(&self, peer: &PeerKey) -> Option<NodeId> {
        self.logs.values().find(|log| log.keyset.transport.to_bytes() == *peer).map(|log| log.node)
    }

    /// The transport key of a node, if its keyset is known.
    pub fn peer_of(&self, node: &NodeId) -> Option<PeerKey> {
        self.keyset_of(node).map(|keyset| keyset.transport.to_bytes())
    }

    /// This node's id.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Whether this node is in the committee.
    pub fn is_member(&self) -> bool {
        self.config.genesis.member(&self.node).is_some()
    }

    /// Leaf 0 comes first, before anything is handled.
    fn begin(&mut self, step: &mut Step<'_>) {
        if self.own_log().is_some() {
            if self.own.target == 0 || self.own_log().is_some_and(|l| l.size() > self.own.target) {
                self.own.dirty = true;
            }
            return;
        }
        let statement = Statement::Keyset(Box::new(self.config.keyset.clone()));
        let bytes = Leaf { net: self.net, author: self.node, statement }.encode();
        if let Ok(view) = self.open_log(self.node, &bytes) {
            step.persist(Record::OwnLeaf(ByteBuf::from(bytes)));
            self.insert_log(view);
            self.own.dirty = true;
        }
    }

    fn take(&mut self, step: &mut Step<'_>, input: Input) {
        // what comes in costs a look at what is due only if it tells anything: see `gossip_heard` and `Fetched`
        self.stirred |= !matches!(
            input,
            Input::Gossip { .. }
                | Input::Request { stream: Stream::Log | Stream::Certs, .. }
                | Input::Fetched { .. }
        );
        match input {
            Input::Tick => (self.news, self.ticked) = (true, true),
            Input::PeerUp { peer } => {
                if let Some(node) = self.node_of(&peer) {
                    self.is_back(step, &node);
                }
                self.retry_soon(step);
                self.ask_heads(step, peer, None, 0);
            }
            Input::Gossip { token, bytes } => self.gossip_heard(step, token, &bytes),
            Input::Request { token, stream: Stream::Witness, bytes } => {
                self.witness_asked(step, token, &bytes)
            }
            Input::Request { token, stream: Stream::Log, bytes } => self.log_asked(step, token, &bytes),
            Input::Request { token, stream: Stream::Certs, bytes } => self.certs_asked(step, token, &bytes),
            Input::Answer { call, bytes } => match self.calls.remove(&call) {
                Some(Pending::Witness { member, head, direct }) => {
                    self.witness_answered(step, member, head, direct, bytes)
                }
                Some(Pending::Heads { peer, after, pages }) => {
                    self.heads_answered(step, peer, after, pages, bytes)
                }
                Some(Pending::Range { node, start }) => self.range_answered(step, node, start, bytes),
                Some(Pending::Longest { member }) => self.longest_answered(step, member, bytes),
                Some(Pending::Head) => self.head_answered(step, bytes),
                None => {}
            },
            Input::Fetched { cid, found } => {
                self.fetches.ended(&cid, found, step.now_ms);
                let tells = found && self.awaited.came(&cid);
                (self.news, self.stirred) = (self.news | tells, self.stirred | tells);
            }
            // what can't be said is not said later either: the slot is asked for again after the next start
            Input::Executed { .. } | Input::Declined { .. } | Input::Announce { .. } if !self.may_sign() => {}
            Input::Executed { job, slot, salt, cells } => {
                self.executed(step, job, slot, salt, cells);
                self.news = true;
            }
            Input::Declined { job, slot, reason } => {
                self.declined(step, job, slot, &reason);
                self.news = true;
            }
            Input::Announce { announce } => {
                let same = self
                    .own_log()
                    .and_then(LogView::newest_announce)
                    .is_some_and(|e| matches!(&e.leaf.statement, Statement::Announce(a) if *a == announce));
                if !same && announce.check().is_ok() {
                    self.say(step, Statement::Announce(announce));
                }
            }
            Input::Submit { token, order } => {
                let result = self.submit(step, order);
                step.out.push(Effect::Submitted { token, result });
            }
        }
    }

    fn ask(&mut self, step: &mut Step<'_>, peer: PeerKey, stream: Stream, bytes: Vec<u8>, pending: Pending) {
        // members, logs and dates are asked once at a time; only what others tell of can pile up
        if self.calls.len() >= CALLS_MAX && matches!(pending, Pending::Heads { .. }) {
            return;
        }
        let call = self.next_call;
        self.next_call += 1;
        self.calls.insert(call, pending);
        step.out.push(Effect::Ask { call, peer, stream, bytes });
    }

    fn own_log(&self) -> Option<&LogView> {
        self.logs.get(&self.node)
    }

    /// The origin of a node's log.
    fn origin_of(&self, node: NodeId) -> Origin {
        Origin { node, ..self.origin.clone() }
    }

    fn keyset_of(&self, node: &NodeId) -> Option<&Keyset> {
        self.logs.get(node).map(|log| &log.keyset)
    }

    /// Follows a log; a member's keyset joins the policy.
    fn insert_log(&mut self, view: LogView) {
        let node = view.node;
        self.logs.insert(node, view);
        self.grown.insert(node);
        self.changes.logs.insert(node);
        (self.news, self.stirred) = (true, true);
        if self.config.genesis.member(&node).is_none() {
            return;
        }
        let members: Vec<_> = self
            .config
            .genesis
            .committee
            .iter()
            .filter_map(|m| {
                let node = m.root.node_id();
                Some((node, self.origin_of(node), self.keyset_of(&node)?.witness))
            })
            .collect();
        self.policy_size = members.len();
        self.policy = Policy::new(members, self.config.genesis.quorum()).remembering(&self.memo);
    }
}

/// What was signed was over the leaves that are kept: others mean a damaged store, and whoever went on from them would say
/// two things at one place.
fn kept_as_signed(log: &LogView, size: u64, root: &Hash) -> Result<(), String> {
    if log.root_at(size) == Some(*root) {
        return Ok(());
    }
    let node = log.node.short();
    Err(format!("the first {size} leaves of the log of {node} are not those that a kept signature is over"))
}
