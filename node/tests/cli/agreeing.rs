//! What `run` refuses `doctor` refuses before, in the same words: addresses, what stands in the way, the node's past. And
//! what the running node was given and this shell was not is no failure.

use super::home::{Home, Life, until};
use super::{Ran, program, ran, text};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use vantage_daemon::store::{Batch, Store};
use vantage_protocol::attester::Record;
use vantage_protocol::id::NodeId;

/// Where nobody answers: no call is made here.
const NOWHERE: &str = "http://127.0.0.1:1";
const PEER: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

/// `doctor` fails, `run` ends by itself, and both say this.
#[track_caller]
fn agree(home: &Home, said: &str) {
    let doctor = home.ask(&["doctor", "--quick"]);
    assert!(doctor.code == 1 && doctor.out.contains(said), "{said}: {}\n{}", doctor.code, doctor.out);
    let err = home.dir.join("run.err");
    let mut command = program(&["run", "--data", text(&home.data)]);
    command.stdout(Stdio::null()).stderr(fs::File::create(&err).unwrap());
    let code = Life { child: command.spawn().unwrap() }.code();
    let run = fs::read_to_string(err).unwrap();
    assert!(matches!(code, Some(1 | 2)) && run.contains(said), "{said}: {code:?}\n{run}");
}

/// The configuration with one text in it replaced.
fn with(home: &Home, from: &str, to: &str, more: &str) {
    home.configure(more);
    let file = home.data.join("config.toml");
    let config = fs::read_to_string(&file).unwrap();
    assert!(config.contains(from), "{from} in {config}");
    fs::write(&file, config.replace(from, to)).unwrap();
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn remove(path: &Path) {
    match fs::symlink_metadata(path).unwrap().is_dir() {
        true => fs::remove_dir_all(path).unwrap(),
        false => fs::remove_file(path).unwrap(),
    }
}

#[test]
fn addresses_that_nobody_can_listen_on_or_dial_are_told_before_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    const LISTEN: &str = "[\"/ip4/127.0.0.1/tcp/0\"]";
    for odd in [
        "/ip4/0.0.0.0/udp/0",
        "/ip4/0.0.0.0/tcp/0/ws",
        "/ip4/127.0.0.1/udp/0/quic",
        "/ip6/::ffff:127.0.0.1/tcp/0",
        "/ip4/127.0.0.1/udp/0/quic-v1/webtransport",
        "/dns4/localhost/tcp/0",
        "/memory/7",
    ] {
        with(&home, LISTEN, &format!("[{odd:?}]"), "");
        agree(&home, &format!("{odd} cannot be listened on"));
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let twice = format!("[\"/ip4/0.0.0.0/udp/{free}/quic-v1\", \"/ip4/127.0.0.1/udp/{free}/quic-v1\"]");
    with(&home, LISTEN, &twice, "");
    agree(&home, "takes the same port");
    let metrics = format!("[metrics]\nlisten = \"127.0.0.1:{free}\"");
    with(&home, LISTEN, &format!("[\"/ip4/0.0.0.0/tcp/{free}\"]"), &metrics);
    agree(&home, "is the port that [metrics] listen takes");
    for (entry, said) in [
        ("/ip4/203.0.113.7/tcp/1".to_owned(), "/ip4/203.0.113.7/tcp/1 does not say which peer lives there"),
        (format!("/ip4/8.8.8.8/tcp/1/p2p/{PEER}/p2p-circuit"), "/p2p/<peer id> is missing at its end"),
        (format!("/ip4/8.8.8.8/tcp/1/ws/p2p/{PEER}"), "is of a transport that is not built in"),
        (format!("/ip4/8.8.8.8/udp/1/p2p/{PEER}"), "is of a transport that is not built in"),
    ] {
        with(&home, LISTEN, &format!("{LISTEN}\nbootstrap = [{entry:?}]"), "");
        agree(&home, said);
        agree(&home, "net.bootstrap");
    }
    let private = format!("allow_private = false\nbootstrap = [\"/ip4/10.0.0.7/tcp/1/p2p/{PEER}\"]");
    with(&home, "allow_private = true", &private, "");
    agree(&home, "/ip4/10.0.0.7/tcp/1");
    // and no such configuration is written
    let data = text(&home.dir.join("other")).to_owned();
    for (option, odd) in [("--listen", "/ip4/0.0.0.0/udp/0"), ("--bootstrap", "/ip4/8.8.8.8/tcp/1")] {
        let init = ran(program(&["init", "--data", &data, option, odd]).output().unwrap());
        init.refused(2, &[odd, option]);
        assert!(!Path::new(&data).exists());
    }
}

#[test]
fn what_stands_in_the_way_is_told_before_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    let file = |path: &Path| fs::write(path, "x").unwrap();
    let folder = |path: &Path| fs::create_dir(path).unwrap();
    let nowhere = |path: &Path| symlink("/no/such/place", path).unwrap();
    type Obstacle<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);
    let looped = |path: &Path| symlink(path.file_name().unwrap(), path).unwrap();
    let all: [Obstacle<'_>; 14] = [
        ("blocks", &file, "is a file"),
        ("blocks", &mkfifo, "is a pipe"),
        ("blocks", &nowhere, "is a link to nowhere"),
        ("control.sock", &folder, "is a directory"),
        ("ready.json", &folder, "is a directory"),
        ("keyset.new", &folder, "is a directory"),
        ("lock", &folder, "Is a directory"),
        ("node.redb", &folder, "is a directory"),
        ("node.redb", &mkfifo, "is a pipe"),
        ("node.redb", &nowhere, "is a link to nowhere"),
        (".c", &file, "is a file"),
        ("keyset.leaf", &folder, "keyset.leaf"),
        ("keyset.leaf", &looped, "Too many levels"),
        ("lock", &looped, "Too many levels"),
    ];
    for (name, make, said) in all {
        let path = home.data.join(name);
        make(&path);
        agree(&home, name);
        agree(&home, said);
        remove(&path);
        // what a start has made before it met the obstacle
        for made in ["lock", "blocks", "node.redb", ".c"] {
            let path = home.data.join(made);
            if fs::symlink_metadata(&path).is_ok() {
                remove(&path);
            }
        }
    }
    let logs = home.dir.join("logs");
    home.configure(&format!("[log]\ndir = {logs:?}"));
    for make in [&file as &dyn Fn(&Path), &nowhere, &mkfifo] {
        make(&logs);
        agree(&home, "log files cannot be written");
        remove(&logs);
    }
    fs::create_dir(&logs).unwrap();
    mkfifo(&logs.join("vantage.2026-01-01.log"));
    agree(&home, "vantage.2026-01-01.log is a pipe");
}

#[test]
fn a_past_that_breaks_a_rule_is_told_before_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    let mut life = home.run();
    assert_eq!(home.ask(&["stop"]).code, 0);
    assert_eq!(life.code(), Some(0));
    let whole = fs::read(home.data.join("node.redb")).unwrap();
    assert_eq!(home.ask(&["doctor", "--quick"]).code, 0);
    // the root key is not needed any more, whatever became of it
    let root = home.data.join("root.key");
    let before = fs::read(&root).unwrap();
    fs::write(&root, "").unwrap();
    let looked = home.ask(&["doctor", "--quick"]);
    assert!(looked.code == 0 && looked.out.contains("WARN root.key"), "{}", looked.out);
    fs::write(&root, before).unwrap();
    let stranger = NodeId([9; 32]);
    for (record, said) in [
        (Record::Rewind { node: stranger, size: 1 }, "rewinds an unknown log"),
        (Record::Head("no head".to_owned()), "record "),
        (Record::Leaves { node: stranger, start: 7, leaves: Vec::new() }, "start at 7, 0 are held"),
    ] {
        let store = Store::reopen(&home.data).unwrap().unwrap();
        let mut batch = Batch::default();
        batch.record(&record);
        store.commit(batch).unwrap();
        drop(store);
        let before = fs::read(home.data.join("node.redb")).unwrap();
        assert!(home.ask(&["doctor", "--quick"]).out.contains("FAIL store"));
        assert!(fs::read(home.data.join("node.redb")).unwrap() == before, "a look changes nothing");
        agree(&home, said);
        fs::write(home.data.join("node.redb"), &whole).unwrap();
    }
    assert_eq!(home.ask(&["doctor", "--quick"]).code, 0);
}

/// Starts a node with an environment, and waits until it is heard: its committee is of it alone.
fn start(home: &Home, variables: &[(&str, &str)]) -> Life {
    let mut command = program(&["run", "--data", text(&home.data)]);
    command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
    let life = Life { child: command.spawn().unwrap() };
    until("the node is heard", || {
        let status = home.ask(&["status", "--json"]);
        (status.code == 0 && status.json()["members_heard"] == 1).then_some(())
    });
    life
}

#[test]
fn a_key_that_the_running_node_was_given_is_no_failure_here() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    let key = home.dir.join("sim.key");
    let secret = fs::read_to_string(&key).unwrap();
    let of_file = format!("{{ file = {key:?} }}");
    let credentials = home.dir.join("credentials");
    fs::create_dir(&credentials).unwrap();
    let delivered = credentials.join("sim");
    fs::write(&delivered, &secret).unwrap();
    fs::set_permissions(&delivered, fs::Permissions::from_mode(0o440)).unwrap();
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o550)).unwrap();
    let looked = |home: &Home| -> Ran { home.ask(&["doctor", "--quick"]) };
    for (source, variable) in [
        ("{ env = \"VANTAGE_ODD_KEY\" }".to_owned(), ("VANTAGE_ODD_KEY", secret.trim())),
        (format!("{{ file = {delivered:?} }}"), ("CREDENTIALS_DIRECTORY", text(&credentials))),
    ] {
        with(&home, &of_file, &source, "");
        let stopped = looked(&home);
        assert!(stopped.code == 1 && stopped.out.contains("FAIL API key"), "{source}\n{}", stopped.out);
        let mut life = start(&home, &[variable]);
        let running = looked(&home);
        assert!(!running.out.lines().any(|line| line.starts_with("FAIL")), "{source}\n{}", running.out);
        assert!(
            running.out.contains("WARN API key: sim:openai: the running node has its own"),
            "{}",
            running.out
        );
        assert_eq!(running.code, 0);
        assert_eq!(home.ask(&["stop"]).code, 0);
        assert_eq!(life.code(), Some(0));
    }
    // a vendor that the running node does not know is looked at all the same
    home.configure("");
    let _life = start(&home, &[]);
    home.configure(
        "[[vendor]]\ntarget = \"lab\"\nendpoints = { eu = \"https://lab.example/v1\" }\nkey = { env = \
         \"VANTAGE_ODD_KEY\" }\nmicrousd_max_per_day = 1\n",
    );
    let later = looked(&home);
    assert!(later.out.contains("FAIL API key: lab"), "{}", later.out);
}

/// A file of another user is refused by whoever runs the node, the superuser included. Only the superuser can make one.
#[test]
fn a_key_of_another_user_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), NOWHERE, "");
    for path in [home.data.join("log.key"), home.data.join("root.key"), home.dir.join("sim.key")] {
        if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
            return;
        }
        agree(&home, "belongs to user 12345");
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    }
    assert_eq!(home.ask(&["doctor", "--quick"]).code, 0);
    // a service's directory, looked at by the superuser: it is its owner's node
    for path in [&home.data, &home.dir.join("sim.key")] {
        let all = Command::new("chown").args(["-R", "12345", text(path)]).status().unwrap();
        assert!(all.success());
    }
    let looked = home.ask(&["doctor", "--quick"]);
    let told = "WARN data directory";
    assert!(
        looked.code == 0 && looked.out.contains(told) && looked.out.contains("user 12345"),
        "{}",
        looked.out
    );
}
