//! Transparency logs in the C2SP formats: RFC 6962 trees, checkpoints, cosignatures, proofs.
//!
//! The formats are narrowed where the specifications leave a choice, so that every accepted text
//! prints back byte for byte: no extension lines, the log's signature line first, Ed25519 only.

mod add_checkpoint;
mod checkpoint;
mod cosignature;
mod leaf;
mod note;
mod origin;
mod path;
mod policy;
mod policy_error;
#[cfg(test)]
mod sample;
mod signed;
mod tlog_proof;
mod tree;

pub use add_checkpoint::{AddCheckpoint, AddCheckpointOf, ExtendError};
pub use checkpoint::{Checkpoint, CheckpointOf};
pub use cosignature::{Cosignature, CosignatureLine, witness_name};
pub use leaf::{empty_root, leaf_hash, node_hash};
pub use note::{ALG_LOG, ALG_WITNESS, MAX_NOTE_BYTES, MAX_NOTE_LINES, NoteError, OtherLine, key_id};
pub use origin::{AnyOrigin, LogName, Origin};
pub use path::{MAX_PATH_HASHES, ProofError, verify_consistency, verify_inclusion};
pub use policy::{Cosigner, Pick, Policy};
pub use policy_error::PolicyError;
pub use signed::{MAX_COSIGNATURES, SignedCheckpoint, SignedCheckpointOf};
pub use tlog_proof::{MAX_EXTRA_BYTES, TlogProof};
pub use tree::Tree;
