//! A node in odd surroundings: long paths, delivered keys, addresses that the machine does not have, odd variables.

use super::home::{Home, Life, until};
use super::{Ran, program, ran, text, vantage};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use vantage_testnet::vendors::SIM_KEY;

/// Where nobody answers: no call is made here.
const NOWHERE: &str = "http://127.0.0.1:1";

fn with_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The home's node listens there instead.
fn listen(home: &Home, more: &str, addresses: &[&str]) {
    home.configure(more);
    let file = home.data.join("config.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config.replace("[\"/ip4/127.0.0.1/tcp/0\"]", &format!("{addresses:?}"))).unwrap();
}

/// `target list` and `doctor` with the key at a path.
fn looked(home: &Home, key: &Path, more: &str, credentials: Option<&Path>) -> (Ran, Ran) {
    home.configure(more);
    let file = home.data.join("config.toml");
    let config = fs::read_to_string(&file).unwrap();
    let before = home.dir.join("sim.key");
    fs::write(&file, config.replace(&format!("{before:?}"), &format!("{key:?}"))).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = program(arguments);
        command.env("CREDENTIALS_DIRECTORY", credentials.unwrap_or(Path::new("")));
        ran(command.output().unwrap())
    };
    let data = text(&home.data);
    (run(&["target", "list", "--data", data]), run(&["doctor", "--quick", "--data", data]))
}

/// As systemd, Docker and Kubernetes deliver keys: taken where the configuration or systemd says so, else refused with
/// what to do; the two commands agree.
#[test]
fn delivered_keys_are_taken_where_that_is_declared() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    let secrets = dir.path().join("secrets");
    fs::create_dir_all(secrets.join("..2026")).unwrap();
    fs::write(secrets.join("..2026/key"), SIM_KEY).unwrap();
    std::os::unix::fs::symlink("..2026", secrets.join("..data")).unwrap();
    let key = secrets.join("key");
    std::os::unix::fs::symlink("..data/key", &key).unwrap();
    let shared = format!("[secrets]\nshared = [{secrets:?}]\n");
    for (mode, dir_mode, declared, credentials, taken) in [
        (0o444, 0o755, true, false, true),
        (0o440, 0o1777, true, false, true),
        (0o440, 0o500, false, true, true),
        (0o440, 0o550, false, true, true),
        (0o440, 0o555, false, true, false),
        (0o444, 0o500, false, true, false),
        (0o440, 0o500, false, false, false),
        (0o464, 0o700, true, true, false),
    ] {
        with_mode(&key, mode);
        with_mode(&secrets, dir_mode);
        let (more, credentials) =
            (if declared { &shared } else { "" }, credentials.then_some(secrets.as_path()));
        let (list, doctor) = looked(&home, &key, more, credentials);
        let case = format!("{mode:o} in {dir_mode:o}: {}{}", list.err, doctor.out);
        assert_eq!(list.code, if taken { 0 } else { 2 }, "{case}");
        assert_eq!(doctor.out.contains("sim:openai: there"), taken, "{case}");
        if !taken {
            list.refused(2, &[&format!("mode {mode:04o}"), "chmod 600", "[secrets] shared"]);
            assert!(doctor.out.contains("[secrets] shared"), "{case}");
        }
    }
    with_mode(&secrets, 0o700);
    let (root, _) = looked(&home, &key, "[secrets]\nshared = [\"/\"]\n", None);
    root.refused(2, &["secrets.shared", "whole path"]);
}

/// Starts a node with an environment; what it logs goes to a file.
fn start(home: &Home, variables: &[(&str, &str)]) -> Life {
    let log = fs::File::create(home.dir.join("err.txt")).unwrap();
    let mut command = program(&["run", "--data", text(&home.data)]);
    command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(log);
    Life { child: command.spawn().unwrap() }
}

fn logged(home: &Home) -> String {
    fs::read_to_string(home.dir.join("err.txt")).unwrap()
}

/// A data directory whose path is far longer than a socket's address; odd variables; and one address of two that this
/// machine does not have.
#[test]
fn a_node_runs_below_a_long_path_on_what_the_machine_has() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("d".repeat(120)).join("e".repeat(120));
    fs::create_dir_all(&deep).unwrap();
    let home = Home::new(&deep, NOWHERE, "");
    listen(&home, "", &["/ip4/127.0.0.1/tcp/0", "/ip4/192.0.2.7/tcp/0"]);
    let odd =
        [("RUST_LOG", "foo=bar=baz"), ("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Asia/Kathmandu"), ("HOME", "")];
    let mut life = start(&home, &odd);
    until("the node answers", || (home.ask(&["status"]).code == 0).then_some(()));
    let doctor = home.ask(&["doctor", "--quick"]).out;
    for said in ["answers, mode 0600", "/ip4/192.0.2.7/tcp/0 is not listened on"] {
        assert!(doctor.contains(said), "{said}:\n{doctor}");
    }
    let log = logged(&home);
    for said in ["/ip4/192.0.2.7/tcp/0", "RUST_LOG is not understood"] {
        assert!(log.contains(said), "{said}:\n{log}");
    }
    mailed(&home);
    assert_eq!(home.ask(&["stop"]).code, 0);
    assert_eq!(life.code(), Some(0));
    let to = deep.join("f".repeat(100));
    let moved = home.ask(&["move", "--to", text(&to)]);
    assert_eq!(moved.code, 0, "{}", moved.err);
    assert!(!to.join("control.sock").exists());
}

/// A proof, its policy and the genesis after a way through mail and editors.
fn mailed(home: &Home) {
    let [proof, policy, genesis] = ["p.proof", "p.policy", "genesis.toml"].map(|name| home.dir.join(name));
    let status = home.status();
    let leaf = format!("{}:0", &status["node"].as_str().unwrap()[..8]);
    until("the keyset is certified", || {
        let ran = home.ask(&["proof", &leaf, "--out", text(&proof), "--policy", text(&policy)]);
        (ran.code == 0).then_some(())
    });
    let check =
        || vantage(&["proof", "check", text(&proof), "--policy", text(&policy), "--genesis", text(&genesis)]);
    let held = check();
    assert_eq!(held.code, 0, "{}{}", held.out, held.err);
    let [as_proof, as_policy, as_genesis] =
        [&proof, &policy, &genesis].map(|path| fs::read_to_string(path).unwrap());
    let put = |proof_text: &str, policy_text: &str| {
        fs::write(&proof, proof_text).unwrap();
        fs::write(&policy, policy_text).unwrap();
    };
    let crlf = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    fs::write(&genesis, crlf(&as_genesis)).unwrap();
    let lines: Vec<&str> = as_policy.lines().rev().collect();
    let turned = format!("# from a friend\n\n  {}\n", lines.join("  \n\t").replace("acme-", "other-"));
    for (proof_text, policy_text) in [
        (crlf(&as_proof), crlf(&as_policy)),
        (as_proof.trim_end().to_owned(), as_policy.trim_end().to_owned()),
        (format!("{as_proof}\r\n\r\n"), turned),
    ] {
        put(&proof_text, &policy_text);
        let ran = check();
        assert_eq!((ran.code, &ran.out), (0, &held.out), "{}", ran.err);
    }
    put(&as_proof.replace("index 0", "index 00"), &as_policy);
    check().refused(2, &["line 3", "leading zeros"]);
    put(&as_proof.replace("index 0\n", "index 0 \n"), &as_policy);
    check().refused(2, &["line 3", "a blank stands before the newline"]);
    put(&as_proof, &as_policy.replace("quorum ", "quo=\nrum "));
    check().refused(2, &["begins no line of a policy"]);
    put(&as_proof, &as_policy.replace("group committee 1", "group committee 0"));
    check().refused(5, &["0 members are enough"]);
    put(
        &as_proof,
        &as_policy.lines().filter(|line| !line.starts_with("quorum")).collect::<Vec<_>>().join("\n"),
    );
    check().refused(2, &["no `quorum` line"]);
    // other logs' lines stand in a policy as well, and what it does not say is no contradiction
    put(&as_proof, &format!("log example.com/other+12345678+AQ==\n{as_policy}"));
    assert_eq!(check().code, 0, "{}", check().err);
    let without = |word: &str| -> String {
        as_policy.lines().filter(|line| !line.starts_with(word)).map(|line| format!("{line}\n")).collect()
    };
    for (policy_text, said) in [
        (without("# keyset"), "no keyset of node"),
        (without("log "), "no `log` line for the log"),
        (as_policy.replace("quorum committee", "quorum none"), "quorum none"),
        (
            as_policy.replace("quorum committee", "group outer all committee\nquorum outer"),
            "groups in groups are not read",
        ),
    ] {
        put(&as_proof, &policy_text);
        check().refused(2, &[said]);
    }
    let bare: String =
        as_proof.lines().filter(|line| !line.starts_with("extra")).flat_map(|l| [l, "\n"]).collect();
    put(&bare, &as_policy);
    check().refused(2, &["does not carry its statement"]);
    put(&as_proof.replace("index 0", "index 1"), &as_policy);
    check().refused(2, &["no whole proof"]);
}

#[test]
fn nothing_to_listen_on_and_a_taken_port_end_the_start_with_their_cause() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    listen(&home, "", &["/ip4/192.0.2.7/tcp/0", "/ip4/192.0.2.8/udp/0/quic-v1"]);
    home.ask(&["run"]).refused(1, &["192.0.2.7", "192.0.2.8", "nothing to listen on", "os error"]);
    assert!(home.ask(&["doctor", "--quick"]).out.contains("FAIL listening"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port());
    listen(&home, "", &["/ip4/127.0.0.1/tcp/0", &address]);
    home.ask(&["run"]).refused(1, &[&address, "in use"]);
    listen(&home, "", &["/dns4/localhost/sctp/1"]);
    home.ask(&["run"]).refused(2, &["/dns4/localhost/sctp/1", "quic-v1"]);
}

/// An empty variable is an unset one, and a reader that leaves stops nothing.
#[test]
fn empty_variables_are_unset_and_closed_pipes_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    let below = dir.path().join(".local/share");
    fs::create_dir_all(&below).unwrap();
    std::os::unix::fs::symlink(&home.data, below.join("vantage")).unwrap();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = program(arguments);
        ran(command.env("HOME", dir.path()).envs(variables.iter().copied()).output().unwrap())
    };
    let empty = [
        ("VANTAGE_DATA", ""),
        ("VANTAGE_GENESIS", ""),
        ("VANTAGE_MODELS", ""),
        ("CREDENTIALS_DIRECTORY", ""),
    ];
    let listed = run(&["target", "list"], &empty);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let verify = run(&["verify", text(&home.dir.join("suite.toml"))], &empty);
    verify.refused(2, &["no network is named"]);
    let without = run(&["status"], &[("HOME", "")]);
    // the system's own list may know a home, in which nothing need be
    assert!([1, 2].contains(&without.code) && without.err.contains("--data"), "{}", without.err);
    assert!(!without.err.contains("panicked"), "{}", without.err);
    let config = fs::read_to_string(home.data.join("config.toml")).unwrap();
    let key = format!("key = {{ file = {:?} }}", home.dir.join("sim.key"));
    fs::write(home.data.join("config.toml"), config.replace(&key, "key = { env = \"VANTAGE_ODD_KEY\" }"))
        .unwrap();
    run(&["target", "list"], &[("VANTAGE_ODD_KEY", "")]).refused(2, &["VANTAGE_ODD_KEY is not set or empty"]);

    home.configure("");
    for arguments in [&["man", "job", "submit"][..], &["help"], &["run", "--data", text(&home.data)]] {
        let mut child = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        drop(child.stderr.take());
        let mut life = Life { child };
        if arguments[0] == "run" {
            until("the node answers", || (home.ask(&["status"]).code == 0).then_some(()));
            assert_eq!(home.ask(&["stop"]).code, 0);
        }
        assert_eq!(life.code(), Some(0), "{arguments:?}");
    }
}
