//! What survives a crash: replaying the records in order gives the same state.

use crate::cid::Cid;
use crate::id::{Hash, JobId, NodeId, Salt};
use crate::wire::Wire;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// One thing to remember.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    /// The next leaf of the node's own log. On disk before any signature covers it.
    OwnLeaf(ByteBuf),
    /// Leaves of another log, following those held.
    Leaves {
        /// Whose.
        node: NodeId,
        /// Index of the first.
        start: u64,
        /// Canonical bytes.
        leaves: Vec<ByteBuf>,
    },
    /// A head with cosignatures that is worth keeping.
    Head(String),
    /// What this witness is about to cosign. On disk before the cosignature leaves.
    Witnessed {
        /// Whose log.
        node: NodeId,
        /// Its size.
        size: u64,
        /// Its root.
        root: Hash,
        /// The cosignature's time, POSIX seconds.
        time_s: u64,
    },
    /// What a commit hides. On disk together with the commit's leaf.
    Salted {
        /// Which job.
        job: JobId,
        /// Which slot.
        slot: u32,
        /// What blinds it.
        salt: Salt,
        /// The receipts block.
        receipts: Cid,
    },
    /// The leaves of a log from here on belong to a branch that was not certified: forget them.
    Rewind {
        /// Whose log.
        node: NodeId,
        /// First leaf to forget.
        size: u64,
    },
    /// From here on this is a restored backup: nothing is signed until enough members were asked how long this node's
    /// log is.
    Restored,
    /// Enough members were asked, and none holds a longer log of this node: it may sign again.
    Vouched,
    /// Peers hold more leaves of this node's log than it does: it signs nothing any more.
    Lost {
        /// How many leaves were seen.
        seen: u64,
    },
    /// What this node published of a job. On disk together with its blocks.
    Published {
        /// Which job.
        job: JobId,
        /// Root of the content.
        content: Cid,
        /// Root of this node's bundle.
        bundle: Cid,
    },
    /// The first bundle of a job that proved it SEALED. It is provided for good, as others may have written its id
    /// down. On disk together with its blocks.
    Provided {
        /// Which job.
        job: JobId,
        /// Root of the bundle.
        bundle: Cid,
    },
}

impl Wire for Record {
    const NAME: &'static str = "record";
    const BYTES_MAX: usize = 4 * 1024 * 1024;

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}
