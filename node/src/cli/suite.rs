//! `vantage suite`: check a suite, and work out what a job over it will take.

mod plan;

use super::args::{SuiteCheckArgs, SuiteCommand};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::file;
use super::render::{Out, Paint};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use vantage_api::output::SuiteChecked;
use vantage_protocol::cid::Cid;
use vantage_protocol::suite::{PromptKind, Suite};
use vantage_protocol::wire::{self, Wire};

/// Carries the command out.
pub(super) fn suite(command: &SuiteCommand, out: &mut Out) -> CliResult<Exit> {
    match command {
        SuiteCommand::Check(args) => check(args, out),
        SuiteCommand::Plan(args) => plan::plan(args, out),
    }
}

/// Reads and checks a suite.
pub(super) fn read(path: &Path) -> CliResult<Suite> {
    let text = file::read_text(path, Suite::BYTES_MAX as u64)?;
    Suite::from_toml(&text).map_err(|error| {
        CliError::usage(format!("the suite is not valid: {error}"))
            .at(path.display())
            .advise("correct the line or the field that is named")
    })
}

fn check(args: &SuiteCheckArgs, out: &mut Out) -> CliResult<Exit> {
    let suite = read(&args.suite)?;
    let block = wire::encode(&suite);
    let cid = Cid::dag_cbor(&block);
    let remarks = remarks(&suite);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    suite.prompts.iter().for_each(|prompt| *kinds.entry(prompt.kind.word()).or_default() += 1);
    let topics: BTreeSet<&str> = suite.prompts.iter().map(|prompt| prompt.topic.as_str()).collect();
    let prompt_bytes: usize = suite.prompts.iter().map(|prompt| prompt.text.len()).sum();
    if out.is_json() {
        out.object(&SuiteChecked {
            suite: cid,
            name: suite.name.clone(),
            label: suite.label.clone(),
            tokens_max: suite.tokens_max,
            temperature_milli: suite.temperature_milli,
            seed: suite.seed,
            prompts: suite.prompts.len(),
            prompt_bytes,
            kinds: kinds.into_iter().map(|(kind, n)| (kind.to_owned(), n)).collect(),
            topics: topics.into_iter().map(str::to_owned).collect(),
            remarks,
        });
        return Ok(Exit::Done);
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    out.pairs(&[
        ("suite", cid.to_string()),
        ("name", suite.name.clone()),
        ("label", suite.label.clone()),
        ("prompts", format!("{} in {} topics: {}", suite.prompts.len(), topics.len(), kinds.join(", "))),
        ("asked with", sampling(&suite)),
        ("size", format!("{prompt_bytes} bytes of prompts, a block of {} bytes", block.len())),
    ]);
    remarks.iter().for_each(|remark| out.painted(Paint::Warn, "remark: ", remark));
    out.line("the suite is valid");
    Ok(Exit::Done)
}

/// How a suite's prompts are put, for people.
pub(super) fn sampling(suite: &Suite) -> String {
    let temperature = suite.temperature_milli.map_or("no temperature".to_owned(), |milli| {
        format!("temperature {}.{:03}", milli / 1000, milli % 1000)
    });
    let seed = suite.seed.map_or("no seed".to_owned(), |seed| format!("seed {seed}"));
    format!("{temperature}, {seed}, at most {} tokens", suite.tokens_max)
}

/// What its author may want to think about again: no rule is broken.
fn remarks(suite: &Suite) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for prompt in &suite.prompts {
        if let Some(first) = seen.insert(prompt.text.trim(), &prompt.id) {
            remarks.push(format!(
                "prompts {first} and {} have one and the same text: repeats belong in --target NAME=REPEATS",
                prompt.id
            ));
        }
        if prompt.text.trim() != prompt.text {
            remarks.push(format!(
                "prompt {} begins or ends with blanks, which are put as they stand",
                prompt.id
            ));
        }
    }
    if !suite.prompts.iter().any(|prompt| prompt.kind == PromptKind::Control) {
        remarks.push(
            "there is no prompt of kind control: what should be answered alike everywhere shows that the \
             measurement itself works"
                .to_owned(),
        );
    }
    let varies = match suite.temperature_milli {
        Some(0) => return remarks,
        Some(_) => "temperature is above 0",
        None => "no temperature is sent, so that each API samples by its own default",
    };
    remarks.push(format!("{varies}: ask for repeats, or noise will pass for a difference"));
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_odd_is_remarked_and_what_is_fine_is_not() {
        let prompt = |id: &str, kind: &str, text: &str| {
            format!("[[prompts]]\nid = \"{id}\"\ntopic = \"t\"\nkind = \"{kind}\"\ntext = \"{text}\"\n")
        };
        let head = |temperature: &str| {
            format!("v = 1\nname = \"n\"\nlabel = \"l\"\ntokens_max = 9\n{temperature}\n")
        };
        let fine = head("temperature_milli = 0")
            + &prompt("a", "control", "Count to three.")
            + &prompt("b", "fact", "Why?");
        assert_eq!(remarks(&Suite::from_toml(&fine).unwrap()), Vec::<String>::new());
        let odd =
            head("temperature_milli = 700") + &prompt("a", "fact", "Why? ") + &prompt("b", "fact", "Why?");
        let said = remarks(&Suite::from_toml(&odd).unwrap()).join("\n");
        for words in ["a and b have one", "a begins or ends", "no prompt of kind control", "above 0"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let open = Suite::from_toml(&(head("") + &prompt("a", "control", "Why?"))).unwrap();
        assert_eq!(open.temperature_milli, None);
        assert!(remarks(&open).join("\n").contains("no temperature is sent"), "{:?}", remarks(&open));
        assert_eq!(sampling(&open), "no temperature, no seed, at most 9 tokens");
        let seeded = Suite::from_toml(&fine.replace("tokens_max", "seed = 7\ntokens_max")).unwrap();
        assert_eq!(sampling(&seeded), "temperature 0.000, seed 7, at most 9 tokens");
    }
}
