//! A runner process, seen from its parent.

use crate::chat::Message;
use crate::engine::{GenerateError, Generation};
use crate::facts::EngineFacts;
use crate::lines::{self, Ask, Say};
use crate::sampler::Sampling;
use crate::store::PulledModel;
use std::ffi::OsString;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a model may take to load; it takes under a second, or some on a cold disk. A guess.
const LOAD_TIME_MAX: Duration = Duration::from_secs(120);
/// How often the caller is asked whether to stop. A guess that no person notices.
const STOP_POLL: Duration = Duration::from_millis(20);

/// A model loaded in a child process that computes on one thread. Dropping it ends the process.
pub struct Runner {
    program: PathBuf,
    args: Vec<OsString>,
    model: PulledModel,
    facts: EngineFacts,
    context_tokens: u32,
    process: Option<Process>,
    next_id: u64,
}

/// Why a runner process could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program could not be started.
    #[error("cannot start the runner {program}: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It started, and said why it cannot go on.
    #[error("the runner gave up: {reason}")]
    GaveUp {
        /// What it said: mostly a [`crate::LoadError`] or [`crate::OpenError`].
        reason: String,
    },
    /// It ended or talked nonsense.
    #[error("the runner {program} is of no use: {reason}")]
    Broken {
        /// The program.
        program: String,
        /// What happened.
        reason: String,
    },
}

impl Runner {
    /// Starts `program args`, which must call [`crate::serve()`] on its standard streams, and loads `model` in it.
    ///
    /// The process gets a clean environment: one thread, no secrets, nothing that could tune the arithmetic.
    pub fn start(program: &Path, args: &[&str], model: &PulledModel) -> Result<Self, StartError> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let (process, facts, context_tokens) = launch(program, &args, model)?;
        let (program, model) = (program.to_owned(), model.clone());
        Ok(Self { program, args, model, facts, context_tokens, process: Some(process), next_id: 0 })
    }

    /// Answers a conversation as [`crate::Engine::generate`] does.
    ///
    /// `stop` is asked every 20 ms; once it says true, the process is ended, and a later call starts another. So does a
    /// call after the process died.
    pub fn generate(
        &mut self,
        messages: &[Message],
        max_tokens: u32,
        sampling: Option<Sampling>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Generation, GenerateError> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.restart()?,
        };
        self.next_id = self.next_id.wrapping_add(1);
        let id = self.next_id;
        let ask = Ask::Generate { id, messages: messages.to_vec(), max_tokens, sampling };
        let failed = |reason: String| GenerateError::Engine { reason };
        lines::write(&mut process.input, &ask)
            .map_err(|error| failed(format!("the runner process does not listen: {error}")))?;
        let outcome = match process.hear(None, stop) {
            Heard::Said(Say::Answer { id: answered, generation }) if answered == id => Ok(generation),
            Heard::Said(Say::Refused { id: answered, error }) if answered == id => Err(error),
            Heard::Said(_) => return Err(failed("the runner process answered something else".to_owned())),
            Heard::Stopped => return Err(GenerateError::Stopped { output_tokens: 0 }),
            Heard::Lost(reason) => return Err(failed(reason)),
        };
        self.process = Some(process);
        outcome
    }

    /// What to record with every answer.
    pub fn facts(&self) -> &EngineFacts {
        &self.facts
    }

    /// Tokens that prompt and answer together may have.
    pub fn context_tokens(&self) -> u32 {
        self.context_tokens
    }

    /// Process id, while there is a process.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.child.id())
    }

    fn restart(&self) -> Result<Process, GenerateError> {
        let failed = |reason: String| GenerateError::Engine { reason };
        let (process, facts, _) =
            launch(&self.program, &self.args, &self.model).map_err(|error| failed(error.to_string()))?;
        if facts != self.facts {
            return Err(failed(format!(
                "the runner came back with another model or in another version: {}, sha256 {}, instead of {}, sha256 {}",
                facts.model, facts.model_sha256, self.facts.model, self.facts.model_sha256
            )));
        }
        Ok(process)
    }
}

/// A child process and its two ends.
struct Process {
    child: Child,
    input: ChildStdin,
    said: Receiver<io::Result<Say>>,
}

/// What came of listening.
enum Heard {
    Said(Say),
    Stopped,
    Lost(String),
}

impl Process {
    /// Waits for the next line, until the deadline or until `stop`.
    fn hear(&mut self, deadline: Option<Instant>, stop: &dyn Fn() -> bool) -> Heard {
        loop {
            match self.said.recv_timeout(STOP_POLL) {
                Ok(Ok(say)) => return Heard::Said(say),
                Ok(Err(error)) => return Heard::Lost(format!("the runner process talks nonsense: {error}")),
                Err(RecvTimeoutError::Disconnected) => return Heard::Lost(self.epitaph()),
                Err(RecvTimeoutError::Timeout) if stop() => return Heard::Stopped,
                Err(RecvTimeoutError::Timeout)
                    if deadline.is_some_and(|deadline| Instant::now() > deadline) =>
                {
                    return Heard::Lost("the runner process took too long".to_owned());
                }
                Err(RecvTimeoutError::Timeout) => (),
            }
        }
    }

    /// How the process ended, once its output has.
    fn epitaph(&mut self) -> String {
        // It closed its output, so it is ending or of no use: wait for the one, hasten the other.
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => format!("the runner process ended ({status})"),
            Err(error) => format!("the runner process is lost: {error}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(
    program: &Path,
    args: &[OsString],
    model: &PulledModel,
) -> Result<(Process, EngineFacts, u32), StartError> {
    let shown = program.display().to_string();
    let broken = |reason: String| StartError::Broken { program: shown.clone(), reason };
    let mut process =
        spawn(program, args).map_err(|source| StartError::Spawn { program: shown.clone(), source })?;
    let store =
        model.store_dir().to_str().ok_or_else(|| broken("the store's path is not UTF-8".to_owned()))?;
    let load = Ask::Load { store: store.to_owned(), model: model.name().to_owned() };
    // A process that does not listen has ended; what it said last tells why.
    let written = lines::write(&mut process.input, &load);
    match process.hear(Some(Instant::now() + LOAD_TIME_MAX), &|| false) {
        Heard::Said(Say::Ready { facts, context_tokens }) => {
            let (was, is) = (model.weights_sha256(), facts.weights_sha256);
            if was != is {
                return Err(broken(format!("it loaded weights {is} instead of {was}")));
            }
            Ok((process, facts, context_tokens))
        }
        Heard::Said(Say::Failed { reason }) => Err(StartError::GaveUp { reason }),
        Heard::Said(_) => Err(broken("it answered before it was asked".to_owned())),
        Heard::Stopped => Err(broken("it was stopped".to_owned())),
        Heard::Lost(reason) => Err(broken(match written {
            Ok(()) => reason,
            Err(error) => format!("{reason}: {error}"),
        })),
    }
}

fn spawn(program: &Path, args: &[OsString]) -> io::Result<Process> {
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .env("RAYON_NUM_THREADS", "1")
        .env("CANDLE_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let streams = child.stdin.take().zip(child.stdout.take());
    let (sender, said) = mpsc::sync_channel(1);
    let listening = streams.ok_or_else(|| io::Error::other("no pipes")).and_then(|(input, output)| {
        thread::Builder::new()
            .name("vantage-runner-output".to_owned())
            .spawn(move || listen(output, &sender))
            .map(|_| input)
    });
    match listening {
        Ok(input) => Ok(Process { child, input, said }),
        Err(error) => {
            // Nobody would end it otherwise; it fails only if it is gone already.
            let _ = child.kill().and_then(|()| child.wait());
            Err(error)
        }
    }
}

/// Passes on what the process says, until it ends or nobody listens.
fn listen(output: ChildStdout, sender: &mpsc::SyncSender<io::Result<Say>>) {
    let mut output = BufReader::new(output);
    while let Some(say) = lines::read(&mut output).transpose() {
        let broken = say.is_err();
        if sender.send(say).is_err() || broken {
            return;
        }
    }
}
