//! What `vantage-protocol` is built with: exactly the packages of `closure.txt`, none of which does I/O.

use crate::sources;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every package, and why it may be there.
const ALLOWED: &str = include_str!("closure.txt");

/// Packages that read clocks, take chance, touch files or talk to the network. A reason in `closure.txt` cannot admit them.
const DENIED: [&str; 32] = [
    "async-io",
    "async-std",
    "chrono",
    "curl",
    "fastrand",
    "fs2",
    "futures",
    "futures-executor",
    "getrandom",
    "hyper",
    "iroh",
    "libp2p",
    "log",
    "memmap2",
    "mio",
    "quinn",
    "rand",
    "rand_chacha",
    "rayon",
    "redb",
    "reqwest",
    "rustix",
    "rustls",
    "sled",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "tracing",
    "tracing-subscriber",
    "uuid",
];

#[test]
fn the_core_is_built_with_exactly_the_packages_allowed() {
    let differences = differences(&built_with("vantage-protocol"), ALLOWED);
    assert!(differences.is_empty(), "tests/pure/purity/closure.txt:\n{}", differences.join("\n"));
}

/// The comparison can fail, in each of its ways.
#[test]
fn a_wrong_closure_is_noticed() {
    let built: BTreeSet<String> = ["sha2", "tokio"].map(str::to_owned).into();
    let check = |allowed: &str| differences(&built, allowed).join("\n");
    assert!(check("sha2: hashing").contains("tokio is built in"), "a package too many");
    assert!(
        check("sha2: hashing\ntokio: because").contains("tokio is never pure"),
        "a denied package with a reason"
    );
    assert!(check("sha2: hashing\nserde: codec").contains("serde is not built in"), "a stale line");
    assert!(check("sha2:").contains("sha2 has no reason"), "no reason");
    let pure: BTreeSet<String> = ["sha2".to_owned()].into();
    assert_eq!(differences(&pure, "# comment\n\nsha2: hashing"), Vec::<String>::new());
}

/// Normal dependencies of `package` with the features it is built with by itself, as cargo resolves them for this machine.
///
/// `cargo tree` rather than `cargo metadata`: the latter unites the features of the whole workspace, so that an option
/// another crate turns on would be held against the core.
fn built_with(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(sources::root())
        .output()
        .expect("cargo tree runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("names are UTF-8");
    let names = lines.lines().filter_map(|line| line.split_whitespace().next());
    let names: BTreeSet<String> = names.filter(|name| *name != package).map(str::to_owned).collect();
    assert!(names.contains("sha2"), "the core hashes, so the list must hold sha2: {names:?}");
    names
}

fn differences(built: &BTreeSet<String>, allowed: &str) -> Vec<String> {
    let lines = allowed.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let reasons: BTreeMap<&str, &str> =
        lines.map(|line| line.split_once(':').unwrap_or((line, ""))).collect();
    let unknown = built.iter().filter(|name| !reasons.contains_key(name.as_str()));
    let stale = reasons.keys().filter(|name| !built.contains(**name));
    let denied = built.iter().filter(|name| DENIED.contains(&name.as_str()));
    let bare = reasons.iter().filter(|(_, reason)| reason.trim().is_empty());
    unknown
        .map(|name| {
            format!("{name} is built in: leave it out, or add it here with the reason why it is pure")
        })
        .chain(stale.map(|name| format!("{name} is not built in: remove its line")))
        .chain(denied.map(|name| format!("{name} is never pure")))
        .chain(bare.map(|(name, _)| format!("{name} has no reason")))
        .collect()
}
