//! What the core is told: a closed set.

use crate::announce::Announce;
use crate::cid::Cid;
use crate::id::{JobId, Salt};
use crate::job::JobTarget;
use crate::receipt::Receipt;
use serde::{Deserialize, Serialize};

/// A peer's transport public key: what its keyset binds to a node id.
pub type PeerKey = [u8; 32];

/// Ties an answer to the request that came in. Chosen by the shell.
pub type Token = u64;

/// Ties an answer to the request that went out. Chosen by the core.
pub type Call = u64;

/// Which stream protocol a request belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stream {
    /// `/vantage/witness/1`
    Witness,
    /// `/vantage/log/1`
    Log,
    /// `/vantage/certs/1`
    Certs,
}

/// Something that happened outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The node has started, or time has passed.
    Tick,
    /// A connection with a peer stands.
    PeerUp {
        /// Its transport key.
        peer: PeerKey,
    },
    /// A gossip message that waits for a verdict.
    Gossip {
        /// Goes back with the verdict.
        token: Token,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A request on a stream that waits for an answer.
    Request {
        /// Goes back with the answer.
        token: Token,
        /// On which stream.
        stream: Stream,
        /// The request.
        bytes: Vec<u8>,
    },
    /// The answer to an [`Effect::Ask`](super::Effect::Ask), or none.
    Answer {
        /// Which.
        call: Call,
        /// The answer; none if nobody answered.
        bytes: Option<Vec<u8>>,
    },
    /// A fetch ended. If it was found the block is in the store, public.
    Fetched {
        /// Which block.
        cid: Cid,
        /// Whether it is there now.
        found: bool,
    },
    /// An execution ended. Outputs and responses are in the store, private.
    Executed {
        /// Which job.
        job: JobId,
        /// Which slot.
        slot: u32,
        /// Fresh from the shell's random source.
        salt: Salt,
        /// One receipt per cell, in canonical order.
        cells: Vec<Receipt>,
    },
    /// The shell does not take a slot on.
    Declined {
        /// Which job.
        job: JobId,
        /// Which slot.
        slot: u32,
        /// Why, for people.
        reason: String,
    },
    /// The operator offers what this node runs.
    Announce {
        /// The offer.
        announce: Announce,
    },
    /// The operator wants a job done. The suite is in the store, public; so is a study plan.
    Submit {
        /// Goes back with [`Effect::Submitted`](super::Effect::Submitted).
        token: Token,
        /// What is wanted.
        order: JobOrder,
    },
}

/// A job as its author orders it; the core adds the executors that it knows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobOrder {
    /// The suite's block.
    pub suite: Cid,
    /// What is asked.
    pub targets: Vec<JobTarget>,
    /// From where.
    pub regions: Vec<String>,
    /// Executors of different operators for each (region, target).
    pub replicas: u32,
    /// The study plan's block, if there is one.
    pub study: Option<Cid>,
    /// Seconds from now to the commit deadline.
    pub commit_s: u64,
    /// Seconds from the commit to the reveal deadline.
    pub reveal_s: u64,
    /// Seconds from the reveal to the final deadline.
    pub final_s: u64,
    /// Largest output of one cell, bytes.
    pub output_bytes_max: u64,
    /// Most calls of one executor for one slot, retries included.
    pub slot_calls_max: u32,
}
