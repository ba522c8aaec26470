//! How a job looks to people. Stands here until the core has its own.

use serde::{Deserialize, Serialize};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId, NodeId};
use vantage_protocol::job::JobTarget;

/// One job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JobView {
    /// Job id.
    pub id: JobId,
    /// Who ordered it.
    pub author: NodeId,
    /// The suite.
    pub suite: Cid,
    /// Regions.
    pub regions: Vec<String>,
    /// Targets.
    pub targets: Vec<JobTarget>,
    /// Replicas.
    pub replicas: u32,
    /// Deadlines, POSIX seconds.
    pub from_s: u64,
    /// Commits.
    pub commit_by_s: u64,
    /// Reveals.
    pub reveal_by_s: u64,
    /// Finals.
    pub final_by_s: u64,
    /// Where it stands.
    pub phase: Phase,
    /// Members seen past the deadline.
    pub late_members: usize,
    /// Its slots.
    pub slots: Vec<SlotView>,
    /// Its Finals.
    pub finals: Vec<FinalView>,
    /// Its outcome.
    pub outcome: Option<Outcome>,
    /// Cosigners.
    pub cosigners: usize,
    /// Content.
    pub content: Option<Cid>,
    /// Bundle.
    pub bundle: Option<Cid>,
    /// Why it is not worked on.
    pub refused: Option<String>,
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Blocks are missing.
    Waiting,
    /// Slots are being run.
    Executing,
    /// Waiting to close.
    Committed,
    /// Reveals are coming.
    Revealing,
    /// Members acknowledge.
    Acknowledging,
    /// Members finalise.
    Finalising,
    /// Done.
    Done,
}

/// A slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SlotView {
    /// Index.
    pub index: u32,
    /// Region.
    pub region: String,
    /// Target.
    pub target: String,
    /// Replica.
    pub replica: u32,
    /// Executor.
    pub executor: Option<NodeId>,
    /// Operator.
    pub operator: String,
    /// State.
    pub state: SlotState,
}

/// A slot's state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// Nobody took it.
    Unassigned,
    /// Nothing said.
    Waiting,
    /// Declined.
    Declined {
        /// Why.
        reason: String,
    },
    /// Committed.
    Committed,
    /// Committed late.
    CommittedLate,
    /// Revealed.
    Revealed,
    /// Acknowledged.
    Acked {
        /// By so many as ok.
        ok: usize,
        /// By so many as bad.
        bad: usize,
    },
}

/// A member's Final.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FinalView {
    /// Who.
    pub member: NodeId,
    /// Operator.
    pub operator: String,
    /// Region.
    pub region: String,
    /// Count.
    pub count: u32,
    /// Root.
    pub root: Hash,
}

/// A job's outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Sealed.
    Sealed {
        /// The co-signed root.
        root: Hash,
    },
    /// Bounded.
    Bounded,
}
