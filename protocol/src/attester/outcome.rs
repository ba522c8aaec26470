//! How a job ended, and what is published of it.

use super::log_view::{Entry, LogView};
use super::round::{Outcome, Plan, Round, RoundState};
use super::step::Step;
use super::{Attester, Effect, Notice, Pending, Record, Stream};
use crate::acknowledged::Acknowledged;
use crate::bundle::{Bundle, Certs};
use crate::cid::Cid;
use crate::content::Content;
use crate::id::{Hash, NodeId};
use crate::leaf::{Cert, LeafRef, Statement};
use crate::message::LogRequest;
use crate::params::RETRY_MS_MIN;
use crate::proof::{Assembled, Parts, assemble, bundle, certs, closure};
use crate::statement::{Final, StatementList};
use crate::wire;
use std::collections::BTreeMap;

/// Heads asked for at once: a guess, below the streams that one peer may have open.
const PROOFS_MAX: usize = 8;

/// Canonical bytes of leaves.
type Leaves = Vec<Vec<u8>>;

impl Attester {
    /// Looks at the certified Finals of a job; once there is an outcome, assembles what is published.
    pub(super) fn conclude(&mut self, step: &mut Step<'_>, round: &mut Round) {
        if round.plan().is_none() {
            return;
        }
        let finals = self.finals(round);
        self.count_finals(round, &finals);
        let found = self.outcome(step, round, &finals);
        let changed = match (&round.outcome, &found) {
            // a sealed set never changes; a quorum may still come to name a report for it
            (Some(Outcome::Sealed { report: None, .. }), Some(Outcome::Sealed { report, .. })) => {
                report.is_some()
            }
            (Some(Outcome::Sealed { .. }), _) => false,
            (known, found) => known != found,
        };
        if changed {
            if round.outcome == Some(Outcome::Bounded) {
                // what was published of the unsealed set is not this job's outcome any more
                (round.content, round.bundle) = (None, None);
            }
            round.outcome = found;
            round.assembled_of = 0;
            drop_other_content(step, round);
        }
        if round.outcome.is_none() {
            return;
        }
        if round.assembled_of < finals.len() {
            self.assemble_round(step, round, finals.len());
        }
    }

    /// A job of an earlier life in which nothing is left to do: how it ended, from what is held alone. Nothing is
    /// fetched: its blocks may have been given up on purpose.
    pub(super) fn look_back(&mut self, step: &mut Step<'_>, round: &mut Round) {
        if matches!(round.state, RoundState::Waiting) {
            step.quiet = true;
            self.load_round(step, round);
            step.quiet = false;
        }
        if round.outcome.is_none() {
            let finals = self.finals(round);
            self.count_finals(round, &finals);
            round.outcome = self.outcome(step, round, &finals);
            drop_other_content(step, round);
        }
        // whoever looks for it asks the DHT, which forgets within a day
        let roots = [round.content, round.provided].into_iter().flatten();
        let held: Vec<Cid> = roots.filter(|root| step.block(root).is_some()).collect();
        step.out.extend(held.into_iter().map(Effect::Provide));
    }

    /// The first certified Final of each member.
    pub(super) fn finals(&self, round: &Round) -> Vec<(NodeId, u64, Final)> {
        let members = self.config.genesis.committee.iter().map(|m| m.root.node_id());
        members
            .filter_map(|member| {
                let (index, entry) = self.logs.get(&member)?.final_of(&round.id, true)?;
                match &entry.leaf.statement {
                    Statement::Final(f) => Some((member, index, f.clone())),
                    _ => None,
                }
            })
            .collect()
    }

    fn outcome(&self, step: &Step<'_>, round: &Round, finals: &[(NodeId, u64, Final)]) -> Option<Outcome> {
        let quorum = self.policy.quorum();
        let mut sets: BTreeMap<(u32, Hash, Cid), Vec<&Final>> = BTreeMap::new();
        for (member, index, last) in finals {
            if round.covered.get(&(*member, *index)) == Some(&true) {
                sets.entry((last.count, last.root, last.list)).or_default().push(last);
            }
        }
        if let Some(((count, root, list), equal)) = sets.iter().find(|(_, equal)| equal.len() >= quorum) {
            let report = most(equal.iter().filter_map(|f| f.report)).filter(|(_, n)| *n >= quorum);
            return Some(Outcome::Sealed {
                list: *list,
                root: *root,
                count: *count,
                report: report.map(|(cid, _)| cid),
            });
        }
        // a later Final may still make a quorum of equal ones: wait for all, or for the deadline
        let settled = finals.len() == self.config.genesis.size()
            || step.now_s() > round.job.final_by_s + self.config.genesis.gap_s_min;
        (finals.len() >= quorum && settled).then_some(Outcome::Bounded)
    }

    /// Notes which Finals count. What is certified before one never changes.
    fn count_finals(&self, round: &mut Round, finals: &[(NodeId, u64, Final)]) {
        for (member, index, last) in finals {
            if !round.covered.contains_key(&(*member, *index)) {
                let counts = self.is_covered(round, member, *index, last);
                round.covered.insert((*member, *index), counts);
            }
        }
    }

    /// A Final counts for what its member has acknowledged ok before, exactly.
    fn is_covered(&self, round: &Round, member: &NodeId, index: u64, last: &Final) -> bool {
        let Some(log) = self.logs.get(member) else { return false };
        let before = log.acks(&round.id, true).take_while(|(i, _)| *i < index);
        let list = Acknowledged::by(before.map(|(_, ack)| ack)).list(round.id);
        // a list of the same leaves at other places has the same root
        let same = Cid::dag_cbor(&wire::encode(&list)) == last.list;
        same && list.statements.len() as u64 == u64::from(last.count) && list.root() == last.root
    }

    fn assemble_round(&mut self, step: &mut Step<'_>, round: &mut Round, finals: usize) {
        let Some((list, report)) = self.published_list(step, round) else { return };
        let Some(statements) = self.leaves_of(&list) else {
            for at in &list.statements {
                self.want_leaves(at.author, at.index.saturating_add(1));
            }
            return;
        };
        let Some(plan) = round.plan() else { return };
        let Some(announces) = self.announce_leaves(plan) else { return };
        let Some(job_leaf) = self.logs.get(&round.at.author).and_then(|l| l.entry(round.at.index)) else {
            return;
        };
        let parts = Parts {
            genesis: &self.config.genesis,
            job_leaf: &job_leaf.bytes,
            announces: &announces,
            list: &list,
            statements: &statements,
        };
        let Ok(content) = assemble(&parts) else { return };
        let news = round.content != Some(content.root);
        round.content = Some(content.root);
        if !self.is_member() || self.publish(step, round, &list, report, content) {
            round.assembled_of = finals;
        }
        if news || round.assembled_of == finals {
            let sealed = matches!(round.outcome, Some(Outcome::Sealed { .. }));
            step.notice(Notice::Outcome { job: round.id, sealed, content: round.content });
        }
    }

    /// Publishes content and bundle once every block of the content and the attested report are held; asks for what
    /// is missing.
    /// Says whether it is done.
    fn publish(
        &mut self,
        step: &mut Step<'_>,
        round: &mut Round,
        list: &StatementList,
        report: Option<Cid>,
        content: Assembled,
    ) -> bool {
        // what is not certified here yet soon will be: others have acknowledged it
        let open = |at: &&LeafRef| self.logs.get(&at.author).is_none_or(|log| at.index >= log.certified());
        if list.statements.iter().any(|at| open(&at)) {
            return false;
        }
        let unproven = self.unproven(round, list);
        if !unproven.is_empty() {
            self.ask_proofs(step, round, &unproven);
            return false;
        }
        let made: BTreeMap<Cid, Vec<u8>> = content.blocks.into_iter().collect();
        if round.whole != Some(content.root) {
            let below = closure(content.root, &|cid| made.get(cid).cloned().or_else(|| step.block(cid)));
            if !below.missing.is_empty() {
                let finals = self.finals(round).into_iter().map(|(member, ..)| member);
                let holders: Vec<NodeId> = list.statements.iter().map(|at| at.author).chain(finals).collect();
                below.missing.iter().for_each(|link| self.want_block(step, link.cid, &holders));
                return false;
            }
            // an answer may be held only as this node's own, hidden one
            let stored = below.held.into_iter().filter(|cid| !made.contains_key(cid)).collect();
            step.out.push(Effect::Release(stored));
            made.into_iter().for_each(|(cid, bytes)| step.put(cid, bytes));
            round.whole = Some(content.root);
        }
        if let Some(attested) = report.filter(|cid| step.block(cid).is_none()) {
            let holders: Vec<NodeId> = self.finals(round).into_iter().map(|(member, ..)| member).collect();
            self.want_block(step, attested, &holders);
            return false;
        }
        let certs = self.certs_of(round, list);
        let bundled = match certs.and_then(|c| bundle(self.net, content.root, report, &c)) {
            Ok(bundled) => {
                round.bundle = Some(bundled.root);
                let published = (content.root, bundled.root);
                if self.published.insert(round.id, published) != Some(published) {
                    let (content, bundle) = published;
                    step.persist(Record::Published { job: round.id, content, bundle });
                }
                if round.provided.is_none() && self.is_complete(round) {
                    round.provided = Some(bundled.root);
                    self.provided.insert(round.id, bundled.root);
                    step.persist(Record::Provided { job: round.id, bundle: bundled.root });
                }
                bundled.blocks
            }
            Err(why) => {
                // the content is provided all the same; others have certs for it
                step.notice(Notice::NoBundle { job: round.id, why });
                round.bundle = None;
                Vec::new()
            }
        };
        for (cid, bytes) in bundled {
            step.put(cid, bytes);
        }
        step.out.push(Effect::Provide(content.root));
        step.out.extend(round.provided.map(Effect::Provide));
        true
    }

    /// Whether what is shown now proves the job SEALED to anybody: of a quorum of members whose Finals are for the
    /// sealed set, the Final and all acks before it. The certs hold what this looks for.
    fn is_complete(&self, round: &Round) -> bool {
        let Some(Outcome::Sealed { list, root, count, .. }) = &round.outcome else { return false };
        let quorum = self.policy.quorum();
        let shown = |member: &NodeId, end: u64| {
            let log = self.logs.get(member)?;
            let mut said = log.about(&round.id, true).take_while(|(index, _)| *index <= end);
            said.all(|(index, _)| log.certifying(index, quorum, None).is_some()).then_some(())
        };
        let finals = self.finals(round);
        let counting = finals.iter().filter(|(member, index, last)| {
            (last.list, last.root, last.count) == (*list, *root, *count)
                && round.covered.get(&(*member, *index)) == Some(&true)
                && shown(member, *index).is_some()
        });
        counting.count() >= quorum
    }

    /// The statements that the outcome stands for, and the attested report.
    fn published_list(&mut self, step: &mut Step<'_>, round: &Round) -> Option<(StatementList, Option<Cid>)> {
        match &round.outcome {
            Some(Outcome::Sealed { list, root, report, .. }) => match step.block(list) {
                Some(bytes) => {
                    let read: StatementList = wire::decode(&bytes).ok()?;
                    (read.job == round.id && read.root() == *root).then_some((read, *report))
                }
                None => {
                    let holders: Vec<NodeId> = self.finals(round).iter().map(|(m, _, _)| *m).collect();
                    self.want_block(step, *list, &holders);
                    None
                }
            },
            Some(Outcome::Bounded) => {
                let quorum = self.policy.quorum();
                let verdicts = self.verdicts(&round.id).into_values();
                let held = verdicts.filter(|v| v.ok.len() >= quorum).map(|v| v.statement).collect();
                Some((StatementList::new(round.id, held), None))
            }
            None => None,
        }
    }

    /// Announce leaves of the listed executors.
    fn announce_leaves(&self, plan: &Plan) -> Option<Leaves> {
        let leaf = |at: &LeafRef| Some(self.logs.get(&at.author)?.resolve(at).ok()??.bytes.clone());
        plan.executors.announces.iter().map(leaf).collect()
    }

    /// Proofs of the job, the listed statements, and every member's acks and Final.
    fn certs_of(&self, round: &Round, list: &StatementList) -> Result<Certs, String> {
        let policy = &self.policy;
        let mut proven: Vec<Cert> = Vec::new();
        let author = self.logs.get(&round.at.author).ok_or("the author's log is not held")?;
        proven.extend(author.cert(round.at.index, policy, None));
        for at in &list.statements {
            let log = self.logs.get(&at.author).ok_or("a listed statement's log is not held")?;
            proven.extend(log.cert(at.index, policy, due_s(round, log, at)));
        }
        let members: Vec<NodeId> = self.config.genesis.committee.iter().map(|m| m.root.node_id()).collect();
        for log in members.iter().filter_map(|m| self.logs.get(m)) {
            let last = log.final_of(&round.id, true).map(|(index, _)| index);
            let said = log.about(&round.id, true).filter(|(index, e)| match e.leaf.statement {
                Statement::Ack(_) => last.is_none_or(|last| *index < last),
                Statement::Final(_) => Some(*index) == last,
                _ => false,
            });
            proven.extend(said.filter_map(|(index, _)| log.cert(index, policy, None)));
        }
        let nodes =
            members.into_iter().chain([round.at.author]).chain(list.statements.iter().map(|at| at.author));
        let keysets: Vec<Vec<u8>> =
            nodes.filter_map(|n| Some(self.logs.get(&n)?.entry(0)?.bytes.clone())).collect();
        certs(&self.net, round.id, &keysets, &proven)
    }

    /// Listed statements that no head held here shows in time: whoever was away has later heads only.
    fn unproven(&self, round: &Round, list: &StatementList) -> Vec<LeafRef> {
        let quorum = self.policy.quorum();
        let shown = |at: &LeafRef| {
            let log = self.logs.get(&at.author)?;
            log.certifying(at.index, quorum, due_s(round, log, at)).map(|_| ())
        };
        list.statements.iter().filter(|at| shown(at).is_none()).copied().collect()
    }

    /// Asks the members, one after the other, for heads that show statements in time: each member that acknowledged
    /// one held such a head. One statement an author suffices, its head may cover the others.
    fn ask_proofs(&mut self, step: &mut Step<'_>, round: &mut Round, unproven: &[LeafRef]) {
        let (next_ms, tries) = round.proofs;
        let peers = self.known_peers(None);
        let Some(peer) = peers.get(tries % peers.len().max(1)).copied().filter(|_| step.now_ms >= next_ms)
        else {
            return;
        };
        round.proofs = (step.now_ms + RETRY_MS_MIN, tries + 1);
        let firsts: BTreeMap<NodeId, &LeafRef> = unproven.iter().rev().map(|at| (at.author, at)).collect();
        for at in firsts.into_values().take(PROOFS_MAX) {
            let by_s = self.logs.get(&at.author).and_then(|log| due_s(round, log, at));
            let request = LogRequest::Head { net: self.net, node: at.author, index: at.index, by_s };
            self.ask(step, peer, Stream::Log, wire::encode(&request), Pending::Head);
        }
    }

    /// The bundle that this node has for a content id.
    pub(super) fn bundle_of(&self, step: &Step<'_>, content: &Cid) -> Option<(Bundle, Certs)> {
        let round = self.rounds.values().find(|r| r.content == Some(*content))?;
        let bundle: Bundle = wire::decode(&step.block(&round.bundle?)?).ok()?;
        let certs: Certs = wire::decode(&step.block(&bundle.certs)?).ok()?;
        Some((bundle, certs))
    }
}

/// Forgets content that was published in an earlier life, before the set was sealed: it holds another one.
fn drop_other_content(step: &Step<'_>, round: &mut Round) {
    let Some(Outcome::Sealed { list, .. }) = &round.outcome else { return };
    let read = round.content.and_then(|cid| wire::decode::<Content>(&step.block(&cid)?).ok());
    if read.is_some_and(|content| content.list != *list) {
        (round.content, round.bundle) = (None, None);
    }
}

/// The date by which a listed statement had to be certified: a reveal's deadline, none for a decline.
fn due_s(round: &Round, log: &LogView, at: &LeafRef) -> Option<u64> {
    let is_reveal = |e: &Entry| matches!(e.leaf.statement, Statement::Reveal(_));
    log.entry(at.index).is_some_and(is_reveal).then_some(round.job.reveal_by_s)
}

/// The most frequent item and how often it is there; of equals the lowest.
fn most(items: impl Iterator<Item = Cid>) -> Option<(Cid, usize)> {
    let mut counts: BTreeMap<Cid, usize> = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
}
