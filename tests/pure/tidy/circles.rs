//! Modules of a crate know each other one way.

use crate::sources::{self, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Crates whose modules form no circle.
const CRATES: [&str; 4] = ["protocol/src", "node/daemon/src", "node/api/src", "node/golem/src"];

/// Which modules of a crate each of them names, tests left out.
type Named = BTreeMap<String, BTreeSet<String>>;

fn named(folder: &str, files: &[Source]) -> Named {
    let mut named = Named::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.path.contains("test")) {
        let path = file.path.trim_start_matches(folder).trim_start_matches('/');
        let module = path.split('/').next().unwrap_or(path).trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        let others = named.entry(module).or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            others.extend(in_line(line));
        }
    }
    named
}

/// The modules that a line names: `crate::a::B`, `use crate::{a, b::C};`.
fn in_line(line: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for rest in line.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => found.extend(list.split(',').map(|item| name(item.trim()))),
            None => found.push(name(rest)),
        }
    }
    found
}

/// A module that can be reached from itself, with one that it names on the way.
fn circle(named: &Named) -> Option<(String, String)> {
    let reaches = |from: &str, to: &str| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(module) = next.pop() {
            if module == to {
                return true;
            }
            if seen.insert(module.clone()) {
                next.extend(named.get(&module).into_iter().flatten().cloned());
            }
        }
        false
    };
    let mut edges = named.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    edges
        .find(|(from, to)| from != to && named.contains_key(*to) && reaches(to, from))
        .map(|(from, to)| (from.clone(), to.clone()))
}

#[test]
fn modules_form_no_circle() {
    for folder in CRATES {
        let named = named(folder, &sources::under(folder));
        assert!(named.len() > 5, "{folder}: {named:?}");
        if let Some((from, to)) = circle(&named) {
            panic!("{folder}: {from} names {to}, and {to} leads back to it");
        }
    }
}

#[test]
fn planted_circles_are_found() {
    let file = |path: &str, text: &str| Source { path: format!("x/src/{path}"), text: text.to_owned() };
    let mut files = vec![
        file("a.rs", "use crate::{b::B, d};"),
        file("b.rs", "//! see crate::a\nfn f() { crate::c::g() }\n#[cfg(test)]\nuse crate::a;"),
        file("c.rs", "use std::io;"),
    ];
    assert_eq!(circle(&named("x/src", &files)), None);
    files.push(file("c/deep/er.rs", "use crate::a::A;"));
    assert!(circle(&named("x/src", &files)).is_some());
}
