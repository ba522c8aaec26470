//! Jobs to compare.

use crate::cid::Cid;
use crate::compare::{Cell, CellState, DiffOp, Input, Operator, PromptInfo, Report, TargetInfo};
use crate::finish::Ending;
use crate::hash::sha256;
use crate::id::{JobId, NetId, NodeId};

/// A small linear congruential generator (constants of Knuth's MMIX), so that tests repeat.
pub struct Lcg(pub u64);

impl Lcg {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

pub fn job(regions: &[&str], targets: &[&str], prompts: &[&str]) -> Input {
    let place = |name: &str| ["open", "golem"].into_iter().find(|p| name.starts_with(&format!("{p}:")));
    let target = |name: &&str| TargetInfo {
        name: (*name).to_owned(),
        deterministic: place(name).is_some(),
        surface: place(name).unwrap_or("api").to_owned(),
        sim: name.starts_with("sim:"),
    };
    let prompt = |id: &&str| PromptInfo {
        id: (*id).to_owned(),
        topic: format!("topic of {id}"),
        kind: "contested".to_owned(),
        text: format!("What about {id}?"),
    };
    Input {
        regions: regions.iter().map(|r| (*r).to_owned()).collect(),
        targets: targets.iter().map(target).collect(),
        prompts: prompts.iter().map(prompt).collect(),
        study: None,
        temperature_milli: Some(1_000),
        drawn_from: (NetId([1; 32]), JobId([2; 32])),
        cells: Vec::new(),
    }
}

/// A cell of target 0; the operator is one of its own for each region and replica.
pub fn cell(prompt: u32, region: u32, replica: u32, repeat: u32, state: CellState) -> Cell {
    let name = format!("operator {region}.{replica}");
    let executor = NodeId(sha256(name.as_bytes()).0);
    let operator = Operator::Vouched(name);
    Cell { prompt, target: 0, region, replica, repeat, executor, operator, asked_ms: None, state }
}

pub fn answered(text: &str) -> CellState {
    ended(Ending::Whole, text)
}

pub fn ended(ending: Ending, text: &str) -> CellState {
    CellState::Answer { text: text.to_owned(), output: Cid::raw(text.as_bytes()), ending }
}

/// Two repeats by each of two operators in each region, for prompt 0.
pub fn fill(input: &mut Input, mut text: impl FnMut(u32, u32, u32) -> String) {
    for region in 0..input.regions.len() as u32 {
        for (replica, repeat) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            input.cells.push(cell(0, region, replica, repeat, answered(&text(region, replica, repeat))));
        }
    }
}

pub fn bytes(report: &Report) -> Vec<u8> {
    serde_ipld_dagcbor::to_vec(report).unwrap()
}

/// The texts that a diff makes up.
pub fn both_texts(ops: &[DiffOp]) -> [String; 2] {
    let first = ops.iter().filter(|op| !matches!(op, DiffOp::Insert(_))).map(DiffOp::text);
    let second = ops.iter().filter(|op| !matches!(op, DiffOp::Delete(_))).map(DiffOp::text);
    [first.collect(), second.collect()]
}
