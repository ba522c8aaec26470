//! The runner as a program of its own: `serve` for a parent process, `answer` and `probe` in a task image, `speed` for a
//! person.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use vantage_runner::{Message, ModelStore, Runner};

const USAGE: &str = "usage: vantage-runner serve
           answer a parent process on standard input and output, one JSON object a line
       vantage-runner answer QUESTION
           put one question, JSON, to a model of the directory `models` beside this program; print one line
       vantage-runner probe LANDMARKS
           measure round trips to landmarks, a JSON list of name and url; print one line
       vantage-runner speed STORE [MODEL]
           print how fast a pulled model answers (default: smollm2-135m)";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args.as_slice() {
        ["serve"] => {
            vantage_runner::serve(std::io::stdin(), &mut std::io::stdout().lock()).map_err(Into::into)
        }
        ["answer", question] => answer(question),
        ["probe", landmarks] => {
            vantage_runner::probe(landmarks, &mut std::io::stdout().lock()).map_err(Into::into)
        }
        ["speed", store] => speed(Path::new(store), "smollm2-135m"),
        ["speed", store, model] => speed(Path::new(store), model),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vantage-runner: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The store stands beside the program, so that an image works wherever it is unpacked.
fn answer(question: &str) -> Result<(), Box<dyn std::error::Error>> {
    let program = std::env::current_exe()?;
    let store = program.with_file_name("models");
    Ok(vantage_runner::answer(&program, &store, question, &mut std::io::stdout().lock())?)
}

/// Measures with a short and a long prompt, in a process like the node's.
fn speed(store: &Path, model: &str) -> Result<(), Box<dyn std::error::Error>> {
    let pulled = ModelStore::new(store).open(model)?;
    let started = Instant::now();
    let mut runner = Runner::start(&std::env::current_exe()?, &["serve"], &pulled)?;
    let facts = runner.facts();
    println!("{} {}, {} ({}), {}", facts.engine, facts.version, facts.model, facts.quantisation, facts.cpu);
    println!("loaded in {} ms", started.elapsed().as_millis());
    let long = "The sea is wide and the land is far. ".repeat(40);
    for (label, prompt) in [("short", "Write a poem about the sea."), ("long", long.as_str())] {
        let answer = runner.generate(&[Message::user(prompt)], 128, None, &|| false)?;
        let per_second = |tokens: u32, us: u64| f64::from(tokens) * 1e6 / us.max(1) as f64;
        println!(
            "{label} prompt: {} tokens at {:.0}/s; answer: {} tokens at {:.1}/s",
            answer.prompt_tokens,
            per_second(answer.prompt_tokens, answer.prompt_us),
            answer.output_tokens,
            per_second(answer.output_tokens.saturating_sub(1), answer.output_us),
        );
    }
    if let Some(memory) = runner.pid().and_then(memory) {
        println!("memory of the process: {memory}");
    }
    Ok(())
}

/// Resident and peak memory, where the system tells.
fn memory(pid: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    Some(format!("{} resident, {} at most", field("VmRSS:")?, field("VmHWM:")?))
}
