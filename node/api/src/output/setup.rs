//! `vantage init`, `genesis` and `doctor`.

use serde::Serialize;
use utoipa::ToSchema;
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::keys::PublicKey;

/// What `vantage init` made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Initialised {
    /// The data directory.
    pub data: String,
    /// The configuration file.
    pub config: String,
    /// Node id.
    pub node: NodeId,
    /// Root key, the same bytes.
    pub root: PublicKey,
    /// libp2p peer id.
    pub peer_id: String,
    /// Transport key.
    pub transport: PublicKey,
    /// Key that signs checkpoints.
    pub log: PublicKey,
    /// Key that cosigns.
    pub witness: PublicKey,
    /// The network, if a genesis was given.
    pub net: Option<NetId>,
    /// `member` or `volunteer` there.
    pub role: Option<String>,
}

/// A genesis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct GenesisShown {
    /// The network's name.
    pub name: String,
    /// Its id: hash of the genesis.
    pub net: NetId,
    /// A test network.
    pub test: bool,
    /// When it was founded, POSIX seconds.
    pub founded_s: u64,
    /// Shortest gap between the deadlines of a job, seconds.
    pub gap_s_min: u64,
    /// Largest output that a job may allow, bytes.
    pub output_bytes_max: u64,
    /// Who founded it.
    pub founders: Vec<String>,
    /// Members.
    pub n: usize,
    /// Members that make a quorum.
    pub q: usize,
    /// Members that may be faulty.
    pub f: usize,
    /// Operators behind the members.
    pub operators: usize,
    /// What its founders should think about.
    pub warnings: Vec<String>,
    /// The members, by root key.
    pub members: Vec<MemberShown>,
    /// Where `genesis create` wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub file: Option<String>,
}

/// A member of a genesis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MemberShown {
    /// Node id.
    pub node: NodeId,
    /// Who runs it.
    pub operator: String,
    /// Where its operator says it stands.
    pub region: String,
}

/// What `vantage doctor` found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Diagnosis {
    /// The worst level.
    pub worst: Level,
    /// All checks, in order.
    pub checks: Vec<Check>,
}

/// One thing that `vantage doctor` looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Check {
    /// What was looked at: a stable name.
    pub check: String,
    /// How it is.
    pub level: Level,
    /// In words.
    pub found: String,
    /// How to mend it; none where nothing is to be mended.
    pub mend: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// It could not be looked at now, or cannot be at all.
    Skip,
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// It keeps the node from working.
    Fail,
}

impl Level {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Level::Skip => "SKIP",
            Level::Ok => "OK",
            Level::Warn => "WARN",
            Level::Fail => "FAIL",
        }
    }
}
