//! How a node stands.

use crate::call::{Call, Method};
use crate::golem::GolemView;
use crate::vendor::VendorView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;
use vantage_protocol::id::{NetId, NodeId};

/// How the node stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetStatus {}

impl Call for GetStatus {
    type Reply = Status;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/status";
    const ABOUT: &'static str = "How this node stands: network, peers, log, jobs, budgets, disk, notices.";
}

/// How much room the disk has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    /// Less than half of the floor: nothing is fetched any more. What is left is for records and receipts.
    Scarce,
    /// Less than the floor: nothing new is taken on.
    Low,
    /// Enough.
    #[default]
    Ample,
}

/// How a node stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
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
    #[schema(value_type = Vec<Vec<String>>)]
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
    #[schema(value_type = Option<Vec<usize>>)]
    pub restored: Option<(usize, usize)>,
    /// By how much the system's clock is behind a time that this node has acted on before, seconds.
    #[serde(default)]
    pub clock_behind_s: Option<u64>,
    /// Free bytes below the data directory; 0 if they are not looked at.
    #[serde(default)]
    pub free_bytes: u64,
    /// What that means: `ample`, `low` (nothing new is taken on) or `scarce` (no blocks are taken for others either).
    #[serde(default)]
    pub room: Room,
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
    pub jobs: BTreeMap<String, usize>,
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
    /// The node's latest notices, oldest first, at most 32 ([`NOTICES_MAX`]).
    pub notices: Vec<NoticeView>,
}

/// Notices kept for [`Status`]. A guess: one screen.
pub const NOTICES_MAX: usize = 32;

/// Something that the node told people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeView {
    /// When, POSIX milliseconds.
    pub at_ms: u64,
    /// What.
    pub text: String,
}

/// How a node stands, for its metrics.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What `vantage status` shows.
    pub status: Box<Status>,
    /// How long ago the engine has shown it.
    pub age: Duration,
    /// Peers in the DHTs' routing tables.
    pub dht_peers: usize,
    /// Counts of the network task since the start, by name.
    pub counters: BTreeMap<&'static str, u64>,
}
