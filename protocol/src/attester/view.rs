//! What people and tests may see of an attester.

use super::Attester;
use super::executor::Shown;
use super::log_view::LogView;
use super::round::{Outcome, Round, RoundState};
use crate::cid::Cid;
use crate::id::{Hash, JobId, NodeId};
use crate::job::JobTarget;
use crate::leaf::{LeafRef, Statement};
use serde::{Deserialize, Serialize};

/// One job as a node sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobView {
    /// Its id.
    pub id: JobId,
    /// Who submitted it.
    pub author: NodeId,
    /// Index of its leaf in the author's log.
    pub index: u64,
    /// The suite's block.
    pub suite: Cid,
    /// From where.
    pub regions: Vec<String>,
    /// What is asked.
    pub targets: Vec<JobTarget>,
    /// Executors for each (region, target).
    pub replicas: u32,
    /// When it was made, POSIX seconds.
    pub from_s: u64,
    /// Deadline of commits, POSIX seconds.
    pub commit_by_s: u64,
    /// Deadline of reveals, POSIX seconds.
    pub reveal_by_s: u64,
    /// Deadline of Finals, POSIX seconds.
    pub final_by_s: u64,
    /// Where it stands.
    pub phase: Phase,
    /// Every slot.
    pub slots: Vec<SlotView>,
    /// Certified Finals.
    pub finals: Vec<FinalView>,
    /// How it ended.
    pub outcome: Option<OutcomeView>,
    /// The content's id, once it is assembled here.
    pub content: Option<Cid>,
    /// The bundle that this node publishes: its latest.
    pub bundle: Option<Cid>,
    /// The bundle that this node provides under its id for good: the first that proved the job SEALED.
    pub provided: Option<Cid>,
    /// Why it cannot be worked on.
    pub refused: Option<String>,
}

impl JobView {
    /// The co-signed root; none of a job that is not sealed.
    pub fn sealed(&self) -> Option<Hash> {
        match self.outcome {
            Some(OutcomeView::Sealed { root, .. }) => Some(root),
            _ => None,
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Blocks or leaves that it names are missing here.
    Waiting,
    /// Not every assigned executor has said something yet.
    Executing,
    /// All have; reveals are coming.
    Revealing,
    /// All commits are revealed; members acknowledge and finalise.
    Finalising,
    /// There is an outcome.
    Done,
    /// It breaks a rule.
    Refused,
}

impl Phase {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Waiting => "waiting",
            Phase::Executing => "executing",
            Phase::Revealing => "revealing",
            Phase::Finalising => "finalising",
            Phase::Done => "done",
            Phase::Refused => "refused",
        }
    }
}

/// One slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SlotView {
    /// Index.
    pub index: u32,
    /// Region.
    pub region: String,
    /// Target.
    pub target: String,
    /// Which of the replicas.
    pub replica: u32,
    /// Who is assigned.
    pub executor: Option<NodeId>,
    /// Who stands behind it.
    pub operator: Option<String>,
    /// What is certified of it.
    pub state: SlotState,
    /// Members that acknowledged it ok, certified.
    pub acked_ok: u32,
    /// Members that found it bad, certified.
    pub acked_bad: u32,
}

/// What is certified of a slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// Nobody eligible.
    Unassigned,
    /// Nothing said yet.
    Waiting,
    /// Not taken on.
    Declined {
        /// Why.
        reason: String,
    },
    /// Committed in time.
    Committed,
    /// Committed too late.
    CommittedLate,
    /// Revealed in time.
    Revealed,
    /// Revealed too late.
    RevealedLate,
}

impl SlotState {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            SlotState::Unassigned => "unassigned",
            SlotState::Waiting => "waiting",
            SlotState::Declined { .. } => "declined",
            SlotState::Committed => "committed",
            SlotState::CommittedLate => "committed late",
            SlotState::Revealed => "revealed",
            SlotState::RevealedLate => "revealed late",
        }
    }
}

/// One member's Final.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FinalView {
    /// Who.
    pub member: NodeId,
    /// Its operator.
    pub operator: String,
    /// Its declared region.
    pub region: String,
    /// Statements in its set.
    pub count: u32,
    /// Root of its set.
    pub root: Hash,
    /// Report that it names.
    pub report: Option<Cid>,
}

/// How a job ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutcomeView {
    /// A quorum holds the same set.
    Sealed {
        /// The co-signed Merkle root.
        root: Hash,
        /// Statements in the set.
        count: u32,
        /// The report that a quorum names.
        report: Option<Cid>,
    },
    /// A quorum finalised, on different sets.
    Bounded,
}

/// One node at a glance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Overview {
    /// Node id.
    pub node: NodeId,
    /// A committee member.
    pub member: bool,
    /// Leaves in its log.
    pub leaves: u64,
    /// Of these, certified.
    pub certified: u64,
    /// Logs followed.
    pub logs: usize,
    /// Committee members whose keysets are known.
    pub members_known: usize,
    /// Committee members heard in the last minute, this one included.
    pub members_heard: usize,
    /// Committee size.
    pub committee: usize,
    /// Quorum.
    pub quorum: usize,
    /// Peers have seen this many leaves of this node, more than it holds: it signs nothing.
    pub lost_own_log: Option<u64>,
    /// This is a restored backup that signs nothing yet: members that were heard about the own log, and how many are
    /// needed.
    pub restored: Option<(usize, usize)>,
}

impl Attester {
    /// All jobs that this node knows, newest first.
    pub fn jobs(&self) -> Vec<JobView> {
        let mut views: Vec<JobView> = self.rounds.values().map(|r| self.job_view(r)).collect();
        views.sort_by_key(|v| (std::cmp::Reverse(v.from_s), v.id));
        views
    }

    /// One job.
    pub fn job(&self, id: &JobId) -> Option<JobView> {
        self.rounds.get(id).map(|r| self.job_view(r))
    }

    /// Whether something may happen in a job yet.
    pub fn is_live(&self, id: &JobId) -> bool {
        self.open.contains(id) || self.unlooked.contains(id)
    }

    /// Whether a job is over and has not been looked at since the start: what was shown of it before says more.
    pub fn is_unlooked(&self, id: &JobId) -> bool {
        self.unlooked.contains(id)
    }

    /// How a job ended, and its content, as far as that is known here: what [`job`](Self::job) tells of it, at no cost.
    pub fn ended(&self, id: &JobId) -> Option<(OutcomeView, Option<Cid>)> {
        let round = self.rounds.get(id)?;
        Some((outcome_view(round.outcome.as_ref()?), round.content))
    }

    /// Everything that this node holds of a job hangs from these blocks.
    pub fn job_roots(&self, id: &JobId) -> Vec<Cid> {
        let Some(round) = self.rounds.get(id) else { return Vec::new() };
        let mut roots: Vec<Cid> = round.job.names().collect();
        roots.extend([round.content, round.bundle, round.provided].into_iter().flatten());
        for (_, entry) in self.logs.values().flat_map(|log| log.about(id, false)) {
            match &entry.leaf.statement {
                Statement::Reveal(reveal) => roots.extend([reveal.receipts, reveal.proof]),
                Statement::Final(last) => roots.extend([Some(last.list), last.report].into_iter().flatten()),
                _ => {}
            }
        }
        let own = self.salted.range((*id, 0)..=(*id, u32::MAX));
        roots.extend(own.map(|(_, (_, receipts))| *receipts));
        roots
    }

    /// Whether a job is over for this node: nothing is left to do, and nothing will be asked of it again.
    pub fn is_over(&self, id: &JobId, now_s: u64) -> bool {
        let past = |r: &Round| now_s > r.job.final_by_s.saturating_add(super::rounds::GIVE_UP_S);
        self.rounds.get(id).is_some_and(|r| past(r) && !self.is_open(r, now_s))
    }

    /// The node at a glance.
    pub fn overview(&self, now_ms: u64) -> Overview {
        Overview {
            node: self.node,
            member: self.is_member(),
            leaves: self.own_log().map_or(0, LogView::size),
            certified: self.own_log().map_or(0, LogView::certified),
            logs: self.logs.len(),
            members_known: self.policy_size,
            members_heard: self.clocks.heard_lately(now_ms),
            committee: self.config.genesis.size(),
            quorum: self.config.genesis.quorum(),
            lost_own_log: self.own.lost,
            restored: self.own.unsure.as_ref().map(|unsure| (unsure.heard(), self.vouchers_needed())),
        }
    }

    fn job_view(&self, round: &Round) -> JobView {
        let slots = self.slot_views(round);
        let refused = match &round.state {
            RoundState::Refused(why) => Some(why.clone()),
            _ => None,
        };
        let outcome = round.outcome.as_ref().map(outcome_view);
        let phase = match (&round.state, &outcome) {
            (_, Some(_)) => Phase::Done,
            (RoundState::Refused(_), _) => Phase::Refused,
            (RoundState::Waiting, _) => Phase::Waiting,
            _ if slots.iter().any(|s| s.state == SlotState::Waiting) && !self.is_closed(round) => {
                Phase::Executing
            }
            _ if slots.iter().any(|s| s.state == SlotState::Committed) => Phase::Revealing,
            _ => Phase::Finalising,
        };
        JobView {
            id: round.id,
            author: round.at.author,
            index: round.at.index,
            suite: round.job.suite,
            regions: round.job.regions.clone(),
            targets: round.job.targets.clone(),
            replicas: round.job.replicas,
            from_s: round.job.from_s,
            commit_by_s: round.job.commit_by_s,
            reveal_by_s: round.job.reveal_by_s,
            final_by_s: round.job.final_by_s,
            phase,
            slots,
            finals: self.final_views(round),
            outcome,
            content: round.content,
            bundle: round.bundle,
            provided: round.provided,
            refused,
        }
    }

    fn final_views(&self, round: &Round) -> Vec<FinalView> {
        let view = |(member, _, last): (NodeId, u64, crate::statement::Final)| {
            let vouched = self.config.genesis.member(&member)?;
            Some(FinalView {
                member,
                operator: vouched.operator.clone(),
                region: vouched.region.clone(),
                count: last.count,
                root: last.root,
                report: last.report,
            })
        };
        self.finals(round).into_iter().filter_map(view).collect()
    }

    fn slot_views(&self, round: &Round) -> Vec<SlotView> {
        // whoever piles up jobs that nobody has looked at yet has not their slots held by every reader
        if matches!(round.state, RoundState::Waiting) {
            return Vec::new();
        }
        let verdicts = self.verdicts(&round.id);
        let assignment = round.plan().map_or(&[][..], |p| p.assignment.as_slice());
        round
            .job
            .slots()
            .map(|slot| {
                let executor = assignment.get(slot.index as usize).copied().flatten();
                let (state, at) = executor
                    .map_or((SlotState::Unassigned, None), |node| self.slot_state(round, slot.index, &node));
                let counts =
                    at.and_then(|at| verdicts.get(&at)).map_or((0, 0), |v| (v.ok.len(), v.bad.len()));
                SlotView {
                    index: slot.index,
                    region: round.job.regions.get(slot.region).cloned().unwrap_or_default(),
                    target: round
                        .job
                        .targets
                        .get(slot.target)
                        .map(|t| t.target.to_string())
                        .unwrap_or_default(),
                    replica: slot.replica,
                    executor,
                    operator: executor.map(|n| self.config.genesis.operator(&n).label().to_owned()),
                    state,
                    acked_ok: counts.0 as u32,
                    acked_bad: counts.1 as u32,
                }
            })
            .collect()
    }

    fn slot_state(&self, round: &Round, slot: u32, node: &NodeId) -> (SlotState, Option<LeafRef>) {
        match self.shown(round, slot, node) {
            Shown::Nothing => (SlotState::Waiting, None),
            Shown::Declined(at, reason) => (SlotState::Declined { reason }, Some(at)),
            Shown::Committed { on_time: true } => (SlotState::Committed, None),
            Shown::Committed { on_time: false } => (SlotState::CommittedLate, None),
            Shown::Revealed { at, counts: true, .. } => (SlotState::Revealed, Some(at)),
            Shown::Revealed { at, .. } => (SlotState::RevealedLate, Some(at)),
        }
    }

    /// Indices and statements of this node's own log: for tests, simulators and `vantage log`.
    pub fn own_statements(&self) -> Vec<(u64, Statement)> {
        let size = self.own_log().map_or(0, LogView::size);
        (0..size).filter_map(|i| Some((i, self.own_log()?.entry(i)?.leaf.statement.clone()))).collect()
    }
}

fn outcome_view(outcome: &Outcome) -> OutcomeView {
    match outcome {
        Outcome::Sealed { root, count, report, .. } => {
            OutcomeView::Sealed { root: *root, count: *count, report: *report }
        }
        Outcome::Bounded => OutcomeView::Bounded,
    }
}
