//! What people and programs may ask of the engine.

use super::carry::library;
use super::{Engine, Group};
use crate::policy::Policy;
use crate::store::StoreError;
use crate::upkeep::{Brief, Plan};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;
use vantage_api::{GolemView, JOBS_PAGE_MAX, NoticeView, Pruned, Room, StoppedHere, Submitted, VendorView};
use vantage_protocol::attester::{
    Input, JobOrder, JobView, KnownNode, LogPage, Overview, PeerKey, Shown, job_of,
};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{JobId, NodeId};

/// A question or an order. Answers tell of what is on disk.
#[derive(Debug)]
pub enum Command {
    /// How the node stands.
    Standing(oneshot::Sender<Box<Standing>>),
    /// A page of jobs, newest first.
    Jobs {
        /// Behind this one.
        after: Option<JobId>,
        /// The page, and its last job if there are more.
        reply: oneshot::Sender<(Vec<JobView>, Option<JobId>)>,
    },
    /// One job, by its id or a prefix that only one has.
    Job {
        /// Hex digits.
        id: String,
        /// Gets the answer.
        reply: oneshot::Sender<Result<JobView, Lookup>>,
    },
    /// Order a job. The suite's bytes are those that the order's id names.
    Submit {
        /// What is wanted.
        order: JobOrder,
        /// The suite's canonical block.
        suite: Vec<u8>,
        /// Names the order: given again under the same key it is not carried out again.
        key: Option<String>,
        /// Gets the job, or why there is none.
        reply: oneshot::Sender<Result<Submitted, String>>,
    },
    /// Keep a block, public.
    Put {
        /// Its id.
        cid: Cid,
        /// Its bytes, which the id names.
        bytes: Vec<u8>,
        /// Whether to tell the DHT.
        provide: bool,
        /// Told once it is on disk, or why it was not taken.
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// All jobs, for pruning.
    Briefs(oneshot::Sender<Vec<Brief>>),
    /// Give up what a plan names.
    Prune {
        /// The plan.
        plan: Box<Plan>,
        /// Gets what was done; nothing if the plan no longer holds.
        reply: oneshot::Sender<Option<Result<Pruned, String>>>,
    },
    /// Follow another policy from now on.
    Policy(Arc<Policy>),
    /// Whose transport keys these are, as far as their keysets are known.
    Nodes {
        /// The keys.
        peers: Vec<PeerKey>,
        /// Gets an answer for each, in order.
        reply: oneshot::Sender<Vec<Option<NodeId>>>,
    },
    /// Nodes whose logs are held.
    Known(oneshot::Sender<Vec<KnownNode>>),
    /// Leaves of a log.
    Log {
        /// Node id or a prefix of one; none means this node.
        node: Option<String>,
        /// Index of the first leaf.
        start: u64,
        /// How many at most.
        count: u32,
        /// Gets the page.
        reply: oneshot::Sender<Result<Box<LogPage>, Lookup>>,
    },
    /// A statement with its proof.
    Proof {
        /// Of what.
        subject: Subject,
        /// Gets it.
        reply: oneshot::Sender<Result<Box<Shown>, Lookup>>,
    },
    /// Run no more of a job here: this node declines those of its slots that it has not committed.
    StopHere {
        /// Job id or a prefix of one.
        id: String,
        /// What came of it, once it is on disk.
        done: Option<Result<StoppedHere, Lookup>>,
        /// Gets it.
        reply: oneshot::Sender<Result<StoppedHere, Lookup>>,
    },
}

/// What a proof is asked of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A leaf: node id or a prefix of one, and the index.
    Leaf(String, u64),
    /// A job: its id or a prefix of it.
    Job(String),
}

/// Reason of the decline of a slot that its operator stopped.
pub const STOPPED_REASON: &str = "stopped by this node's operator";

/// Why nothing was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Lookup {
    /// None begins so.
    #[error("no job begins with {0:?}")]
    Unknown(String),
    /// Several do.
    #[error("{1} jobs begin with {0:?}")]
    Ambiguous(String, usize),
    /// One of this node's own that waits for a quorum.
    #[error("job {0} is in this node's log, but no quorum has cosigned it yet")]
    Uncertified(JobId),
    /// No log of such a node is held.
    #[error("no known node begins with {0:?}")]
    UnknownNode(String),
    /// Several nodes begin so.
    #[error("{1} known nodes begin with {0:?}")]
    AmbiguousNode(String, usize),
    /// The statement is not there, or not certified.
    #[error(transparent)]
    NotShown(#[from] vantage_protocol::attester::NotShown),
}

/// How a node stands, seen from the engine.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The core's view.
    pub overview: Overview,
    /// Seconds by which the clock runs ahead of the committee's median; none if nobody else was heard lately.
    pub clock_ahead_s: Option<i64>,
    /// Targets offered right now.
    pub offers: Vec<String>,
    /// Targets that cannot be run, with the reason.
    pub unavailable: Vec<(String, String)>,
    /// Jobs by phase.
    pub jobs: BTreeMap<String, usize>,
    /// Slots being run.
    pub executing: usize,
    /// Vendors and what was spent today, or why the ledger cannot be read.
    pub vendors: Result<Vec<VendorView>, String>,
    /// What stands at Golem, or why the ledger cannot be read; none where it is not set up.
    pub golem: Result<Option<GolemView>, String>,
    /// Nodes whose logs have forked.
    pub forks: Vec<NodeId>,
    /// Latest notices, oldest first.
    pub notices: Vec<NoticeView>,
    /// Slots that wait for their turn.
    pub waiting: usize,
    /// Free bytes below the data directory, and what they mean; 0 where they are not looked at.
    pub free_bytes: u64,
    /// What they mean.
    pub room: Room,
    /// By how much the system's clock is behind a time that the node has acted on, seconds.
    pub clock_behind_s: Option<u64>,
}

/// Longest prefix that an error repeats, characters.
const SHOWN_MAX: usize = 64;

impl Engine {
    /// Answers a command. Whoever asked may be gone: then the answer is dropped.
    pub(super) fn answer(&mut self, command: Command) -> Result<(), StoreError> {
        match command {
            Command::Standing(reply) => drop(reply.send(Box::new(self.standing()))),
            Command::Jobs { after, reply } => {
                drop(reply.send(self.attester.jobs_page(after.as_ref(), JOBS_PAGE_MAX as usize)));
            }
            Command::Job { id, reply } => drop(reply.send(self.find(&id))),
            Command::Submit { reply, .. } => drop(reply.send(Err("orders are handled before".to_owned()))),
            Command::Put { cid, provide, reply, .. } => {
                let taken = if self.takes_blocks() {
                    if let Some(cid) = library(&cid).filter(|_| provide) {
                        self.net.provide(cid);
                    }
                    Ok(())
                } else {
                    Err("there is too little free space to take blocks in".to_owned())
                };
                let _ = reply.send(taken);
            }
            Command::Briefs(reply) => drop(reply.send(self.briefs())),
            Command::Prune { plan, reply } => {
                let done = self.prune(&plan)?;
                drop(reply.send(done));
            }
            Command::Policy(policy) => {
                self.gate.follow(policy);
                self.notices.say(true, "another policy is followed from now on".to_owned());
            }
            Command::Nodes { peers, reply } => {
                let nodes = peers.iter().map(|peer| self.attester.node_of(peer)).collect();
                drop(reply.send(nodes));
            }
            Command::Known(reply) => drop(reply.send(self.attester.known_nodes())),
            Command::Log { node, start, count, reply } => drop(reply.send(self.page(node, start, count))),
            Command::Proof { subject, reply } => drop(reply.send(self.proof(&subject))),
            Command::StopHere { done, reply, .. } => {
                if let Some(done) = done {
                    let _ = reply.send(done);
                }
            }
        }
        Ok(())
    }

    /// Declines what this node has not committed of a job; the leaves are in `group`.
    pub(super) fn stop_here(&mut self, id: &str, group: &mut Group) -> Result<StoppedHere, Lookup> {
        let id = self.find(id)?.id;
        let slots = self.attester.own_slots(&id);
        for slot in &slots.open {
            self.abandon(&id, *slot);
            let reason = STOPPED_REASON.to_owned();
            self.hear(Input::Declined { job: id, slot: *slot, reason }, group);
        }
        Ok(StoppedHere {
            id,
            declined_now: slots.open,
            declined_before: slots.declined,
            committed: slots.committed,
        })
    }

    fn page(&self, node: Option<String>, start: u64, count: u32) -> Result<Box<LogPage>, Lookup> {
        let node = match node {
            Some(prefix) => self.find_node(&prefix)?,
            None => self.attester.node(),
        };
        let page = self.attester.log_page(&node, start, count);
        page.map(Box::new).ok_or_else(|| Lookup::UnknownNode(node.to_string()))
    }

    fn proof(&self, subject: &Subject) -> Result<Box<Shown>, Lookup> {
        let (node, index) = match subject {
            Subject::Leaf(prefix, index) => (self.find_node(prefix)?, *index),
            Subject::Job(id) => {
                let id = self.find(id)?.id;
                let at = self.attester.job_leaf(&id).ok_or_else(|| Lookup::Unknown(id.to_string()))?;
                (at.author, at.index)
            }
        };
        Ok(Box::new(self.attester.show(&node, index)?))
    }

    fn find_node(&self, prefix: &str) -> Result<NodeId, Lookup> {
        let found = self.attester.nodes_named(prefix);
        let shown: String = prefix.chars().take(SHOWN_MAX).collect();
        match found.as_slice() {
            [node] => Ok(*node),
            [] => Err(Lookup::UnknownNode(shown)),
            several => Err(Lookup::AmbiguousNode(shown, several.len())),
        }
    }

    fn find(&self, id: &str) -> Result<JobView, Lookup> {
        if let Some(view) = id.parse().ok().and_then(|id: JobId| self.attester.job(&id)) {
            return Ok(view);
        }
        let shown: String = id.chars().take(SHOWN_MAX).collect();
        match self.attester.jobs_named(id).as_slice() {
            [one] => self.attester.job(one).ok_or(Lookup::Unknown(shown)),
            [] => Err(self.uncertified(id).unwrap_or(Lookup::Unknown(shown))),
            several => Err(Lookup::Ambiguous(shown, several.len())),
        }
    }

    /// Says so if it is one of this node's own that waits for a quorum.
    fn uncertified(&self, id: &str) -> Option<Lookup> {
        let waiting = self.attester.jobs_uncertified();
        let mut named = waiting.iter().map(job_of).filter(|job| job.to_string().starts_with(id));
        named.next().map(Lookup::Uncertified)
    }

    fn standing(&mut self) -> Standing {
        let mut jobs: BTreeMap<String, usize> = BTreeMap::new();
        for view in self.attester.jobs() {
            *jobs.entry(format!("{:?}", view.phase).to_lowercase()).or_default() += 1;
        }
        let (offers, unavailable) = self.offering.now();
        let now_ms = self.clock.now_ms();
        Standing {
            overview: self.attester.overview(now_ms),
            clock_ahead_s: self.attester.clock_ahead_s(now_ms),
            offers,
            unavailable,
            jobs,
            executing: self.executions.running(),
            vendors: self.executions.vendors().map_err(|error| error.to_string()),
            golem: self.executions.golem_view().map_err(|error| error.to_string()),
            forks: self.notices.forks(),
            notices: self.notices.views(),
            waiting: self.gate.waiting(),
            free_bytes: self.disk.now().0,
            room: self.disk.now().1,
            clock_behind_s: self.clock_behind_s(),
        }
    }
}
