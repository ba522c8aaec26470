//! What a backup consists of, with the hash of each part.

use serde::{Deserialize, Serialize};
use vantage_protocol::id::{Hash, NetId, NodeId};

/// Version of the file's layout.
pub(super) const VERSION: u32 = 1;
/// Longest manifest that is read, bytes: a line of 120 for each of 500,000 large blocks.
pub(super) const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The first part of a backup. Its own hash stands in its name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the layout: 1.
    pub backup: u32,
    /// The program that wrote it.
    pub written_by: String,
    /// When, POSIX seconds.
    pub at_s: u64,
    /// Whose.
    pub node: NodeId,
    /// In which network.
    pub net: NetId,
    /// Whether the identity's secret seed is in it.
    pub root_key: bool,
    /// All other parts, in the order in which they follow.
    pub parts: Vec<Part>,
}

/// One file in a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its path in the data directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
}

impl Manifest {
    /// The name under which a manifest of these bytes stands in a backup.
    pub(super) fn name(hash: &Hash) -> String {
        format!("manifest-{hash}.json")
    }

    /// Whether a part's name is that of a manifest, whatever its hash.
    pub(super) fn is_name(name: &str) -> bool {
        name.starts_with("manifest-") && name.ends_with(".json")
    }

    /// Files that a node has and that are not in it. The root key counts where it was asked for.
    pub fn missing(&self, root_key: bool) -> Vec<String> {
        let has = |name: &str| self.parts.iter().any(|part| part.name == name);
        let wanted = PLAIN.into_iter().filter(|name| root_key || *name != crate::keys::ROOT_KEY);
        wanted.filter(|name| !has(name)).map(str::to_owned).collect()
    }

    /// The first name that has no place in a data directory, or stands twice.
    pub(super) fn bad_name(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        names.sort_unstable();
        let twice = names.array_windows().find(|[a, b]| a == b).map(|[a, _]| *a);
        twice.or_else(|| names.into_iter().find(|name| !is_known(name)))
    }
}

/// Where `init` puts the genesis; the configuration may name another place.
const GENESIS: &str = "genesis.toml";
/// Files that a backup may hold. The database comes from a snapshot.
pub(super) const PLAIN: [&str; 7] = [
    crate::config::FILE,
    GENESIS,
    crate::keys::TRANSPORT_KEY,
    crate::keys::LOG_KEY,
    crate::keys::WITNESS_KEY,
    crate::keys::KEYSET,
    crate::keys::ROOT_KEY,
];

/// Whether a name belongs into a data directory: one of the known files, or a block under its hash.
fn is_known(name: &str) -> bool {
    let is_block = || {
        let (shard, digest) = name.strip_prefix("blocks/")?.split_once('/')?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        Some(digest.len() == 64 && digest.bytes().all(hex) && digest.get(..2) == Some(shard))
    };
    PLAIN.contains(&name) || name == crate::store::FILE || is_block().unwrap_or(false)
}

/// Whether a node cannot start without the file, wherever its configuration and its genesis are.
pub fn is_needed(name: &str) -> bool {
    PLAIN.contains(&name) && name != crate::config::FILE && name != GENESIS
}
