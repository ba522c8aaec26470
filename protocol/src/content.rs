//! Content: what a job brought to light, as one DAG. Its CID is the one that is quoted.

use crate::cid::Cid;
use crate::id::{JobId, NetId};
use crate::params::{EXECUTORS_MAX, SLOTS_MAX};
use crate::wire::{Wire, rule};
use serde::{Deserialize, Serialize};

/// Root of the DAG: job, suite, study plan, executor list with announces, the statements, and through the
/// reveals their commit proofs, receipts, outputs and responses.
///
/// Every field is determined by the job's leaf and the statement list. So a SEALED job has one
/// content and no other: what a publisher could choose, such as where the job stands or whose keysets
/// it shows, is in the certs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Format version, 3.
    pub v: u32,
    /// Network.
    pub net: NetId,
    /// The genesis block.
    pub genesis: Cid,
    /// The job's id.
    pub id: JobId,
    /// The job's leaf, as a block.
    pub job: Cid,
    /// The suite.
    pub suite: Cid,
    /// The study plan, if the job names one.
    pub study: Option<Cid>,
    /// The executor list.
    pub executors: Cid,
    /// The leaves that the executor list names, in its order.
    pub announces: Vec<Cid>,
    /// The statement list.
    pub list: Cid,
    /// The listed statements' leaves, in the list's order.
    pub statements: Vec<Cid>,
}

impl Wire for Content {
    const NAME: &'static str = "content";
    const BYTES_MAX: usize = crate::params::BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 3, 3)?;
        rule::some("announces", self.announces.len(), EXECUTORS_MAX)?;
        rule::at_most("statements", self.statements.len(), SLOTS_MAX)
    }
}
