//! What travels over the control socket: one JSON object a line.
//!
//! A client writes a [`Request`] and reads one [`Response`], except where the request says otherwise
//! ([`Request::Watch`], [`Request::Car`]). Several requests may follow one another on a connection.
//!
//! ```text
//! > {"job":{"id":"3f2a"}}
//! < {"job":{"view":{"id":"3f2a…","phase":"executing",…}}}
//! > {"job":{"id":"zz"}}
//! < {"error":{"what":"no job begins with \"zz\"","where":"id","help":"list them with `vantage job list`"}}
//! ```

use serde::{Deserialize, Serialize};
use vantage_protocol::attester::JobOrder;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{JobId, NetId, NodeId};

pub use super::golem::{AgreementView, GolemOpenView, GolemView};
pub use super::vendors::{PaceView, VendorView};
pub use vantage_protocol::attester::{
    FinalView, JobView, KnownNode, LogPage, OutcomeView, Phase, Shown, SlotState, SlotView,
};

/// Name of the socket in the data directory.
pub const SOCKET: &str = "control.sock";
/// Longest line, either way: the largest block (certs of 2 MiB) in base64, and room to spare.
pub const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Clients served at once. A guess: an operator and some scripts.
pub const CLIENTS_MAX: usize = 16;
/// Bytes of a CAR in one [`Response::Chunk`], before base64. A guess that keeps lines short.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// Longest key of an order, bytes. A guess.
pub const ORDER_KEY_BYTES_MAX: usize = 64;

/// What a client asks. `{"status":{}}`, `{"job":{"id":"3f2a"}}`, …
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How the node stands: [`Response::Status`].
    Status {},
    /// All jobs it follows, newest first: [`Response::Jobs`].
    Jobs {},
    /// One job: [`Response::Job`].
    Job {
        /// Job id, or a prefix that only one job has.
        id: String,
    },
    /// One job, again each time it changes: [`Response::Job`]s, then [`Response::End`] once it is done.
    /// Ends earlier if the client closes the connection.
    Watch {
        /// Job id, or a prefix that only one job has.
        id: String,
    },
    /// Order a job: [`Response::Submitted`].
    Submit {
        /// What is wanted.
        order: JobOrder,
        /// The suite's canonical block, base64; `order.suite` is its id.
        suite: String,
        /// Names the order: given again under the same key it is not carried out again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Where a job's outcome is: [`Response::Bundle`].
    Bundle {
        /// Job id, or a prefix that only one job has.
        id: String,
    },
    /// One public block: [`Response::Block`].
    Block {
        /// Which.
        cid: Cid,
    },
    /// A block and all that it links to, as a CAR version 1: [`Response::Chunk`]s, then [`Response::End`].
    Car {
        /// Where to begin.
        root: Cid,
    },
    /// Keep a block of an imported bundle, public: [`Response::Kept`]. The client has verified the bundle; the node
    /// checks that the bytes are what the id names.
    Put {
        /// Which.
        cid: Cid,
        /// Its bytes, base64.
        bytes: String,
        /// Whether to tell the DHT that this node has it: for the roots.
        provide: bool,
    },
    /// Connected peers: [`Response::Peers`].
    Peers {},
    /// Nodes whose logs are held, with what they offer: [`Response::Nodes`].
    Nodes {},
    /// Leaves of a log: [`Response::Log`].
    Log {
        /// Node id, or a prefix that only one known node has; none means this node.
        node: Option<String>,
        /// Index of the first leaf.
        start: u64,
        /// How many at most; a page has 128 at most in any case.
        count: u32,
    },
    /// A certified leaf with its proof: [`Response::Proof`].
    Proof {
        /// Node id, or a prefix that only one known node has.
        node: String,
        /// Index of the leaf.
        index: u64,
    },
    /// A job's own leaf with its proof: [`Response::Proof`].
    JobProof {
        /// Job id, or a prefix that only one job has.
        id: String,
    },
    /// Run no more of a job here: decline own slots that are not committed: [`Response::Stopped`].
    StopHere {
        /// Job id, or a prefix that only one job has.
        id: String,
    },
    /// Write a backup: [`Response::Backup`].
    Backup {
        /// The file, absolute; nothing is overwritten.
        out: std::path::PathBuf,
        /// Whether the root key goes into it.
        root_key: bool,
    },
    /// Give up what the configuration lets go: [`Response::Pruned`].
    Prune {
        /// Only say what would go.
        dry: bool,
    },
    /// End the node in good order: [`Response::Stopping`].
    Shutdown {},
}

/// What the node answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Response {
    /// How the node stands.
    Status(Box<Status>),
    /// All jobs, newest first.
    Jobs {
        /// One view each.
        views: Vec<JobView>,
    },
    /// One job as it is now.
    Job {
        /// The view.
        view: Box<JobView>,
    },
    /// A job was ordered.
    Submitted {
        /// Its id.
        id: JobId,
        /// It was ordered under this key before.
        #[serde(default)]
        again: bool,
    },
    /// Where a job's outcome is; nothing is set before it is there.
    Bundle {
        /// The job's full id.
        id: JobId,
        /// Root of the content: what is quoted.
        content: Option<Cid>,
        /// Root of this node's bundle: content, report and certs.
        bundle: Option<Cid>,
    },
    /// One block.
    Block {
        /// Its id.
        cid: Cid,
        /// Its bytes, base64.
        bytes: String,
    },
    /// The next bytes of a CAR.
    Chunk {
        /// At most [`CHUNK_BYTES`], base64.
        bytes: String,
    },
    /// A stream of responses is complete.
    End {},
    /// A block is kept.
    Kept {},
    /// Connected peers.
    Peers {
        /// By peer id.
        peers: Vec<Peer>,
    },
    /// Nodes whose logs are held.
    Nodes {
        /// Members first.
        nodes: Vec<KnownNode>,
    },
    /// Some leaves of a log.
    Log(Box<LogPage>),
    /// A certified leaf with its proof.
    Proof(Box<Shown>),
    /// What became of this node's slots.
    Stopped {
        /// The job's full id.
        id: JobId,
        /// Slots declined now.
        declined_now: Vec<u32>,
        /// Slots declined before.
        declined_before: Vec<u32>,
        /// Slots committed before.
        committed: Vec<u32>,
    },
    /// A backup was written.
    Backup(crate::backup::Written),
    /// What went, or would go.
    Pruned(crate::store::Pruned),
    /// The node ends now.
    Stopping {},
    /// The request was not carried out, or a stream broke off.
    Error(Fault),
}

/// Why a request was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{place}: {what}; {help}")]
pub struct Fault {
    /// What was wrong.
    pub what: String,
    /// Where: a field of the request, a file, a part of the node.
    #[serde(rename = "where")]
    pub place: String,
    /// What to do.
    pub help: String,
}

/// How a node stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// When this process started, POSIX seconds.
    pub started_s: u64,
    /// The network.
    pub net: NetId,
    /// The network's name for people.
    pub net_name: String,
    /// Whether it is a test network.
    pub test: bool,
    /// Node id.
    pub node: NodeId,
    /// libp2p peer id.
    pub peer_id: String,
    /// `member` or `volunteer`.
    pub role: String,
    /// Who runs it, as genesis says; `volunteers` for those it does not name.
    pub operator: String,
    /// Region that the node declares; none for a node that offers nothing.
    pub region: Option<String>,
    /// Targets offered right now.
    pub offers: Vec<String>,
    /// Targets that the configuration offers but that cannot be run, each with the reason.
    pub unavailable: Vec<(String, String)>,
    /// Addresses listened on.
    pub listen: Vec<String>,
    /// Addresses published.
    pub external: Vec<String>,
    /// Connected peers.
    pub peers: usize,
    /// Peers in the gossip mesh.
    pub mesh_peers: usize,
    /// Roots that this node provides to the DHTs: the network's key, contents, bundles.
    #[serde(default)]
    pub roots: usize,
    /// Of those, the ones whose announcement is due or under way.
    #[serde(default)]
    pub roots_waiting: usize,
    /// They are not all renewed within the hour.
    #[serde(default)]
    pub roots_late: bool,
    /// Leaves in the node's own log.
    pub log_size: u64,
    /// Leaves of it that a quorum has cosigned.
    pub certified_size: u64,
    /// Peers have seen this many leaves of this node's log, more than it holds: it signs nothing.
    #[serde(default)]
    pub lost_own_log: Option<u64>,
    /// The node runs on a restored backup and signs nothing yet: members that have told how long its log is, and how
    /// many have to.
    #[serde(default)]
    pub restored: Option<(usize, usize)>,
    /// By how much the system's clock is behind a time that this node has acted on before, seconds.
    #[serde(default)]
    pub clock_behind_s: Option<u64>,
    /// Free bytes below the data directory; 0 if they are not looked at.
    #[serde(default)]
    pub free_bytes: u64,
    /// What that means: `ample`, `low` (nothing new is taken on) or `scarce` (no blocks are taken for others either).
    #[serde(default)]
    pub room: crate::policy::Room,
    /// Logs known.
    pub logs: usize,
    /// Committee members whose keysets are known.
    #[serde(default)]
    pub members_known: usize,
    /// Committee members heard of lately.
    pub members_heard: usize,
    /// Seconds by which this node's clock runs ahead of the median of the other members' (behind, if negative);
    /// none if nobody else was heard lately.
    #[serde(default)]
    pub clock_ahead_s: Option<i64>,
    /// Committee size.
    pub members: usize,
    /// Cosignatures that certify.
    pub quorum: usize,
    /// Jobs by phase.
    pub jobs: std::collections::BTreeMap<String, usize>,
    /// Slots being run right now.
    pub executing: usize,
    /// Slots that wait for their turn.
    #[serde(default)]
    pub slots_waiting: usize,
    /// Vendors that the node may call, by name, and all together at the end: what was spent today, and what is left.
    #[serde(default)]
    pub vendors: Vec<VendorView>,
    /// The Golem Network, where it is set up.
    #[serde(default)]
    pub golem: Option<GolemView>,
    /// Records in the journal.
    pub records: u64,
    /// Blocks in the store, private ones included.
    pub blocks: u64,
    /// Blocks that are not public yet.
    pub blocks_private: u64,
    /// Nodes whose logs have shown heads that exclude each other since this node started, at most 256.
    #[serde(default)]
    pub forks: Vec<NodeId>,
    /// The node's latest notices, oldest first, at most [`NOTICES_MAX`].
    pub notices: Vec<NoticeView>,
}

/// Notices kept for [`Status`]. A guess: one screen.
pub const NOTICES_MAX: usize = 32;

/// Something that the node told people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeView {
    /// When, POSIX milliseconds.
    pub at_ms: u64,
    /// What.
    pub text: String,
}

/// A connected peer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// libp2p peer id.
    pub peer_id: String,
    /// Its node id, once its keyset is known.
    pub node: Option<NodeId>,
    /// Who runs it, once its keyset is known.
    pub operator: Option<String>,
    /// Where the connection comes from or goes to.
    pub addr: String,
    /// Software as the peer tells it: hostile text, printable ASCII.
    pub agent: String,
    /// Last round-trip time, once measured.
    pub rtt_ms: Option<u64>,
    /// Whether it follows this network's gossip.
    pub in_network: bool,
}

/// What a node says once it is up: the line that `vantage run --json` prints, and the file `ready.json` in the data
/// directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// Always true.
    pub ready: bool,
    /// Process id.
    pub pid: u32,
    /// Node id.
    pub node: NodeId,
    /// The network.
    pub net: NetId,
    /// libp2p peer id.
    pub peer_id: String,
    /// Addresses to dial, each ending in `/p2p/<peer id>`.
    pub listen: Vec<String>,
    /// Path of the control socket.
    pub control: String,
    /// Address of health and metrics, where they are served.
    #[serde(default)]
    pub metrics: Option<String>,
}
