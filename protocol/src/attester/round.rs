//! One job as this node sees it: what is needed to work on it, and where it stands.

use super::log_view::LogView;
use super::step::Step;
use super::{Attester, Notice};
use crate::assignment::{Assignment, Candidate, assign};
use crate::cid::Cid;
use crate::id::{Hash, JobId, NodeId};
use crate::job::{Executors, Job};
use crate::leaf::LeafRef;
use crate::proof::candidates;
use crate::study::StudyPlan;
use crate::suite::Suite;
use crate::wire::{self, WireError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A job and what this node has worked out about it. A function of logs and blocks, but for the
/// volatile marks at the end.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) id: JobId,
    /// The job's place in its author's log.
    pub(crate) at: LeafRef,
    pub(crate) job: Job,
    pub(crate) state: RoundState,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) content: Option<Cid>,
    pub(crate) bundle: Option<Cid>,
    /// The first bundle that proved the job SEALED: it is provided for good.
    pub(crate) provided: Option<Cid>,
    /// Slots whose execution the shell was asked for since the start.
    pub(crate) executing: BTreeSet<u32>,
    /// It is closed, which it stays.
    pub(crate) closed: bool,
    /// Slots whose assigned pair this member has acknowledged.
    pub(crate) acked: BTreeSet<u32>,
    /// Statements that it had acknowledged before this node started.
    pub(crate) acked_before: Option<BTreeSet<Hash>>,
    /// Finals that count, by their places: a pure function of what is certified before each.
    pub(crate) covered: BTreeMap<(NodeId, u64), bool>,
    /// The content of which every block was held.
    pub(crate) whole: Option<Cid>,
    /// Certified Finals that the last assembly went by.
    pub(crate) assembled_of: usize,
    /// When heads that show statements in time may be asked for again, POSIX milliseconds, and how often they were.
    pub(crate) proofs: (u64, usize),
}

/// Whether a job can be worked on yet.
#[derive(Clone, Debug)]
pub(crate) enum RoundState {
    /// Blocks or leaves are missing.
    Waiting,
    /// Everything is there.
    Ready(Arc<Plan>),
    /// It breaks a rule.
    Refused(String),
}

/// What a job comes to once everything that it names is there.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) suite: Suite,
    pub(crate) study: Option<StudyPlan>,
    pub(crate) executors: Executors,
    pub(crate) assignment: Assignment,
}

/// How a job ended, as far as certified Finals show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// A quorum of equal Finals.
    Sealed {
        /// Statement list that they name.
        list: Cid,
        /// Root over it.
        root: Hash,
        /// How many statements.
        count: u32,
        /// The report that a quorum names, if one does.
        report: Option<Cid>,
    },
    /// A quorum of Finals, but not of equal ones.
    Bounded,
}

impl Round {
    pub(crate) fn new(at: LeafRef, job: Job) -> Self {
        Self {
            id: JobId(at.hash.0),
            at,
            job,
            state: RoundState::Waiting,
            outcome: None,
            content: None,
            bundle: None,
            provided: None,
            executing: BTreeSet::new(),
            closed: false,
            acked: BTreeSet::new(),
            acked_before: None,
            covered: BTreeMap::new(),
            whole: None,
            assembled_of: 0,
            proofs: (0, 0),
        }
    }

    /// The plan, if everything is there.
    pub(crate) fn plan(&self) -> Option<&Plan> {
        match &self.state {
            RoundState::Ready(plan) => Some(plan),
            _ => None,
        }
    }

    /// Assigned (slot, executor) pairs.
    pub(crate) fn pairs(&self) -> Vec<(u32, NodeId)> {
        let assignment = self.plan().map_or(&[][..], |p| p.assignment.as_slice());
        (0..).zip(assignment).filter_map(|(slot, node)| Some((slot, (*node)?))).collect()
    }
}

impl Attester {
    /// Registers jobs that have become certified.
    pub(super) fn find_jobs(&mut self, step: &mut Step<'_>) {
        let mut found = Vec::new();
        for node in std::mem::take(&mut self.grown) {
            found.extend(self.logs.get_mut(&node).map(LogView::find_jobs).unwrap_or_default());
        }
        for (at, job) in found {
            let id = JobId(at.hash.0);
            if self.rounds.contains_key(&id) {
                continue;
            }
            let mut round = Round::new(at, job);
            if let Some((content, bundle)) = self.published.get(&id) {
                (round.content, round.bundle) = (Some(*content), Some(*bundle));
            }
            round.provided = self.provided.get(&id).copied();
            if let Err(why) = round.job.check_in(&self.config.genesis) {
                step.notice(Notice::JobRefused { job: id, why: why.clone() });
                round.state = RoundState::Refused(why);
            } else {
                step.notice(Notice::JobSeen { job: id });
            }
            self.rounds.insert(id, round);
            self.changes.jobs.insert(id);
            self.open.insert(id);
        }
    }

    /// Gathers what a job names. Missing pieces are asked for.
    pub(super) fn load_round(&mut self, step: &mut Step<'_>, round: &mut Round) {
        let author = round.at.author;
        let missing: Vec<Cid> = round.job.names().filter(|cid| step.block(cid).is_none()).collect();
        for cid in &missing {
            self.want_block(step, *cid, &[author]);
        }
        let (Some(suite), Some(executors)) = (step.block(&round.job.suite), step.block(&round.job.executors))
        else {
            return;
        };
        if !missing.is_empty() {
            return;
        }
        let study = round.job.study.and_then(|cid| step.block(&cid));
        let read = || {
            let suite: Suite = wire::decode(&suite)?;
            let study = study.as_deref().map(wire::decode::<StudyPlan>).transpose()?;
            Ok((suite, study, wire::decode::<Executors>(&executors)?))
        };
        let planned =
            read().map_err(|error: WireError| error.to_string()).and_then(|(suite, study, executors)| {
                round.job.check_with(&suite, study.as_ref())?;
                Ok(self.candidates(&executors)?.map(|candidates| (suite, study, executors, candidates)))
            });
        match planned {
            Ok(Some((suite, study, executors, candidates))) => {
                let assignment = assign(&self.net, &round.id, &round.job, &candidates);
                round.state = RoundState::Ready(Arc::new(Plan { suite, study, executors, assignment }));
                self.news = true;
            }
            Ok(None) => {
                if let Ok(executors) = wire::decode::<Executors>(&executors) {
                    for announce in executors.announces {
                        self.want_leaves(announce.author, announce.index.saturating_add(1));
                    }
                }
            }
            Err(why) => {
                step.notice(Notice::JobRefused { job: round.id, why: why.clone() });
                round.state = RoundState::Refused(why);
            }
        }
    }

    /// The executors that a list names; none while their announces are not held.
    fn candidates(&self, executors: &Executors) -> Result<Option<Vec<Candidate>>, String> {
        let mut announces = Vec::new();
        for at in &executors.announces {
            let Some(log) = self.logs.get(&at.author) else { return Ok(None) };
            // only what is certified is the same for everybody
            if at.index >= log.certified() {
                return Ok(None);
            }
            let entry = log.resolve(at).map_err(|()| {
                format!("executor list: leaf {} of {} is not the one named", at.index, at.author.short())
            })?;
            let Some(entry) = entry else { return Ok(None) };
            announces.push(entry.bytes.clone());
        }
        candidates(&self.net, &self.config.genesis, executors, &announces).map(Some)
    }

    /// Asks for a block once in a while until it is there.
    pub(super) fn want_block(&mut self, step: &mut Step<'_>, cid: Cid, from: &[NodeId]) {
        if step.quiet || !self.fetches.is_due(&cid, step.now_ms) {
            return;
        }
        let mut peers: Vec<[u8; 32]> =
            from.iter().filter(|n| **n != self.node).filter_map(|n| self.peer_of(n)).collect();
        for peer in self.known_peers(None) {
            if !peers.contains(&peer) {
                peers.push(peer);
            }
        }
        self.fetches.want(step, cid, peers);
    }
}
