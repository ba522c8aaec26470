//! One process that we started, and end.

use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Longest time for a process to say that it is ready: a guess, generous for a busy machine.
const READY_S_MAX: u64 = 300;
/// Longest time for a process to end in good order before it is killed. A guess: a node with a provider at work waits for
/// its bill.
const STOP_S_MAX: u64 = 60;

/// A running child. It is killed when dropped.
#[derive(Debug)]
pub struct Process {
    /// Name for messages.
    pub name: String,
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
    log: PathBuf,
}

/// Why a process does not run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("{name}: {program} did not start: {why}")]
    Spawn {
        /// Name of the process.
        name: String,
        /// Program.
        program: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// It ended, or did not say in time that it is ready.
    #[error("{name}: not ready ({why}); the end of {log}:\n{tail}")]
    NotReady {
        /// Name of the process.
        name: String,
        /// What happened instead.
        why: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
}

impl Process {
    /// Starts a program. Standard error is appended to the log file.
    pub fn spawn(name: &str, program: &Path, arguments: &[&str], log: &Path) -> Result<Self, ProcessError> {
        let failed = |why| ProcessError::Spawn { name: name.to_owned(), program: program.to_owned(), why };
        let errors = File::options().create(true).append(true).open(log).map_err(failed)?;
        let mut child = Command::new(program)
            .args(arguments)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let lines = child.stdout.take().map(|out| BufReader::new(out).lines());
        Ok(Self { name: name.to_owned(), child, lines, log: log.to_owned() })
    }

    /// Waits for the JSON line on standard output by which the process says that it is ready.
    pub async fn ready(&mut self, is_ready: impl Fn(&Value) -> bool) -> Result<Value, ProcessError> {
        let Some(mut lines) = self.lines.take() else {
            return Err(self.not_ready("it was waited for already"));
        };
        let wait = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(value) = serde_json::from_str(&line).ok().filter(|v| is_ready(v)) {
                    return Some(value);
                }
            }
            None
        };
        let found = tokio::time::timeout(Duration::from_secs(READY_S_MAX), wait).await;
        // keep the pipe drained: a full one would stop the process
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        match found {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(self.not_ready("it ended")),
            Err(_) => Err(self.not_ready("it took too long")),
        }
    }

    /// Process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill().await;
    }

    /// SIGTERM; SIGKILL if it does not end in time.
    pub async fn terminate(&mut self) {
        if let Some(pid) = self.child.id() {
            // the shell's own kill: no unsafe code for one signal
            let _ = Command::new("kill").arg(pid.to_string()).status().await;
        }
        if tokio::time::timeout(Duration::from_secs(STOP_S_MAX), self.child.wait()).await.is_err() {
            self.kill().await;
        }
    }

    fn not_ready(&self, why: &str) -> ProcessError {
        let text =
            std::fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n");
        ProcessError::NotReady { name: self.name.clone(), why: why.to_owned(), log: self.log.clone(), tail }
    }
}
