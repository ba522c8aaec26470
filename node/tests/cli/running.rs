//! The commands against a running node: a network of one member, asking the simulated vendor.

use super::home::found;
use super::sealed::SEALED;
use super::{Ran, program, text, vantage};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use vantage_testnet::vendors::{SIM_KEY, SimConfig, SimVendor};

/// Longest time for the first two leaves to be certified, seconds: a guess, far above what it takes.
const ANNOUNCED_S_MAX: u64 = 60;

const SUITE: &str = r#"
v = 1
name = "two"
label = "a test"
tokens_max = 32
temperature_milli = 0

[[prompts]]
id = "sum"
topic = "arithmetic"
kind = "fact"
text = "What is one and one?"

[[prompts]]
id = "who"
topic = "identity"
kind = "identity"
text = "Who are you?"
"#;

/// A node of the real program; killed when the test ends.
pub struct Running {
    pub child: Child,
    pub dir: tempfile::TempDir,
    pub ready: Value,
}

impl Drop for Running {
    fn drop(&mut self) {
        // it may have stopped already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("node")
    }

    /// A command on this node's data directory.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str]) -> Ran {
        let data = self.data();
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--data", text(&data)]).collect();
        vantage(&arguments)
    }

    /// Waits until its keyset and its announce are certified: before, nobody is there to take a job.
    pub fn announced(&self) {
        let deadline = Instant::now() + Duration::from_secs(ANNOUNCED_S_MAX);
        while self.ask(&["status", "--json"]).json()["certified_size"].as_u64().unwrap_or(0) < 2 {
            assert!(Instant::now() < deadline, "{}", self.ask(&["status"]).out);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn net(&self) -> &str {
        self.ready["net"].as_str().unwrap()
    }
}

pub fn start(endpoint: &str) -> Running {
    start_with(endpoint, "")
}

/// A node with more lines at the end of its configuration.
pub fn start_with(endpoint: &str, more: &str) -> Running {
    let dir = tempfile::tempdir().unwrap();
    let (data, genesis) = (dir.path().join("node"), dir.path().join("genesis.toml"));
    found(&data, &genesis);
    configure(&data, &genesis, endpoint, more);
    let notified = UnixDatagram::bind(dir.path().join("notify")).unwrap();
    notified.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut child = program(&["run", "--data", text(&data), "--json"])
        .env("NOTIFY_SOCKET", dir.path().join("notify"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    crate::schemas::hold(&["run", "--json"], &line);
    let mut said = [0; 64];
    let count = notified.recv(&mut said).unwrap();
    assert!(said[..count].starts_with(b"READY=1"), "systemd is told that the node is up");
    let ready = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
    Running { child, dir, ready }
}

fn configure(data: &Path, genesis: &Path, endpoint: &str, more: &str) {
    let key = data.join("sim.key");
    fs::write(&key, SIM_KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let config = format!(
        "genesis = {genesis:?}\nallow_sim = true\n[net]\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\nallow_private = true\n\
         [offers]\ntargets = [{{ target = \"sim:openai\" }}]\n[[vendor]]\ntarget = \"sim:openai\"\n\
         endpoints = {{ eu = {endpoint:?} }}\nkey = {{ file = {key:?} }}\n{more}"
    );
    fs::write(data.join("config.toml"), config).unwrap();
}

/// One life of a node: ordered, followed, shown, verified from outside, exported, imported, stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_from_order_to_verified_evidence() {
    let vendor = SimVendor::start(SimConfig::default()).await.unwrap();
    let endpoint = vendor.endpoint("eu");
    tokio::task::spawn_blocking(move || {
        let node = start(&endpoint);
        node.announced();
        standing(&node);
        let id = ordered(&node);
        let content = shown(&node, &id);
        evidence(&node, &id, &content);
        strangers_evidence(&node);
        stopped(node);
    })
    .await
    .unwrap();
}

fn standing(node: &Running) {
    let status = node.ask(&["status", "--json"]).json();
    assert_eq!((status["role"].as_str(), status["operator"].as_str()), (Some("member"), Some("acme")));
    let told = node.ask(&["status"]);
    for words in ["a test network", "sim:openai", "1 make a quorum"] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    assert_eq!(node.ask(&["peers", "--json"]).json()["peers"].as_array().map(Vec::len), Some(0));
    node.ask(&["run"]).refused(1, &["in use", "vantage stop"]);
    node.ask(&["job", "show", "abcd"]).refused(1, &["no job begins with", "vantage job list"]);
    assert!(node.ask(&["job", "list"]).out.contains("no jobs yet"));
}

fn ordered(node: &Running) -> String {
    let suite = node.dir.path().join("suite.toml");
    fs::write(&suite, SUITE).unwrap();
    let submit = ["job", "submit", text(&suite), "--regions", "eu", "--replicas", "1", "--watch"];
    let nobody = node.ask(&[&submit[..], &["--target", "open:smollm2-135m"]].concat());
    nobody.refused(1, &["no executor", "vantage status"]);
    let short = node.ask(&[&submit[..], &["--target", "sim:openai", "--commit", "1s"]].concat());
    short.refused(1, &["commit_by_s"]);

    let done = node.ask(&[&submit[..], &["--target", "sim:openai=2"]].concat());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for words in ["SEALED", "acme", "vantage verify", "--peer /ip4/127.0.0.1/tcp/"] {
        assert!(done.out.contains(words), "{words}: {}", done.out);
    }
    assert!(!done.out.contains('\u{1b}'), "no drawing in a pipe");
    done.out.lines().next().and_then(|line| line.strip_prefix("job ")).unwrap().to_owned()
}

fn shown(node: &Running, id: &str) -> String {
    let view = node.ask(&["job", "show", &id[..8], "--json"]).json();
    assert_eq!((view["id"].as_str(), view["phase"].as_str()), (Some(id), Some("done")));
    let listed = node.ask(&["job", "list", "--json"]).json();
    assert_eq!(listed["jobs"][0]["id"], id);
    let watched = node.ask(&["job", "watch", id, "--json"]);
    assert_eq!(watched.code, 0);
    let last: Value = serde_json::from_str(watched.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["content"], view["content"]);
    let told = node.ask(&["job", "show", id]);
    assert!(told.out.contains("sim:openai x2") && told.out.contains("1/1"), "{}", told.out);
    view["content"].as_str().unwrap().to_owned()
}

fn evidence(node: &Running, id: &str, content: &str) {
    let peer = node.ready["listen"][0].as_str().unwrap();
    let checked = vantage(&["verify", content, "--genesis", node.net(), "--peer", peer]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert!(checked.out.contains("simulated"), "{}", checked.out);

    let (by_job, by_content) = (node.dir.path().join("a.car"), node.dir.path().join("b.car"));
    assert_eq!(node.ask(&["bundle", "export", id, "--out", text(&by_job)]).code, 0);
    assert_eq!(node.ask(&["bundle", "export", content, "--out", text(&by_content)]).code, 0);
    assert_eq!(fs::read(&by_job).unwrap(), fs::read(&by_content).unwrap());
    node.ask(&["bundle", "export", id, "--out", text(&by_job)]).refused(1, &["nothing is overwritten"]);
    assert_eq!(vantage(&["verify", text(&by_job), "--genesis", node.net()]).code, 0);

    let imported = node.ask(&["bundle", "import", text(&by_job), "--json"]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    assert!(imported.json()["imported"]["blocks"].as_u64().is_some_and(|n| n > 10));
}

/// Evidence of another network is not taken in.
fn strangers_evidence(node: &Running) {
    let file = node.dir.path().join("foreign.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    let refused = node.ask(&["bundle", "import", text(&file)]);
    assert_eq!(refused.code, 5, "{}", refused.err);
    for words in ["belongs to network", "nothing was imported"] {
        assert!(refused.out.contains(words), "{words}: {}", refused.out);
    }
    let absent = node.ask(&["bundle", "export", &SEALED.content.to_string(), "--out", "/nonexistent/x.car"]);
    absent.refused(1, &["not here"]);
}

fn stopped(mut node: Running) {
    assert_eq!(node.ask(&["stop"]).code, 0);
    assert!(node.child.wait().unwrap().success());
    node.ask(&["status"]).refused(1, &["no node answers"]);
}
