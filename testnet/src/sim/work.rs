//! Simulated execution: prepared answers, cell by cell, with a journal as in the real shell.

use super::event::{Event, Index};
use super::world::World;
use std::collections::BTreeMap;
use vantage_protocol::attester::{Execution, Input, Task};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{JobId, Salt};
use vantage_protocol::receipt::{OriginGrade, Receipt};

impl World {
    /// Starts a slot, or goes on with it after a restart.
    pub(super) fn execute(&mut self, node: Index, execution: Execution) {
        let (job, slot) = (execution.job, execution.slot);
        if self.nodes[node].running.insert((job, slot), execution).is_none() {
            self.next_cell(node, job, slot);
        }
    }

    fn next_cell(&mut self, node: Index, job: JobId, slot: u32) {
        let (min, max) = self.scenario.cell_ms;
        let at_ms = self.now_ms + self.dice.between(min, max);
        self.schedule(at_ms, node, Event::CellDone { job, slot });
    }

    /// A cell is through: journal, outputs, and the next one or the end.
    pub(super) fn cell_done(&mut self, node: Index, job: JobId, slot: u32) {
        let Some(execution) = self.nodes[node].running.get(&(job, slot)).cloned() else { return };
        if self.dice.permille(self.scenario.decline_permille) {
            self.nodes[node].running.remove(&(job, slot));
            let reason = "simulated: no budget left".into();
            return self.input(node, Input::Declined { job, slot, reason });
        }
        let done = |task: &&Task, world: &World| {
            world.nodes[node].disk.journal.contains_key(&(job, slot, task.prompt, task.repeat))
        };
        let open: Vec<&Task> = execution.tasks.iter().filter(|t| !done(t, self)).collect();
        if let Some(task) = open.first() {
            self.run_cell(node, &execution, task);
        }
        if open.len() > 1 {
            return self.next_cell(node, job, slot);
        }
        self.nodes[node].running.remove(&(job, slot));
        let range = (job, slot, 0, 0)..=(job, slot, u32::MAX, u32::MAX);
        let cells: Vec<Receipt> =
            self.nodes[node].disk.journal.range(range).map(|(_, receipt)| receipt.clone()).collect();
        let salt = Salt(self.dice.bytes32());
        self.executed(node, job, slot, salt, cells);
    }

    fn run_cell(&mut self, node: Index, execution: &Execution, task: &Task) {
        let now_ms = self.nodes[node].clock_ms(self.now_ms);
        let failed = self.dice.permille(self.scenario.fail_permille);
        let text = answer(task.prompt, &execution.region);
        let response = format!("{{\"simulated\":true,\"content\":\"{text}\"}}").into_bytes();
        let disk = &mut self.nodes[node].disk;
        let (output, response_cid) = (Cid::raw(text.as_bytes()), Cid::raw(&response));
        if !failed {
            disk.put(output, text.into_bytes(), false);
            disk.put(response_cid, response, false);
        }
        let receipt = Receipt {
            prompt: task.prompt,
            repeat: task.repeat,
            request: task.hash,
            output: (!failed).then_some(output),
            response: (!failed).then_some(response_cid),
            failure: failed.then(|| "http-500".to_owned()),
            endpoint: None,
            status: Some(if failed { 500 } else { 200 }),
            model: Some(execution.target.model().to_owned()),
            request_id: None,
            finish: (!failed).then(|| "stop".to_owned()),
            codes: BTreeMap::new(),
            headers: BTreeMap::new(),
            started_ms: now_ms,
            ended_ms: now_ms,
            input_tokens: None,
            output_tokens: None,
            cost_microusd: None,
            attempts: 1,
            surface: execution.target.surface(),
            sim: execution.target.is_sim(),
            engine: None,
            golem: None,
            origin: OriginGrade::Own,
        };
        disk.journal.insert((execution.job, execution.slot, task.prompt, task.repeat), receipt);
    }
}

/// The prepared answer: alike everywhere but for the first prompt, which names the region.
fn answer(prompt: u32, region: &str) -> String {
    if prompt == 0 {
        format!("Seen from {region}, the matter stands as the people of {region} see it.")
    } else {
        format!("The answer to question number {prompt} is {}.", prompt * 7)
    }
}
