//! The listed reveals and declines: by whom, when, and judged again.

use super::super::judge::{Certified, Judge, Judgement, judge_from};
use super::super::source::{Source, block};
use super::super::verdict::Span;
use super::certs::{Shown, span};
use super::keyring::Keyring;
use super::plan::Plan;
use super::problems::Problems;
use crate::content::Content;
use crate::genesis::Genesis;
use crate::id::NodeId;
use crate::leaf::{Cert, Leaf, LeafRef, Statement};
use crate::log::{TlogProof, leaf_hash};
use crate::statement::{Reveal, StatementList};
use std::collections::BTreeSet;

/// The statement list and what it stands for.
pub(super) struct Listed {
    pub(super) list: StatementList,
    /// Statements that are there and belong there, in the list's order.
    pub(super) said: Vec<(NodeId, Statement)>,
    pub(super) commits: Option<Span>,
    pub(super) reveals: Option<Span>,
    pub(super) cid: crate::cid::Cid,
}

impl Listed {
    /// None if there is no list to go by.
    pub(super) fn check(
        genesis: &Genesis,
        plan: &Plan,
        content: &Content,
        keyring: &Keyring,
        shown: &mut Shown,
        source: &dyn Source,
        problems: &mut Problems,
    ) -> Option<Self> {
        let list: StatementList =
            block(source, &content.list)?.map_err(|why| problems.invalid(why.to_string())).ok()?;
        if list.job != plan.id || list.statements.len() != content.statements.len() {
            problems.invalid("statement list: of another job, or not as long as the content's statements");
            return None;
        }
        let mut checker = Checker { genesis, plan, keyring, shown, source, problems, slots: BTreeSet::new() };
        let mut listed =
            Self { list: list.clone(), said: Vec::new(), commits: None, reveals: None, cid: content.list };
        for (at, cid) in list.statements.iter().zip(&content.statements) {
            let Some(bytes) = source.bytes(cid) else { continue };
            match checker.leaf(at, &bytes) {
                Ok(statement) => {
                    checker.statement(at, &statement, &mut listed);
                    listed.said.push((at.author, statement));
                }
                Err(why) => {
                    let who = at.author.short();
                    checker.problems.invalid(format!("statement {} of {who}: {why}", at.index));
                }
            }
        }
        Some(listed)
    }

    /// Executors with a listed reveal, and their slots.
    pub(super) fn executors(&self) -> impl Iterator<Item = (NodeId, u32)> + '_ {
        self.said.iter().filter_map(|(node, statement)| match statement {
            Statement::Reveal(reveal) => Some((*node, reveal.slot)),
            _ => None,
        })
    }
}

struct Checker<'a, 'b> {
    genesis: &'a Genesis,
    plan: &'a Plan,
    keyring: &'a Keyring,
    shown: &'b mut Shown,
    source: &'a dyn Source,
    problems: &'b mut Problems,
    slots: BTreeSet<u32>,
}

impl Checker<'_, '_> {
    /// The listed leaf: a reveal or decline by the executor to whom its slot is assigned.
    fn leaf(&mut self, at: &LeafRef, bytes: &[u8]) -> Result<Statement, String> {
        if leaf_hash(bytes) != at.hash {
            return Err("the leaf is not the one that the list names".into());
        }
        let leaf = Leaf::decode(bytes, &self.plan.net).map_err(|e| e.to_string())?;
        if leaf.author != at.author {
            return Err("the leaf is by another author".into());
        }
        let (job, slot) = match &leaf.statement {
            Statement::Reveal(s) => (s.job, s.slot),
            Statement::Decline(s) => (s.job, s.slot),
            other => return Err(format!("a {} is no reveal or decline", other.typ())),
        };
        if job != self.plan.id {
            return Err("it belongs to another job".into());
        }
        let assigned = self.plan.assignment.get(slot as usize).copied().flatten();
        if assigned != Some(at.author) {
            return Err(format!("slot {slot} is not assigned to its author"));
        }
        if !self.slots.insert(slot) {
            return Err(format!("slot {slot} is listed twice"));
        }
        Ok(leaf.statement)
    }

    /// Certified in time, and a reveal is ok.
    fn statement(&mut self, at: &LeafRef, statement: &Statement, listed: &mut Listed) {
        if let Some(proven) = self.shown.certified(at, statement.typ(), self.problems) {
            listed.reveals = Span::join(listed.reveals, proven.span());
            let by_s = self.plan.job.reveal_by_s;
            if matches!(statement, Statement::Reveal(_)) && !proven.is_certified_by(by_s) {
                let place = format!("leaf {} of {}", at.index, at.author.short());
                let need = self.genesis.quorum();
                self.problems.incomplete(format!(
                    "reveal: {place}: not shown to be in time: fewer than {need} cosignatures dated up to {by_s}"
                ));
            }
        }
        if let Statement::Reveal(reveal) = statement {
            let commits = self.reveal(at, reveal);
            listed.commits = Span::join(listed.commits, commits);
        }
    }

    /// Judges a reveal as members did; says when its commit was cosigned.
    fn reveal(&mut self, at: &LeafRef, reveal: &Reveal) -> Option<Span> {
        let what = format!("reveal of slot {} by {}", reveal.slot, at.author.short());
        let Some(executor) = self.keyring.get(&at.author) else {
            self.problems.incomplete(format!("keyset of {}: it is not shown", at.author));
            return None;
        };
        // a missing proof is said already; a malformed one is judged bad
        let cert: Cert = match block(self.source, &reveal.proof)? {
            Ok(cert) => cert,
            Err(why) => {
                self.problems.invalid(format!("{what}: {why}"));
                return None;
            }
        };
        let judge = Judge {
            net: self.plan.net,
            genesis: self.genesis,
            id: self.plan.id,
            job: &self.plan.job,
            suite: &self.plan.suite,
            policy: &self.keyring.policy,
            executor,
        };
        let (judgement, certified) = judge_from(&judge, reveal, &cert.leaf, self.source);
        match judgement {
            Judgement::Ok | Judgement::Need(_) => {}
            Judgement::Unknown(members) => {
                for node in members {
                    self.problems.incomplete(format!("keyset of member {node}: it is not shown"));
                }
            }
            Judgement::Bad(code, why) => {
                self.problems.invalid(format!("{what}: listed, but bad({}): {why}", code.word()));
                return None;
            }
        }
        // a proof that gave no verdict yet still shows a head
        let Certified { head, cosigners } = match certified {
            Some(certified) => certified,
            None => {
                let head = TlogProof::parse(&cert.proof).ok()?.checkpoint;
                let cosigners = self.keyring.policy.cosigners(&head).ok()?;
                Certified { head, cosigners }
            }
        };
        self.shown.see(&head, &cosigners, self.problems);
        span(&cosigners)
    }
}
