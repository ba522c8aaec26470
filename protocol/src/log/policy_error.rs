//! Why cosignatures do not do.

use crate::id::NodeId;

/// Why a checkpoint does not count as certified, or two of them do not merge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not (yet) cosigned by enough members.
    #[error("cosigned by {have} of the {need} members that it takes")]
    NoQuorum {
        /// Distinct members with a valid cosignature.
        have: usize,
        /// Distinct members needed.
        need: usize,
    },
    /// A line claims the key of a member and is not by it: the whole note is bad.
    #[error("the cosignature in the name of member {who} does not verify")]
    InvalidSignature {
        /// Which member.
        who: NodeId,
    },
    /// The two notes are about different heads.
    #[error("cosignatures of one checkpoint do not belong to another")]
    OtherCheckpoint,
    /// No room for another line: those of unknown witnesses have to go first.
    #[error("the note is full of cosignatures: drop those of unknown witnesses")]
    Full,
}
