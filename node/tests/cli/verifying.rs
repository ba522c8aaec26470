//! `verify` on files: each way in which one may not be what it should be.

use super::sealed::SEALED;
use super::{program, ran, text, vantage};
use std::fs;
use std::process::Stdio;
use vantage_protocol::proof::Car;

fn hash() -> String {
    SEALED.genesis.net().to_string()
}

#[test]
fn a_sealed_file_verifies_with_nothing_but_the_hash() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    let checked = vantage(&["verify", text(&file), "--genesis", &hash()]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    for part in [
        "integrity",
        "network",
        "quorum",
        "final",
        "independence",
        "region confidence",
        "origin grade",
        "time",
        "comparison",
        "cells",
        "label",
        "not shown",
    ] {
        assert!(checked.out.lines().any(|line| line.starts_with(part)), "{part}:\n{}", checked.out);
    }
    assert!(checked.out.contains(&SEALED.content.to_string()));
    assert!(checked.out.lines().last().unwrap().starts_with("SEALED"), "{}", checked.out);
    assert!(!checked.out.contains('\u{1b}'), "no colours in a pipe");

    let whole = vantage(&["verify", text(&file), "--genesis", &hash(), "--report"]);
    assert_eq!(whole.code, 0);
    assert!(whole.out.len() > checked.out.len(), "the whole report has more rows");
}

#[test]
fn a_verdict_for_programs_has_a_stable_shape() {
    let dir = tempfile::tempdir().unwrap();
    let (file, genesis) = (dir.path().join("job.car"), dir.path().join("genesis.toml"));
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    fs::write(&genesis, SEALED.genesis.to_toml()).unwrap();
    let arguments = ["verify", text(&file), "--genesis", text(&genesis), "--json"];
    let object = vantage(&arguments).json();
    assert_eq!((object["summary"].as_str(), object["exit"].as_u64()), (Some("SEALED"), Some(0)));
    for key in [
        "integrity",
        "network",
        "job",
        "quorum",
        "independence",
        "region_confidence",
        "origin_grade",
        "time",
        "labels",
        "comparison",
        "cells",
        "not_shown",
        "findings",
        "source",
    ] {
        assert!(!object[key].is_null(), "{key}: {object}");
    }
    assert_eq!(object["job"]["content"], SEALED.content.to_string());
    assert!(object.get("report").is_none());
    let whole: Vec<&str> = arguments.iter().copied().chain(["--report"]).collect();
    assert!(vantage(&whole).json()["report"].is_object());
}

#[test]
fn garbage_and_a_broken_off_file_get_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    let whole = SEALED.car.to_bytes();
    for bad in [&b"hello, I am no CAR"[..], &[], &whole[..whole.len() - 1], &whole[..40]] {
        fs::write(&file, bad).unwrap();
        let refused = vantage(&["verify", text(&file), "--genesis", &hash()]);
        refused.refused(2, &["no whole bundle file", "job.car"]);
        assert!(refused.out.is_empty(), "{}", refused.out);
        let object = vantage(&["verify", text(&file), "--genesis", &hash(), "--json"]).json();
        assert_eq!(object["error"]["exit"], 2);
    }
}

/// Damage says nothing of what was signed: no verdict, and never SEALED.
#[test]
fn a_damaged_file_gets_no_verdict_and_the_damage_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    let whole = SEALED.car.to_bytes();
    let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&file, bytes).unwrap();
        let ran = vantage(&["verify", text(&file), "--genesis", &hash()]);
        assert!(ran.out.is_empty(), "{}", ran.out);
        ran
    };
    damaged(&|bytes| *bytes.last_mut().unwrap() ^= 1)
        .refused(2, &["another hash", "block ", "nothing was judged"]);
    let half = whole.len() / 2;
    damaged(&|bytes| bytes[half..].fill(0)).refused(2, &["nothing but zeros"]);
    damaged(&|bytes| bytes.extend_from_slice(&whole)).refused(2, &["the same file again", "head -c"]);
    damaged(&|bytes| drop(bytes.splice(half..half, whole[half - 64..half].to_vec()))).refused(2, &["byte "]);
}

/// A file of true blocks, of which some are not there.
#[test]
fn a_file_without_its_root_or_a_block_between_says_which() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    let root = SEALED.car.root;
    let without = |gone: &vantage_protocol::cid::Cid| {
        let mut car = SEALED.car.clone();
        car.blocks.remove(gone);
        fs::write(&file, car.to_bytes()).unwrap();
        vantage(&["verify", text(&file), "--genesis", &hash()])
    };
    without(&root).refused(2, &["its root is", &root.to_string()]);
    without(&SEALED.content).refused(2, &["are missing", &SEALED.content.to_string(), "nothing links"]);
    let other = SEALED.car.blocks.keys().find(|cid| **cid != root && **cid != SEALED.content).unwrap();
    let wrong = Car { root: *other, blocks: SEALED.car.blocks.clone() };
    fs::write(&file, wrong.to_bytes()).unwrap();
    vantage(&["verify", text(&file), "--genesis", &hash()]).refused(2, &["neither a bundle nor a content"]);
}

/// `-` is standard input; a pipe that nobody writes to, a directory and a device are not waited for.
#[test]
fn a_file_may_come_by_a_pipe_of_the_shell_and_nothing_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    for source in ["-", "/dev/stdin"] {
        let mut child = program(&["verify", source, "--genesis", &hash()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let bytes = SEALED.car.to_bytes();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut pipe, &bytes));
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0), "{source}");
        writer.join().unwrap().unwrap();
    }
    let fifo = dir.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for (path, kind) in
        [(text(&fifo), "a pipe"), ("/dev/zero", "a device"), (text(dir.path()), "a directory")]
    {
        vantage(&["verify", path, "--genesis", &hash()]).refused(2, &[kind]);
        vantage(&["verify", text(&file), "--genesis", path]).refused(2, &[kind]);
    }
}

#[test]
fn another_network_is_invalid_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    let other = "ab".repeat(32);
    let refused = vantage(&["verify", text(&file), "--genesis", &other]);
    assert_eq!(refused.code, 5);
    for words in ["belongs to network", &other, "check --genesis", "INVALID"] {
        assert!(refused.out.contains(words), "{words}: {}", refused.out);
    }
}

#[test]
fn a_content_without_certs_is_incomplete() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("content.car");
    let get = |cid: &vantage_protocol::cid::Cid| SEALED.car.blocks.get(cid).cloned();
    let content = Car::collect(SEALED.content, &get).unwrap();
    fs::write(&file, content.to_bytes()).unwrap();
    let checked = vantage(&["verify", text(&file), "--genesis", &hash()]);
    assert_eq!(checked.code, 4, "{}", checked.out);
    assert!(checked.out.contains("no certs") && checked.out.contains("INCOMPLETE"), "{}", checked.out);
}

#[test]
fn what_to_trust_has_to_be_said_and_exist() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    vantage(&["verify", text(&file)]).refused(2, &["no network is named", "--genesis", "64 hex digits"]);
    let gone = "/nonexistent/genesis.toml";
    vantage(&["verify", text(&file), "--genesis", gone]).refused(1, &[gone, "check the path"]);
    let upper = hash().to_uppercase();
    vantage(&["verify", text(&file), "--genesis", &upper]).refused(2, &["lower-case hex"]);
    vantage(&["verify", "/nonexistent.car", "--genesis", &hash()])
        .refused(1, &["/nonexistent.car", "no content id"]);
    vantage(&["verify", "no/such/file.car", "--genesis", &hash()])
        .refused(1, &["no/such/file.car", "no content id"]);
    let cid = SEALED.content.to_string();
    vantage(&["verify", &cid, "--genesis", &hash()]).refused(2, &["no peer is named", "--peer"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    let mut child = program(&["verify", text(&file), "--genesis", &hash(), "--report"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = ran(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "the verdict's code, and no panic");
}
