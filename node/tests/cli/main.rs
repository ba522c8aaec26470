//! The command line as people and scripts meet it: the real program, its exit codes and its words.

mod agreeing;
mod canaries;
mod carried;
mod fetching;
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

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

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
    let ran = ran(program(arguments).output().unwrap());
    schemas::hold(arguments, &ran.out);
    ran
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
