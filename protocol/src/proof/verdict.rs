//! A verdict on a job's content: its parts, each said apart. SEALED means "a quorum holds the same
//! set", never "true".

use crate::cid::Cid;
use crate::compare::{Account, Excerpts, Report};
use crate::id::{Hash, JobId, NetId, NodeId};
use crate::proof::evidence::Evidence;
use crate::proof::rented::OnGolem;
use crate::series::Entry;
use serde::Serialize;
use std::collections::BTreeSet;

mod lines;

/// A verdict in one word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Summary {
    /// Finals of a quorum are equal and cover exactly what is listed.
    Sealed,
    /// A quorum made Finals, but not equal ones; what is listed is what a quorum acknowledged.
    Bounded,
    /// Well-formed as far as it goes; blocks or certs are missing.
    Incomplete,
    /// Something in it contradicts something else.
    Invalid,
}

impl Summary {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Summary::Sealed => "SEALED",
            Summary::Bounded => "BOUNDED",
            Summary::Incomplete => "INCOMPLETE",
            Summary::Invalid => "INVALID",
        }
    }
}

/// What verification found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Verdict {
    /// In one word.
    pub summary: Summary,
    /// Why it is not SEALED; contradictions first.
    pub reasons: Vec<String>,
    /// What does not count, and who broke a rule, without spoiling the outcome.
    pub remarks: Vec<String>,
    /// The blocks.
    pub integrity: Integrity,
    /// The network.
    pub network: Network,
    /// The job; none if it could not be read.
    pub job: Option<JobPart>,
    /// Who sealed it.
    pub quorum: Quorum,
    /// How many stand behind it.
    pub independence: Independence,
    /// How well whereabouts are supported: `declared`, nothing more in this edition.
    pub region_confidence: &'static str,
    /// Whose word stands behind the outputs: `self`, the executor's own.
    pub origin_grade: &'static str,
    /// When.
    pub time: TimeBracket,
    /// What one should know before using it.
    pub labels: Vec<String>,
    /// The comparison.
    pub comparison: Comparison,
    /// What became of each cell; none if the comparison could not be recomputed.
    pub cells: Option<Account>,
    /// Cells that the job has.
    pub cells_total: u64,
    /// Who did the work on Golem.
    pub golem: OnGolem,
    /// What cannot be seen from here.
    pub not_shown: Vec<String>,
    /// The comparison as recomputed.
    #[serde(skip)]
    pub report: Option<Report>,
    /// What decentralized and centralized targets say, side by side; none if there are not two sides.
    #[serde(skip)]
    pub excerpts: Option<Excerpts>,
    /// The job as an entry of its series; none if its plan names none, or where it is INVALID.
    #[serde(skip)]
    pub entry: Option<Box<Entry>>,
    /// Portable evidence for what `remarks` says, where there is any.
    #[serde(skip)]
    pub evidence: Vec<Evidence>,
}

/// The blocks.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Integrity {
    /// Root of what was verified: a bundle's or a content's.
    pub root: Option<Cid>,
    /// Blocks below it that are there, each true to its id.
    pub blocks: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Blocks below it that are not there.
    pub missing: usize,
    /// Everything below the root is there and has the form it should have.
    pub complete: bool,
}

/// The network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Network {
    /// The network that the verifier trusts.
    pub net: NetId,
    /// What was verified belongs to it.
    pub matches: bool,
    /// Its name for people.
    pub name: Option<String>,
    /// A test network.
    pub test: Option<bool>,
    /// Committee members n.
    pub members: usize,
    /// Members q that make a quorum.
    pub quorum: usize,
    /// Members f that may be faulty.
    pub faults: usize,
}

/// The job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobPart {
    /// Its id.
    pub id: JobId,
    /// The content's id: the one to quote.
    pub content: Cid,
    /// Its author.
    pub author: NodeId,
    /// Who stands behind the author.
    pub author_operator: String,
    /// Name of its suite.
    pub suite: String,
    /// What the suite says of itself.
    pub suite_label: String,
    /// What was asked.
    pub targets: Vec<String>,
    /// From where.
    pub regions: Vec<String>,
    /// Its slots.
    pub slots: usize,
    /// Statements listed: reveals.
    pub reveals: usize,
    /// Statements listed: declines.
    pub declines: usize,
}

/// A committee member.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Who {
    /// Node id.
    pub node: NodeId,
    /// Who runs it.
    pub operator: String,
    /// Where its operator says it stands.
    pub region: String,
}

/// Who sealed it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Quorum {
    /// Members it takes.
    pub need: usize,
    /// Members whose Finals count for the listed set.
    pub have: usize,
    /// Merkle root over the listed statements.
    pub root: Option<Hash>,
    /// Finals shown, at most one a member, by node id.
    pub finals: Vec<FinalPart>,
    /// Members with a valid cosignature on any of the proofs.
    pub cosigners: Vec<Who>,
}

/// One member's Final.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FinalPart {
    /// Whose.
    pub member: Who,
    /// Statements it stands for.
    pub count: u32,
    /// Merkle root over them.
    pub root: Hash,
    /// The comparison it names.
    pub report: Option<Cid>,
    /// It is for the listed set, and its acks shown cover that set exactly.
    pub counts: bool,
    /// Why it does not count.
    pub why_not: Option<String>,
}

/// How many stand behind it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Independence {
    /// Executors with a listed reveal.
    pub executors: usize,
    /// Operators behind them; all volunteers count as one.
    pub executor_operators: BTreeSet<String>,
    /// Regions in which they say they stand.
    pub executor_regions: BTreeSet<String>,
    /// Operators behind the Finals that count.
    pub final_operators: BTreeSet<String>,
    /// Regions that those declare.
    pub final_regions: BTreeSet<String>,
    /// Operators behind the cosignatures.
    pub cosigner_operators: BTreeSet<String>,
    /// Regions that those declare.
    pub cosigner_regions: BTreeSet<String>,
}

/// Earliest and latest of some cosignatures, by the witnesses' clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Span {
    /// POSIX seconds.
    pub earliest_s: u64,
    /// POSIX seconds.
    pub latest_s: u64,
}

impl Span {
    /// The smallest span over both.
    pub(super) fn join(a: Option<Span>, b: Option<Span>) -> Option<Span> {
        let (Some(a), Some(b)) = (a, b) else { return a.or(b) };
        Some(Span { earliest_s: a.earliest_s.min(b.earliest_s), latest_s: a.latest_s.max(b.latest_s) })
    }
}

/// When, by the witnesses' clocks.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TimeBracket {
    /// Cosignatures over the job.
    pub job: Option<Span>,
    /// Cosignatures over the listed commits.
    pub commits: Option<Span>,
    /// Cosignatures over the listed reveals and declines.
    pub reveals: Option<Span>,
    /// Cosignatures over the Finals.
    pub finals: Option<Span>,
    /// Deadline of commits, POSIX seconds.
    pub commit_by_s: Option<u64>,
    /// Deadline of reveals, POSIX seconds.
    pub reveal_by_s: Option<u64>,
    /// Deadline of Finals, POSIX seconds.
    pub final_by_s: Option<u64>,
}

/// The comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// As recomputed here.
    pub recomputed: Option<Cid>,
    /// As the bundle shows it.
    pub shown: Option<Cid>,
    /// Members whose Finals count and name the recomputed one.
    pub attested_by: usize,
    /// A quorum names it.
    pub attested: bool,
}

impl Verdict {
    /// A verdict that says nothing yet.
    pub(super) fn new(net: NetId) -> Self {
        Self {
            summary: Summary::Incomplete,
            reasons: Vec::new(),
            remarks: Vec::new(),
            integrity: Integrity::default(),
            network: Network {
                net,
                matches: false,
                name: None,
                test: None,
                members: 0,
                quorum: 0,
                faults: 0,
            },
            job: None,
            quorum: Quorum::default(),
            independence: Independence::default(),
            region_confidence: "declared",
            origin_grade: "self",
            time: TimeBracket::default(),
            labels: Vec::new(),
            comparison: Comparison::default(),
            cells: None,
            cells_total: 0,
            golem: OnGolem::default(),
            not_shown: Vec::new(),
            report: None,
            excerpts: None,
            entry: None,
            evidence: Vec::new(),
        }
    }
}
