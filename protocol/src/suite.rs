//! A suite: the prompts of a job and how they are to be put.

use crate::params::{NAME_BYTES_MAX, PROMPT_BYTES_MAX, PROMPTS_MAX};
use crate::wire::{self, Wire, WireError, rule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A set of prompts, content-addressed. People write it as TOML.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Format version, 1.
    pub v: u32,
    /// Name for people.
    pub name: String,
    /// What the suite is and is not, e.g. "an illustration, not a study".
    pub label: String,
    /// Longest answer, tokens.
    pub tokens_max: u32,
    /// Sampling temperature in thousandths; none: no temperature is sent, and the API's own default holds, which is all that
    /// some models take. An open model draws its tokens at this temperature, and takes the likeliest where it is 0 or none.
    pub temperature_milli: Option<u32>,
    /// Seed for vendors that take one.
    pub seed: Option<u32>,
    /// The prompts, in the author's order.
    pub prompts: Vec<Prompt>,
}

/// One prompt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Unique within the suite.
    pub id: String,
    /// What it is about, for grouping.
    pub topic: String,
    /// What it is there for.
    pub kind: PromptKind,
    /// The user message, put as it stands.
    pub text: String,
}

/// What a prompt is there for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptKind {
    /// Asks the model who it is.
    Identity,
    /// Has one right answer.
    Fact,
    /// Should be answered alike everywhere.
    Control,
    /// Views differ.
    Contested,
    /// Anything else.
    Open,
}

impl PromptKind {
    /// The word used on the wire and in tables.
    pub fn word(self) -> &'static str {
        match self {
            PromptKind::Identity => "identity",
            PromptKind::Fact => "fact",
            PromptKind::Control => "control",
            PromptKind::Contested => "contested",
            PromptKind::Open => "open",
        }
    }
}

impl Suite {
    /// The temperature at which open models draw their tokens, thousandths; none where they take the likeliest.
    pub fn drawn_at_milli(&self) -> Option<u32> {
        self.temperature_milli.filter(|milli| *milli > 0)
    }

    /// Reads the TOML form that people write. Unknown keys are refused.
    pub fn from_toml(text: &str) -> Result<Self, WireError> {
        let suite: Self = wire::read_toml(text, 1)?;
        suite.check().map_err(|why| WireError::Rule { name: Self::NAME, why })?;
        Ok(suite)
    }
}

impl Wire for Suite {
    const NAME: &'static str = "suite";
    const BYTES_MAX: usize = crate::params::BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)?;
        rule::text("name", &self.name, NAME_BYTES_MAX)?;
        rule::text("label", &self.label, 256)?;
        rule::within("tokens_max", self.tokens_max.into(), 1, 4096)?;
        rule::within("temperature_milli", self.temperature_milli.unwrap_or(0).into(), 0, 2000)?;
        rule::some("prompts", self.prompts.len(), PROMPTS_MAX)?;
        let mut seen = BTreeSet::new();
        for prompt in &self.prompts {
            rule::name("prompts.id", &prompt.id)?;
            rule::name("prompts.topic", &prompt.topic)?;
            if prompt.text.is_empty() || prompt.text.len() > PROMPT_BYTES_MAX {
                return Err(format!("prompt {}: text of 1 to {PROMPT_BYTES_MAX} bytes is needed", prompt.id));
            }
            if !seen.insert(&prompt.id) {
                return Err(format!("prompt {}: stands twice", prompt.id));
            }
        }
        Ok(())
    }
}
