//! The files of this repository, as they stand in the working tree.

use crate::tokens::modules;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold nothing of ours.
const SKIPPED: [&str; 3] = ["target", ".git", "node_modules"];
/// Larger files are data, not text to be held to a style: a guess, ten times our largest page.
const BYTES_MAX: u64 = 1 << 20;

/// The pure core.
const CORE: &str = "protocol/src";

/// A text file.
#[derive(Debug)]
pub struct Source {
    /// Path from the repository's root, with `/`.
    pub path: String,
    /// Contents.
    pub text: String,
}

impl Source {
    /// Whether this is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether line `line` (from 1), or the line above it, says `// tidy: <reason>`.
    pub fn is_excused(&self, line: usize) -> bool {
        let reason = |text: &str| text.split_once("// tidy: ").is_some_and(|(_, why)| why.trim().len() > 3);
        let lines = [line.saturating_sub(2), line.saturating_sub(1)];
        lines.iter().filter_map(|&index| self.text.lines().nth(index)).any(reason)
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_owned()
}

/// Every text file under `folder` (from the root; "" for all), sorted by path.
pub fn under(folder: &str) -> Vec<Source> {
    let root = root();
    let mut sources = Vec::new();
    collect(&root, &root.join(folder), &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// One file, by its path from the root.
pub fn file(path: &str) -> Source {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Source { path: path.to_owned(), text }
}

/// Files of the core compiled outside tests, found by following `mod` from `lib.rs`; and files that no `mod` leads to.
pub fn core() -> (Vec<Source>, BTreeSet<String>) {
    let mut all: BTreeMap<String, Source> =
        under(CORE).into_iter().filter(Source::is_rust).map(|source| (source.path.clone(), source)).collect();
    let mut compiled = Vec::new();
    let mut next = vec![(format!("{CORE}/lib.rs"), false)];
    while let Some((path, in_tests)) = next.pop() {
        let source = all.remove(&path).unwrap_or_else(|| panic!("{path} is declared twice, or missing"));
        let declared = modules(&source.text).unwrap_or_else(|error| panic!("{path}: {error}"));
        for (module, for_tests) in declared {
            let folder = path.trim_end_matches(".rs").trim_end_matches("/lib");
            let file = format!("{folder}/{module}.rs");
            assert!(all.contains_key(&file), "{path} declares {module}: no such file");
            next.push((file, in_tests || for_tests));
        }
        if !in_tests {
            compiled.push(source);
        }
    }
    (compiled, all.into_keys().collect())
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a readable directory");
        let path = entry.path();
        let kind = entry.file_type().expect("a file type");
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            collect(root, &path, sources);
        } else if kind.is_file() && entry.metadata().is_ok_and(|m| m.len() <= BYTES_MAX) {
            // what is not UTF-8, or gone since the listing, is not text
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let relative = path.strip_prefix(root).expect("found under the root");
            sources.push(Source { path: relative.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
