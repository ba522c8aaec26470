//! The mechanical rules of the house: a line here instead of a remark in a review.
//!
//! A line that has a reason to break a rule says so: `// tidy: <reason>`, on it or above it.

mod circles;
mod floor_plan;
mod pages;

use crate::sources::{self, Source};
use crate::tokens::{Mention, What, functions, mentions};

/// A file longer than this holds more than one noun.
const FILE_LINES_MAX: usize = 500;
/// From here on a file is listed, as a warning.
const FILE_LINES_WARN: usize = 400;
/// A function longer than this is more than one thought.
const FUNCTION_LINES_MAX: usize = 70;
/// Names that say nothing.
const EMPTY_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "stuff"];

fn rust() -> Vec<Source> {
    let sources: Vec<Source> = sources::under("").into_iter().filter(Source::is_rust).collect();
    assert!(sources.len() > 20, "the walk finds the sources");
    sources
}

/// Mentions in `source` that break a rule, where no reason is given.
fn broken(source: &Source, tests: bool, rule: fn(&What) -> Option<String>) -> Vec<String> {
    let mentions = match mentions(&source.text, tests) {
        Ok(mentions) => mentions,
        Err(error) => return vec![format!("{}: does not parse: {error}", source.path)],
    };
    let excused = |mention: &Mention| source.is_excused(mention.line);
    let broken = mentions.iter().filter(|mention| !excused(mention));
    broken.filter_map(|m| Some(format!("{}:{}: {}", source.path, m.line, rule(&m.what)?))).collect()
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}\n{}", found.join("\n"));
}

#[test]
fn files_hold_one_noun() {
    let lengths: Vec<(usize, String)> =
        rust().into_iter().map(|s| (s.text.lines().count(), s.path)).collect();
    for (lines, path) in
        lengths.iter().filter(|(lines, _)| (FILE_LINES_WARN + 1..=FILE_LINES_MAX).contains(lines))
    {
        eprintln!("warning: {path} has {lines} lines; {FILE_LINES_WARN} is plenty");
    }
    let long: Vec<String> = lengths
        .iter()
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .map(|(lines, path)| format!("{path} has {lines} lines"))
        .collect();
    assert_none(&long, "files of at most 500 lines: split by noun, move tests to a sibling file");
}

#[test]
fn functions_read_as_one_thought() {
    let long = |source: &Source| {
        let functions = functions(&source.text).unwrap_or_default();
        let too_long =
            |first: usize, last: usize| last - first + 1 > FUNCTION_LINES_MAX && !source.is_excused(first);
        let long = functions.into_iter().filter(|&(_, first, last)| too_long(first, last));
        long.map(|(name, first, last)| {
            format!("{}:{first}: {name} has {} lines", source.path, last - first + 1)
        })
        .collect::<Vec<_>>()
    };
    let found: Vec<String> = rust().iter().flat_map(long).collect();
    assert_none(&found, "functions of at most 70 lines: name the steps");
}

#[test]
fn names_say_something() {
    let empty = |source: &Source| {
        let mut parts = source.path.trim_end_matches(".rs").split('/');
        parts.any(|part| EMPTY_NAMES.contains(&part)).then(|| source.path.clone())
    };
    let found: Vec<String> = rust().iter().filter_map(empty).collect();
    assert_none(&found, "name a file by the field's noun");
}

#[test]
fn modules_are_laid_out_one_way() {
    let old = |source: &Source| source.path.ends_with("/mod.rs").then(|| source.path.clone());
    let found: Vec<String> = rust().iter().filter_map(old).collect();
    assert_none(&found, "a module with parts is X.rs beside the folder X");
}

#[test]
fn nothing_is_left_undone() {
    let found: Vec<String> = rust().iter().flat_map(|source| broken(source, true, undone)).collect();
    assert_none(&found, "no stubs, no ignored tests, no debug prints");
}

fn undone(what: &What) -> Option<String> {
    match what {
        What::Macro(name) if ["todo", "unimplemented", "dbg"].contains(&name.as_str()) => {
            Some(format!("{name}!"))
        }
        What::Attribute(name) if name == "ignore" => Some("an ignored test".to_owned()),
        _ => None,
    }
}

#[test]
fn the_core_never_panics_on_purpose() {
    let (core, _) = sources::core();
    let found: Vec<String> = core.iter().flat_map(|source| broken(source, false, panics)).collect();
    assert_none(&found, "the core reads what strangers send: return an error, or say why it cannot happen");
}

fn panics(what: &What) -> Option<String> {
    match what {
        What::Member(name) if ["unwrap", "expect", "unwrap_err", "expect_err"].contains(&name.as_str()) => {
            Some(format!(".{name}()"))
        }
        What::Macro(name) if ["panic", "unreachable"].contains(&name.as_str()) => Some(format!("{name}!")),
        _ => None,
    }
}

/// The rules can be broken, and a reason excuses.
#[test]
fn planted_breaches_are_found() {
    let source = |text: &str| Source { path: "planted.rs".to_owned(), text: text.to_owned() };
    let undone_in = |text: &str| broken(&source(text), true, undone).len();
    assert_eq!(undone_in("fn f() { todo!() }"), 1);
    assert_eq!(undone_in("fn f() { if x { unimplemented!(\"later\") } }"), 1);
    assert_eq!(undone_in("fn f() { let x = vec![dbg!(1)]; }"), 1);
    assert_eq!(undone_in("#[test]\n#[ignore = \"slow\"]\nfn f() {}"), 1);
    assert_eq!(undone_in("#[cfg(test)] mod t { #[test] #[ignore] fn f() {} }"), 1);
    assert_eq!(undone_in("/// todo!()\nfn f() { g(\"todo!() #[ignore]\") } // dbg!(1)"), 0);
    assert_eq!(undone_in("fn f( {"), 1, "what does not parse is reported");

    let panics_in = |text: &str| broken(&source(text), false, panics).len();
    assert_eq!(panics_in("fn f() { g().unwrap(); }"), 1);
    assert_eq!(panics_in("fn f() { g()\n.expect(\"x\"); }"), 1);
    assert_eq!(panics_in("fn f() { v.iter().map(Option::unwrap); }"), 1);
    assert_eq!(panics_in("fn f() { m!(g().unwrap()) }"), 1);
    assert_eq!(panics_in("fn f() { unreachable!() }"), 1);
    assert_eq!(panics_in("fn f() { g().unwrap_or(1); h().unwrap_or_default(); }"), 0);
    assert_eq!(panics_in("fn f() {\n    g().unwrap(); // tidy: g is a constant\n}"), 0);
    assert_eq!(panics_in("fn f() {\n    // tidy: g is a constant\n    g().unwrap();\n}"), 0);
    assert_eq!(panics_in("fn f() {\n    g().unwrap(); // tidy:\n}"), 1, "an excuse has a reason");
    assert_eq!(panics_in("#[cfg(test)]\nmod tests { fn f() { g().unwrap(); } }"), 0);
}
