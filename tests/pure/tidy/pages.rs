//! Pages say what they must, and nothing names somebody's machine.

use crate::sources::{self, Source};

#[test]
fn the_readme_shows_the_two_commands() {
    let readme = sources::file("README.md").text;
    let commands: Vec<&str> = readme.lines().map(str::trim).collect();
    for command in ["cargo demo", "cargo test"] {
        let shown = commands.iter().any(|line| line.trim_start_matches("$ ").starts_with(command));
        assert!(shown, "README.md shows `{command}` at the start of a line");
    }
}

#[test]
fn every_decision_is_on_the_map() {
    let decisions = sources::under("docs/decisions");
    assert!(!decisions.is_empty(), "decisions that differ from the plan are written down");
    let map = sources::file("docs/ARCHITECTURE.md").text;
    let missing: Vec<&str> =
        decisions.iter().map(|page| page.path.as_str()).filter(|path| !is_linked(&map, path)).collect();
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md links to each decision; missing: {missing:?}");
}

/// Whether the page in `docs/` has a Markdown link to this file.
fn is_linked(map: &str, path: &str) -> bool {
    let relative = path.trim_start_matches("docs/");
    [format!("]({relative})"), format!("]({relative}#"), format!("](./{relative})")]
        .iter()
        .any(|link| map.contains(link))
}

#[test]
fn every_test_that_the_threats_rest_on_exists() {
    let page = sources::file("docs/THREATS.md").text;
    let named = test_names(&page);
    assert!(named.len() > 30, "threats are answered by tests: {named:?}");
    let rust = sources::under("").into_iter().filter(Source::is_rust);
    let all: String = rust.map(|source| source.text).collect();
    let missing: Vec<_> = named.iter().filter(|name| !all.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "docs/THREATS.md names tests that are not there: {missing:?}");
}

/// Words in backticks that read like a test's name: several words joined by underscores.
fn test_names(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter(|word| word.matches('_').count() >= 3 && !word.contains(' ')).collect()
}

#[test]
fn no_path_of_a_machine() {
    let found: Vec<String> = sources::under("").iter().flat_map(machine_paths).collect();
    assert!(found.is_empty(), "paths of one machine mean nothing on another:\n{}", found.join("\n"));
}

fn machine_paths(source: &Source) -> Vec<String> {
    // written apart so that this file does not name them itself
    let folders = ["work", "root", "home", "Users"].map(|folder| format!("/{folder}/"));
    let starts_path = |line: &str, at: usize| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-/})".contains(c))
    };
    let named = |line: &str| {
        folders.iter().any(|folder| line.match_indices(folder.as_str()).any(|(at, _)| starts_path(line, at)))
    };
    let lines =
        source.text.lines().enumerate().filter(|(index, line)| named(line) && !source.is_excused(index + 1));
    lines.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim())).collect()
}

#[test]
fn planted_pages_are_found() {
    let paths = |text: String| machine_paths(&Source { path: "page.md".to_owned(), text }).len();
    assert_eq!(paths(["see /", "root/x"].concat()), 1);
    assert_eq!(paths(["path = \"/", "home/me/x\""].concat()), 1);
    assert_eq!(paths(["`/", "work/main`\nfine\n(/", "Users/me)"].concat()), 2);
    assert_eq!(paths("/tmp/x ./work/x node/work/x https://example.org/home/page".to_owned()), 0);

    let map = "see [sled](decisions/0001-redb.md) and [codec](decisions/0002-codec.md#why), not decisions/0003-x.md";
    assert!(is_linked(map, "docs/decisions/0001-redb.md"));
    assert!(is_linked(map, "docs/decisions/0002-codec.md"));
    assert!(!is_linked(map, "docs/decisions/0003-x.md"));

    assert_eq!(test_names("`a_b_c_d` and `a_b`, `node.redb`, `a_b_c_d e`"), ["a_b_c_d"]);
}
