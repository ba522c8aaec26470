//! Content: what a job brought to light, as one DAG. Its CID is the one that is quoted.

use crate::cid::Cid;
use crate::id::{JobId, NetId};
use crate::params::{EXECUTORS_MAX, SLOTS_MAX};
use crate::wire::{Wire, rule};
use serde::{Deserialize, Serialize};

/// Root of the DAG: job, suite, executor list with announces and keysets, the statements, and
/// through the reveals their commit proofs, receipts, outputs and responses.
///
/// For a SEALED job it is byte-equal on all members.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Format version, 1.
    pub v: u32,
    /// Network.
    pub net: NetId,
    /// The genesis block.
    pub genesis: Cid,
    /// The job's id.
    pub id: JobId,
    /// Index of the job in its author's log.
    pub index: u64,
    /// The job's leaf, as a block.
    pub job: Cid,
    /// The suite.
    pub suite: Cid,
    /// The executor list.
    pub executors: Cid,
    /// The leaves that the executor list names, in its order.
    pub announces: Vec<Cid>,
    /// Keysets (leaf 0) of the listed executors, in the same order.
    pub keysets: Vec<Cid>,
    /// The statement list.
    pub list: Cid,
    /// The listed statements' leaves, in the list's order.
    pub statements: Vec<Cid>,
}

impl Wire for Content {
    const NAME: &'static str = "content";
    const BYTES_MAX: usize = crate::params::BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)?;
        rule::some("announces", self.announces.len(), EXECUTORS_MAX)?;
        rule::at_most("statements", self.statements.len(), SLOTS_MAX)?;
        if self.keysets.len() != self.announces.len() {
            return Err("keysets: one for each announce is needed".into());
        }
        Ok(())
    }
}
