//! Who may know whom: arrows point one way.

use crate::sources;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// Each member's folder, its package, and the workspace packages it may depend on.
const PLAN: [(&str, &str, &[&str]); 15] = [
    ("protocol", "vantage-protocol", &[]),
    ("node/api", "vantage-api", &["vantage-protocol"]),
    ("node/net", "vantage-net", &["vantage-protocol"]),
    ("node/report", "vantage-report", &["vantage-protocol"]),
    ("node/runner", "vantage-runner", &[]),
    ("node/exec", "vantage-exec", &["vantage-protocol", "vantage-runner"]),
    (
        "node/daemon",
        "vantage-daemon",
        &[
            "vantage-protocol",
            "vantage-api",
            "vantage-net",
            "vantage-runner",
            "vantage-exec",
            "vantage-golem",
        ],
    ),
    ("node/web", "vantage-web", &["vantage-api"]),
    (
        "node",
        "vantage-node",
        &[
            "vantage-protocol",
            "vantage-api",
            "vantage-daemon",
            "vantage-web",
            "vantage-net",
            "vantage-report",
            "vantage-runner",
            "vantage-exec",
            "vantage-golem",
        ],
    ),
    ("node/golem", "vantage-golem", &[]),
    ("bootstrap", "vantage-bootstrap", &["vantage-protocol", "vantage-net"]),
    (
        "testnet",
        "vantage-testnet",
        &["vantage-protocol", "vantage-api", "vantage-report", "vantage-golem-bed", "vantage-launch"],
    ),
    ("testnet/golem", "vantage-golem-bed", &[]),
    ("testnet/launch", "vantage-launch", &[]),
    ("tests", "vantage-tests", &["vantage-protocol", "vantage-testnet"]),
];

/// Packages whose tests may use what the testnet simulates or starts: of a node's crates its libraries know protocol and node/api at most.
const TESTED_AGAINST_TESTNET: [&str; 4] = ["vantage-daemon", "vantage-exec", "vantage-golem", "vantage-node"];
/// The testnet's libraries.
const TESTNET: [&str; 2] = ["vantage-testnet", "vantage-golem-bed"];

fn manifest(path: &str) -> Table {
    sources::file(path).text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn dependencies_point_one_way() {
    let root = manifest("Cargo.toml");
    let members = root["workspace"]["members"].as_array().expect("members");
    let members: BTreeSet<&str> = members.iter().filter_map(Value::as_str).collect();
    let planned: BTreeSet<&str> = PLAN.iter().map(|(folder, ..)| *folder).collect();
    assert_eq!(members, planned, "the workspace and the floor plan name the same members");
    let found: Vec<String> = PLAN
        .iter()
        .flat_map(|(folder, package, allowed)| {
            breaches(&manifest(&format!("{folder}/Cargo.toml")), package, allowed)
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn breaches(manifest: &Table, package: &str, allowed: &[&str]) -> Vec<String> {
    let mut breaches = Vec::new();
    if manifest["package"]["name"].as_str() != Some(package) {
        breaches.push(format!("the package is to be called {package}, not {}", manifest["package"]["name"]));
    }
    let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
    if lints != Some(true) {
        breaches.push(format!("{package} must say [lints] workspace = true"));
    }
    let is_allowed = |name: &str, kind: &str| {
        let for_tests = kind == "dev-dependencies" && TESTED_AGAINST_TESTNET.contains(&package);
        allowed.contains(&name) || (for_tests && TESTNET.contains(&name))
    };
    let known = dependencies(manifest);
    let ours = known.iter().filter(|(name, _)| name.starts_with("vantage"));
    let forbidden = ours.filter(|(name, kind)| !is_allowed(name, kind));
    breaches.extend(forbidden.map(|(name, kind)| format!("{package} may not name {name} in {kind}")));
    breaches
}

/// All dependencies, of any target: real name and kind (normal, build, dev).
fn dependencies(manifest: &Table) -> BTreeSet<(String, &str)> {
    let mut names = BTreeSet::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        match key.as_str() {
            "dependencies" | "dev-dependencies" | "build-dependencies" => {
                names.extend(table.iter().map(|entry| (real_name(entry), key.as_str())));
            }
            "target" => names.extend(table.values().filter_map(Value::as_table).flat_map(dependencies)),
            _ => {}
        }
    }
    names
}

/// The package behind a dependency: its `package` key, or the folder its path ends in, or its own name.
fn real_name((name, value): (&String, &Value)) -> String {
    let renamed = value.get("package").and_then(Value::as_str);
    let by_path = value.get("path").and_then(Value::as_str).map(|path| format!("vantage at {path}"));
    let own = name.starts_with("vantage").then(|| name.clone());
    renamed.map(str::to_owned).or(own).or(by_path).unwrap_or_else(|| name.clone())
}

/// A breach is found in whatever kind of dependency it hides.
#[test]
fn planted_arrows_are_found() {
    let check = |tail: &str| {
        let text = format!("[package]\nname = \"vantage-net\"\n[lints]\nworkspace = true\n{tail}");
        breaches(&text.parse().expect("a manifest"), "vantage-net", &["vantage-protocol"]).len()
    };
    assert_eq!(check("[dependencies]\nvantage-protocol = { workspace = true }\nserde = \"1\""), 0);
    assert_eq!(check("[dependencies]\nvantage-node = { path = \"..\" }"), 1);
    assert_eq!(check("[dev-dependencies]\nvantage-testnet = { workspace = true }"), 1);
    assert_eq!(check("[build-dependencies]\nnode = { package = \"vantage-node\", path = \"..\" }"), 1);
    assert_eq!(check("[target.'cfg(unix)'.dependencies]\nvantage-node = { path = \"..\" }"), 1);
    assert_eq!(check("[dependencies]\nsneaky = { path = \"..\" }"), 1);
    let exec = |kind: &str| {
        let head = "[package]\nname = \"vantage-exec\"\n[lints]\nworkspace = true\n";
        let text = format!("{head}[{kind}]\nvantage-testnet = {{ workspace = true }}");
        breaches(&text.parse().expect("a manifest"), "vantage-exec", &[]).len()
    };
    assert_eq!((exec("dependencies"), exec("dev-dependencies")), (1, 0));
    let text = "[package]\nname = \"other\"\n";
    assert_eq!(breaches(&text.parse().expect("a manifest"), "vantage-net", &[]).len(), 2, "name and lints");
}
