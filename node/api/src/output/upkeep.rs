//! `vantage backup`, `restore`, `move`, `prune` and `stop`.

use crate::upkeep::Pruned;
use serde::Serialize;
use utoipa::ToSchema;
use vantage_protocol::id::{Hash, NetId, NodeId};

/// A backup was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BackedUp {
    /// The file.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Files in it, the manifest not counted.
    pub parts: u64,
    /// SHA-256 of the manifest, which holds the hash of everything else.
    pub manifest: Hash,
    /// The root key is in it.
    pub root_key: bool,
    /// Files that a node has and that were not there to be copied, and large blocks of which that is so.
    pub missing: Vec<String>,
}

/// A backup was restored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Restored {
    /// The data directory.
    pub data: String,
    /// Node id.
    pub node: NodeId,
    /// The network.
    pub net: NetId,
    /// When the backup was written, POSIX seconds.
    pub at_s: u64,
    /// Version of the program that wrote it.
    pub written_by: String,
    /// Files.
    pub parts: usize,
    /// The root key was in it.
    pub root_key: bool,
    /// What the backup lacks.
    pub missing: Vec<String>,
}

/// A node was moved to another directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Moved {
    /// The directory that is retired.
    pub from: String,
    /// Where the node is now.
    pub to: String,
    /// Bytes that were copied.
    pub bytes: u64,
}

/// What was deleted, or would be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PruneDone {
    /// Nothing was deleted: this is what would be.
    pub dry_run: bool,
    /// How much.
    pub pruned: Pruned,
}

/// The node stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Stopping {
    /// Always true.
    pub stopping: bool,
}
