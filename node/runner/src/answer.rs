//! One answer in one process: what a task image runs, and how its output is read.

use crate::chat::{Message, Role};
use crate::engine::{GenerateError, Generation};
use crate::facts::EngineFacts;
use crate::hash::Seed;
use crate::runner::Runner;
use crate::sampler::Sampling;
use crate::store::ModelStore;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;

/// What is asked: the body of a request to an open model, and where tokens are to be drawn the seed of the cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// The conversation.
    pub messages: Vec<Message>,
    /// Name of the model.
    pub model: String,
    /// Where tokens are drawn instead of taking the likeliest: the seed of this cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// Where tokens are drawn instead of taking the likeliest: the temperature in thousandths, above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_milli: Option<u32>,
}

/// What came of it: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// The model answered.
    Answered {
        /// What produced the answer.
        facts: Box<EngineFacts>,
        /// The answer.
        generation: Generation,
    },
    /// The model gave no answer.
    Refused(GenerateError),
}

/// Why there is no answer of either kind.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The question cannot be read.
    #[error("the question cannot be read: {0}")]
    Question(serde_json::Error),
    /// The model cannot be had.
    #[error("{0}")]
    Model(String),
    /// The answer cannot be written.
    #[error("the answer cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Puts one question, JSON as [`Question`] has it, to a model of a store, and writes one line. `program` is started with
/// `serve` as its argument, in a clean environment.
pub fn answer(
    program: &Path,
    store: &Path,
    question: &str,
    output: &mut dyn Write,
) -> Result<(), AnswerError> {
    let question: Question = serde_json::from_str(question).map_err(AnswerError::Question)?;
    let unavailable = |error: &dyn std::error::Error| AnswerError::Model(error.to_string());
    let pulled = ModelStore::new(store).open(&question.model).map_err(|error| unavailable(&error))?;
    let mut runner = Runner::start(program, &["serve"], &pulled).map_err(|error| unavailable(&error))?;
    let asked = question.sampling();
    let answered = asked
        .and_then(|sampling| runner.generate(&question.messages, question.max_tokens, sampling, &|| false));
    let answer = match answered {
        Ok(generation) => Answer::Answered { facts: Box::new(runner.facts().clone()), generation },
        Err(error) => Answer::Refused(error),
    };
    let mut line = serde_json::to_vec(&answer).map_err(io::Error::from)?;
    line.push(b'\n');
    output.write_all(&line)?;
    Ok(output.flush()?)
}

impl Answer {
    /// Reads what [`answer()`] wrote: one line and nothing else.
    pub fn read(output: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(output)
    }
}

impl Question {
    /// A question of one message by a user.
    pub fn of_user(model: &str, text: &str, max_tokens: u32) -> Self {
        let messages = vec![Message::new(Role::User, text)];
        Self { max_tokens, messages, model: model.to_owned(), seed: None, temperature_milli: None }
    }

    /// How tokens are drawn; none where the likeliest are taken. A seed without a temperature, or the other way round, is
    /// a bad request.
    pub fn sampling(&self) -> Result<Option<Sampling>, GenerateError> {
        match (self.temperature_milli, self.seed) {
            (None, None) => Ok(None),
            (Some(temperature_milli), Some(seed)) if temperature_milli > 0 => {
                Ok(Some(Sampling { temperature_milli, seed }))
            }
            _ => Err(GenerateError::BadRequest {
                reason: "drawing tokens takes a seed and a temperature above 0".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_question_is_refused() {
        let mut output = Vec::new();
        for bad in ["", "{}", r#"{"max_tokens":1,"messages":[],"model":"a","seed":1}"#] {
            let result = answer(Path::new("/none"), Path::new("/none"), bad, &mut output);
            assert!(matches!(result, Err(AnswerError::Question(_))), "{bad}");
        }
        let question = serde_json::to_string(&Question::of_user("none", "Hi", 4)).unwrap();
        assert!(matches!(
            answer(Path::new("/none"), Path::new("/none"), &question, &mut output),
            Err(AnswerError::Model(_))
        ));
        assert!(output.is_empty());
    }

    #[test]
    fn a_question_draws_with_seed_and_temperature_alone() {
        let asked = |more: &str| {
            let text = format!(r#"{{"max_tokens":1,"messages":[],"model":"a"{more}}}"#);
            serde_json::from_str::<Question>(&text).unwrap().sampling()
        };
        assert_eq!(asked(""), Ok(None));
        let seed = "07".repeat(32);
        let whole = asked(&format!(r#","seed":"{seed}","temperature_milli":700"#)).unwrap();
        assert_eq!(whole, Some(Sampling { temperature_milli: 700, seed: Seed::from_bytes([7; 32]) }));
        for half in [format!(r#","seed":"{seed}""#), r#","temperature_milli":700"#.to_owned()] {
            assert!(matches!(asked(&half), Err(GenerateError::BadRequest { .. })), "{half}");
        }
        assert!(asked(&format!(r#","seed":"{seed}","temperature_milli":0"#)).is_err());
    }

    #[test]
    fn only_one_line_of_its_own_is_an_answer() {
        let line = serde_json::to_vec(&Answer::Refused(GenerateError::Stopped { output_tokens: 0 })).unwrap();
        assert!(Answer::read(&line).is_ok());
        assert!(Answer::read(&[line.as_slice(), b"\n"].concat()).is_ok());
        for bad in [&b""[..], b"hi", b"{\"answered\":{}}", &[line.as_slice(), b"{}"].concat()] {
            assert!(Answer::read(bad).is_err());
        }
    }
}
