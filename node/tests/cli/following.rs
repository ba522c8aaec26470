//! `series show`: a series of two jobs, from the node that ran them and from files.

use super::running::Running;
use super::text;
use super::vantage;
use serde_json::Value;
use std::fs;

const PLAN: &str = "v = 1\nname = \"week\"\nalpha_ppm = 50_000\n[series]\nname = \"weekly\"\n\
    lines = [{ measure = \"refusals\", target = \"sim:openai\" }, { measure = \"refusals\", target = \"sim:openai\", region = \"eu\" }]\n";

/// Orders a job of one prompt with this plan and waits for its end.
fn sealed(node: &Running, plan: &str) -> String {
    let dir = node.dir.path();
    let (suite, file) = (dir.join("one.toml"), dir.join("series.toml"));
    fs::write(&file, plan).unwrap();
    let done = node.ask(&[
        "job",
        "submit",
        text(&suite),
        "--regions",
        "eu",
        "--replicas",
        "1",
        "--target",
        "sim:openai",
        "--plan",
        text(&file),
        "--watch",
        "--json",
    ]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let first: Value = serde_json::from_str(done.out.lines().next().unwrap()).unwrap();
    first["id"].as_str().unwrap().to_owned()
}

/// A calibration job and one held against it; `job` is of no series.
pub fn series(node: &Running, job: &str) {
    let first = sealed(node, PLAN);
    let alone = node.ask(&["series", "show", &first[..10], "--json"]);
    assert_eq!(alone.code, 0, "{}{}", alone.out, alone.err);
    let alone = alone.json();
    assert_eq!((alone["series"].as_str(), alone["threshold"].as_u64()), (Some("weekly"), Some(40)));
    assert_eq!(
        (&alone["next"]["calibration"], &alone["lines"][0]["links"]),
        (&first.as_str().into(), &Value::Array(vec![]))
    );

    let names = format!("predecessor = \"{first}\"\ncalibration = \"{first}\"\nlines");
    let second = sealed(node, &PLAN.replace("lines", &names));
    let shown = node.ask(&["series", "show", &second, "--json"]);
    assert_eq!(shown.code, 0, "{}{}", shown.out, shown.err);
    let shown = shown.json();
    let link = &shown["lines"][1]["links"][0];
    // one prompt says nothing, wherever it moves
    assert_eq!((link["product"].as_str(), link["alarm"].as_bool()), (Some("1.000"), Some(false)));
    assert_eq!((&shown["jobs"][1]["against"], shown["void"].is_null()), (&first.as_str().into(), true));
    assert_eq!(link["contents"][1], shown["jobs"][0]["content"]);
    let told = node.ask(&["series", "show", &second]);
    assert!(told.out.contains("NO ALARM") && told.out.contains("calibration none is left"), "{}", told.out);
    node.ask(&["series", "show", job]).refused(2, &["belongs to no series", "COMPARE.md"]);
    node.ask(&["series", "show", "zz"]).refused(1, &["no job begins with"]);
    from_files(node, [&first, &second]);
}

/// The same from bundles alone, in any order; and with one of them missing, damaged, or of another network.
fn from_files(node: &Running, jobs: [&str; 2]) {
    let file = |name: &str| text(&node.dir.path().join(name)).to_owned();
    let (cars, page) = ([file("w1.car"), file("w2.car")], file("drift.html"));
    for (job, car) in jobs.iter().zip(&cars) {
        assert_eq!(node.ask(&["bundle", "export", job, "--out", car]).code, 0);
    }
    let genesis = file("genesis.toml");
    let show = |more: &[&str], genesis: &str| {
        vantage(&[&["series", "show"], more, &["--genesis", genesis]].concat())
    };
    let both = show(&[&cars[1], &cars[0], "--html", &page, "--json"], &genesis);
    assert_eq!(both.code, 0, "{}{}", both.out, both.err);
    assert_eq!(both.json()["jobs"].as_array().map(Vec::len), Some(2));
    let written = fs::read_to_string(&page).unwrap();
    assert!(
        written.starts_with("<!DOCTYPE html>")
            && written.contains("polyline")
            && written.contains(&jobs[1][..16])
    );
    show(&[&cars[0], "--html", &page], &genesis).refused(1, &["nothing is overwritten"]);
    let gap = show(&[&cars[1]], &genesis);
    assert_eq!(gap.code, 4, "{}{}", gap.out, gap.err);
    assert!(
        gap.out.contains("VOID") && gap.out.contains("a gap") && gap.out.contains(jobs[0]),
        "{}",
        gap.out
    );
    let foreign = show(&[&cars[0], &cars[1]], &"7".repeat(64));
    assert_eq!(foreign.code, 5, "{}{}", foreign.out, foreign.err);
    assert!(foreign.out.contains("INVALID") && !foreign.out.contains("ALARM"), "{}", foreign.out);
    let mut bytes = fs::read(&cars[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file("bad.car"), bytes).unwrap();
    show(&[&file("bad.car"), &cars[1]], &genesis).refused(2, &["bad.car", "no whole bundle file"]);
    vantage(&["series", "show", &cars[0], &cars[1]]).refused(2, &["no network is named to trust"]);
}
