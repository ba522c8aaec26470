//! The binary as an operator runs it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use vantage_net::{Multiaddr, NetConfig, NetEvent, NetHandle, NoBlocks, Role, spawn};

const NET16: &str = "0123456789abcdef";

struct EntryPoint {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl EntryPoint {
    fn start(data: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vantage-bootstrap"))
            .args(["--net", NET16, "--allow-private", "--data"])
            .arg(data)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn stop(mut self, signal: &str) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for EntryPoint {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Runs it to its end; returns exit code and stderr.
fn failure(data: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vantage-bootstrap"))
        .args(["--data"])
        .arg(data)
        .args(args)
        .output()
        .unwrap();
    assert!(output.stdout.is_empty(), "stdout carries addresses only");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn member(entry: &str) -> (NetHandle, tokio::sync::mpsc::Receiver<NetEvent>) {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    let mut config = NetConfig::new(seed, NET16, Role::Member);
    config.allow_private = true;
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
    config.bootstrap = vec![entry.parse().unwrap()];
    spawn(config, Arc::new(NoBlocks)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_meet_at_it_over_tcp_and_quic() {
    let dir = tempfile::tempdir().unwrap();
    let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--json"];
    let mut entry = EntryPoint::start(dir.path(), &listen);
    let told: serde_json::Value = serde_json::from_str(&entry.line()).unwrap();
    let addrs: Vec<&str> =
        told["listening"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
    assert_eq!(addrs.len(), 2);
    assert!(addrs.iter().all(|a| a.ends_with(told["peer_id"].as_str().unwrap())));
    let ((a, mut a_events), (b, _b_events)) = (member(addrs[0]), member(addrs[1]));
    let met = async {
        while let Some(event) = a_events.recv().await {
            if matches!(event, NetEvent::PeerUp { peer } if peer == b.peer_id()) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), met).await.expect("they meet");
    let status = a.status().await.unwrap();
    let point = status.peers.iter().find(|p| Some(p.peer.to_string().as_str()) == told["peer_id"].as_str());
    assert!(point.is_some_and(|p| !p.in_network), "it carries no gossip");
    assert_eq!(entry.stop("-TERM").code(), Some(0));
}

#[test]
fn it_keeps_its_identity_in_a_private_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let listen = ["--listen", "/ip4/127.0.0.1/tcp/0"];
    let peer = |addr: &str| addr.rsplit('/').next().unwrap().to_owned();
    let mut first = EntryPoint::start(&data, &listen);
    let addr = first.line();
    addr.parse::<Multiaddr>().unwrap();
    assert_eq!(first.stop("-INT").code(), Some(0));
    let mut second = EntryPoint::start(&data, &listen);
    assert_eq!(peer(&second.line()), peer(&addr));
    assert_eq!(second.stop("-TERM").code(), Some(0));
    let mode = std::fs::metadata(data.join("transport.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn stdout_holds_nothing_but_addresses() {
    let dir = tempfile::tempdir().unwrap();
    let mut entry = EntryPoint::start(dir.path(), &["--listen", "/ip4/127.0.0.1/tcp/0"]);
    assert!(entry.line().starts_with("/ip4/127.0.0.1/tcp/"));
    let pid = entry.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut rest = String::new();
    entry.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn failures_say_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port());
    let (code, text) = failure(dir.path(), &["--net", NET16, "--listen", &addr]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains(&addr) && text.contains("in use"), "{text}");

    let (code, text) = failure(dir.path(), &["--net", "xyz"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("genesis hash"), "{text}");
    let (code, text) = failure(dir.path(), &["--net", NET16, "--listen", "127.0.0.1:1"]);
    assert_eq!(code, 2, "{text}");

    let (code, text) = failure(dir.path(), &["--net", NET16, "--bootstrap", "/ip4/127.0.0.1/tcp/1"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("/p2p/"), "{text}");

    let broken = tempfile::tempdir().unwrap();
    let path = broken.path().join("transport.key");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"no key").unwrap();
    let (code, text) = failure(broken.path(), &["--net", NET16]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("transport.key") && !text.contains("no key"), "{text}");
}
