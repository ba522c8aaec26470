//! Commands that ask a node, where none runs; and what is wrong before one is asked.

use super::{text, vantage};
use std::fs;

const SUITE: &str = r#"
v = 1
name = "two"
label = "a test"
tokens_max = 8
temperature_milli = 0
[[prompts]]
id = "a"
topic = "t"
kind = "fact"
text = "What is one and one?"
"#;

#[test]
fn no_node_is_said_with_the_path_of_its_socket() {
    let dir = tempfile::tempdir().unwrap();
    let data = text(dir.path());
    let suite = dir.path().join("suite.toml");
    fs::write(&suite, SUITE).unwrap();
    let socket = dir.path().join("control.sock");
    let (suite, car) = (text(&suite), dir.path().join("x.car"));
    for command in [
        vec!["status"],
        vec!["job", "list"],
        vec!["job", "show", "ab"],
        vec!["job", "watch", "ab"],
        vec!["job", "submit", suite, "--regions", "eu", "--target", "sim:openai"],
        vec!["bundle", "export", "ab", "--out", text(&car)],
    ] {
        let arguments: Vec<&str> = command.iter().copied().chain(["--data", data]).collect();
        let refused = vantage(&arguments);
        refused.refused(1, &["no node answers", text(&socket), "vantage run --data"]);
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let object = vantage(&arguments).json();
        assert!(object["error"]["where"].as_str().unwrap().contains("control.sock"), "{object}");
    }
    assert!(!car.exists(), "nothing is left behind");
}

#[test]
fn an_order_is_checked_before_a_node_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("suite.toml");
    let submit = |suite: &str, more: &[&str]| {
        fs::write(&file, suite).unwrap();
        let base = ["job", "submit", file.to_str().unwrap(), "--data", "/nonexistent"];
        let arguments: Vec<&str> = base.iter().chain(more).copied().collect();
        vantage(&arguments)
    };
    let plain = ["--regions", "eu,us", "--target", "sim:openai"];
    submit("v = 1", &plain).refused(2, &["the suite is not valid", "suite.toml"]);
    submit(&SUITE.replace("kind = \"fact\"", "kind = \"joke\""), &plain).refused(2, &["joke", "suite.toml"]);
    submit(&SUITE.replace("id = \"a\"", "id = \"A\""), &plain).refused(2, &["prompts.id", "lower-case"]);
    let twice = SUITE.to_owned()
        + SUITE.split_once("[[prompts]]").map(|(_, p)| "[[prompts]]".to_owned() + p).unwrap().as_str();
    submit(&twice, &plain).refused(2, &["prompt a: stands twice"]);
    submit(SUITE, &["--regions", "eu,eu", "--target", "sim:openai"]).refused(2, &["region eu stands twice"]);
    submit(SUITE, &["--regions", "eu", "--target", "sim:openai", "--target", "sim:openai=2"])
        .refused(2, &["stands twice", "NAME=REPEATS"]);
    let plan = dir.path().join("study.toml");
    fs::write(&plan, "v = 1\nname = \"x\"\nalpha_ppm = 0\ncontrasts = []\n").unwrap();
    submit(SUITE, &[&plain[..], &["--plan", plan.to_str().unwrap()]].concat())
        .refused(2, &["the study plan is not valid", "alpha_ppm", "study.toml"]);
    submit(SUITE, &["--regions", "eu", "--target", "sim:openai=1000"]).refused(2, &["1000 cells", "512"]);
    submit(SUITE, &plain).refused(1, &["no node answers", "/nonexistent/control.sock"]);
}

#[test]
fn models_are_listed_and_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let models = vantage(&["model", "pull", "no-such-model", "--data", text(dir.path())]);
    models.refused(2, &["no-such-model", "smollm2-135m", "--from"]);
    let listed = vantage(&["model", "list", "--data", text(dir.path()), "--json"]).json();
    assert_eq!(listed["models"][0]["name"], "smollm2-135m");
    let absent =
        vantage(&["model", "pull", "mine", "--data", text(dir.path()), "--from", "/nonexistent.gguf"]);
    absent.refused(1, &["/nonexistent.gguf", "check the path"]);
}

#[test]
fn help_and_completions_are_printed() {
    let help = vantage(&["verify", "--help"]);
    assert_eq!(help.code, 0);
    for words in ["Examples:", "Exit codes:", "SEALED", "INVALID"] {
        assert!(help.out.contains(words), "{words}");
    }
    assert_eq!(vantage(&["verify"]).code, 2);
    assert_eq!(vantage(&["fly"]).code, 2);
    assert!(vantage(&["completions", "bash"]).out.contains("vantage"));
}
