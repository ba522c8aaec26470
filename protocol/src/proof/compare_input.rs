//! From a job's content to its comparison: a function of the content alone (I8).

use super::judge::Get;
use super::source::{Lookup, Source};
use crate::assignment::Assignment;
use crate::cid::Cid;
use crate::compare::{
    self, Cell, CellState, Excerpts, Input, MissingReason, PromptInfo, Report, Study, Tallies, TargetInfo,
    compare as compare_answers, compare_tallied,
};
use crate::finish::Ending;
use crate::genesis::{self, Genesis};
use crate::id::{Hash, JobId, NetId, NodeId};
use crate::job::{Job, Slot};
use crate::leaf::Statement;
use crate::receipt::Receipt;
use crate::request::{Adapter, Request};
use crate::study::StudyPlan;
use crate::suite::Suite;
use crate::target::Target;
use crate::wire;
use std::collections::BTreeMap;

/// What a comparison is made from.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// Network.
    pub net: NetId,
    /// Its genesis: who stands behind whom.
    pub genesis: &'a Genesis,
    /// The job's id.
    pub id: JobId,
    /// The job.
    pub job: &'a Job,
    /// Its suite.
    pub suite: &'a Suite,
    /// Its study plan, if it names one.
    pub study: Option<&'a StudyPlan>,
    /// Who takes which slot.
    pub assignment: &'a Assignment,
    /// The listed statements, in the list's order.
    pub statements: &'a [(NodeId, Statement)],
}

/// A comparison as it is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compiled {
    /// The comparison.
    pub report: Report,
    /// Its canonical block.
    pub bytes: Vec<u8>,
    /// Its id.
    pub cid: Cid,
}

/// Compares a job's answers. An error names the blocks that are missing, or the receipts that are
/// none: reveals acknowledged ok never give one.
pub fn report(compared: &Compared<'_>, get: Get<'_>) -> Result<Compiled, NotComparable> {
    Ok(compiled(compare_answers(&input_from(compared, &Lookup(get))?)))
}

/// The same with blocks from anywhere, for readers: with the beginnings of answers, and for a job of a series with how each answer
/// counts. Neither is a part of it.
pub(super) fn report_from(
    compared: &Compared<'_>,
    source: &dyn Source,
) -> Result<(Compiled, Option<Excerpts>, Option<Tallies>), NotComparable> {
    let input = input_from(compared, source)?;
    let (report, tallies) = match compared.study.is_some_and(|plan| plan.series.is_some()) {
        true => {
            let (report, tallies) = compare_tallied(&input);
            (report, Some(tallies))
        }
        false => (compare_answers(&input), None),
    };
    let excerpts = Excerpts::of(&input, &report);
    Ok((compiled(report), excerpts, tallies))
}

/// A comparison with its block.
fn compiled(report: Report) -> Compiled {
    let bytes = wire::encode(&report);
    let cid = Cid::dag_cbor(&bytes);
    Compiled { report, bytes, cid }
}

/// Why there is no comparison.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotComparable {
    /// Blocks are missing.
    #[error("{} blocks are missing for the comparison", .0.len())]
    Missing(Vec<Cid>),
    /// Receipts of a listed reveal do not decode.
    #[error("receipts {cid}: {why}")]
    Receipts {
        /// Which block.
        cid: Cid,
        /// What is wrong with it.
        why: String,
    },
}

/// The cells of a job and what came of them.
pub fn compare_input(compared: &Compared<'_>, get: Get<'_>) -> Result<Input, NotComparable> {
    input_from(compared, &Lookup(get))
}

fn input_from(compared: &Compared<'_>, source: &dyn Source) -> Result<Input, NotComparable> {
    let job = compared.job;
    let mut filler =
        Filler { compared, source, requests: BTreeMap::new(), missing: Vec::new(), cells: Vec::new() };
    for slot in job.slots() {
        filler.slot(slot)?;
    }
    if !filler.missing.is_empty() {
        return Err(NotComparable::Missing(filler.missing));
    }
    let cells = filler.cells;
    let prompt = |p: &crate::suite::Prompt| PromptInfo {
        id: p.id.clone(),
        topic: p.topic.clone(),
        kind: p.kind.word().to_owned(),
        text: p.text.clone(),
    };
    Ok(Input {
        regions: job.regions.clone(),
        targets: job.targets.iter().map(|t| target_info(&t.target, compared.suite)).collect(),
        prompts: compared.suite.prompts.iter().map(prompt).collect(),
        study: compared.study.map(|plan| study(plan, job, compared.suite)),
        temperature_milli: compared.suite.temperature_milli,
        drawn_from: (compared.net, compared.id),
        cells,
    })
}

/// What a plan registers for a job that it was checked with.
fn study(plan: &StudyPlan, job: &Job, suite: &Suite) -> Study {
    Study {
        alpha_ppm: plan.alpha_ppm,
        skew_s_max: plan.skew_s_max,
        contrasts: job.registered(plan, suite).unwrap_or_default(),
        readings: plan
            .readings(suite)
            .into_iter()
            .map(|(prompt, reading)| (prompt, reading.clone()))
            .collect(),
    }
}

fn target_info(target: &Target, suite: &Suite) -> TargetInfo {
    TargetInfo {
        name: target.to_string(),
        deterministic: target.is_open_model() && suite.drawn_at_milli().is_none(),
        surface: target.surface().word().to_owned(),
        sim: target.is_sim(),
    }
}

struct Filler<'a> {
    compared: &'a Compared<'a>,
    source: &'a dyn Source,
    /// Hashes of the requests, by target and prompt: equal for all who put the same one.
    requests: BTreeMap<(usize, u32), Option<Hash>>,
    missing: Vec<Cid>,
    cells: Vec<Cell>,
}

impl Filler<'_> {
    fn slot(&mut self, slot: Slot) -> Result<(), NotComparable> {
        let executor = self.compared.assignment.get(slot.index as usize).copied().flatten();
        let said = executor.and_then(|node| said(self.compared.statements, slot.index, &node));
        match (executor, said) {
            (None, _) => self.absent(slot, None, MissingReason::Unassigned),
            (Some(node), Some(Statement::Decline(decline))) => {
                self.absent(slot, Some(node), MissingReason::Declined { reason: decline.reason.clone() });
            }
            (Some(node), Some(Statement::Reveal(reveal))) => self.revealed(slot, node, &reveal.receipts)?,
            (Some(node), _) => self.absent(slot, Some(node), MissingReason::NotInSet),
        }
        Ok(())
    }

    fn absent(&mut self, slot: Slot, executor: Option<NodeId>, reason: MissingReason) {
        for place in self.compared.job.cells(slot, self.compared.suite) {
            let state = CellState::Missing { reason: reason.clone() };
            self.push(slot, place, executor, None, state);
        }
    }

    fn revealed(&mut self, slot: Slot, node: NodeId, receipts: &Cid) -> Result<(), NotComparable> {
        let Some(read) = self.source.receipts(receipts) else {
            self.missing.push(*receipts);
            return Ok(());
        };
        let receipts = read.map_err(|e| NotComparable::Receipts { cid: *receipts, why: e.to_string() })?;
        let Some(target) = self.compared.job.targets.get(slot.target) else { return Ok(()) };
        for (at, (prompt, repeat)) in
            self.compared.job.cells(slot, self.compared.suite).into_iter().enumerate()
        {
            let is_it = |receipt: &&Receipt| (receipt.prompt, receipt.repeat) == (prompt, repeat);
            // in a reveal that is ok they stand in this order
            let in_place = receipts.cells.get(at).filter(is_it);
            let receipt = in_place.or_else(|| receipts.cells.iter().find(is_it));
            let state = match receipt {
                Some(receipt) => self.state(slot.target, &target.target, receipt),
                None => Some(CellState::Bad { code: "cells".into() }),
            };
            if let Some(state) = state {
                let asked_ms = receipt.map(|receipt| receipt.started_ms);
                self.push(slot, (prompt, repeat), Some(node), asked_ms, state);
            }
        }
        Ok(())
    }

    /// None if the output is not held.
    fn state(&mut self, index: usize, target: &Target, receipt: &Receipt) -> Option<CellState> {
        let bad = |code: &str| Some(CellState::Bad { code: code.into() });
        if self.request(index, target, receipt.prompt) != Some(receipt.request) {
            return bad("inputs");
        }
        if (receipt.surface, receipt.sim) != (target.surface(), target.is_sim()) {
            return bad("surface");
        }
        let Some(output) = receipt.output else {
            let code = receipt.failure.clone().unwrap_or_default();
            return Some(CellState::Failed { code });
        };
        // an executor's word is no reason to take half an answer for a whole one
        let ending = Ending::of(Adapter::of(target), receipt.finish.as_deref());
        if !ending.is_answer() {
            return bad("finish");
        }
        let Some(bytes) = self.source.bytes(&output) else {
            self.missing.push(output);
            return None;
        };
        Some(CellState::Answer { text: String::from_utf8_lossy(&bytes).into_owned(), output, ending })
    }

    /// The hash of the request that a prompt makes to the target of this index.
    fn request(&mut self, index: usize, target: &Target, prompt: u32) -> Option<Hash> {
        let Compared { suite, net, .. } = self.compared;
        let hash = || Some(Request::of(target, suite, suite.prompts.get(prompt as usize)?).hash(net));
        *self.requests.entry((index, prompt)).or_insert_with(hash)
    }

    fn push(
        &mut self,
        slot: Slot,
        place: (u32, u32),
        executor: Option<NodeId>,
        asked_ms: Option<u64>,
        state: CellState,
    ) {
        // nobody's place still counts: the account must come out even
        let executor = executor.unwrap_or(NodeId([0; 32]));
        let operator = match self.compared.genesis.operator(&executor) {
            genesis::Operator::Vouched(name) => compare::Operator::Vouched(name),
            genesis::Operator::Volunteers => compare::Operator::Volunteer,
        };
        self.cells.push(Cell {
            prompt: place.0,
            target: slot.target as u32,
            region: slot.region as u32,
            replica: slot.replica,
            repeat: place.1,
            executor,
            operator,
            asked_ms,
            state,
        });
    }
}

/// What the executor of a slot has in the list.
fn said<'a>(statements: &'a [(NodeId, Statement)], slot: u32, node: &NodeId) -> Option<&'a Statement> {
    let of_slot = |statement: &Statement| match statement {
        Statement::Reveal(reveal) => reveal.slot == slot,
        Statement::Decline(decline) => decline.slot == slot,
        _ => false,
    };
    statements.iter().find(|(author, statement)| author == node && of_slot(statement)).map(|(_, s)| s)
}
