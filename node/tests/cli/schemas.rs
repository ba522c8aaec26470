//! The shape of every `--json`: `docs/openapi.json` names for each command what it prints, and every such output of any
//! test here is held against it. A field that is not described there fails, and so does a command without a shape.

mod validator;

use clap::CommandFactory as _;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use vantage_node::cli::Cli;

/// The description of the node's interface, as it is committed.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
});

/// What every command prints where it fails.
const FAILED: &str = "#/components/schemas/Failed";

/// What of an object does not fit any shape that a command prints, in words; nothing if one fits.
fn faults(command: &str, value: &Value) -> Vec<String> {
    let shapes = match value.get("error") {
        Some(_) => vec![serde_json::json!({ "$ref": FAILED })],
        None => DOCUMENT["x-commands"][command]
            .as_array()
            .unwrap_or_else(|| panic!("{command}: docs/openapi.json does not say what it prints"))
            .clone(),
    };
    let mut found = Vec::new();
    for shape in &shapes {
        let faults = validator::faults(&DOCUMENT, shape, value, "");
        if faults.is_empty() {
            return faults;
        }
        found.extend(faults);
    }
    found
}

/// What of an object is not that of a failure.
pub fn faults_of_failure(value: &Value) -> Vec<String> {
    validator::faults(&DOCUMENT, &serde_json::json!({ "$ref": FAILED }), value, "")
}

/// The command's words, if it was run with `--json`.
fn command_of(arguments: &[&str]) -> Option<String> {
    if !arguments.contains(&"--json") {
        return None;
    }
    let words = ["vantage"].iter().chain(arguments);
    let matches = Cli::command().try_get_matches_from(words).ok()?;
    let mut names = Vec::new();
    let mut here = &matches;
    while let Some((name, inner)) = here.subcommand() {
        names.push(name);
        here = inner;
    }
    Some(names.join(" "))
}

/// Holds everything that a command printed against its shapes. Says which commands that were.
#[track_caller]
pub fn hold(arguments: &[&str], out: &str) -> BTreeSet<String> {
    let mut held = BTreeSet::new();
    let Some(command) = command_of(arguments) else { return held };
    for line in out.lines() {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {line}"));
        let faults = faults(&command, &value);
        assert!(
            faults.is_empty(),
            "{arguments:?} does not print what docs/openapi.json says:\n{faults:#?}\n{line}"
        );
        if value.get("error").is_none() {
            held.insert(command.clone());
        }
    }
    held
}

/// Every command that has `--json`, by its words.
pub fn commands() -> BTreeSet<String> {
    let mut open: Vec<(String, clap::Command)> =
        Cli::command().get_subcommands().map(|sub| (sub.get_name().to_owned(), sub.clone())).collect();
    let mut named = BTreeSet::new();
    while let Some((name, command)) = open.pop() {
        let inner = command.get_subcommands();
        open.extend(inner.map(|sub| (format!("{name} {}", sub.get_name()), sub.clone())));
        if command.get_arguments().any(|argument| argument.get_long() == Some("json")) {
            named.insert(name);
        }
    }
    named
}

#[test]
fn every_command_has_a_shape_and_every_shape_its_command() {
    let described: BTreeSet<String> = DOCUMENT["x-commands"].as_object().unwrap().keys().cloned().collect();
    let there = commands();
    let missing: Vec<_> = there.difference(&described).collect();
    let left: Vec<_> = described.difference(&there).collect();
    assert!(
        missing.is_empty() && left.is_empty(),
        "without a shape: {missing:?}; without a command: {left:?}"
    );
}

#[test]
fn every_shape_is_closed() {
    let open = open_objects(&DOCUMENT["components"]["schemas"], "");
    assert!(open.is_empty(), "objects that take any field: {open:?}");
}

/// Objects with named fields that would take others too.
fn open_objects(value: &Value, at: &str) -> Vec<String> {
    let inner = |(key, value): (String, &Value)| open_objects(value, &format!("{at}/{key}"));
    match value {
        Value::Object(map) => {
            let open = map.contains_key("properties")
                && map.get("additionalProperties") != Some(&Value::Bool(false));
            let found = open.then(|| at.to_owned());
            found.into_iter().chain(map.iter().map(|(k, v)| (k.clone(), v)).flat_map(inner)).collect()
        }
        Value::Array(list) => {
            list.iter().enumerate().map(|(i, v)| (i.to_string(), v)).flat_map(inner).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_field_that_no_shape_names_is_a_fault() {
    let good = serde_json::json!({ "stopping": true });
    assert_eq!(faults("stop", &good), Vec::<String>::new());
    for bad in [r#"{"stopping":true,"x":1}"#, r#"{"stopping":1}"#, "{}", "[]"] {
        assert!(!faults("stop", &serde_json::from_str(bad).unwrap()).is_empty(), "{bad}");
    }
    let inner = serde_json::json!({ "error": { "what": "w", "where": null, "do": null, "exit": 1, "x": 1 } });
    assert!(!faults("stop", &inner).is_empty());
    assert_eq!(command_of(&["job", "list", "--json"]).as_deref(), Some("job list"));
    assert_eq!(
        command_of(&["proof", "check", "f", "--policy", "p", "--genesis", "g", "--json"]).as_deref(),
        Some("proof check")
    );
    assert_eq!(command_of(&["job", "list"]), None);
}
