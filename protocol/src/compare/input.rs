//! What a comparison is made of: one job's targets, prompts, regions and cells.

use crate::cid::Cid;
use crate::finish::Ending;
use crate::id::{JobId, NetId, NodeId};
use crate::study::{Reading, Registered};
use std::collections::BTreeMap;

/// One job as [`compare`](super::compare) sees it. The lists keep the order of the job, since cells
/// name their members by index; cells may come in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Declared regions.
    pub regions: Vec<String>,
    /// What was asked.
    pub targets: Vec<TargetInfo>,
    /// What was asked of it.
    pub prompts: Vec<PromptInfo>,
    /// What the job's study plan registers, if it names one.
    pub study: Option<Study>,
    /// The suite's temperature in thousandths; none: whatever each API takes.
    pub temperature_milli: Option<u32>,
    /// The network and the job: what is drawn is drawn from these.
    pub drawn_from: (NetId, JobId),
    /// Every cell of every slot, answered or not.
    pub cells: Vec<Cell>,
}

/// What a study plan registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    /// How often a study in which nothing differs may show any difference at all, parts per million.
    pub alpha_ppm: u32,
    /// The family, in the plan's order.
    pub contrasts: Vec<Registered>,
    /// How far apart in time both sides may have been asked, seconds; none: not looked at.
    pub skew_s_max: Option<u32>,
    /// How answers are read, by prompt.
    pub readings: BTreeMap<u32, Reading>,
}

/// One model or product that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetInfo {
    /// Its name in the job, such as `open:smollm2-135m`.
    pub name: String,
    /// Whether equal requests must give equal bytes (an open model on a deterministic engine).
    pub deterministic: bool,
    /// What was really asked: `api`, `open`, `golem`.
    pub surface: String,
    /// Whether the target is simulated.
    pub sim: bool,
}

/// One prompt of the suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptInfo {
    /// Its id in the suite.
    pub id: String,
    /// What it is about.
    pub topic: String,
    /// Its role in the suite: `identity`, `fact`, `control`, `contested`, …
    pub kind: String,
    /// The text that was sent. Not repeated in the report.
    pub text: String,
}

/// One prompt put once to one target from one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Index into the prompts.
    pub prompt: u32,
    /// Index into the targets.
    pub target: u32,
    /// Index into the regions.
    pub region: u32,
    /// Which replica of the (region, target).
    pub replica: u32,
    /// Which repeat by the same executor.
    pub repeat: u32,
    /// Who executed it, or was to.
    pub executor: NodeId,
    /// Who runs that executor.
    pub operator: Operator,
    /// When it was asked, POSIX milliseconds by the executor's clock; none without a receipt.
    pub asked_ms: Option<u64>,
    /// What came of it.
    pub state: CellState,
}

/// Who runs an executor: the unit of independence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// An operator that the genesis vouches for.
    Vouched(String),
    /// Anybody else: all volunteers together count as one operator.
    Volunteer,
}

impl Operator {
    /// With its name cut to what a report holds.
    pub(super) fn clipped(&self) -> Self {
        match self {
            Self::Vouched(name) => Self::Vouched(super::clip(name, 64)),
            Self::Volunteer => Self::Volunteer,
        }
    }
}

/// What came of a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellState {
    /// An answer.
    Answer {
        /// The output decoded as UTF-8, invalid bytes replaced.
        text: String,
        /// Names the bytes of the output; byte equality is judged by it.
        output: Cid,
        /// How it ended: one that is an answer.
        ending: Ending,
    },
    /// The execution failed and its receipt says so.
    Failed {
        /// The failure code of the receipt.
        code: String,
    },
    /// There is no receipt.
    Missing {
        /// Why not.
        reason: MissingReason,
    },
    /// There is a receipt, but it contradicts the job.
    Bad {
        /// What is wrong with it, such as `inputs`.
        code: String,
    },
}

impl CellState {
    /// Whether it is an answer that ended so.
    pub(super) fn ended(&self, how: Ending) -> bool {
        matches!(self, CellState::Answer { ending, .. } if *ending == how)
    }

    /// Why there is no answer, in a word and a code; none if there is one.
    pub(super) fn absence(&self) -> Option<String> {
        match self {
            CellState::Answer { .. } => None,
            CellState::Failed { code } => Some(format!("failed: {code}")),
            CellState::Bad { code } => Some(format!("bad: {code}")),
            CellState::Missing { reason: MissingReason::Unassigned } => Some("unassigned".to_owned()),
            CellState::Missing { reason: MissingReason::Declined { reason } } => {
                Some(format!("declined: {reason}"))
            }
            CellState::Missing { reason: MissingReason::NotInSet } => Some("not in the set".to_owned()),
        }
    }
}

/// Why a cell has no receipt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissingReason {
    /// No executor was found for the slot.
    Unassigned,
    /// The executor declined the slot.
    Declined {
        /// The reason it gave.
        reason: String,
    },
    /// Nothing of the slot is in the final set: no acknowledged reveal.
    NotInSet,
}

/// Cells by (target, prompt), each in the order of region, repeat, replica.
pub(super) type Groups<'a> = BTreeMap<(u32, u32), Vec<&'a Cell>>;
