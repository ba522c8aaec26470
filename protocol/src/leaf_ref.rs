//! A leaf by its place and hash: what one statement says of another.

use crate::id::{Hash, NodeId};
use serde::{Deserialize, Serialize};

/// Names one leaf of one log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LeafRef {
    /// Whose log.
    pub author: NodeId,
    /// Index in the log.
    pub index: u64,
    /// RFC 6962 leaf hash.
    pub hash: Hash,
}
