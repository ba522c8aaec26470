//! The command line as people and scripts meet it: the real program, its exit codes and its words.

mod agreeing;
mod canaries;
mod carried;
mod fetching;
mod following;
mod founding;
mod golem;
mod home;
mod long_life;
mod looking;
mod misused;
mod proving;
mod quiet_node;
mod refusing;
mod reporting;
mod running;
mod schemas;
mod sealed;
mod surroundings;
mod target;
mod verifying;

use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Within this time every command ends, on a busy machine too.
const ENDS: Duration = Duration::from_secs(300);

/// What a run of the program ended with.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// The one JSON object that it printed.
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// It ended with this code, and its error says all of this.
    #[track_caller]
    fn refused(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        assert!(self.err.contains("what to do:") || self.err.contains("Usage:"), "{}", self.err);
        for words in said {
            assert!(self.err.contains(words), "{words:?} is missing in:\n{}", self.err);
        }
    }
}

/// The program with an environment of its own: nothing of the tester's reaches it.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vantage"));
    command.args(arguments).stdin(Stdio::null());
    for name in
        ["VANTAGE_DATA", "VANTAGE_GENESIS", "VANTAGE_MODELS", "CREDENTIALS_DIRECTORY", "RUST_LOG", "NO_COLOR"]
    {
        command.env_remove(name);
    }
    command
}

/// Runs the program; what it prints with `--json` is held against its schema.
#[track_caller]
fn vantage(arguments: &[&str]) -> Ran {
    let ran = ran(ended(arguments));
    schemas::hold(arguments, &ran.out);
    ran
}

/// What the program wrote by its end. One that does not end fails its test by name, and not the whole run by its time.
#[track_caller]
fn ended(arguments: &[&str]) -> Output {
    let mut child = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let end = Instant::now() + ENDS;
    let written = |from: &mut dyn Read| {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    };
    std::thread::scope(|scope| {
        let stdout = scope.spawn(|| written(&mut out));
        let stderr = scope.spawn(|| written(&mut err));
        let mut late = false;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if !late && Instant::now() > end {
                late = true;
                child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        assert!(!late, "still running after {ENDS:?}: {arguments:?}\n{}", String::from_utf8_lossy(&stderr));
        Output { status, stdout, stderr }
    })
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Days after 1970-01-01 UTC: what belongs to a day may be of the day before where a test ran over midnight.
fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400
}
