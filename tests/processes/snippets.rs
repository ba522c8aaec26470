//! What the pages show works: their shell snippets are run, page by page, in an empty directory, and print what the
//! pages say.
//!
//! A fenced block that begins with ```` ```sh run ```` is run; all of a page run in one shell, in order. A block
//! ```` ```text expect ```` after it lists lines: each must be found in what the block above printed.

use crate::turn;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use vantage_testnet::cluster::{Binaries, build};

/// Longest time for a page. Without load the longest takes some 15 s.
const PATIENCE: Duration = Duration::from_secs(180);
/// Stands before what a block prints.
const MARK: &str = "@@ block ";

/// One snippet of a page.
#[derive(Debug, PartialEq, Eq)]
struct Snippet {
    /// Line of the page.
    line: usize,
    script: String,
    expected: Vec<String>,
}

/// The snippets of a page, in order.
fn snippets(page: &str) -> Vec<Snippet> {
    let mut found: Vec<Snippet> = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let body: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        match info {
            "sh run" => {
                found.push(Snippet { line: number + 1, script: body.join("\n"), expected: Vec::new() });
            }
            "text expect" => {
                let last = found.last_mut().expect("an expectation stands below a snippet");
                last.expected.extend(body.iter().map(|line| line.trim().to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// All snippets as one script, which says where each begins, stops at the first that fails, and leaves nothing running.
fn script(snippets: &[Snippet]) -> String {
    let parts =
        snippets.iter().enumerate().map(|(n, snippet)| format!("echo '{MARK}{n}'\n{}\n", snippet.script));
    "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n".to_owned()
        + &parts.collect::<String>()
}

/// A directory with the programs under the names that the pages use.
fn programs(dir: &Path, binaries: &Binaries) -> PathBuf {
    let bin = dir.join("bin");
    fs::create_dir(&bin).unwrap();
    let built = binaries.node.parent().unwrap();
    for name in ["vantage", "vantage-bootstrap", "vantage-testnet"] {
        assert!(built.join(name).is_file(), "{name} is built");
        symlink(built.join(name), bin.join(name)).unwrap();
    }
    bin
}

/// Runs a page; what does not go as it says is told with the page's line.
fn run(name: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(name);
    let snippets = snippets(&fs::read_to_string(page).unwrap());
    assert!(!snippets.is_empty(), "{name} has snippets that are run");
    let dir = tempfile::tempdir().unwrap();
    let bin = programs(dir.path(), &build().unwrap());
    let place = dir.path().join("place");
    fs::create_dir(&place).unwrap();
    let printed = dir.path().join("printed");
    let sink = fs::File::create(&printed).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash")
        .args(["-c", &script(&snippets)])
        .current_dir(&place)
        .env_clear()
        .env("PATH", path)
        .env("HOME", &place)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(sink.try_clone().unwrap())
        .stderr(sink)
        .process_group(0)
        .spawn()
        .unwrap();
    let until = Instant::now() + PATIENCE;
    let ended = loop {
        match shell.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() > until => break None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    // what a snippet left running belongs to its group
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{}", shell.id())])
        .stderr(Stdio::null())
        .status();
    let _ = shell.wait();
    let printed = fs::read_to_string(&printed).unwrap();
    judge(name, &snippets, &printed);
    assert!(ended.is_some_and(|status| status.success()), "{name} ended with {ended:?}:\n{printed}");
}

/// Holds what was printed against what the page says.
fn judge(name: &str, snippets: &[Snippet], printed: &str) {
    let mut parts = printed.split(MARK);
    assert_eq!(parts.next(), Some(""), "{name}: nothing is printed before the first snippet:\n{printed}");
    let parts: Vec<&str> = parts.collect();
    for (n, snippet) in snippets.iter().enumerate() {
        let part = parts
            .get(n)
            .unwrap_or_else(|| panic!("{name}: the snippet before line {} failed:\n{printed}", snippet.line));
        let missing = missing(part, &snippet.expected);
        assert!(missing.is_empty(), "{name}, line {}: not printed: {missing:?}; but:\n{part}", snippet.line);
    }
}

/// Expected lines that are in none of those printed; blanks count as one.
fn missing<'a>(printed: &str, expected: &'a [String]) -> Vec<&'a String> {
    let single = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = printed.lines().map(single).collect();
    expected.iter().filter(|words| !lines.iter().any(|line| line.contains(&single(words)))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_show_what_works() {
    let _turn = turn().await;
    for page in ["README.md", "docs/OPERATING.md", "docs/TUTORIAL.md"] {
        tokio::task::spawn_blocking(move || run(page)).await.unwrap();
    }
}

#[test]
fn snippets_are_found_and_what_is_not_printed_is_missed() {
    let page = "a\n```sh run\necho hi\n```\nb\n```text expect\n hi\nho\n```\n```sh\nrm -r x\n```\n```sh run\ntrue\n```\n";
    let found = snippets(page);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].line, found[0].script.as_str(), found[1].script.as_str()), (2, "echo hi", "true"));
    assert_eq!(missing("say  hi there\n", &found[0].expected), [&"ho".to_owned()]);
    assert!(script(&found).contains("echo '@@ block 1'\ntrue\n"));
}
