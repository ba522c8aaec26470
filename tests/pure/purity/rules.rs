//! What a pure crate must not mention.

use crate::tokens::{Mention, What, mentions};

/// Modules of `std` that reach outside the program.
const OUTSIDE: [&str; 9] = ["fs", "net", "thread", "process", "env", "os", "random", "backtrace", "panic"];

/// Modules of `std` with some pure items: these may be named one by one, never the module or all of it.
const MIXED: [&str; 4] = ["io", "time", "collections", "hash"];

/// Names that mean a clock, chance, an order that differs between runs, or somebody else's runtime, under any path.
const NAMES: [(&str, &str); 21] = [
    ("Instant", "reads a clock: take the time as an argument"),
    ("SystemTime", "reads a clock: take the time as an argument"),
    ("UNIX_EPOCH", "belongs to a clock: take the time as an argument"),
    ("HashMap", "iterates in a different order in each run: use BTreeMap"),
    ("HashSet", "iterates in a different order in each run: use BTreeSet"),
    ("hash_map", "iterates in a different order in each run: use BTreeMap"),
    ("hash_set", "iterates in a different order in each run: use BTreeSet"),
    ("RandomState", "is seeded by chance"),
    ("DefaultHasher", "is no stable hash"),
    ("stdin", "is I/O"),
    ("stdout", "is I/O"),
    ("stderr", "is I/O"),
    ("OsRng", "is chance: take random bytes as an argument"),
    ("SysRng", "is chance: take random bytes as an argument"),
    ("getrandom", "is chance: take random bytes as an argument"),
    ("rand", "is chance: take random bytes as an argument"),
    ("tokio", "is a runtime: the shell's business"),
    ("futures", "is a runtime: the shell's business"),
    ("libp2p", "is the network: the shell's business"),
    ("async", "the core has no runtime: the shell awaits"),
    ("await", "the core has no runtime: the shell awaits"),
];

/// Macros that print, read the environment or keep state by thread.
const MACROS: [&str; 9] =
    ["print", "println", "eprint", "eprintln", "dbg", "thread_local", "env", "option_env", "include"];

/// Violations in one file, items under `#[cfg(test)]` left out: line and what is wrong. Errors when it does not parse.
pub fn violations(text: &str) -> Result<Vec<(usize, String)>, String> {
    let mentions = mentions(text, false).map_err(|error| format!("does not parse: {error}"))?;
    Ok(mentions.iter().filter_map(|mention| Some((mention.line, violation(mention)?))).collect())
}

fn violation(mention: &Mention) -> Option<String> {
    match &mention.what {
        What::Macro(name) if MACROS.contains(&name.as_str()) => Some(format!("{name}! reaches outside")),
        What::Member(name) if name == "await" => forbidden_name(std::slice::from_ref(name)),
        What::Path(segments) => of_std(segments).or_else(|| forbidden_name(segments)),
        _ => None,
    }
}

fn of_std(segments: &[String]) -> Option<String> {
    let segments: Vec<&str> =
        segments.iter().map(String::as_str).filter(|&segment| segment != "self").collect();
    let path = segments.join("::");
    match segments.as_slice() {
        ["std"] | ["std", "*"] => Some("std as a whole hides what is used of it: name the items".to_owned()),
        ["std", module, ..] if OUTSIDE.contains(module) => {
            Some(format!("{path} reaches outside the program"))
        }
        ["std", module] | ["std", module, "*"] if MIXED.contains(module) => {
            Some(format!("{path} hides what is used of it: name the items"))
        }
        _ => None,
    }
}

fn forbidden_name(segments: &[String]) -> Option<String> {
    let (name, why) = NAMES.iter().find(|(name, _)| segments.iter().any(|segment| segment == name))?;
    Some(format!("{name} {why}"))
}
