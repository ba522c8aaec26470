//! An ExeUnit: what an activity's requestor talks to over the bus.

use super::Agent;
use super::batch::{Batch, Outcome};
use super::meter::Meter;
use super::runtime::Runtime;
use super::script::{COMMANDS_MAX, Command, Run, Wanted};
use crate::bus::{Bus, Call};
use crate::{BedError, moment};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Batches that may wait, and batches of one activity: guesses.
const WAITING_MAX: usize = 64;
const BATCHES_MAX: usize = 10_000;
/// How often state and usage are reported: after 5 s of silence the daemon calls an activity unresponsive.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// The daemon's own service for activities.
const ACTIVITY_SERVICE: &str = "/local/activity";

/// One activity's ExeUnit. Dropped, everything of it ends, and the daemon hears nothing of it any more.
#[derive(Debug)]
pub(super) struct Unit {
    inner: Arc<Inner>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Inner {
    activity: String,
    bus: Bus,
    runtime: Runtime,
    meter: Arc<Meter>,
    state: Mutex<&'static str>,
    batches: Mutex<HashMap<String, Arc<Batch>>>,
    queue: mpsc::Sender<Arc<Batch>>,
    agent: Arc<Agent>,
}

impl Unit {
    /// Offers the service of an activity and tells the daemon that it is there.
    pub(super) async fn start(
        agent: Arc<Agent>,
        bus: Bus,
        activity: String,
        runtime: Runtime,
        meter: Arc<Meter>,
    ) -> Result<Self, BedError> {
        let calls = bus.offer(&format!("/public/exeunit/{activity}")).await?;
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let (state, batches) = (Mutex::new("New"), Mutex::default());
        let inner = Arc::new(Inner { activity, bus, runtime, meter, state, batches, queue, agent });
        inner.enter("Initialized").await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(Arc::clone(&inner), calls));
        tasks.spawn(work(Arc::clone(&inner), waiting));
        tasks.spawn(report(Arc::clone(&inner)));
        Ok(Self { inner, _tasks: tasks })
    }

    /// The end that the requestor asked for, who hears that it has come.
    pub(super) async fn destroy(self) -> Result<(), BedError> {
        self.inner.enter("Terminated").await
    }
}

impl Inner {
    fn state(&self) -> &'static str {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes over into a state and says so.
    async fn enter(&self, state: &'static str) -> Result<(), BedError> {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        self.say_state().await
    }

    async fn say_state(&self) -> Result<(), BedError> {
        let body = json!({
            "activityId": self.activity, "state": { "state": [self.state(), null] },
            "timeout": null, "credentials": null
        });
        self.bus.call(&format!("{ACTIVITY_SERVICE}/SetActivityState"), &body).await.map(drop)
    }

    async fn say_usage(&self) -> Result<(), BedError> {
        let usage = json!({ "currentUsage": self.meter.usage().vector(), "timestamp": moment::unix_now() });
        let body = json!({ "activityId": self.activity, "usage": usage, "timeout": null });
        self.bus.call(&format!("{ACTIVITY_SERVICE}/SetActivityUsage"), &body).await.map(drop)
    }

    fn batch(&self, id: &str) -> Result<Arc<Batch>, Value> {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        batches.get(id).cloned().ok_or_else(|| json!({ "notFound": format!("batch {id}") }))
    }

    /// Takes a script; the answer is the batch's id, and the work is done later.
    fn exec(&self, body: &Value) -> Result<Value, Value> {
        let refused = |why: String| json!({ "badRequest": why });
        let id = text(body, "batchId", "batch_id").to_owned();
        let script = body.get("exeScript").or(body.get("exe_script")).cloned().unwrap_or_default();
        let commands: Vec<Command> = serde_json::from_value(script).map_err(|e| refused(e.to_string()))?;
        if commands.len() > COMMANDS_MAX {
            return Err(refused(format!("more than {COMMANDS_MAX} commands")));
        }
        let batch = Arc::new(Batch::new(id.clone(), commands));
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        if batches.len() >= BATCHES_MAX || self.queue.try_send(Arc::clone(&batch)).is_err() {
            return Err(json!({ "service": "too many batches" }));
        }
        batches.insert(id.clone(), batch);
        Ok(json!(id))
    }

    async fn results(&self, body: &Value) -> Result<Value, Value> {
        let batch = self.batch(text(body, "batchId", "batch_id"))?;
        let index = body.get("commandIndex").or(body.get("command_index"));
        let index = index.and_then(Value::as_u64).map(|i| i as usize);
        match body.get("timeout").and_then(Value::as_f64) {
            None => batch.wait(index).await,
            Some(seconds) => {
                let limit = Duration::try_from_secs_f64(seconds.clamp(0.0, 3600.0)).unwrap_or_default();
                let waited = tokio::time::timeout(limit, batch.wait(index)).await;
                waited.map_err(|_| json!("timeout"))?;
            }
        }
        Ok(batch.results(index))
    }

    /// Runs a program, unless the agent is told to die here.
    async fn run(&self, run: &Run) -> Outcome {
        let begun = self.agent.see(|seen| {
            seen.begun += 1;
            seen.begun
        });
        if self.agent.options.faults.dies_at_run == Some(begun) {
            self.agent.tasks().abort_all();
            // this task is of them, and goes no further than here
            std::future::pending::<()>().await;
        }
        let outcome = self.runtime.run(run, &self.meter).await;
        self.agent.see(|seen| seen.runs += 1);
        outcome
    }

    /// Carries out one command. Commands that the state does not allow fail.
    async fn carry_out(&self, command: &Command) -> Outcome {
        let out_of_turn = |state| Outcome::error(format!("invalid state: {state}"));
        let outcome = match (command, self.state()) {
            (Command::Deploy {}, "Initialized") => self.runtime.deploy().await,
            (Command::Start {}, "Deployed") | (Command::Terminate {}, _) => Outcome::ok(),
            (Command::Run(run), "Ready") => self.run(run).await,
            (Command::Transfer { from, to }, "Ready" | "Deployed") => self.runtime.transfer(from, to).await,
            (_, state) => out_of_turn(state),
        };
        let next = match command {
            Command::Deploy {} => Some("Deployed"),
            Command::Start {} => Some("Ready"),
            Command::Terminate {} => Some("Terminated"),
            _ => None,
        };
        match next.filter(|_| !outcome.failed) {
            None => outcome,
            Some(state) => match self.enter(state).await {
                Ok(()) => outcome,
                Err(error) => Outcome::error(error.to_string()),
            },
        }
    }
}

fn text<'a>(body: &'a Value, name: &str, other: &str) -> &'a str {
    body.get(name).or(body.get(other)).and_then(Value::as_str).unwrap_or_default()
}

/// Answers calls, each in a task of its own: some wait long.
async fn serve(unit: Arc<Inner>, mut calls: mpsc::Receiver<Call>) {
    let mut answering = JoinSet::new();
    while let Some(call) = calls.recv().await {
        let unit = Arc::clone(&unit);
        answering.spawn(async move { answer(&unit, call).await });
        while answering.try_join_next().is_some() {}
    }
}

async fn answer(unit: &Inner, call: Call) {
    let Call { method, body, answer } = call;
    match method.as_str() {
        "Exec" => answer.give(unit.exec(&body)).await,
        "GetExecBatchResults" => answer.give(unit.results(&body).await).await,
        "GetActivityState" => answer.give(Ok(json!({ "state": [unit.state(), null] }))).await,
        "GetActivityUsage" => {
            let usage =
                json!({ "currentUsage": unit.meter.usage().vector(), "timestamp": moment::unix_now() });
            answer.give(Ok(usage)).await;
        }
        "GetRunningCommand" => answer.give(Ok(json!([]))).await,
        "StreamExecBatchResults" => {
            let mut answer = answer;
            let batch = unit.batch(text(&body, "batchId", "batch_id"));
            if let Some(mut events) = batch.ok().and_then(|batch| batch.listen()) {
                while let Ok(Some(event)) = events.recv().await {
                    answer.part(event).await;
                }
            }
            answer.end().await;
        }
        other => answer.give(Err(json!({ "badRequest": format!("no method {other}") }))).await,
    }
}

/// Carries out batch after batch.
async fn work(unit: Arc<Inner>, mut waiting: mpsc::Receiver<Arc<Batch>>) {
    while let Some(batch) = waiting.recv().await {
        for (index, command) in batch.commands.iter().enumerate() {
            batch.event(index, &json!({ "started": { "command": told(command) } }));
            let mut outcome = unit.carry_out(command).await;
            streamed(&batch, index, command, &mut outcome);
            let code = i32::from(outcome.failed);
            let end = json!({ "finished": { "return_code": code, "message": outcome.message } });
            batch.event(index, &end);
            let failed = outcome.failed;
            batch.done(outcome);
            if failed {
                break;
            }
        }
    }
}

/// Output that is wanted as a stream goes to whoever listens, and not into the results.
fn streamed(batch: &Batch, index: usize, command: &Command, outcome: &mut Outcome) {
    let Command::Run(run) = command else { return };
    let is_streamed = |mode| Wanted::parse(mode).is_some_and(|wanted| wanted.streamed);
    if is_streamed(run.capture.stdout.as_ref())
        && let Some(output) = outcome.stdout.take()
    {
        batch.event(index, &json!({ "stdout": output }));
    }
    if is_streamed(run.capture.stderr.as_ref())
        && let Some(output) = outcome.stderr.take()
    {
        batch.event(index, &json!({ "stderr": output }));
    }
}

/// A command as an event names it.
fn told(command: &Command) -> Value {
    match command {
        Command::Deploy {} => json!({ "deploy": {} }),
        Command::Start {} => json!({ "start": {} }),
        Command::Run(run) => json!({ "run": { "entry_point": run.entry_point, "args": run.args } }),
        Command::Transfer { from, to } => json!({ "transfer": { "from": from, "to": to } }),
        Command::Terminate {} => json!({ "terminate": {} }),
    }
}

/// Reports until the bus is gone: whoever is silent is given up.
async fn report(unit: Arc<Inner>) {
    let mut ticks = tokio::time::interval(REPORT_EVERY);
    loop {
        ticks.tick().await;
        if unit.state() == "Terminated" || !unit.bus.is_open() {
            return;
        }
        // a daemon that has much to do refuses some: the next report is as good
        if let Err(error) = unit.say_usage().await.and(unit.say_state().await) {
            unit.agent.trouble(&error);
        }
    }
}
