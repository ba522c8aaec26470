//! A member of a network of one, of the real program, that is started and stopped many times.

use super::{Ran, program, text, vantage};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use vantage_testnet::vendors::SIM_KEY;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const SUITE: &str = r#"
v = 1
name = "one"
label = "a test"
tokens_max = 32
temperature_milli = 0
[[prompts]]
id = "sum"
topic = "arithmetic"
kind = "fact"
text = "What is one and one?"
"#;

/// Where a node lives, and what it is configured with.
pub struct Home {
    pub dir: PathBuf,
    pub data: PathBuf,
    endpoint: String,
    orders: AtomicU32,
}

/// A running node; killed when the test ends.
pub struct Life {
    pub child: Child,
}

impl Drop for Life {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Life {
    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; the exit code.
    pub fn code(&mut self) -> Option<i32> {
        until("the node has ended", || self.child.try_wait().unwrap()).code()
    }
}

/// Makes a node and a network of it alone.
pub fn found(data: &Path, genesis: &Path) {
    let made = vantage(&["init", "--data", text(data), "--json"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let member = format!("{},acme,eu", made.json()["node"].as_str().unwrap());
    let found = ["genesis", "create", "--name", "one", "--test", "--member", &member, "--out", text(genesis)];
    assert_eq!(vantage(&found).code, 0);
}

impl Home {
    /// A new node in a directory. `more` is added to its configuration.
    pub fn new(dir: &Path, endpoint: &str, more: &str) -> Self {
        let (data, genesis) = (dir.join("node"), dir.join("genesis.toml"));
        found(&data, &genesis);
        let key = dir.join("sim.key");
        fs::write(&key, SIM_KEY).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(dir.join("suite.toml"), SUITE).unwrap();
        let home =
            Self { dir: dir.to_owned(), data, endpoint: endpoint.to_owned(), orders: AtomicU32::new(0) };
        home.configure(more);
        home
    }

    /// Writes the configuration anew.
    pub fn configure(&self, more: &str) {
        let (genesis, key) = (self.dir.join("genesis.toml"), self.dir.join("sim.key"));
        let config = format!(
            "genesis = {genesis:?}\nallow_sim = true\n[net]\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\n\
             allow_private = true\n[offers]\ntargets = [{{ target = \"sim:openai\" }}]\n\
             [[vendor]]\ntarget = \"sim:openai\"\nendpoints = {{ eu = {:?} }}\nkey = {{ file = {key:?} }}\n{more}\n",
            self.endpoint
        );
        fs::write(self.data.join("config.toml"), config).unwrap();
    }

    /// Starts it and waits until it is up.
    pub fn run(&self) -> Life {
        let mut child = program(&["run", "--data", text(&self.data), "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(ready["ready"], true);
        Life { child }
    }

    /// A start that need not become a node: what it says of itself is kept, and nothing is waited for.
    pub fn run_quietly(&self) -> Life {
        let mut command = program(&["run", "--data", text(&self.data)]);
        Life { child: command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap() }
    }

    /// A command on its data directory.
    pub fn ask(&self, arguments: &[&str]) -> Ran {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--data", text(&self.data)]).collect();
        vantage(&arguments)
    }

    pub fn status(&self) -> Value {
        self.ask(&["status", "--json"]).json()
    }

    /// Orders a job, once the node knows itself as an executor; its id.
    pub fn submit(&self) -> String {
        until("a job is ordered", || match self.try_submit() {
            Ok(id) => Some(id),
            Err(ran) if ran.err.contains("no executor") => None,
            Err(ran) => panic!("{}{}", ran.out, ran.err),
        })
    }

    /// Orders a job; its id, or how the order was refused.
    pub fn try_submit(&self) -> Result<String, Ran> {
        let suite = self.dir.join("suite.toml");
        // two orders of one second that are equal in all are one job
        let commit = format!("{}s", 30 + self.orders.fetch_add(1, Ordering::Relaxed));
        let ran = self.ask(&[
            "job",
            "submit",
            text(&suite),
            "--regions",
            "eu",
            "--replicas",
            "1",
            "--target",
            "sim:openai",
            "--commit",
            &commit,
            "--json",
        ]);
        if ran.code != 0 {
            return Err(ran);
        }
        Ok(ran.json()["id"].as_str().unwrap_or_else(|| panic!("{}", ran.out)).to_owned())
    }

    /// The state of a job's only slot, once it is settled and certified.
    pub fn settled(&self, id: &str) -> Value {
        until("the job is done", || {
            let view = self.ask(&["job", "show", id, "--json"]).json();
            (view["phase"] == "done").then(|| view["slots"][0]["state"].clone())
        })
    }

    /// The reason for which a job's only slot was declined.
    pub fn declined(&self, id: &str) -> String {
        let state = self.settled(id);
        state["declined"]["reason"].as_str().unwrap_or_else(|| panic!("{state}")).to_owned()
    }
}

/// Looks again and again until there is something.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
