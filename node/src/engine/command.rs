//! What people and programs may ask of the engine.

use super::Engine;
use super::carry::library;
use super::notice::Notices;
use crate::clock;
use crate::control::protocol::NoticeView;
use std::collections::BTreeMap;
use tokio::sync::oneshot;
use vantage_protocol::attester::{JobOrder, JobView, Overview, PeerKey};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{JobId, NodeId};

/// A question or an order. Answers tell of what is on disk.
#[derive(Debug)]
pub enum Command {
    /// How the node stands.
    Standing(oneshot::Sender<Box<Standing>>),
    /// All jobs, newest first.
    Jobs(oneshot::Sender<Vec<JobView>>),
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
        /// Gets the job's id, or why there is none.
        reply: oneshot::Sender<Result<JobId, String>>,
    },
    /// Keep a block, public.
    Put {
        /// Its id.
        cid: Cid,
        /// Its bytes, which the id names.
        bytes: Vec<u8>,
        /// Whether to tell the DHT.
        provide: bool,
        /// Told once it is on disk.
        reply: oneshot::Sender<()>,
    },
    /// Whose transport keys these are, as far as their keysets are known.
    Nodes {
        /// The keys.
        peers: Vec<PeerKey>,
        /// Gets an answer for each, in order.
        reply: oneshot::Sender<Vec<Option<NodeId>>>,
    },
}

/// Why no job was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Lookup {
    /// None begins so.
    #[error("no job begins with {0:?}")]
    Unknown(String),
    /// Several do.
    #[error("{1} jobs begin with {0:?}")]
    Ambiguous(String, usize),
}

/// How a node stands, seen from the engine.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The core's view.
    pub overview: Overview,
    /// Targets offered right now.
    pub offers: Vec<String>,
    /// Targets that cannot be run, with the reason.
    pub unavailable: Vec<(String, String)>,
    /// Jobs by phase.
    pub jobs: BTreeMap<String, usize>,
    /// Slots being run.
    pub executing: usize,
    /// Latest notices, oldest first.
    pub notices: Vec<NoticeView>,
}

/// Longest prefix that an error repeats, characters.
const SHOWN_MAX: usize = 64;

impl Engine {
    /// Answers a command. Whoever asked may be gone: then the answer is dropped.
    pub(super) fn answer(&mut self, command: Command) {
        match command {
            Command::Standing(reply) => drop(reply.send(Box::new(self.standing()))),
            Command::Jobs(reply) => drop(reply.send(self.attester.jobs())),
            Command::Job { id, reply } => drop(reply.send(self.find(&id))),
            Command::Submit { reply, .. } => drop(reply.send(Err("orders are handled before".to_owned()))),
            Command::Put { cid, provide, reply, .. } => {
                if let Some(cid) = library(&cid).filter(|_| provide) {
                    self.net.provide(cid);
                }
                let _ = reply.send(());
            }
            Command::Nodes { peers, reply } => {
                let nodes = peers.iter().map(|peer| self.attester.node_of(peer)).collect();
                drop(reply.send(nodes));
            }
        }
    }

    fn find(&self, id: &str) -> Result<JobView, Lookup> {
        if let Some(view) = id.parse().ok().and_then(|id: JobId| self.attester.job(&id)) {
            return Ok(view);
        }
        let shown: String = id.chars().take(SHOWN_MAX).collect();
        let mut found: Vec<JobView> =
            self.attester.jobs().into_iter().filter(|view| view.id.to_string().starts_with(id)).collect();
        match (found.pop(), found.len()) {
            (Some(view), 0) => Ok(view),
            (Some(_), others) => Err(Lookup::Ambiguous(shown, others + 1)),
            (None, _) => Err(Lookup::Unknown(shown)),
        }
    }

    fn standing(&self) -> Standing {
        let mut jobs: BTreeMap<String, usize> = BTreeMap::new();
        for view in self.attester.jobs() {
            *jobs.entry(format!("{:?}", view.phase).to_lowercase()).or_default() += 1;
        }
        let (offers, unavailable) = self.offering.now();
        Standing {
            overview: self.attester.overview(clock::now_ms()),
            offers,
            unavailable,
            jobs,
            executing: self.executions.running(),
            notices: Notices::views(&self.notices),
        }
    }
}
