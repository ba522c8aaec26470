//! Cells that an open model answers on this machine: one at a time, in a process of its own.

use super::cell::{Cell, NoCell, Terms};
use super::receipt;
use crate::clock;
use crate::config::RunnerCommand;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;
use vantage_protocol::attester::Task;
use vantage_protocol::id::Hash;
use vantage_protocol::request::Request;
use vantage_runner::{EngineFacts, GenerateError, Generation, ModelStore, Runner, Seed};

/// A model that nobody asked for this long is unloaded: it holds 650 MB. A guess.
const IDLE: Duration = Duration::from_secs(600);

/// The thread that has the model. It starts with the first cell and ends with [`OpenWorker::stop`].
#[derive(Debug)]
pub(super) struct OpenWorker {
    models: ModelStore,
    command: RunnerCommand,
    /// Each running slot has one question in the queue at most, so the queue needs no bound of its own.
    thread: Mutex<Option<(Sender<Question>, JoinHandle<()>)>>,
}

/// One prompt for the model.
struct Question {
    asked: vantage_runner::Question,
    terms: Terms,
    answer: oneshot::Sender<Result<Answered, Unanswered>>,
}

struct Answered {
    started_ms: u64,
    generation: Generation,
    facts: EngineFacts,
}

enum Unanswered {
    /// The model cannot be had.
    Unavailable(String),
    /// It was asked and gave no answer.
    Failed(GenerateError),
}

impl OpenWorker {
    pub(super) fn new(models: ModelStore, command: RunnerCommand) -> Self {
        Self { models, command, thread: Mutex::new(None) }
    }

    /// Puts one cell's prompt to the model, after those that came before.
    pub(super) async fn run(&self, task: &Task, terms: &Terms) -> Result<Cell, NoCell> {
        let asked = question(&task.request, task.seed).map_err(NoCell::Unavailable)?;
        let (answer, answered) = oneshot::channel();
        let question = Question { asked, terms: terms.clone(), answer };
        self.ask(question).map_err(NoCell::Unavailable)?;
        match answered.await {
            Ok(Ok(Answered { started_ms, generation, facts })) => {
                Ok(receipt::of_generation(task, terms, started_ms, generation, &facts))
            }
            _ if terms.cancel.is_cancelled() => Err(NoCell::Cancelled),
            Ok(Err(Unanswered::Unavailable(reason))) => Err(NoCell::Unavailable(reason)),
            Ok(Err(Unanswered::Failed(error))) => Ok(receipt::of_failure(task, terms, code(&error))),
            Err(_) => Err(NoCell::Unavailable("the model's thread has ended".to_owned())),
        }
    }

    /// Ends the thread and the model's process, once what runs was called off.
    pub(super) async fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((questions, thread)) = thread {
            drop(questions);
            // It fails only if the thread panicked, and then it has ended too.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    fn ask(&self, question: Question) -> Result<(), String> {
        let mut place = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let question = match place.as_ref() {
            Some((questions, _)) => match questions.send(question) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(question)) => question,
            },
            None => question,
        };
        let (questions, asked) = mpsc::channel();
        let mut desk = Desk { models: self.models.clone(), command: self.command.clone(), runner: None };
        let thread = thread::Builder::new()
            .name("vantage-open".to_owned())
            .spawn(move || desk.serve(&asked))
            .map_err(|error| format!("no thread for the model: {error}"))?;
        // The thread has just begun to listen.
        let _ = questions.send(question);
        *place = Some((questions, thread));
        Ok(())
    }
}

/// The thread's side.
struct Desk {
    models: ModelStore,
    command: RunnerCommand,
    runner: Option<(String, Runner)>,
}

impl Desk {
    fn serve(&mut self, asked: &Receiver<Question>) {
        loop {
            match asked.recv_timeout(IDLE) {
                Ok(question) => {
                    let answer = self.answer(&question);
                    // The slot may be gone.
                    let _ = question.answer.send(answer);
                }
                Err(RecvTimeoutError::Timeout) => self.runner = None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn answer(&mut self, question: &Question) -> Result<Answered, Unanswered> {
        let terms = &question.terms;
        let stop = || terms.cancel.is_cancelled() || terms.is_late();
        if stop() {
            return Err(Unanswered::Failed(GenerateError::Stopped { output_tokens: 0 }));
        }
        let asked = &question.asked;
        let sampling = asked.sampling().map_err(Unanswered::Failed)?;
        let runner = self.runner(&asked.model).map_err(Unanswered::Unavailable)?;
        let started_ms = clock::now_ms();
        match runner.generate(&asked.messages, asked.max_tokens, sampling, &stop) {
            Ok(generation) => Ok(Answered { started_ms, generation, facts: runner.facts().clone() }),
            Err(error) => {
                tracing::warn!(%error, model = asked.model, "an open model gave no answer");
                Err(Unanswered::Failed(error))
            }
        }
    }

    /// The model's process, started if need be; one at a time.
    fn runner(&mut self, model: &str) -> Result<&mut Runner, String> {
        if self.runner.as_ref().is_none_or(|(loaded, _)| loaded != model) {
            self.runner = None;
            let pulled = self.models.open(model).map_err(|error| error.to_string())?;
            let program = match &self.command.program {
                Some(program) => program.clone(),
                None => std::env::current_exe().map_err(|error| error.to_string())?,
            };
            let runner = start(program, &self.command.args, &pulled)?;
            self.runner = Some((model.to_owned(), runner));
        }
        match &mut self.runner {
            Some((_, runner)) => Ok(runner),
            None => Err("the model is not loaded".to_owned()),
        }
    }
}

/// What an open model is asked: the body of a request, and the seed of its cell where tokens are drawn.
pub fn question(request: &Request, seed: Option<Hash>) -> Result<vantage_runner::Question, String> {
    let mut asked: vantage_runner::Question = serde_json::from_slice(&request.body)
        .map_err(|error| format!("the request cannot be read: {error}"))?;
    asked.seed = seed.map(|seed| Seed::from_bytes(seed.0));
    Ok(asked)
}

fn start(program: PathBuf, args: &[String], pulled: &vantage_runner::PulledModel) -> Result<Runner, String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    Runner::start(&program, &args, pulled).map_err(|error| error.to_string())
}

/// The code of a failure in a receipt. It never changes its meaning.
pub(super) fn code(error: &GenerateError) -> &'static str {
    match error {
        GenerateError::BadRequest { .. } => "bad_request",
        GenerateError::ContextExceeded { .. } => "context_exceeded",
        GenerateError::Stopped { .. } => "deadline",
        GenerateError::Engine { .. } => "engine",
    }
}
