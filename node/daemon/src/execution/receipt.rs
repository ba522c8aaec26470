//! From what came back to the receipt that is published: bounded, without control characters.

use super::cell::{Cell, Terms};
use super::{landmarks, open};
use crate::clock;
use std::collections::BTreeMap;
use vantage_exec::Evidence;
use vantage_golem::{ATTEMPTS_MAX, Attempt, Order, UNSIGNED_MAX, Worker, is_test_platform};
use vantage_protocol::attester::Task;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::Hash;
use vantage_protocol::params::{
    BLOCK_BYTES_MAX, GOLEM_ATTEMPTS_MAX, HEADER_BYTES_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX,
};
use vantage_protocol::receipt::{Engine, Golem, GolemAttempt, GolemWorker, OriginGrade, Receipt};
use vantage_protocol::wire;
use vantage_runner::{Answer, EngineFacts, Finish, Generation};

/// The failure of an answer over the job's limit, as executors call it.
const TOO_LARGE: &str = "too_large";

/// A call's evidence; `host` is the vendor's own that was called, if it may be told.
pub(super) fn of_evidence(task: &Task, terms: &Terms, evidence: Evidence, host: Option<&str>) -> Cell {
    let mut cell = empty(task, terms);
    let receipt = &mut cell.receipt;
    receipt.endpoint = short(host.filter(|_| !evidence.attempts.is_empty()));
    receipt.status = evidence.status;
    receipt.model = short(evidence.model.as_deref());
    receipt.request_id = short(evidence.request_id.as_deref());
    receipt.finish = short(evidence.finish_reason.as_deref());
    receipt.headers = headers(evidence.headers);
    receipt.codes = evidence.codes;
    receipt.started_ms = evidence.started_unix_ms;
    receipt.ended_ms = evidence.ended_unix_ms;
    receipt.input_tokens = evidence.usage.prompt_tokens.and_then(|tokens| tokens.try_into().ok());
    receipt.output_tokens = evidence.usage.output_tokens.and_then(|tokens| tokens.try_into().ok());
    receipt.cost_microusd = evidence.cost_microusd;
    receipt.attempts = u32::try_from(evidence.attempts.len()).unwrap_or(u32::MAX);
    if !evidence.response.is_empty() && evidence.response.len() <= BLOCK_BYTES_MAX {
        let cid = Cid::raw(&evidence.response);
        cell.receipt.response = Some(cid);
        cell.blocks.push((cid, evidence.response));
    }
    match (evidence.failure, evidence.text) {
        (Some(failure), _) => cell.receipt.failure = short(Some(&failure.to_string())),
        (None, text) => cell.answer(text.unwrap_or_default(), terms),
    }
    cell
}

/// An open model's answer.
pub(super) fn of_generation(
    task: &Task,
    terms: &Terms,
    started_ms: u64,
    generation: Generation,
    facts: &EngineFacts,
) -> Cell {
    let mut cell = empty(task, terms);
    cell.receipt.started_ms = started_ms;
    cell.receipt.ended_ms = clock::now_ms().max(started_ms);
    cell.receipt.attempts = 1;
    cell.generated(generation, facts, terms);
    cell
}

/// Longest text about an engine, bytes; on Golem it is the provider's word. A guess: names of processors take 60.
const ENGINE_TEXT_BYTES_MAX: usize = 96;
/// Longest text of a provider's in an attempt, bytes: the daemon's ids take 64 at most.
const GOLEM_TEXT_BYTES_MAX: usize = 64;
// a receipt has room for all attempts that a requestor tells of
const _: () = assert!(ATTEMPTS_MAX + UNSIGNED_MAX <= GOLEM_ATTEMPTS_MAX);
/// What the block of a slot's receipts has beside them, bytes; generous.
const FRAME_BYTES_MAX: usize = 256;

/// Makes a receipt fit its share of the block that a slot of so many cells has. What is left out first is who did not do
/// the work in earlier attempts (that they failed, and why, stays), then such attempts, of which the number stays, then
/// headers. What remains always fits.
pub(super) fn fit(receipt: &mut Receipt, cells: usize) {
    let share = (BLOCK_BYTES_MAX - FRAME_BYTES_MAX) / cells.max(1);
    let fits = |receipt: &Receipt| wire::encode(receipt).len() <= share;
    let earlier = receipt.golem.as_ref().map_or(0, |golem| golem.attempts.len().saturating_sub(1));
    for at in 0..earlier {
        if fits(receipt) {
            return;
        }
        if let Some(attempt) = receipt.golem.as_mut().and_then(|golem| golem.attempts.get_mut(at)) {
            attempt.worker = None;
        }
    }
    for _ in 0..earlier {
        if fits(receipt) {
            return;
        }
        if let Some(golem) = &mut receipt.golem {
            golem.attempts.remove(0);
        }
    }
    if !fits(receipt) {
        receipt.headers.clear();
    }
}

/// What came of a cell on Golem; `attempts` is never empty.
pub(super) fn of_golem(
    task: &Task,
    terms: &Terms,
    order: &Order,
    attempts: &[Attempt],
    result: Result<Answer, vantage_golem::Failure>,
) -> Cell {
    let mut cell = empty(task, terms);
    let receipt = &mut cell.receipt;
    if let (Some(first), Some(last)) = (attempts.first(), attempts.last()) {
        receipt.started_ms = first.began_ms;
        receipt.ended_ms = last.ended_ms.max(first.began_ms);
    }
    receipt.attempts = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
    receipt.golem = Some(golem(order, attempts));
    match result {
        Ok(Answer::Answered { facts, generation }) => cell.generated(generation, &facts, terms),
        Ok(Answer::Refused(error)) => receipt.failure = Some(open::code(&error).to_owned()),
        Err(failure) => receipt.failure = Some(failure.code().to_owned()),
    }
    cell
}

fn golem(order: &Order, attempts: &[Attempt]) -> Golem {
    let text = |text: &str| bounded(text, GOLEM_TEXT_BYTES_MAX).unwrap_or_else(|| "unknown".to_owned());
    let worker = |worker: &Worker| {
        let [hour, cpu_second, start] = worker.price;
        GolemWorker {
            provider: text(&worker.provider),
            runtime: text(&worker.runtime),
            agreement: text(&worker.agreement),
            activity: worker.activity.as_deref().map(text),
            hour_nanoglm: hour.0,
            cpu_second_nanoglm: cpu_second.0,
            start_nanoglm: start.0,
        }
    };
    let attempt = |attempt: &Attempt| GolemAttempt {
        began_ms: attempt.began_ms,
        ended_ms: attempt.ended_ms.max(attempt.began_ms),
        worker: attempt.on.as_ref().map(worker),
        failure: attempt.failure.as_ref().map(|failure| failure.code().to_owned()),
    };
    Golem {
        image: order.image.sha3_224.clone(),
        platform: order.platform.clone(),
        test_money: is_test_platform(&order.platform),
        region: landmarks::region(&order.landmarks, attempts),
        attempts: attempts.iter().map(attempt).collect(),
    }
}

/// No answer, and why: a stable code.
pub(super) fn of_failure(task: &Task, terms: &Terms, code: &str) -> Cell {
    let mut cell = empty(task, terms);
    cell.receipt.failure = short(Some(code));
    cell
}

impl Cell {
    fn generated(&mut self, generation: Generation, facts: &EngineFacts, terms: &Terms) {
        let receipt = &mut self.receipt;
        receipt.model = bounded(&facts.model, NAME_BYTES_MAX);
        receipt.finish = Some(match generation.finish {
            Finish::Stop => "stop".to_owned(),
            Finish::Length => "length".to_owned(),
        });
        receipt.input_tokens = Some(generation.prompt_tokens);
        receipt.output_tokens = Some(generation.output_tokens);
        receipt.engine = Some(engine(facts));
        self.answer(generation.text, terms);
    }

    fn answer(&mut self, text: String, terms: &Terms) {
        let bytes = text.into_bytes();
        if bytes.is_empty() {
            self.receipt.failure = Some("empty".to_owned());
        } else if bytes.len() as u64 > terms.output_bytes_max {
            self.receipt.failure = Some(TOO_LARGE.to_owned());
        } else {
            let cid = Cid::raw(&bytes);
            self.receipt.output = Some(cid);
            self.blocks.push((cid, bytes));
        }
    }
}

fn empty(task: &Task, terms: &Terms) -> Cell {
    let now_ms = clock::now_ms();
    let receipt = Receipt {
        prompt: task.prompt,
        repeat: task.repeat,
        request: task.hash,
        output: None,
        response: None,
        failure: None,
        endpoint: None,
        status: None,
        model: None,
        request_id: None,
        finish: None,
        codes: BTreeMap::new(),
        headers: BTreeMap::new(),
        started_ms: now_ms,
        ended_ms: now_ms,
        input_tokens: None,
        output_tokens: None,
        cost_microusd: None,
        attempts: 0,
        surface: terms.target.surface(),
        sim: terms.target.is_sim(),
        engine: None,
        golem: None,
        origin: OriginGrade::Own,
    };
    Cell { receipt, blocks: Vec::new() }
}

fn engine(facts: &EngineFacts) -> Engine {
    let text = |text: &str| bounded(text, ENGINE_TEXT_BYTES_MAX).unwrap_or_else(|| "unknown".to_owned());
    Engine {
        name: text(&format!("{} {}", facts.engine, facts.version)),
        model: Hash(*facts.model_sha256.as_bytes()),
        weights: Hash(*facts.weights_sha256.as_bytes()),
        quantisation: text(&facts.quantisation),
        cpu: text(&facts.cpu),
        threads: facts.threads,
    }
}

fn headers(found: BTreeMap<String, String>) -> BTreeMap<String, String> {
    found.into_iter().filter_map(|(name, value)| Some((name, bounded(&value, HEADER_BYTES_MAX)?))).collect()
}

fn short(text: Option<&str>) -> Option<String> {
    bounded(text?, REASON_BYTES_MAX)
}

/// Text without control characters, cut to so many bytes; none if nothing is left.
fn bounded(text: &str, bytes_max: usize) -> Option<String> {
    let mut out = String::new();
    for c in text.chars() {
        let c = if c.is_control() { '\u{fffd}' } else { c };
        if out.len() + c.len_utf8() > bytes_max {
            break;
        }
        out.push(c);
    }
    (!out.is_empty()).then_some(out)
}

/// A receipt for tests.
#[cfg(test)]
pub(crate) fn sample(prompt: u32, repeat: u32) -> Receipt {
    let (task, terms) = sample_task(prompt, repeat);
    of_failure(&task, &terms, "timeout").receipt
}

/// A task for tests, and its terms.
#[cfg(test)]
fn sample_task(prompt: u32, repeat: u32) -> (Task, Terms) {
    let request = vantage_protocol::request::Request {
        adapter: "a".into(),
        method: "POST".into(),
        path: "/".into(),
        headers: BTreeMap::new(),
        body: vec![],
    };
    let task = Task { prompt, repeat, request, hash: Hash([0; 32]), seed: None };
    let terms = Terms {
        target: "sim:openai".parse().unwrap(),
        region: "eu".into(),
        output_bytes_max: 10,
        stop_ms: 0,
        cancel: Default::default(),
        meter: std::sync::Arc::new(NoCalls),
    };
    (task, terms)
}

/// Pays for nothing.
#[cfg(test)]
#[derive(Debug)]
struct NoCalls;

#[cfg(test)]
impl vantage_exec::Meter for NoCalls {
    fn reserve(&self, _: vantage_exec::Tokens) -> vantage_exec::Pending<'_, vantage_exec::Ticket> {
        Box::pin(async { Err(vantage_exec::MeterError::Exhausted("no calls".into())) })
    }

    fn settle(
        &self,
        _: vantage_exec::Ticket,
        _: vantage_exec::Charge,
    ) -> vantage_exec::Pending<'_, Option<u64>> {
        Box::pin(async { Ok(None) })
    }
}

#[cfg(test)]
mod tests;
