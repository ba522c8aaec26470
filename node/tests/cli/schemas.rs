//! The shape of every `--json`: a JSON Schema a command in `docs/schema`, against which each such output of any test
//! here is held. A field that no schema names fails, and so does a command without a schema.

mod validator;

use clap::CommandFactory as _;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use vantage_node::cli::Cli;

/// Parts of others, and what every command prints where it fails.
const SHARED: [&str; 6] = ["error", "golem", "model", "rented", "statement", "vendor"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema")
}

/// All schemas by name.
static DOCUMENTS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        (name, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
    };
    files.map(read).collect()
});

/// What does not fit, in words; nothing if all fits.
pub fn faults(name: &str, value: &Value) -> Vec<String> {
    let schema = DOCUMENTS
        .get(name)
        .unwrap_or_else(|| panic!("no docs/schema/{name}.json: describe what the command prints"));
    validator::faults(&DOCUMENTS, schema, value, "")
}

/// The command's name as its schema is called, if it was run with `--json`.
pub fn command_of(arguments: &[&str]) -> Option<String> {
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
    Some(names.join("-"))
}

/// Holds everything that a command printed against its schema. Says which schemas that were.
#[track_caller]
pub fn hold(arguments: &[&str], out: &str) -> BTreeSet<String> {
    let mut held = BTreeSet::new();
    let Some(command) = command_of(arguments) else { return held };
    for line in out.lines() {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {line}"));
        let name = match &command[..] {
            _ if value.get("error").is_some() => "error",
            // what follows the order is the job, as `job watch` prints it
            "job-submit" if value.get("slots").is_some() => "job-watch",
            command => command,
        };
        let faults = faults(name, &value);
        assert!(
            faults.is_empty(),
            "{arguments:?} does not print what docs/schema/{name}.json says:\n{faults:#?}\n{line}"
        );
        held.insert(name.to_owned());
    }
    held
}

/// Every command that has `--json`, as its schema is called.
pub fn commands() -> BTreeSet<String> {
    let mut open: Vec<(String, clap::Command)> =
        Cli::command().get_subcommands().map(|sub| (sub.get_name().to_owned(), sub.clone())).collect();
    let mut named = BTreeSet::new();
    while let Some((name, command)) = open.pop() {
        let inner = command.get_subcommands();
        open.extend(inner.map(|sub| (format!("{name}-{}", sub.get_name()), sub.clone())));
        if command.get_arguments().any(|argument| argument.get_long() == Some("json")) {
            named.insert(name);
        }
    }
    named
}

#[test]
fn every_command_has_a_schema_and_every_schema_its_command() {
    let files: BTreeSet<String> = DOCUMENTS.keys().cloned().collect();
    let shared: BTreeSet<String> = SHARED.map(str::to_owned).into();
    let wanted: BTreeSet<String> = commands().union(&shared).cloned().collect();
    let missing: Vec<_> = wanted.difference(&files).collect();
    let left: Vec<_> = files.difference(&wanted).collect();
    assert!(
        missing.is_empty() && left.is_empty(),
        "without a schema: {missing:?}; without a command: {left:?}"
    );
}

#[test]
fn every_schema_is_named_and_closed() {
    for (name, document) in DOCUMENTS.iter() {
        assert_eq!(document["$id"], format!("{}{name}", validator::URN));
        assert_eq!(document["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(document["title"].is_string(), "{name}");
        // the statement's own object is closed by those that hold one
        if name != "statement" {
            let open = open_objects(document, name);
            assert!(open.is_empty(), "objects that take any field: {open:?}");
        }
    }
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
fn a_field_that_no_schema_names_is_a_fault() {
    let good = serde_json::json!({ "stopping": true });
    assert_eq!(faults("stop", &good), Vec::<String>::new());
    for bad in [r#"{"stopping":true,"x":1}"#, r#"{"stopping":false}"#, "{}", "[]"] {
        assert!(!faults("stop", &serde_json::from_str(bad).unwrap()).is_empty(), "{bad}");
    }
    let inner = serde_json::json!({ "error": { "what": "w", "where": null, "do": null, "exit": 1, "x": 1 } });
    assert!(!faults("error", &inner).is_empty());
    assert_eq!(command_of(&["job", "list", "--json"]).as_deref(), Some("job-list"));
    assert_eq!(
        command_of(&["proof", "check", "f", "--policy", "p", "--genesis", "g", "--json"]).as_deref(),
        Some("proof-check")
    );
    assert_eq!(command_of(&["job", "list"]), None);
}
