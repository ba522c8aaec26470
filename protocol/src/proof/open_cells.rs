//! The cells of a bundle that anyone who has the open model can compute again.

use super::car::Car;
use crate::bundle::Bundle;
use crate::cid::Cid;
use crate::content::Content;
use crate::id::{Hash, NodeId};
use crate::job::Job;
use crate::leaf::{Leaf, Statement};
use crate::receipt::{Engine, Receipts};
use crate::request::{Request, cell_seed};
use crate::suite::Suite;
use crate::target::Target;
use crate::wire::{self, Wire};

/// An answer of an open model, and all it takes to compute it again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenCell {
    /// Where it was answered.
    pub region: String,
    /// Which model was asked.
    pub target: Target,
    /// The prompt's id.
    pub prompt: String,
    /// Which slot.
    pub slot: u32,
    /// Which repeat.
    pub repeat: u32,
    /// Who answered.
    pub executor: NodeId,
    /// What was asked.
    pub request: Request,
    /// Where the draws come from; none where the likeliest tokens are taken.
    pub seed: Option<Hash>,
    /// The answer's text.
    pub output: Cid,
    /// What computed it, by the executor's word.
    pub engine: Option<Engine>,
}

/// The answers of open models in a bundle file, in the order of its statements. It judges nothing: verify the file first. The
/// error names a block that is missing or cannot be read.
pub fn open_cells(car: &Car) -> Result<Vec<OpenCell>, String> {
    let root = block(car, "root", &car.root)?;
    let content = match wire::decode::<Bundle>(root) {
        Ok(bundle) => bundle.content,
        Err(_) => car.root,
    };
    let content: Content = read(car, "content", &content)?;
    let leaf = |cid: &Cid| {
        let bytes = block(car, "leaf", cid)?;
        Leaf::decode(bytes, &content.net).map_err(|error| format!("leaf {cid}: {error}"))
    };
    let Statement::Job(job) = leaf(&content.job)?.statement else {
        return Err(format!("leaf {}: it is no job", content.job));
    };
    let suite: Suite = read(car, "suite", &content.suite)?;
    let mut found = Vec::new();
    for statement in &content.statements {
        if let Statement::Reveal(reveal) = leaf(statement)?.statement {
            let receipts: Receipts = read(car, "receipts", &reveal.receipts)?;
            found.extend(of_slot(&content, &job, &suite, receipts));
        }
    }
    Ok(found)
}

fn of_slot(content: &Content, job: &Job, suite: &Suite, receipts: Receipts) -> Vec<OpenCell> {
    let Some(slot) = job.slot(receipts.slot) else { return Vec::new() };
    let (Some(target), Some(region)) = (job.targets.get(slot.target), job.regions.get(slot.region)) else {
        return Vec::new();
    };
    if !target.target.is_open_model() {
        return Vec::new();
    }
    let cell = |receipt: crate::receipt::Receipt| {
        let prompt = suite.prompts.get(receipt.prompt as usize)?;
        let seed = |_| cell_seed(&content.net, &content.id, slot.index, receipt.prompt, receipt.repeat);
        Some(OpenCell {
            region: region.clone(),
            target: target.target.clone(),
            prompt: prompt.id.clone(),
            slot: slot.index,
            repeat: receipt.repeat,
            executor: receipts.executor,
            request: Request::of(&target.target, suite, prompt),
            seed: suite.drawn_at_milli().map(seed),
            output: receipt.output?,
            engine: receipt.engine,
        })
    };
    receipts.cells.into_iter().filter_map(cell).collect()
}

fn block<'c>(car: &'c Car, what: &str, cid: &Cid) -> Result<&'c [u8], String> {
    car.blocks.get(cid).map(Vec::as_slice).ok_or_else(|| format!("{what} {cid}: the block is missing"))
}

fn read<T: Wire>(car: &Car, what: &str, cid: &Cid) -> Result<T, String> {
    wire::decode(block(car, what, cid)?).map_err(|error| format!("{what} {cid}: {error}"))
}
