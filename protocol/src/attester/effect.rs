//! What the core wants done: a closed set, carried out in order.

use super::input::{Call, PeerKey, Stream, Token};
use super::record::Record;
use crate::cid::Cid;
use crate::id::{Hash, JobId, NodeId};
use crate::request::Request;
use crate::target::Target;

/// An instruction to the shell. The list that [`Attester::drive`](super::Attester::drive) returns
/// is ordered: [`Persist`](Effect::Persist), [`Put`](Effect::Put) and [`Release`](Effect::Release)
/// are on disk before anything after them is carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Keep this record for ever, in order.
    Persist(Record),
    /// Keep this block, public.
    Put {
        /// Its id.
        cid: Cid,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Keep this block, but serve it to nobody before its [`Release`](Effect::Release).
    PutPrivate {
        /// Its id.
        cid: Cid,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// These private blocks are public from now on.
    Release(Vec<Cid>),
    /// Send to the gossip topic.
    Gossip(Vec<u8>),
    /// The one verdict on a gossip message.
    Judge {
        /// Which message.
        token: Token,
        /// What becomes of it.
        verdict: Verdict,
    },
    /// The answer to a request.
    Reply {
        /// Which request.
        token: Token,
        /// The answer.
        bytes: Vec<u8>,
    },
    /// Ask a peer; [`Input::Answer`](super::Input::Answer) tells the outcome.
    Ask {
        /// Comes back with the answer.
        call: Call,
        /// Whom.
        peer: PeerKey,
        /// On which stream.
        stream: Stream,
        /// The request.
        bytes: Vec<u8>,
    },
    /// Pass a witness request on to its member and reply with what comes back.
    Relay {
        /// Which request.
        token: Token,
        /// Whom.
        peer: PeerKey,
        /// The request.
        bytes: Vec<u8>,
    },
    /// Get a block; [`Input::Fetched`](super::Input::Fetched) tells the outcome.
    Fetch {
        /// Which.
        cid: Cid,
        /// Who should have it.
        peers: Vec<PeerKey>,
    },
    /// Run a slot. May be asked for again after a restart: what was done is resumed, not redone.
    Execute(Execution),
    /// A slot need not be run any more.
    Abandon {
        /// Which job.
        job: JobId,
        /// Which slot.
        slot: u32,
    },
    /// Tell the DHT that this node has the content.
    Provide(Cid),
    /// The outcome of an [`Input::Submit`](super::Input::Submit).
    Submitted {
        /// Which order.
        token: Token,
        /// The job's id, or why there is none.
        result: Result<JobId, String>,
    },
    /// Something that people may want to know.
    Notice(Notice),
}

/// What becomes of a gossip message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Pass it on.
    Accept,
    /// It can never have been valid: hold it against the sender.
    Reject,
    /// Drop it and blame nobody.
    Ignore,
}

/// All that the shell needs to run a slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution {
    /// Which job.
    pub job: JobId,
    /// Which slot.
    pub slot: u32,
    /// Who ordered it.
    pub author: NodeId,
    /// The suite's block.
    pub suite: Cid,
    /// From which region.
    pub region: String,
    /// What is asked.
    pub target: Target,
    /// Until when a result is of use, POSIX seconds.
    pub until_s: u64,
    /// Largest output of one cell, bytes.
    pub output_bytes_max: u64,
    /// Most calls for this slot, retries included.
    pub calls_max: u32,
    /// The cells in the order in which they are to be run.
    pub tasks: Vec<Task>,
}

/// One cell to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// Index into the suite's prompts.
    pub prompt: u32,
    /// Which repeat.
    pub repeat: u32,
    /// The request, byte for byte.
    pub request: Request,
    /// Its hash, for the receipt.
    pub hash: Hash,
    /// Where an open model's draws come from; none where it takes the likeliest tokens, and for vendors.
    pub seed: Option<Hash>,
}

/// Something that people may want to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// A job is certified and this node follows it.
    JobSeen {
        /// Which.
        job: JobId,
    },
    /// A job cannot be worked on.
    JobRefused {
        /// Which.
        job: JobId,
        /// Why.
        why: String,
    },
    /// This node said something in its log.
    Said {
        /// Index in its log.
        index: u64,
        /// Kind of statement.
        typ: &'static str,
        /// On which job.
        job: Option<JobId>,
    },
    /// A job has its outcome, as far as this node can see.
    Outcome {
        /// Which job.
        job: JobId,
        /// SEALED or BOUNDED.
        sealed: bool,
        /// The content's id, once it is assembled here.
        content: Option<Cid>,
    },
    /// A job has an outcome, and this node can publish no bundle for it.
    NoBundle {
        /// Which job.
        job: JobId,
        /// Why: such as certs above their limit.
        why: String,
    },
    /// A log shows two heads that do not go together.
    Fork {
        /// Whose.
        node: NodeId,
    },
    /// Peers have a longer log of this node than it has itself: it must not sign.
    LostOwnLog {
        /// Leaves that a witness has seen.
        seen: u64,
        /// Leaves held here.
        held: u64,
    },
    /// This is a restored backup: nothing is signed before enough members were asked.
    Restored {
        /// Members to be heard.
        needed: usize,
    },
    /// Enough members hold no longer log of this node: the restored backup signs again.
    Vouched {
        /// Members heard.
        heard: usize,
    },
    /// This node's clock runs ahead of its peers'; it does not cosign meanwhile.
    ClockAhead {
        /// By how much, seconds.
        ahead_s: u64,
    },
}
