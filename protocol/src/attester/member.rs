//! The duties of a committee member: judge, acknowledge, finalise.

use super::Attester;
use super::awaited::Waiter;
use super::executor::Shown;
use super::round::{Plan, Round};
use super::step::Step;
use crate::acknowledged::Acknowledged;
use crate::cid::Cid;
use crate::id::{Hash, JobId, NodeId};
use crate::leaf::{LeafRef, Statement};
use crate::params::ACK_ITEMS_MAX;
use crate::proof::{Compared, Judge, Judgement, judge_reveal, report};
use crate::statement::{Ack, AckItem, AckVerdict, Final, Finding, Reveal, StatementList};
use std::collections::{BTreeMap, BTreeSet};

impl Attester {
    /// Everything that this node has to do as a member for a job.
    pub(super) fn member_duties(&mut self, step: &mut Step<'_>, round: &mut Round) {
        let finished = self.own_log().is_none_or(|log| log.final_of(&round.id, false).is_some());
        if !self.is_member() || finished || round.plan().is_none() {
            return;
        }
        let all_said = self.acknowledge(step, round);
        let late = self.clocks.past(round.job.final_by_s) >= self.policy.quorum();
        if all_said || (step.now_s() > round.job.final_by_s && late) {
            self.finalise(step, round);
        }
    }

    /// Acknowledges what can be judged. Says whether every assigned pair is acknowledged now.
    fn acknowledge(&mut self, step: &mut Step<'_>, round: &mut Round) -> bool {
        let pairs = round.pairs();
        let open: Vec<(u32, NodeId)> =
            pairs.iter().filter(|(slot, _)| !round.acked.contains(slot)).copied().collect();
        if open.is_empty() {
            return true;
        }
        // an earlier reveal is never an honest one: judging it would tell what this node hides
        let closed = self.is_closed(round);
        let before = match round.acked_before.take() {
            Some(before) => before,
            None => self.acked(&round.id),
        };
        let (mut items, mut findings) = (Vec::new(), Vec::new());
        for (slot, node) in open {
            let (at, shown) = match self.shown(round, slot, &node) {
                Shown::Declined(at, _) => (at, None),
                Shown::Revealed { commit, at, reveal, counts: true } if closed => {
                    (at, Some((commit, reveal)))
                }
                _ => continue,
            };
            if !before.contains(&at.hash) {
                let verdict = match shown {
                    None => Some((AckVerdict::Ok, None)),
                    Some((commit, reveal)) => self.judge(step, round, &node, &commit, at, &reveal),
                };
                let Some((verdict, finding)) = verdict else { continue };
                findings.extend(finding);
                items.push(AckItem { statement: at, verdict });
            }
            round.acked.insert(slot);
        }
        round.acked_before = Some(before);
        for finding in findings {
            self.say(step, Statement::Finding(finding));
        }
        for chunk in items.chunks(ACK_ITEMS_MAX) {
            self.say(step, Statement::Ack(Ack { job: round.id, items: chunk.to_vec() }));
        }
        round.acked.len() == pairs.len()
    }

    /// What this member has acknowledged so far: its own log says.
    fn acked(&self, job: &JobId) -> BTreeSet<Hash> {
        let acks = self.own_log().into_iter().flat_map(|log| log.acks(job, false));
        acks.flat_map(|(_, ack)| &ack.items).map(|item| item.statement.hash).collect()
    }

    /// Judges a reveal, with a finding if it is bad; or asks for what is missing to judge it.
    fn judge(
        &mut self,
        step: &mut Step<'_>,
        round: &Round,
        node: &NodeId,
        commit: &LeafRef,
        at: LeafRef,
        reveal: &Reveal,
    ) -> Option<(AckVerdict, Option<Finding>)> {
        let waiter = (round.id, at.hash);
        if self.still_misses(step, &waiter, node) {
            return None;
        }
        match self.judgement(step, round, node, commit, reveal)? {
            Judgement::Ok => {
                // an answer equal to one of our own may still be held back here: what is
                // acknowledged is served
                self.release(step, reveal.receipts);
                Some((AckVerdict::Ok, None))
            }
            Judgement::Bad(code, detail) => {
                let finding = Finding { job: round.id, statement: at, code, detail };
                Some((AckVerdict::Bad(code), Some(finding)))
            }
            Judgement::Need(blocks) => {
                for cid in &blocks {
                    self.want_block(step, *cid, &[*node]);
                }
                self.awaited.wait(waiter, blocks);
                None
            }
            Judgement::Unknown(_) => None,
        }
    }

    /// Whether a reveal still waits for blocks. With each tick they are looked for in the store, where they may have
    /// come some other way, and asked for again.
    fn still_misses(&mut self, step: &mut Step<'_>, waiter: &Waiter, node: &NodeId) -> bool {
        if self.ticked {
            let missing: Vec<Cid> = self.awaited.missing(waiter).into_iter().flatten().copied().collect();
            for cid in missing {
                if step.holds(&cid) {
                    self.awaited.came(&cid);
                } else {
                    self.want_block(step, cid, &[*node]);
                }
            }
        }
        self.awaited.missing(waiter).is_some()
    }

    fn judgement(
        &self,
        step: &Step<'_>,
        round: &Round,
        node: &NodeId,
        commit: &LeafRef,
        reveal: &Reveal,
    ) -> Option<Judgement> {
        let log = self.logs.get(node)?;
        let commit_leaf = &log.entry(commit.index)?.bytes;
        let judge = Judge {
            net: self.net,
            genesis: &self.config.genesis,
            id: round.id,
            job: &round.job,
            suite: &round.plan()?.suite,
            policy: &self.policy,
            executor: &log.keyset,
        };
        Some(judge_reveal(&judge, reveal, commit_leaf, &|cid| step.block(cid)))
    }

    /// The last word on a job: all that was acknowledged ok, in one set.
    fn finalise(&mut self, step: &mut Step<'_>, round: &Round) {
        let Some(plan) = round.plan() else { return };
        let Some(log) = self.own_log() else { return };
        let list = Acknowledged::by(log.acks(&round.id, false).map(|(_, ack)| ack)).list(round.id);
        let report = self.report(step, round, plan, &list);
        let (count, root) = (list.statements.len() as u32, list.root());
        let list = step.put_value(&list);
        self.say(step, Statement::Final(Final { job: round.id, count, root, list, report }));
    }

    /// The comparison over a set of statements; none if a piece of it is not held.
    fn report(&self, step: &mut Step<'_>, round: &Round, plan: &Plan, list: &StatementList) -> Option<Cid> {
        let entry = |at: &LeafRef| {
            let entry = self.logs.get(&at.author)?.resolve(at).ok()??;
            Some((at.author, entry.leaf.statement.clone()))
        };
        let statements = list.statements.iter().map(entry).collect::<Option<Vec<_>>>()?;
        let compared = Compared {
            net: self.net,
            genesis: &self.config.genesis,
            id: round.id,
            job: &round.job,
            suite: &plan.suite,
            study: plan.study.as_ref(),
            assignment: &plan.assignment,
            statements: &statements,
        };
        let compiled = report(&compared, &|cid| step.block(cid)).ok()?;
        step.put(compiled.cid, compiled.bytes);
        Some(compiled.cid)
    }

    /// The bytes of listed statements; none if one is not held.
    pub(super) fn leaves_of(&self, list: &StatementList) -> Option<Vec<Vec<u8>>> {
        let leaf = |at: &LeafRef| Some(self.logs.get(&at.author)?.resolve(at).ok()??.bytes.clone());
        list.statements.iter().map(leaf).collect()
    }

    /// Certified verdicts of all members on a job's statements. A reference to the right leaf at a wrong place is a
    /// statement of its own, which nobody else acknowledges.
    pub(super) fn verdicts(&self, job: &JobId) -> BTreeMap<LeafRef, Verdicts> {
        let mut all: BTreeMap<LeafRef, Verdicts> = BTreeMap::new();
        for member in self.config.genesis.committee.iter().map(|m| m.root.node_id()) {
            let Some(log) = self.logs.get(&member) else { continue };
            let last = log.final_of(job, true).map_or(u64::MAX, |(index, _)| index);
            let before = log.acks(job, true).take_while(|(index, _)| *index < last);
            let acknowledged = Acknowledged::by(before.map(|(_, ack)| ack));
            for at in acknowledged.ok() {
                all.entry(*at).or_insert_with(|| Verdicts::of(*at)).ok.insert(member);
            }
            for at in acknowledged.bad() {
                all.entry(*at).or_insert_with(|| Verdicts::of(*at)).bad.insert(member);
            }
        }
        all
    }
}

/// Which members say ok of a statement, and which say bad.
pub(super) struct Verdicts {
    pub(super) statement: LeafRef,
    pub(super) ok: BTreeSet<NodeId>,
    pub(super) bad: BTreeSet<NodeId>,
}

impl Verdicts {
    fn of(statement: LeafRef) -> Self {
        Self { statement, ok: BTreeSet::new(), bad: BTreeSet::new() }
    }
}
