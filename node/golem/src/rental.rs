//! One agreement with one provider: a runtime started under it, commands run in it.

use crate::account::{Account, Books, Deal};
use crate::amount::Nano;
use crate::attempt::{Command, Worker};
use crate::batch::{Batch, Dead, Step};
use crate::bill::Terms;
use crate::daemon::{CommandResult, Daemon, Trouble, plain};
use crate::failure::Failure;
use crate::moment::{self, millis};
use crate::requestor::Requestor;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the provider may take to start a runtime: it forks a process. A guess.
const CREATE_TIME: Duration = Duration::from_secs(30);
/// How long the daemon holds back a question for results.
const POLL: Duration = Duration::from_secs(5);
/// Longest run of the probe: it gives up by itself after 20 s.
const PROBE_TIME: Duration = Duration::from_secs(30);
/// Of the time that is left the probe may take this part. A guess.
const PROBE_PART: u32 = 10;
/// How often a batch is sent again while the daemon is away.
const SEND_MAX: u32 = 10;

/// A provider hired.
#[derive(Debug)]
pub(crate) struct Rental {
    pub(crate) worker: Worker,
    pub(crate) terms: Terms,
    pub(crate) began_ms: u64,
    pub(crate) expires_ms: u64,
    pub(crate) started: bool,
    /// The agreement was signed on a demand with a way out to the landmarks.
    pub(crate) has_way_out: bool,
}

impl Rental {
    pub(crate) fn is_started(&self) -> bool {
        self.started
    }

    /// When the agreement expires, POSIX milliseconds.
    pub(crate) fn ends_ms(&self) -> u64 {
        self.expires_ms
    }

    /// The most that it can have cost until now.
    pub(crate) fn cost_so_far(&self) -> Nano {
        self.terms.price.most(moment::now_ms().saturating_sub(self.began_ms), self.terms.threads)
    }

    /// Starts the runtime and, in it, the image.
    pub(crate) async fn start(&mut self, requestor: &Requestor, books: &Books) -> Result<(), Failure> {
        let daemon = &requestor.daemon;
        if self.worker.activity.is_some() {
            // an earlier start broke off: a second activity would be billed beside the first
            return Err(Failure::Activity("an earlier one did not start".to_owned()));
        }
        let activity = self.begin(daemon, books).await?;
        self.worker.activity = Some(activity.clone());
        let batch = json!([{ "deploy": {} }, { "start": { "args": [] } }]);
        let done = self.batch(daemon, &activity, &batch, 2, requestor.times.start).await?;
        if done.result != "Ok" {
            return Err(Failure::Start(said(&done)));
        }
        self.started = true;
        Ok(())
    }

    /// Begins an activity. That one was asked for is written down first: its id may never be told, and it is billed.
    async fn begin(&self, daemon: &Daemon, books: &Books) -> Result<String, Failure> {
        let agreement = &self.worker.agreement;
        books.change(|account| of(account, agreement, |deal| deal.begun = true)).await?;
        match daemon.new_activity(agreement, CREATE_TIME).await {
            Ok(activity) => {
                let noted = activity.clone();
                books.change(|account| of(account, agreement, |deal| deal.activity = Some(noted))).await?;
                Ok(activity)
            }
            Err(trouble @ (Trouble::AppKey | Trouble::Unreachable { heard: false })) => {
                books.change(|account| of(account, agreement, |deal| deal.begun = false)).await?;
                Err(trouble.into())
            }
            Err(trouble) => {
                let refused = matches!(trouble, Trouble::Refused { status: 400..=499, .. });
                books.change(|account| of(account, agreement, |deal| deal.begun = !refused)).await?;
                Err(Failure::Activity(trouble.to_string()))
            }
        }
    }

    /// Has the way to the landmarks measured, if there is one. What goes wrong here only leaves it unmeasured.
    /// It takes a tenth of the time until the deadline at most, POSIX milliseconds: the work comes first.
    pub(crate) async fn probe(&mut self, requestor: &Requestor, deadline_ms: u64) {
        let Some(probe) = requestor.probe.as_ref().filter(|_| self.has_way_out) else { return };
        let limit = PROBE_TIME.min(moment::until(deadline_ms) / PROBE_PART);
        match self.run_within(requestor, probe, limit).await {
            Ok(printed) => self.worker.probed = Some(printed),
            Err(failure) => {
                tracing::info!(code = failure.code(), %failure, "where a provider stands was not measured")
            }
        }
    }

    /// Runs a command and tells what it printed.
    pub(crate) async fn run(&self, requestor: &Requestor, command: &Command) -> Result<Vec<u8>, Failure> {
        self.run_within(requestor, command, requestor.times.command).await
    }

    async fn run_within(
        &self,
        requestor: &Requestor,
        command: &Command,
        limit: Duration,
    ) -> Result<Vec<u8>, Failure> {
        let Some(activity) = &self.worker.activity else { return Err(Failure::Activity("none".to_owned())) };
        let max = command.output_bytes_max;
        // one byte more than is taken shows that there was more
        let capture = json!({ "atEnd": { "head": max + 1, "format": "str" } });
        let batch = json!([{ "run": {
            "entry_point": command.program,
            "args": command.args,
            "capture": { "stdout": capture, "stderr": { "atEnd": { "head": 2048, "format": "str" } } },
        } }]);
        let done = self.batch(&requestor.daemon, activity, &batch, 1, limit).await?;
        if done.result != "Ok" {
            return Err(Failure::Command(said(&done)));
        }
        match done.stdout {
            Some(output) if output.len() > max => Err(Failure::TooLarge(max)),
            output => Ok(output.unwrap_or_default()),
        }
    }

    /// Sends a batch and follows it to its end.
    async fn batch(
        &self,
        daemon: &Daemon,
        activity: &str,
        batch: &Value,
        commands: usize,
        limit: Duration,
    ) -> Result<CommandResult, Failure> {
        let limit_ms = moment::now_ms().saturating_add(millis(limit)).min(self.expires_ms);
        let follow = async {
            // a question may be run twice, a start may not
            let id = send(daemon, activity, batch, commands == 1).await?;
            let mut state = Batch::of(commands);
            let mut step = Step::Results(Duration::ZERO);
            loop {
                step = match step {
                    Step::Results(wait) => {
                        tokio::time::sleep(wait).await;
                        state.results(daemon.results(activity, &id, commands - 1, POLL).await)
                    }
                    Step::State => state.state(daemon.activity_state(activity).await),
                    Step::Done(result) => return Ok(result),
                    Step::Failed(dead) => return Err(failure(dead)),
                };
            }
        };
        match tokio::time::timeout(moment::until(limit_ms), follow).await {
            Ok(result) => result,
            Err(_) if moment::now_ms() >= self.expires_ms => Err(Failure::Expired),
            Err(_) => Err(Failure::Lost(format!("nothing came back within {} s", limit.as_secs()))),
        }
    }
}

/// Changes a deal of an account.
fn of(account: &mut Account, agreement: &str, change: impl FnOnce(&mut Deal)) {
    if let Some(deal) = account.deal_mut(agreement) {
        change(deal);
    }
}

/// Sends a batch; again if the daemon was away, or went away meanwhile and the batch may be run `twice`: that costs a
/// little, and a provider is not to blame for our daemon.
async fn send(daemon: &Daemon, activity: &str, batch: &Value, twice: bool) -> Result<String, Failure> {
    let mut tried = 0;
    loop {
        match daemon.exec(activity, batch).await {
            Ok(id) => return Ok(id),
            Err(Trouble::Unreachable { heard }) if tried < SEND_MAX && (twice || !heard) => {
                tried += 1;
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            Err(trouble @ (Trouble::AppKey | Trouble::Unreachable { .. })) => return Err(trouble.into()),
            Err(trouble) => return Err(Failure::Lost(trouble.to_string())),
        }
    }
}

fn failure(dead: Dead) -> Failure {
    match dead {
        Dead::Daemon(trouble) => trouble.into(),
        Dead::Provider(why) => Failure::Lost(why),
        Dead::Results(why) => Failure::Output(why),
    }
}

/// What the provider and the command say of a failure.
fn said(result: &CommandResult) -> String {
    let stderr = result.stderr.as_deref().unwrap_or_default();
    let message = result.message.as_deref().unwrap_or("no reason is given");
    plain(&format!("{message}; {}", String::from_utf8_lossy(stderr)))
}
