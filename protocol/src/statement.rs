//! What executors and members say about a job: commit, decline, reveal, ack, final, finding.

use crate::cid::Cid;
use crate::domain::Label;
use crate::hash::labelled;
use crate::id::{Hash, JobId, NetId, NodeId, Salt};
use crate::leaf_ref::LeafRef;
use crate::params::{ACK_ITEMS_MAX, REASON_BYTES_MAX, SLOTS_MAX};
use crate::wire::{Wire, rule};
use rs_merkle::MerkleTree;
use serde::{Deserialize, Serialize};

/// Binds an executor to a slot's receipts without showing them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Which job.
    pub job: JobId,
    /// Which slot.
    pub slot: u32,
    /// [`commit_hash`].
    pub hash: Hash,
}

/// `H(label, net, job, slot, author, salt, receipts)`.
pub fn commit_hash(
    net: &NetId,
    job: &JobId,
    slot: u32,
    author: &NodeId,
    salt: &Salt,
    receipts: &Cid,
) -> Hash {
    let fields: [&[u8]; 5] = [&job.0, &slot.to_be_bytes(), &author.0, &salt.0, &receipts.to_bytes()];
    labelled(Label::Commit, net, &fields)
}

/// A slot that its executor does not take on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// Which job.
    pub job: JobId,
    /// Which slot.
    pub slot: u32,
    /// Why, for people.
    pub reason: String,
}

/// Shows the receipts behind a commit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// Which job.
    pub job: JobId,
    /// Which slot.
    pub slot: u32,
    /// The commit.
    pub commit: LeafRef,
    /// What blinded it.
    pub salt: Salt,
    /// The receipts block.
    pub receipts: Cid,
    /// The block with the commit's leaf and its tlog-proof, cosigned by a quorum in time.
    pub proof: Cid,
}

/// What a member has validated and, where it is ok, holds and serves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// Which job.
    pub job: JobId,
    /// Reveals and declines.
    pub items: Vec<AckItem>,
}

/// One acknowledged statement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AckItem {
    /// The reveal or decline.
    pub statement: LeafRef,
    /// Ok, or bad with a code.
    pub verdict: AckVerdict,
}

/// A member's judgement of a reveal: a pure function of its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AckVerdict {
    /// Valid, and its outputs are held.
    Ok,
    /// Not valid.
    Bad(BadCode),
}

/// Why a reveal is bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BadCode {
    /// Salt and receipts do not give the committed hash.
    Hash,
    /// The on-time proof proves another leaf, or too few cosignatures in time.
    Proof,
    /// The receipts block is malformed or over its limits.
    Receipts,
    /// Receipts are not exactly the slot's cells.
    Cells,
    /// An output is over the job's limit.
    Output,
}

impl BadCode {
    /// The word used on the wire and in tables.
    pub fn word(self) -> &'static str {
        match self {
            BadCode::Hash => "hash",
            BadCode::Proof => "proof",
            BadCode::Receipts => "receipts",
            BadCode::Cells => "cells",
            BadCode::Output => "output",
        }
    }
}

/// A member's last word on a job: the set that it acknowledged ok.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Final {
    /// Which job.
    pub job: JobId,
    /// How many reveals and declines.
    pub count: u32,
    /// Merkle root over their sorted leaf hashes: [`set_root`].
    pub root: Hash,
    /// The block that lists them.
    pub list: Cid,
    /// The comparison as this member computed it.
    pub report: Option<Cid>,
}

/// Why a member found a statement bad, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = FindingStatement))]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Which job.
    pub job: JobId,
    /// The statement.
    pub statement: LeafRef,
    /// The code of the ack.
    pub code: BadCode,
    /// What was wrong, in words.
    pub detail: String,
}

/// The statements that a Final stands for, sorted by leaf hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementList {
    /// Format version, 1.
    pub v: u32,
    /// Which job.
    pub job: JobId,
    /// References, by ascending leaf hash.
    pub statements: Vec<LeafRef>,
}

impl StatementList {
    /// Sorts references into a list.
    pub fn new(job: JobId, mut statements: Vec<LeafRef>) -> Self {
        statements.sort_by_key(|s| s.hash);
        Self { v: 1, job, statements }
    }

    /// Merkle root over the leaf hashes.
    pub fn root(&self) -> Hash {
        set_root(&self.statements.iter().map(|s| s.hash).collect::<Vec<_>>())
    }
}

/// Merkle root over sorted leaf hashes, hashed as in RFC 6962 with each hash as a leaf; the empty
/// set has the empty tree's root.
pub fn set_root(hashes: &[Hash]) -> Hash {
    let leaves: Vec<[u8; 32]> = hashes.iter().map(|h| crate::log::leaf_hash(&h.0).0).collect();
    MerkleTree::<SetHasher>::from_leaves(&leaves).root().map_or_else(crate::log::empty_root, Hash)
}

/// RFC 6962 hashing for the set tree.
#[derive(Clone)]
struct SetHasher;

impl rs_merkle::Hasher for SetHasher {
    type Hash = [u8; 32];

    fn hash(data: &[u8]) -> [u8; 32] {
        crate::log::leaf_hash(data).0
    }

    fn concat_and_hash(left: &[u8; 32], right: Option<&[u8; 32]>) -> [u8; 32] {
        right.map_or(*left, |right| crate::log::node_hash(&Hash(*left), &Hash(*right)).0)
    }
}

impl Decline {
    pub(crate) fn check(&self) -> Result<(), String> {
        rule::text("reason", &self.reason, REASON_BYTES_MAX)
    }
}

impl Ack {
    pub(crate) fn check(&self) -> Result<(), String> {
        rule::some("items", self.items.len(), ACK_ITEMS_MAX)
    }
}

impl Final {
    pub(crate) fn check(&self) -> Result<(), String> {
        rule::within("count", self.count.into(), 0, SLOTS_MAX as u64)
    }
}

impl Finding {
    pub(crate) fn check(&self) -> Result<(), String> {
        rule::text("detail", &self.detail, REASON_BYTES_MAX)
    }
}

impl Wire for StatementList {
    const NAME: &'static str = "statement list";
    const BYTES_MAX: usize = crate::params::BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)?;
        rule::at_most("statements", self.statements.len(), SLOTS_MAX)?;
        rule::ascending("statements (by hash)", &self.statements.iter().map(|s| s.hash).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_root_is_the_rfc_6962_root_of_the_hashes() {
        let hashes: Vec<Hash> = (0..9).map(|i| Hash([i; 32])).collect();
        for n in 0..=hashes.len() {
            let mut tree = crate::log::Tree::new();
            hashes[..n].iter().for_each(|h| tree.push(crate::log::leaf_hash(&h.0)));
            assert_eq!(set_root(&hashes[..n]), tree.root(), "{n}");
        }
    }
}
