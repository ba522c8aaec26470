//! Backups, pruning, and the end of a node.

use crate::call::{Call, Done, Method};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use utoipa::ToSchema;
use vantage_protocol::id::Hash;

/// Write a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The file, absolute; nothing is overwritten.
    #[schema(value_type = String)]
    pub out: PathBuf,
    /// Whether the root key goes into it.
    pub root_key: bool,
}

/// A backup that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Length of the file.
    pub bytes: u64,
    /// Files in it, the manifest not counted.
    pub parts: u64,
    /// SHA-256 of the manifest, which holds the hash of everything else.
    pub manifest: Hash,
    /// Files that a node has and that were not there to be copied, and large blocks of which that is so.
    pub missing: Vec<String>,
}

impl Call for Backup {
    type Reply = Written;
    const METHOD: Method = Method::Order;
    const PATH: &'static str = "/v1/backup";
    const ABOUT: &'static str = "Write a backup of this node to a file.";
}

/// Delete what the configuration lets go.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prune {
    /// Only tell what would go.
    pub dry: bool,
}

/// What a pruning has done, or would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pruned {
    /// Jobs whose blocks went.
    pub jobs: u64,
    /// Blocks.
    pub blocks: u64,
    /// Their bytes.
    pub block_bytes: u64,
    /// Records that a later one supersedes.
    pub records: u64,
    /// Their bytes.
    pub record_bytes: u64,
    /// Receipts, counted calls and marks of jobs that are over.
    pub rows: u64,
}

impl Call for Prune {
    type Reply = Pruned;
    const METHOD: Method = Method::Order;
    const PATH: &'static str = "/v1/prune";
    const ABOUT: &'static str = "Delete what the configuration lets go, or tell what would go.";
}

/// Stop the node gracefully.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {}

impl Call for Shutdown {
    type Reply = Done;
    const METHOD: Method = Method::Order;
    const PATH: &'static str = "/v1/shutdown";
    const ABOUT: &'static str = "Stop the node gracefully.";
}
