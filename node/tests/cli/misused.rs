//! Wrong words and wrong files: exit code 2, what it is, and what to do; for programs as an object.

use super::home::Home;
use super::sealed::SEALED;
use super::{program, ran, schemas, text, vantage};
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn a_wrong_command_line_is_an_object_for_programs() {
    for words in [
        &["status", "--jsn", "--json"][..],
        &["nonsense", "--json"],
        &["job", "submit", "--json"],
        &["job", "--json"],
        &["log", "--json", "--count", "x"],
        &["verify", "--json"],
        &["status", "--json=yes"],
        &["report", "x", "--format", "json", "--wrong"],
        &["genesis", "create", "--name", "x", "--member", "a,b", "--out", "f", "--json"],
    ] {
        let refused = ran(program(words).output().unwrap());
        assert_eq!(refused.code, 2, "{words:?}: {}", refused.err);
        let object = refused.json();
        assert_eq!(schemas::faults_of_failure(&object), Vec::<String>::new(), "{words:?}: {object}");
        assert_eq!(object["error"]["exit"], 2);
        assert!(refused.err.starts_with("error: "), "people read it as before: {}", refused.err);
    }
    // nobody asked for one, and help is no error
    for words in [&["nonsense"][..], &["verify", "--", "--json"], &["status", "--json", "--help"]] {
        let told = ran(program(words).output().unwrap());
        assert!(!told.out.contains("\"error\""), "{words:?}: {}", told.out);
    }
}

/// Files that people take for a backup, and what they are.
fn others() -> Vec<(Vec<u8>, &'static str)> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(3);
    header.set_mode(0o600);
    archive.append_data(&mut header, "photos/cat.png", &b"cat"[..]).unwrap();
    vec![
        (b"<!DOCTYPE html><html><body>404</body></html>".to_vec(), "a web page"),
        (b"{\"error\": \"not found\"}".to_vec(), "JSON"),
        ([&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &[7; 600]].concat(), "compressed with gzip"),
        ([&b"\x28\xb5\x2f\xfd"[..], &[7; 600]].concat(), "compressed with zstd"),
        ([&b"PK\x03\x04"[..], &[7; 600]].concat(), "a zip archive"),
        (b"just a few words, some of them long\n".repeat(40), "it is text"),
        (SEALED.car.to_bytes(), "a CAR file"),
        (b"\x0a\xa1gversion\x02".repeat(60), "a CAR file"),
        (Vec::new(), "it is empty"),
        (vec![0; 4096], "nothing but zero bytes"),
        (vec![0xa7; 4096], "it is no tar archive"),
        (archive.into_inner().unwrap(), "photos/cat.png stands where its manifest should"),
    ]
}

#[test]
fn a_file_that_is_no_backup_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (dir.path().join("node.backup"), dir.path().join("node"));
    for (bytes, said) in others() {
        fs::write(&file, bytes).unwrap();
        let refused = vantage(&["restore", text(&file), "--data", text(&data)]);
        refused.refused(2, &[said, "node.backup", "no backup that can be used"]);
        for foreign in ["numeric field", "os error", "entire block", "checksum"] {
            assert!(!refused.err.contains(foreign), "{said}: {}", refused.err);
        }
        assert!(!data.exists(), "{said}");
    }
    vantage(&["restore", text(dir.path()), "--data", text(&data)]).refused(2, &["a directory"]);
    vantage(&["restore", "/nonexistent", "--data", text(&data)]).refused(1, &["/nonexistent"]);
}

#[test]
fn a_backup_that_was_cut_or_changed_is_bad_input() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(dir.path(), "http://127.0.0.1:1", "");
    let mut life = home.run();
    assert_eq!(home.ask(&["stop"]).code, 0);
    assert_eq!(life.code(), Some(0));
    let (file, copy) = (dir.path().join("node.backup"), dir.path().join("copy"));
    assert_eq!(home.ask(&["backup", "--out", text(&file)]).code, 0);
    let whole = fs::read(&file).unwrap();
    let restore = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        vantage(&["restore", text(&file), "--data", text(&copy)])
    };
    for keep in [300, 511, 512, 1024, whole.len() / 2, whole.len() - 2000] {
        restore(&whole[..keep]).refused(2, &["node.backup", "take another backup"]);
    }
    for at in [0, 124, 150, 600, whole.len() / 3, whole.len() / 2] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        restore(&bytes).refused(2, &["node.backup", "take another backup"]);
    }
    assert_eq!(restore(&whole).code, 0);
}

#[test]
fn nothing_named_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    for empty in ["", " "] {
        vantage(&["verify", text(&file), "--genesis", empty])
            .refused(2, &["no network is named", "--genesis"]);
    }
    let init = vantage(&["init", "--data", text(&dir.path().join("n")), "--genesis", ""]);
    assert!(init.code == 2 && init.err.contains("--genesis"), "{}", init.err);
}

#[test]
fn a_zero_where_some_are_needed_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let suite = dir.path().join("suite.toml");
    let prompt = "[[prompts]]\nid = \"a\"\ntopic = \"t\"\nkind = \"fact\"\ntext = \"Why?\"\n";
    let write = |tokens: &str, prompts: &str| {
        let text = format!("v = 1\nname = \"n\"\nlabel = \"l\"\n{tokens}\ntemperature_milli = 0\n{prompts}");
        fs::write(&suite, text).unwrap();
    };
    for (tokens, prompts, said) in [
        ("tokens_max = 0", prompt, "tokens_max: 0 is not within 1 to 4096"),
        ("tokens_max = 9", "prompts = []\n", "prompts: at least one is needed"),
        ("max_tokens = 0", prompt, "max_tokens"),
        ("tokens_max = 9", &prompt.replace("Why?", ""), "prompt a: text of 1 to"),
    ] {
        write(tokens, prompts);
        vantage(&["suite", "check", text(&suite)]).refused(2, &[said, "suite.toml"]);
    }
    write("tokens_max = 9", prompt);
    let plan = ["suite", "plan", text(&suite), "--regions", "eu", "--offline", "--target"];
    for (more, said) in [
        (&["open:m=0"][..], "a whole number from 1"),
        (&["open:m", "--replicas", "0"], "at least 1 is needed"),
        (&["open:m", "--calls-max", "0"], "at least 1 is needed"),
        (&["open:m", "--commit", "0s"], "at least 1s is needed"),
    ] {
        let refused = vantage(&[&plan[..], more].concat());
        assert!(refused.code == 2 && refused.err.contains(said), "{said}: {}", refused.err);
    }
}

/// Nobody listens at the address: that is told at once, with what was tried.
#[test]
fn a_peer_that_cannot_be_reached_is_told() {
    let genesis = SEALED.genesis.net().to_string();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let peer = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
    let addr = format!("/ip4/127.0.0.1/tcp/{closed}/p2p/{peer}");
    let cid = SEALED.content.to_string();
    let began = Instant::now();
    let refused = vantage(&["verify", &cid, "--genesis", &genesis, "--peer", &addr, "--net-timeout", "5m"]);
    refused.refused(1, &["none of the peers can be reached", peer, &addr, "check that the peers run"]);
    assert!(began.elapsed() < Duration::from_secs(60), "it does not wait for nothing");
    let bare = format!("/ip4/127.0.0.1/tcp/{closed}");
    let refused = vantage(&["verify", &cid, "--genesis", &genesis, "--peer", &bare, "--net-timeout", "8s"]);
    refused.refused(1, &["nobody answers at the addresses", &bare]);
    let odd = format!("/ip4/127.0.0.1/tcp/{closed}/ws/p2p/{peer}");
    vantage(&["verify", &cid, "--genesis", &genesis, "--peer", &odd]).refused(2, &["not built in", &odd]);
}
