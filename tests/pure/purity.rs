//! The core never does I/O, reads no clock and takes no chance: STYLE "Purity claimed but not checked".
//!
//! Two sides: what `vantage-protocol` is built with, and what its sources mention.

mod closure;
mod rules;

use crate::sources;

#[test]
fn the_core_mentions_nothing_impure() {
    let (sources, orphans) = sources::core();
    assert!(orphans.is_empty(), "no module declares these files, so nothing checks them: {orphans:?}");
    let found: Vec<String> = sources
        .iter()
        .flat_map(|source| {
            let violations = rules::violations(&source.text).unwrap_or_else(|error| vec![(0, error)]);
            violations.into_iter().map(|(line, what)| format!("{}:{line}: {what}", source.path))
        })
        .collect();
    assert!(found.is_empty(), "the core must be pure:\n{}", found.join("\n"));
}

/// Planted violations: each is caught, and for the reason it should be.
#[test]
fn the_checker_catches_what_it_must() {
    let planted = [
        ("fn f() { std::fs::read(\"x\"); }", "std::fs"),
        ("use std::{fmt, fs};", "std::fs"),
        ("use std::{io::{self, Read}};", "std::io"),
        ("use std::io::*;", "std::io"),
        ("use std::net::TcpStream;", "std::net"),
        ("fn f() { ::std::thread::spawn(|| {}); }", "std::thread"),
        ("use std::time::{Duration, Instant};", "Instant"),
        ("use std::time; fn f() { time::SystemTime::now(); }", "std::time"),
        ("use std::time::*;", "std::time"),
        ("use std as s;", "std as a whole"),
        ("use std::*;", "std as a whole"),
        ("fn f() { std::process::exit(1) }", "std::process"),
        ("fn f() { let _ = std::env::args(); }", "std::env"),
        ("fn f() { let _ = env!(\"HOME\"); }", "env!"),
        ("use std::io::stdin;", "stdin"),
        ("fn f() { let _ = std::io::stdout(); }", "stdout"),
        ("struct S { m: std::collections::HashMap<u8, u8> }", "HashMap"),
        ("use std::collections::HashSet as Set;", "HashSet"),
        ("use std::collections::{BTreeMap, hash_map::Entry};", "hash_map"),
        ("type H = std::hash::RandomState;", "RandomState"),
        ("fn f() { println!(\"{}\", 1); }", "println!"),
        ("fn f() { let v = vec![std::fs::read(\"x\")]; }", "std::fs"),
        ("macro_rules! m { () => { std::thread::yield_now() } }", "std::thread"),
        ("fn f() { assert!(HashMap::new().is_empty()); }", "HashMap"),
        ("#[cfg(any(test, unix))] mod m { use std::fs; }", "std::fs"),
        ("mod inner { mod deeper { fn f() { std::fs::read(\"x\"); } } }", "std::fs"),
        ("async fn f() {}", "async"),
        ("fn f() { g().await; }", "await"),
        ("fn f() { let n = rand::random(); }", "rand"),
        ("fn f() { getrandom::fill(&mut [0]); }", "getrandom"),
        ("fn f() { for i in 0..std::process::id() {} }", "std::process"),
        ("thread_local! { static X: u8 = 0; }", "thread_local!"),
    ];
    for (text, reason) in planted {
        let found = rules::violations(text).expect(text);
        assert!(
            found.iter().any(|(_, what)| what.contains(reason)),
            "{text}\nfound {found:?}, wanted {reason}"
        );
    }
    let line = rules::violations("fn f() {}\n\nfn g() { std::fs::read(\"x\"); }").expect("it parses");
    assert_eq!(line.first().map(|(line, _)| *line), Some(3));
    assert!(rules::violations("fn f( {").is_err(), "what does not parse is not pure");
}

/// What only looks like a violation is let through.
#[test]
fn the_checker_lets_the_innocent_pass() {
    let innocent = [
        "// std::fs::read\nfn f() {}",
        "/// Never `std::time::Instant::now()`.\nfn f() {}",
        "fn f() -> &'static str { \"std::fs HashMap println!\" }",
        "#[cfg(test)] mod tests { use std::collections::HashMap; fn f() { println!(\"x\"); } }",
        "#[cfg(test)] use std::fs;",
        "impl S { #[cfg(test)] fn f() { std::fs::read(\"x\"); } }",
        "use std::time::Duration; use std::collections::{BTreeMap, BTreeSet}; use std::hash::Hash;",
        "use std::io::{Read, Write};",
        "fn f(s: S) { s.process(); s.net; let env = 1; let fs = env; }",
        "fn f(net: Net) -> bool { net != process }",
        "mod net { pub mod fs {} } use crate::net::fs; use self::process::env;",
    ];
    for text in innocent {
        assert_eq!(rules::violations(text), Ok(Vec::new()), "{text}");
    }
}
