//! `init`, `genesis`, `run` with files that are not as they should be.

use super::{text, vantage};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use vantage_protocol::keys::RootKey;

/// `--member` for a key made from a seed.
fn member(seed: u8, operator: &str, region: &str) -> String {
    let root = RootKey::from_seed(&[seed; 32]).public().node_id();
    format!("{root},{operator},{region}")
}

#[test]
fn init_makes_a_private_directory_and_never_overwrites() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let made = vantage(&["init", "--data", text(&data), "--region", "eu", "--json"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let object = made.json();
    for key in ["data", "config", "node", "root", "peer_id", "transport", "log", "witness"] {
        assert!(object[key].as_str().is_some_and(|v| !v.is_empty()), "{key}: {object}");
    }
    assert_eq!(object["node"], object["root"]);
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    for name in ["root.key", "transport.key", "log.key", "witness.key"] {
        assert_eq!(fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }

    let again = vantage(&["init", "--data", text(&data)]);
    again.refused(1, &["nothing is overwritten", "config.toml", "--data"]);
    fs::remove_file(data.join("config.toml")).unwrap();
    let before = fs::read(data.join("root.key")).unwrap();
    let again = vantage(&["init", "--data", text(&data)]);
    again.refused(1, &["a key is never overwritten", "root.key", "--data"]);
    assert_eq!(fs::read(data.join("root.key")).unwrap(), before);
}

#[test]
fn init_tells_people_what_comes_next() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let made = vantage(&["init", "--data", text(&data), "--region", "eu", "--operator", "acme"]);
    assert_eq!(made.code, 0, "{}", made.err);
    for words in ["node id", "peer id", ",acme,eu", "genesis.toml", "vantage run --data"] {
        assert!(made.out.contains(words), "{words}: {}", made.out);
    }
    assert!(!made.out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn a_genesis_is_made_shown_and_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("genesis.toml");
    let members = [member(1, "acme", "eu"), member(2, "beta", "us")];
    let create = ["genesis", "create", "--name", "lab", "--test", "--gap", "2", "--founded", "1700000000"];
    let tail = ["--member", &members[0], "--member", &members[1], "--out", text(&file), "--json"];
    let arguments: Vec<&str> = create.iter().chain(&tail).copied().collect();
    let made = vantage(&arguments);
    assert_eq!(made.code, 0, "{}", made.err);
    let object = made.json();
    assert_eq!(
        (object["n"].as_u64(), object["q"].as_u64(), object["f"].as_u64()),
        (Some(2), Some(2), Some(0))
    );

    let shown = vantage(&["genesis", "show", text(&file), "--json"]);
    assert_eq!(shown.json()["net"], object["net"]);
    let shown = vantage(&["genesis", "show", text(&file)]);
    for words in ["lab", "test network", "acme", "beta", "q = 2", "no fault is tolerated"] {
        assert!(shown.out.contains(words), "{words}: {}", shown.out);
    }
    vantage(&arguments).refused(1, &["genesis.toml", "nothing is overwritten"]);
}

#[test]
fn each_rule_of_a_genesis_has_its_message() {
    let dir = tempfile::tempdir().unwrap();
    let one = member(1, "acme", "eu");
    let file = dir.path().join("genesis.toml");
    let create = |more: &[&str]| {
        let base = ["genesis", "create", "--out", text(&file)];
        let arguments: Vec<&str> = base.iter().chain(more).copied().collect();
        vantage(&arguments)
    };
    create(&["--name", "x"]).refused(2, &["--member"]);
    create(&["--name", "", "--member", &one]).refused(2, &["name: empty"]);
    create(&["--name", "x", "--member", &one, "--gap", "5s"]).refused(2, &["gap_s_min", "--test"]);
    create(&["--name", "x", "--member", &one]).refused(2, &["edition 2", "not closed yet", "add --test"]);
    create(&["--name", "x", "--member", &one, "--member", &one]).refused(2, &["two members", "vantage init"]);
    create(&["--name", "x", "--member", &one, "--output-max", "1"]).refused(2, &["output_bytes_max"]);
    create(&["--name", "x", "--member", &one, "--founder", "a\nb"]).refused(2, &["founders", "control"]);
    let crowd: Vec<String> = (1..=23).map(|seed| member(seed, "acme", "eu")).collect();
    let mut arguments = vec!["--name", "x"];
    crowd.iter().for_each(|m| arguments.extend(["--member", m.as_str()]));
    create(&arguments).refused(2, &["committee: 23 items, at most 22"]);
    for (bad, why) in [("x,acme,eu", "64 lower-case hex"), (&one.replace("acme", "Acme"), "operator")] {
        let refused = create(&["--name", "x", "--member", bad]);
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains(why), "{}", refused.err);
    }
    assert!(!file.exists());
}

#[test]
fn a_bad_genesis_file_is_told_by_line_or_rule() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("genesis.toml");
    let one = member(1, "acme", "eu");
    let made =
        vantage(&["genesis", "create", "--name", "lab", "--test", "--member", &one, "--out", text(&file)]);
    assert_eq!(made.code, 0, "{}", made.err);
    let good = fs::read_to_string(&file).unwrap();
    let show = |text: &str| {
        fs::write(&file, text).unwrap();
        vantage(&["genesis", "show", file.to_str().unwrap()])
    };
    for (from, to, said) in [
        ("v = 2", "v = 1", "edition 1 existed in tests only"),
        ("v = 2", "v = 3", "v: is 3, and this program speaks edition 2"),
        ("name = \"lab\"", "nmae = \"lab\"", "unknown field `nmae`"),
        ("name = \"lab\"", "name = 7", "name"),
        ("test = true", "test = false", "gap_s_min: 2 is not within 30"),
        ("test = true\ngap_s_min = 2", "test = false\ngap_s_min = 30", "set test = true"),
        ("gap_s_min = 2", "gap_s_min = 0", "gap_s_min"),
        ("region = \"eu\"", "region = \"E U\"", "committee.region"),
        ("operator = \"acme\"", "", "operator"),
    ] {
        assert!(good.contains(from), "{from} in {good}");
        show(&good.replace(from, to)).refused(2, &[said, "genesis.toml"]);
    }
    show("nonsense").refused(2, &["genesis.toml"]);
    for (bytes, said) in [(&b"\xff\xfe"[..], "UTF-16"), (b"v = \xe9\n", "not text in UTF-8: line 1")] {
        fs::write(&file, bytes).unwrap();
        vantage(&["genesis", "show", text(&file)]).refused(2, &[said, "genesis.toml"]);
    }
    vantage(&["genesis", "show", text(dir.path())]).refused(2, &["directory"]);
    vantage(&["genesis", "show", "/nonexistent/g.toml"])
        .refused(1, &["/nonexistent/g.toml", "check the path"]);
}

#[test]
fn run_names_the_mistake_in_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    vantage(&["run", "--data", text(&data)]).refused(2, &["config.toml", "vantage init"]);
    let made = vantage(&["init", "--data", text(&data)]);
    assert_eq!(made.code, 0, "{}", made.err);
    vantage(&["run", "--data", text(&data)]).refused(2, &["genesis.toml"]);
    let file = data.join("config.toml");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, good.replace("listen =", "lisen =")).unwrap();
    vantage(&["run", "--data", text(&data)])
        .refused(2, &["unknown field `lisen`", "line ", "did you mean listen?"]);
    let refused = vantage(&["run", "--data", text(&data), "--json"]);
    assert_eq!(refused.json()["error"]["exit"], 2, "{}", refused.out);
}
