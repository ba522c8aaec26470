//! The duties of an executor: run, commit, reveal.

use super::effect::{Execution, Task};
use super::round::{Plan, Round};
use super::step::Step;
use super::{Attester, Effect, Record};
use crate::assignment::cell_order;
use crate::cid::Cid;
use crate::id::{JobId, Salt};
use crate::job::Slot;
use crate::leaf::{LeafRef, Statement};
use crate::params::REASON_BYTES_MAX;
use crate::receipt::{Receipt, Receipts};
use crate::request::{Request, cell_seed};
use crate::statement::{Commit, Decline, Reveal, commit_hash};
use crate::wire::{self, Wire};

impl Attester {
    /// Everything that this node has to do as an executor of a job.
    pub(super) fn executor_duties(&mut self, step: &mut Step<'_>, round: &mut Round) {
        let node = self.node;
        for (slot, _) in round.pairs().into_iter().filter(|(_, assigned)| *assigned == node) {
            let own = self.own_log().and_then(|log| {
                let (index, entry) = log.effective(&round.id, slot, false)?;
                Some((index, entry.leaf.statement.clone()))
            });
            match own {
                None => self.execute(step, round, slot),
                Some((index, Statement::Commit(_))) => self.reveal(step, round, slot, index),
                Some(_) => {}
            }
        }
    }

    fn execute(&mut self, step: &mut Step<'_>, round: &mut Round, slot: u32) {
        let past = step.now_s() > round.job.commit_by_s;
        if past {
            if round.executing.remove(&slot) {
                step.out.push(Effect::Abandon { job: round.id, slot });
            }
            return;
        }
        let (Some(plan), Some(place)) = (round.plan(), round.job.slot(slot)) else { return };
        let Some(execution) = self.execution(round, plan, place) else { return };
        if round.executing.insert(slot) {
            step.out.push(Effect::Execute(execution));
        }
    }

    fn execution(&self, round: &Round, plan: &Plan, slot: Slot) -> Option<Execution> {
        let (job, suite) = (&round.job, &plan.suite);
        let target = job.targets.get(slot.target)?.target.clone();
        let cells = job.cells(slot, suite);
        let draws = target.is_open_model() && suite.drawn_at_milli().is_some();
        let tasks = cell_order(&self.net, &round.id, job, &cells)
            .into_iter()
            .filter_map(|(prompt, repeat)| {
                let request = Request::of(&target, suite, suite.prompts.get(prompt as usize)?);
                let hash = request.hash(&self.net);
                let seed = draws.then(|| cell_seed(&self.net, &round.id, slot.index, prompt, repeat));
                Some(Task { prompt, repeat, request, hash, seed })
            })
            .collect();
        Some(Execution {
            job: round.id,
            slot: slot.index,
            author: round.at.author,
            suite: job.suite,
            region: job.regions.get(slot.region)?.clone(),
            target,
            until_s: job.commit_by_s,
            output_bytes_max: job.output_bytes_max,
            calls_max: job.slot_calls_max,
            tasks,
        })
    }

    /// A slot was run: commits to its receipts. Salt, receipts and leaf are on disk together.
    pub(super) fn executed(
        &mut self,
        step: &mut Step<'_>,
        job: JobId,
        slot: u32,
        salt: Salt,
        cells: Vec<Receipt>,
    ) {
        if !self.owes(&job, slot) {
            return;
        }
        let receipts = Receipts { v: 1, job, slot, executor: self.node, cells };
        let bytes = wire::encode(&receipts);
        if let Err(why) = receipts.check() {
            return self.declined(step, job, slot, &format!("the receipts break a rule: {why}"));
        }
        if bytes.len() > Receipts::BYTES_MAX {
            return self.declined(step, job, slot, "the receipts are larger than a block may be");
        }
        let cid = Cid::dag_cbor(&bytes);
        step.put_private(cid, bytes);
        step.persist(Record::Salted { job, slot, salt, receipts: cid });
        self.salted.insert((job, slot), (salt, cid));
        let hash = commit_hash(&self.net, &job, slot, &self.node, &salt, &cid);
        self.say(step, Statement::Commit(Commit { job, slot, hash }));
        if let Some(round) = self.rounds.get_mut(&job) {
            round.executing.remove(&slot);
        }
    }

    /// A slot is not taken on.
    pub(super) fn declined(&mut self, step: &mut Step<'_>, job: JobId, slot: u32, reason: &str) {
        if !self.owes(&job, slot) {
            return;
        }
        let mut reason: String = reason.chars().filter(|c| !c.is_control()).collect();
        while reason.len() > REASON_BYTES_MAX {
            reason.pop();
        }
        if reason.is_empty() {
            reason.push_str("no reason given");
        }
        self.say(step, Statement::Decline(Decline { job, slot, reason }));
        if let Some(round) = self.rounds.get_mut(&job) {
            round.executing.remove(&slot);
        }
    }

    /// Assigned here, and nothing said about it yet.
    fn owes(&self, job: &JobId, slot: u32) -> bool {
        let assigned = self.rounds.get(job).is_some_and(|r| r.pairs().contains(&(slot, self.node)));
        assigned && self.own_log().is_some_and(|log| log.effective(job, slot, false).is_none())
    }

    /// Reveals a commit once the job is closed: every assigned pair has a certified statement, or a
    /// quorum of members was seen past the deadline.
    fn reveal(&mut self, step: &mut Step<'_>, round: &mut Round, slot: u32, index: u64) {
        let job = &round.job;
        if step.now_s() > job.reveal_by_s {
            return;
        }
        let quorum = self.policy.quorum();
        let Some(log) = self.own_log() else { return };
        let Some(commit) = log.reference(index) else { return };
        let done = log.reveal(&round.id, slot, &commit, false).is_some();
        if done || !log.is_certified(index, quorum, Some(job.commit_by_s)) || !self.is_closed(round) {
            return;
        }
        let Some(cert) = log.cert(index, &self.policy, Some(job.commit_by_s)) else { return };
        let Some((salt, receipts)) = self.salted.get(&(round.id, slot)).copied() else { return };
        self.release(step, receipts);
        let proof = step.put_value(&cert);
        let reveal = Reveal { job: round.id, slot, commit, salt, receipts, proof };
        self.say(step, Statement::Reveal(reveal));
    }

    /// What was private until the reveal is public from now on.
    pub(super) fn release(&self, step: &mut Step<'_>, receipts: Cid) {
        let mut blocks = vec![receipts];
        if let Some(Ok(read)) = step.block(&receipts).map(|b| wire::decode::<Receipts>(&b)) {
            blocks.extend(read.links());
        }
        blocks.sort();
        blocks.dedup();
        step.out.push(Effect::Release(blocks));
    }

    /// Nobody can commit on time any more without having been fixed before.
    pub(super) fn is_closed(&self, round: &Round) -> bool {
        if round.closed {
            return true;
        }
        let stated = |(slot, node): (u32, _)| {
            self.logs.get(&node).is_some_and(|log| log.effective(&round.id, slot, true).is_some())
        };
        round.pairs().into_iter().all(stated)
            || self.clocks.past(round.job.commit_by_s) >= self.policy.quorum()
    }

    /// The effective statement and, if it is a commit, its reveal: certified ones only.
    pub(super) fn shown(&self, round: &Round, slot: u32, node: &crate::id::NodeId) -> Shown {
        let Some(log) = self.logs.get(node) else { return Shown::Nothing };
        let Some((index, entry)) = log.effective(&round.id, slot, true) else { return Shown::Nothing };
        let Some(at) = log.reference(index) else { return Shown::Nothing };
        match &entry.leaf.statement {
            Statement::Decline(d) => Shown::Declined(at, d.reason.clone()),
            Statement::Commit(_) => {
                let quorum = self.policy.quorum();
                let on_time = log.is_certified(index, quorum, Some(round.job.commit_by_s));
                let reveal =
                    log.reveal(&round.id, slot, &at, true).and_then(|(i, e)| match &e.leaf.statement {
                        Statement::Reveal(r) => Some((log.reference(i)?, r.clone())),
                        _ => None,
                    });
                match reveal {
                    Some((reveal_at, reveal)) => {
                        let counts = log.is_certified(reveal_at.index, quorum, Some(round.job.reveal_by_s));
                        Shown::Revealed { commit: at, at: reveal_at, reveal: Box::new(reveal), counts }
                    }
                    None => Shown::Committed { on_time },
                }
            }
            _ => Shown::Nothing,
        }
    }
}

/// What an executor has shown for a slot, as far as it is certified.
pub(crate) enum Shown {
    Nothing,
    Declined(LeafRef, String),
    Committed { on_time: bool },
    Revealed { commit: LeafRef, at: LeafRef, reveal: Box<Reveal>, counts: bool },
}
