//! A process that does not outlive us, however we end.

use crate::{BedError, NotReady};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longest time for a process to end in good order before it is killed: a guess; the daemon takes under a second.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);
/// Time between two looks at a process that is ending.
const LOOK: Duration = Duration::from_millis(20);
/// Lines of a log that an error shows.
const TAIL_LINES: usize = 15;
/// The guard: it waits on a pipe that only we hold. A line says that all is well; its end without a line says that
/// we were killed, and then the process group goes too.
const GUARD: &str = "read -r well || kill -s KILL -- \"-$1\"";

/// A running program in a process group of its own. The group is killed when this is dropped, and by a guard if we
/// are killed first.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    log: PathBuf,
    child: Child,
    guard: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts a program with nothing in its environment but what the command says. Both of its outputs are appended
    /// to the log.
    pub(crate) fn spawn(name: &str, mut command: Command, log: &Path) -> Result<Self, BedError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |why| BedError::Spawn { program, why };
        let out = File::options().create(true).append(true).open(log).map_err(BedError::io(log))?;
        let errors = out.try_clone().map_err(BedError::io(log))?;
        command.stdin(Stdio::null()).stdout(out).stderr(errors).process_group(0);
        let mut child = command.spawn().map_err(failed)?;
        match guard(child.id()).spawn() {
            Ok(guard) => Ok(Self { name: name.to_owned(), log: log.to_owned(), child, guard, ended: None }),
            Err(why) => {
                // what cannot be guarded does not run; both fail only if it is gone already
                let _ = child.kill();
                let _ = child.wait();
                Err(BedError::Spawn { program: "sh".to_owned(), why })
            }
        }
    }

    /// Process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs; if not, how it ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.ended = Some(status);
        }
        self.ended
    }

    /// SIGTERM, and SIGKILL if it does not end in time. Blocks.
    pub(crate) fn terminate(&mut self) {
        self.signal(Signal::TERM);
        let started = Instant::now();
        while self.ended().is_none() && started.elapsed() < STOP_TIME_MAX {
            std::thread::sleep(LOOK);
        }
        self.kill();
    }

    /// SIGKILL to the group, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        // Before the process is waited for, while its number is still its own.
        if let Some(mut pipe) = self.guard.stdin.take() {
            let _ = pipe.write_all(b"well\n");
        }
        let _ = self.guard.wait();
        if self.ended.is_none() {
            self.ended = self.child.wait().ok();
        }
    }

    /// An error about this process, with the end of its log.
    pub(crate) fn not_ready(&self, what: &str, waited: Duration, why: &str) -> BedError {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        BedError::NotReady(Box::new(NotReady {
            name: self.name.clone(),
            what: what.to_owned(),
            waited_s: waited.as_secs(),
            why: why.to_owned(),
            log: self.log.clone(),
            tail: lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n"),
        }))
    }

    fn signal(&self, signal: Signal) {
        // one that was waited for has no number any more
        if self.ended.is_some() {
            return;
        }
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The guard of a process group, which it kills once its standard input ends without a line.
pub(crate) fn guard(group: u32) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", GUARD, "guard", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn runs(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        // one that is dead and not yet waited for does not run
        stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    }

    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < Duration::from_secs(10), "{what}");
            std::thread::sleep(LOOK);
        }
    }

    #[test]
    fn a_dropped_process_takes_its_children_along() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let process = Process::spawn("shell", shell("sleep 600 & echo $!; wait"), &log).unwrap();
        until("it starts a child", || std::fs::read_to_string(&log).unwrap().ends_with('\n'));
        let child = std::fs::read_to_string(&log).unwrap();
        assert!(runs(&child));
        drop(process);
        until("the child is gone", || !runs(&child));
    }

    #[test]
    fn the_guard_kills_what_its_holder_left() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut process = Process::spawn("shell", shell("sleep 600 & echo $!; wait"), &log).unwrap();
        until("it starts a child", || std::fs::read_to_string(&log).unwrap().ends_with('\n'));
        let child = std::fs::read_to_string(&log).unwrap();
        // what the system does with our end of the pipe when we are killed
        drop(process.guard.stdin.take());
        until("the process is gone", || process.ended().is_some());
        until("and its child", || !runs(&child));
    }

    #[test]
    fn one_that_will_not_end_is_killed_and_one_that_will_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done";
        let mut process = Process::spawn("shell", shell(script), &log).unwrap();
        until("it is up", || std::fs::read_to_string(&log).unwrap().contains("up"));
        process.terminate();
        assert_eq!(process.ended().and_then(|status| status.code()), Some(7));
        assert!(process.not_ready("x", Duration::ZERO, "y").to_string().contains("\nup\n"));
    }
}
