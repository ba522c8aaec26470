//! Acks and Finals: which set a quorum holds.

use super::super::evidence::Evidence;
use super::super::verdict::{FinalPart, Span, Who};
use super::certs::{Proven, Shown};
use super::plan::Plan;
use super::problems::Problems;
use super::statements::Listed;
use crate::acknowledged::Acknowledged;
use crate::genesis::{Genesis, Member};
use crate::id::{Hash, NodeId};
use crate::leaf::{LeafRef, Statement};
use crate::statement::{Ack, Final};
use std::collections::{BTreeMap, BTreeSet};

/// What the Finals come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// A quorum holds exactly the listed set.
    Sealed,
    /// A quorum made Finals without agreeing; the listed set is what a quorum acknowledged.
    Bounded,
}

/// The Finals, weighed.
pub(super) struct Weighed {
    pub(super) outcome: Option<Outcome>,
    pub(super) finals: Vec<FinalPart>,
    pub(super) span: Option<Span>,
}

impl Weighed {
    pub(super) fn weigh(
        genesis: &Genesis,
        plan: &Plan,
        listed: &Listed,
        shown: &Shown,
        problems: &mut Problems,
    ) -> Self {
        let words: Vec<Word<'_>> =
            genesis.committee.iter().map(|member| Word::read(member, plan, shown, problems)).collect();
        let finals: Vec<FinalPart> = words.iter().filter_map(|word| word.part(listed)).collect();
        let span = words.iter().filter_map(|w| w.last.map(|(p, _)| p.span())).fold(None, Span::join);
        let scale = Scale { quorum: genesis.quorum(), listed, words: &words, finals: &finals };
        let outcome = scale.outcome(problems);
        Self { outcome, finals, span }
    }
}

/// What one member said on the job, as far as it is certified.
struct Word<'a> {
    member: &'a Member,
    last: Option<(&'a Proven, &'a Final)>,
    /// What it acknowledged before its Final.
    acknowledged: Acknowledged,
}

impl<'a> Word<'a> {
    fn read(member: &'a Member, plan: &Plan, shown: &'a Shown, problems: &mut Problems) -> Self {
        let node = member.root.node_id();
        let mut word = Self { member, last: None, acknowledged: Acknowledged::default() };
        for proven in shown.proven().filter(|p| p.at.author == node && p.is_certified()) {
            match &proven.leaf.statement {
                Statement::Ack(ack) => word.ack(proven, ack, problems),
                Statement::Final(last) => word.finalises(proven, last, plan, problems),
                _ => {}
            }
        }
        for twice in word.acknowledged.both() {
            let (who, at) = (node.short(), twice.index);
            problems.remark(format!("{who} acknowledged leaf {at} both ok and bad: it counts as bad"));
        }
        word
    }

    fn ack(&mut self, proven: &Proven, ack: &Ack, problems: &mut Problems) {
        if let Some((last, _)) = self.last {
            // leaves come by index: this one is behind the Final
            let why =
                format!("{} acknowledged after its Final; that ack does not count", self.node().short());
            let evidence = Evidence::AckAfterFinal { last: last.cert.clone(), ack: proven.cert.clone() };
            return problems.convicts(why, evidence);
        }
        self.acknowledged.add(ack);
    }

    fn finalises(&mut self, proven: &'a Proven, last: &'a Final, plan: &Plan, problems: &mut Problems) {
        let Some((first, _)) = self.last else {
            self.last = Some((proven, last));
            return;
        };
        let why =
            format!("{} made two Finals on job {}; the first counts", self.node().short(), plan.id.short());
        let evidence = Evidence::TwoFinals { first: first.cert.clone(), second: proven.cert.clone() };
        problems.convicts(why, evidence);
    }

    fn node(&self) -> NodeId {
        self.member.root.node_id()
    }

    fn part(&self, listed: &Listed) -> Option<FinalPart> {
        let (_, last) = self.last?;
        let why_not = self.why_not(last, listed);
        Some(FinalPart {
            member: Who {
                node: self.node(),
                operator: self.member.operator.clone(),
                region: self.member.region.clone(),
            },
            count: last.count,
            root: last.root,
            report: last.report,
            counts: why_not.is_none(),
            why_not,
        })
    }

    /// Why this Final does not count for the listed set.
    fn why_not(&self, last: &Final, listed: &Listed) -> Option<String> {
        if !is_for(last, listed) {
            return Some("it is for another set".into());
        }
        if last.list != listed.cid {
            return Some("it names another list block of the same set".into());
        }
        let set: BTreeSet<LeafRef> = listed.list.statements.iter().copied().collect();
        let lacks = set.iter().filter(|at| !self.acknowledged.holds(at)).count();
        let beyond = self.acknowledged.ok().filter(|at| !set.contains(at)).count();
        match (lacks, beyond) {
            (0, 0) => None,
            (0, _) => Some(format!("it leaves out {beyond} statements that the member acknowledged")),
            _ => Some(format!("no ack of {lacks} listed statements is shown")),
        }
    }
}

fn is_for(last: &Final, listed: &Listed) -> bool {
    last.count as usize == listed.list.statements.len() && last.root == listed.list.root()
}

struct Scale<'a> {
    quorum: usize,
    listed: &'a Listed,
    words: &'a [Word<'a>],
    finals: &'a [FinalPart],
}

impl Scale<'_> {
    fn outcome(&self, problems: &mut Problems) -> Option<Outcome> {
        let need = self.quorum;
        self.left_out(problems);
        let mut sets: BTreeMap<(u32, Hash), usize> = BTreeMap::new();
        for last in self.finals {
            *sets.entry((last.count, last.root)).or_default() += 1;
        }
        let ours = (self.listed.list.statements.len() as u32, self.listed.list.root());
        if sets.iter().any(|(set, members)| *set != ours && *members >= need) {
            problems.invalid("Finals: a quorum agrees on another set than the one that is listed");
            return None;
        }
        if self.finals.iter().filter(|f| f.counts).count() >= need {
            return Some(Outcome::Sealed);
        }
        if sets.get(&ours).is_some_and(|members| *members >= need) {
            for last in self.finals.iter().filter(|f| !f.counts) {
                let why = last.why_not.as_deref().unwrap_or("it does not count");
                problems.incomplete(format!("Final of {}: {why}", last.member.node.short()));
            }
            return None;
        }
        if self.finals.len() < need {
            let have = self.finals.len();
            problems.incomplete(format!("Finals: {have} are shown of the {need} that it takes"));
            return None;
        }
        self.is_bounded(problems).then_some(Outcome::Bounded)
    }

    /// What a quorum acknowledged is listed, whatever the outcome.
    fn left_out(&self, problems: &mut Problems) {
        let listed: BTreeSet<&LeafRef> = self.listed.list.statements.iter().collect();
        let all: BTreeSet<&LeafRef> = self.words.iter().flat_map(|w| w.acknowledged.ok()).collect();
        for at in all.difference(&listed).filter(|at| self.acknowledged(at) >= self.quorum) {
            let who = at.author.short();
            problems
                .invalid(format!("leaf {} of {who}: a quorum acknowledged it, it is not listed", at.index));
        }
    }

    fn is_bounded(&self, problems: &mut Problems) -> bool {
        let mut bounded = true;
        for at in &self.listed.list.statements {
            let (have, need) = (self.acknowledged(at), self.quorum);
            if have < need {
                let who = at.author.short();
                problems.incomplete(format!(
                    "leaf {} of {who}: listed, but {have} acks are shown of the {need} that it takes",
                    at.index
                ));
                bounded = false;
            }
        }
        bounded
    }

    /// Members who acknowledged a statement ok.
    fn acknowledged(&self, at: &LeafRef) -> usize {
        self.words.iter().filter(|word| word.acknowledged.holds(at)).count()
    }
}
