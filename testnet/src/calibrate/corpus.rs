//! Answers, many to each prompt.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

/// Longest line, bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// One line of a file. What else stands there is not looked at.
#[derive(Deserialize)]
struct Line {
    target: String,
    prompt: String,
    answer: String,
    #[serde(default)]
    temperature: Option<f64>,
}

/// A target at a temperature: in thousandths, where it is known.
pub(super) type Model = (String, Option<i64>);

/// Answers by model and prompt.
pub(super) struct Corpus {
    answers: BTreeMap<Model, BTreeMap<String, Vec<String>>>,
}

impl Corpus {
    /// Reads files of one JSON object a line.
    pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut answers: BTreeMap<Model, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for path in paths {
            let file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
            for (number, line) in (1..).zip(BufReader::new(file).lines()) {
                let place = || format!("{}, line {number}", path.display());
                let line = line.with_context(place)?;
                if line.trim().is_empty() {
                    continue;
                }
                if line.len() > LINE_BYTES_MAX {
                    bail!("{}: {} bytes, at most {LINE_BYTES_MAX} are read", place(), line.len());
                }
                let Line { target, prompt, answer, temperature } =
                    serde_json::from_str(&line).with_context(place)?;
                let milli = temperature.map(|degrees| (degrees * 1000.0).round() as i64);
                answers.entry((target, milli)).or_default().entry(prompt).or_default().push(answer);
            }
        }
        if answers.is_empty() {
            bail!("there is no answer in it");
        }
        Ok(Self { answers })
    }

    /// All models.
    pub(super) fn models(&self) -> Vec<&Model> {
        self.answers.keys().collect()
    }

    /// Prompts of a model with so many answers at least.
    pub(super) fn prompts(&self, model: &Model, answers: usize) -> Vec<&str> {
        let prompts = self.answers.get(model).into_iter().flatten();
        prompts.filter(|(_, given)| given.len() >= answers).map(|(prompt, _)| prompt.as_str()).collect()
    }

    /// The answers of a model to a prompt.
    pub(super) fn of(&self, model: &Model, prompt: &str) -> &[String] {
        self.answers.get(model).and_then(|prompts| prompts.get(prompt)).map_or(&[], Vec::as_slice)
    }

    /// A model that answered all of these prompts as often, and is another; or the same one at another temperature.
    pub(super) fn other(
        &self,
        model: &Model,
        prompts: &[&str],
        answers: usize,
        warmer: bool,
    ) -> Option<&Model> {
        self.answers.keys().find(|other| {
            let differs = if warmer { other.0 == model.0 && other.1 != model.1 } else { other.0 != model.0 };
            differs && prompts.iter().all(|prompt| self.of(other, prompt).len() >= answers)
        })
    }
}
