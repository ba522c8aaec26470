//! A data directory or a machine on which no node may start: `run` refuses it, and `doctor` says the same before.

use super::home::Home;
use super::{program, ran, text, vantage};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Where nobody answers: no call is made here.
const NOWHERE: &str = "http://127.0.0.1:1";

/// `run` ends by itself, `doctor` fails, and both say this.
#[track_caller]
fn refused(home: &Home, said: &str) {
    let run = home.ask(&["run"]);
    assert!([1, 2].contains(&run.code) && run.err.contains(said), "{said}: {}\n{}", run.code, run.err);
    let doctor = home.ask(&["doctor", "--quick"]);
    assert!(doctor.code == 1 && doctor.out.contains(said), "{said}: {}\n{}", doctor.code, doctor.out);
}

/// A node that has run, and stopped in good order.
fn lived(dir: &Path) -> Home {
    let home = Home::new(dir, NOWHERE, "");
    let mut life = home.run();
    assert_eq!(home.ask(&["stop"]).code, 0);
    assert_eq!(life.code(), Some(0));
    home
}

fn mkfifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_node_that_has_lost_its_memory_is_not_started_and_a_backup_of_it_is_none() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = lived(dir.path());
    let store = home.data.join("node.redb");
    let whole = fs::read(&store).unwrap();
    assert_eq!(home.ask(&["doctor", "--quick"]).code, 0);
    fs::write(&store, "").unwrap();
    refused(&home, "is empty");
    fs::remove_file(&store).unwrap();
    refused(&home, "is missing");
    let out = dir.path().join("late.backup");
    home.ask(&["backup", "--out", text(&out)]).refused(1, &["is missing"]);
    let stranger = lived(other.path());
    fs::copy(stranger.data.join("node.redb"), &store).unwrap();
    refused(&home, "is of another");
    fs::write(&store, b"no database".repeat(1000)).unwrap();
    refused(&home, "node.redb");
    assert!(!home.ask(&["doctor", "--quick"]).out.contains("Some("));
    fs::write(&store, whole).unwrap();
    assert_eq!(home.ask(&["doctor", "--quick"]).code, 0);
}

/// What is missing in a backup is named when it is written and when it is restored.
#[test]
fn a_backup_without_a_key_is_not_called_whole() {
    let dir = tempfile::tempdir().unwrap();
    let home = lived(dir.path());
    let [out, copy, nowhere] = ["node.backup", "copy", "no/such/place"].map(|name| dir.path().join(name));
    home.ask(&["backup", "--out", text(&nowhere)]).refused(1, &["no/such is no directory that exists"]);
    fs::remove_file(home.data.join("witness.key")).unwrap();
    let written = home.ask(&["backup", "--out", text(&out)]);
    assert_eq!(written.code, 1, "{}", written.err);
    let restored = vantage(&["restore", text(&out), "--data", text(&copy)]);
    assert_eq!(restored.code, 1, "{}", restored.err);
    for ran in [&written, &restored] {
        assert!(ran.out.contains("it lacks") && ran.out.contains("witness.key"), "{}", ran.out);
    }
    assert!(!restored.out.contains("all whole"), "{}", restored.out);
}

#[test]
fn what_is_no_file_or_open_to_everybody_is_named_and_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    for name in ["log.key", "config.toml", "keyset.leaf"] {
        let path = home.data.join(name);
        let before = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        mkfifo(&path);
        refused(&home, "this is a pipe");
        fs::remove_file(&path).unwrap();
        if let Some(before) = before {
            fs::write(&path, before).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    fs::set_permissions(&home.data, fs::Permissions::from_mode(0o777)).unwrap();
    refused(&home, "chmod go-w");
    fs::set_permissions(&home.data, fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir(home.data.join("retired.json")).unwrap();
    refused(&home, "retired.json");
}

#[test]
fn a_port_is_one_nodes() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = Home::new(dir.path(), NOWHERE, "");
    let _life = first.run();
    let address = first.status()["listen"][0].as_str().unwrap().to_owned();
    let address = address.split("/p2p/").next().unwrap().to_owned();
    let second = Home::new(other.path(), NOWHERE, "");
    let file = second.data.join("config.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config.replace("/ip4/127.0.0.1/tcp/0", &address)).unwrap();
    refused(&second, "in use");
    second.ask(&["run"]).refused(1, &[&address, "another program has the port"]);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    second.configure(&format!("[metrics]\nlisten = \"{}\"\n", taken.local_addr().unwrap()));
    refused(&second, "in use");
}

/// What steers a terminal is shown and not obeyed, in arguments too.
#[test]
fn arguments_are_quoted_harmlessly() {
    for odd in ["--\u{202e}evil", "\u{1b}[31mred", "a\u{7}b"] {
        let refused = ran(program(&[odd]).output().unwrap());
        assert_eq!(refused.code, 2, "{}", refused.err);
        assert!(!refused.err.contains(['\u{202e}', '\u{1b}', '\u{7}']), "{}", refused.err);
    }
    let turned = ran(program(&["--\u{202e}evil"]).output().unwrap());
    assert!(turned.err.contains("\\u{202e}evil"), "{}", turned.err);
}
