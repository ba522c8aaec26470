//! One call outside any job: an operator tries a target.

use super::cell::{Cell, NoCell, Terms};
use super::{api, receipt};
use crate::clock;
use crate::ledger::Purse;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use vantage_exec::{Allowance, Call, CallError, Tokens, VendorClient};
use vantage_protocol::attester::Task;
use vantage_protocol::id::NetId;
use vantage_protocol::receipt::Receipt;
use vantage_protocol::request::Request;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::target::Target;

/// What is asked. Short on both sides, and nothing that a filter could mind.
const PROMPT: &str = "Answer with one word: ready.";
/// Limit of the answer, tokens. Models that think before they answer need some for that: a guess.
const TOKENS_MAX: u32 = 256;
/// Longest that is waited, retries included. A guess.
const PATIENCE: Duration = Duration::from_secs(120);
/// Largest answer that is kept, bytes.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024;

/// The suite of a probe for which none is named. It sends neither temperature nor seed: some models take no other than
/// their own.
pub fn plain_suite() -> Suite {
    let prompt =
        Prompt { id: "probe".into(), topic: "probe".into(), kind: PromptKind::Control, text: PROMPT.into() };
    Suite {
        v: 1,
        name: "probe".into(),
        label: "one call by an operator, no study".into(),
        tokens_max: TOKENS_MAX,
        temperature_milli: None,
        seed: None,
        prompts: vec![prompt],
    }
}

/// A call that has not been made yet.
#[derive(Clone, Debug)]
pub struct Probe {
    target: Target,
    region: String,
    task: Task,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Probed {
    /// As a job would have it, for prompt 0 and repeat 0 of a suite of its own.
    pub receipt: Receipt,
    /// The answer. Hostile text.
    pub output: Option<Vec<u8>>,
    /// The response as it came. Hostile text.
    pub response: Option<Vec<u8>>,
}

impl Probe {
    /// The call with which a job over `suite` would begin at a target, in the same bytes; none for a suite without a prompt,
    /// which no valid one is.
    pub fn new(net: &NetId, target: Target, region: &str, suite: &Suite) -> Option<Self> {
        let request = Request::of(&target, suite, suite.prompts.first()?);
        let task = Task { prompt: 0, repeat: 0, hash: request.hash(net), request, seed: None };
        Some(Self { target, region: region.to_owned(), task })
    }

    /// The request that it sends.
    pub fn request(&self) -> &Request {
        &self.task.request
    }

    /// The most tokens that it can take.
    pub fn most(&self, client: &VendorClient) -> Result<Tokens, CallError> {
        let request = &self.task.request;
        let call = Call::new(&request.method, &request.path, &request.headers, request.body.clone())?;
        Ok(client.most(&call))
    }

    /// Makes the call, paid from `purse`. An error is of this node: nothing was recorded, or nothing could be sent.
    pub async fn run(&self, client: &VendorClient, purse: Purse) -> Result<Probed, String> {
        let patience_ms = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
        let terms = Terms {
            target: self.target.clone(),
            region: self.region.clone(),
            output_bytes_max: OUTPUT_BYTES_MAX,
            stop_ms: clock::now_ms().saturating_add(patience_ms),
            cancel: CancellationToken::new(),
            meter: Arc::new(purse),
        };
        let deadline = Some(tokio::time::Instant::now() + PATIENCE);
        let allowance = Allowance { meter: terms.meter.clone(), deadline, cancel: terms.cancel.clone() };
        let Cell { receipt, blocks } = match api::run(client, &self.task, &terms, &allowance).await {
            Ok(cell) => cell,
            Err(NoCell::Unavailable(why)) => return Err(why),
            Err(NoCell::Failed(error)) => return Err(error.to_string()),
            Err(NoCell::Cancelled) => receipt::of_failure(&self.task, &terms, "cancelled"),
        };
        let bytes = |cid| blocks.iter().find(|(id, _)| Some(*id) == cid).map(|(_, bytes)| bytes.clone());
        Ok(Probed { output: bytes(receipt.output), response: bytes(receipt.response), receipt })
    }
}
