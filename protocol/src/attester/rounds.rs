//! All jobs that this node knows: which of them are open, and what is due in each.

use super::Attester;
use super::round::{Outcome, Round, RoundState};
use super::step::Step;
use crate::id::{JobId, NodeId};
use crate::params::{AUTHOR_JOBS_MAX, JOBS_MAX};
use std::collections::BTreeMap;

/// A job without an outcome is given up this long after its last deadline, seconds: a guess, a day.
pub(super) const GIVE_UP_S: u64 = 24 * 3600;
/// A sealed job is followed this long after its last deadline for Finals that come late, seconds: a guess.
const LINGER_S: u64 = 60;
/// Jobs of an earlier life looked at in one step: a guess, keeps a start from blocking what is under way.
const LOOKS_MAX: usize = 16;

impl Attester {
    /// Does what is due in every open job, if something changed that jobs may depend on.
    pub(super) fn drive_rounds(&mut self, step: &mut Step<'_>) {
        if !std::mem::take(&mut self.news) {
            return;
        }
        self.find_jobs(step);
        let open = self.open_rounds(step.now_s());
        for id in open {
            let Some(mut round) = self.rounds.remove(&id) else { continue };
            if matches!(round.state, RoundState::Waiting) {
                self.load_round(step, &mut round);
            }
            round.closed = round.plan().is_some() && self.is_closed(&round);
            self.executor_duties(step, &mut round);
            self.member_duties(step, &mut round);
            self.conclude(step, &mut round);
            self.rounds.insert(id, round);
            self.changes.jobs.insert(id);
        }
        for _ in 0..LOOKS_MAX {
            let Some(id) = self.unlooked.pop_first() else { break };
            let Some(mut round) = self.rounds.remove(&id) else { continue };
            self.look_back(step, &mut round);
            self.rounds.insert(id, round);
            self.changes.jobs.insert(id);
        }
    }

    /// Jobs to work on: members' first, each author's in the order of its log, so that no stranger's
    /// pile of jobs keeps others waiting.
    fn open_rounds(&mut self, now_s: u64) -> Vec<JobId> {
        self.close_rounds(now_s);
        let mut open: Vec<&Round> = self.open.iter().filter_map(|id| self.rounds.get(id)).collect();
        open.sort_by_key(|r| (self.config.genesis.member(&r.at.author).is_none(), r.at.index, r.id));
        let mut of_author: BTreeMap<NodeId, usize> = BTreeMap::new();
        open.retain(|r| {
            let count = of_author.entry(r.at.author).or_default();
            *count += 1;
            *count <= AUTHOR_JOBS_MAX
        });
        open.into_iter().map(|r| r.id).take(JOBS_MAX).collect()
    }

    /// Sets jobs aside in which nothing is left to do, which stays so.
    fn close_rounds(&mut self, now_s: u64) {
        let done = |id: &&JobId| self.rounds.get(*id).is_none_or(|round| !self.is_open(round, now_s));
        let done: Vec<JobId> = self.open.iter().filter(done).copied().collect();
        for id in done {
            self.open.remove(&id);
            self.changes.jobs.insert(id);
            self.awaited.forget(&id);
            if self.rounds.get(&id).is_some_and(|round| round.assembled_of == 0) {
                self.unlooked.insert(id);
            }
        }
    }

    /// Whether there may be something left to do for a job.
    pub(super) fn is_open(&self, round: &Round, now_s: u64) -> bool {
        let ended = match (&round.state, &round.outcome) {
            (RoundState::Refused(_), _) => true,
            (_, Some(Outcome::Sealed { .. })) => {
                let all = round.assembled_of == self.config.genesis.size();
                all || round.assembled_of > 0 && now_s > round.job.final_by_s.saturating_add(LINGER_S)
            }
            _ => false,
        };
        !ended && now_s <= round.job.final_by_s.saturating_add(GIVE_UP_S)
    }

    /// The latest passed deadline for which this node still needs to see a quorum of later dates.
    pub(super) fn late_wanted(&self, now_s: u64) -> Option<u64> {
        let open = self.open.iter().filter_map(|id| self.rounds.get(id)).filter(|r| r.plan().is_some());
        let wanted = open.flat_map(|round| {
            let log = self.own_log();
            let unrevealed =
                round.pairs().into_iter().filter(|(_, node)| *node == self.node).any(|(slot, _)| {
                    let shown = log.and_then(|l| {
                        let (index, _) = l.effective(&round.id, slot, false)?;
                        let commit = l.reference(index)?;
                        Some(l.reveal(&round.id, slot, &commit, false).is_some())
                    });
                    shown == Some(false)
                });
            // members acknowledge reveals only once the job is closed
            let needed = unrevealed && now_s <= round.job.reveal_by_s || self.is_member();
            let commit = (needed && !self.is_closed(round)).then_some(round.job.commit_by_s);
            let unfinished = self.is_member() && log.is_some_and(|l| l.final_of(&round.id, false).is_none());
            let last = unfinished.then_some(round.job.final_by_s);
            [commit, last].into_iter().flatten()
        });
        wanted.filter(|d| now_s > *d && self.clocks.past(*d) < self.policy.quorum()).max()
    }
}
