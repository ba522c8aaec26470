//! `report` on files: what it writes, and what it refuses to write.

use super::sealed::SEALED;
use super::{text, vantage};
use std::fs;

fn hash() -> String {
    SEALED.genesis.net().to_string()
}

#[test]
fn a_sealed_file_gives_the_same_report_each_time_in_each_format() {
    let dir = tempfile::tempdir().unwrap();
    let (file, other) = (dir.path().join("job.car"), dir.path().join("copy.car"));
    for path in [&file, &other] {
        fs::write(path, SEALED.car.to_bytes()).unwrap();
    }
    for (format, begins) in [("html", "<!DOCTYPE html>"), ("md", "# Comparison report"), ("json", "{")] {
        let reported = vantage(&["report", text(&file), "--genesis", &hash(), "--format", format]);
        assert_eq!(reported.code, 0, "{}{}", reported.out, reported.err);
        assert!(reported.out.starts_with(begins), "{}", reported.out);
        assert!(
            reported.out.contains("SEALED")
                && reported.out.contains("not that it is true") == (format != "json")
        );
        assert!(!reported.out.contains("job.car"), "no path in a document");
        let again = vantage(&["report", text(&other), "--genesis", &hash(), "--format", format]);
        assert!(reported.out == again.out, "equal evidence, equal bytes");
    }
    let object = vantage(&["report", text(&file), "--genesis", &hash(), "--format", "json"]).json();
    assert_eq!((object["summary"].as_str(), object["report"]["version"].as_u64()), (Some("SEALED"), Some(4)));
}

#[test]
fn a_report_goes_to_a_file_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (file, out) = (dir.path().join("job.car"), dir.path().join("report.html"));
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    let arguments = ["report", text(&file), "--genesis", &hash(), "--out", text(&out)];
    let written = vantage(&arguments);
    assert_eq!(written.code, 0, "{}{}", written.out, written.err);
    assert!(written.out.contains("report.html") && written.out.contains("SEALED"));
    assert!(fs::read_to_string(&out).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(vantage(&arguments).code, 1, "nothing is overwritten");

    let object = dir.path().join("report.md");
    let told = vantage(&[
        "report",
        text(&file),
        "--genesis",
        &hash(),
        "--format",
        "md",
        "--out",
        text(&object),
        "--json",
    ]);
    assert_eq!(told.json()["summary"], "SEALED");
}

#[test]
fn invalid_evidence_is_not_reported_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    fs::write(&file, SEALED.car.to_bytes()).unwrap();
    let foreign = "7".repeat(64);
    for format in ["html", "md", "json"] {
        let refused = vantage(&["report", text(&file), "--genesis", &foreign, "--format", format]);
        assert_eq!(refused.code, 5, "{}{}", refused.out, refused.err);
        assert!(refused.out.contains("INVALID") && !refused.out.contains("What was found"));
    }
    let object = vantage(&["report", text(&file), "--genesis", &foreign, "--format", "json"]).json();
    assert!(object.get("report").is_none() && object["reasons"][0].is_string());
}
