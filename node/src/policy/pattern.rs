//! Names of targets, or how they begin.

use std::str::FromStr;
use vantage_protocol::params::NAME_BYTES_MAX;

/// `openai/gpt-4.1-mini`, or `openai/*` for all that begin so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// This one.
    Name(String),
    /// All that begin so.
    Beginning(String),
}

impl Pattern {
    /// Whether a target is meant.
    pub fn matches(&self, target: &str) -> bool {
        match self {
            Self::Name(name) => name == target,
            Self::Beginning(beginning) => target.starts_with(beginning),
        }
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, pattern) = match text.strip_suffix('*') {
            Some(beginning) => (beginning, Self::Beginning(beginning.to_owned())),
            None => (text, Self::Name(text.to_owned())),
        };
        let in_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.:/".contains(&b);
        let is_long = name.len() > NAME_BYTES_MAX || text.is_empty();
        if is_long || !name.bytes().all(in_name) {
            let shown: String = text.chars().take(NAME_BYTES_MAX).collect();
            return Err(format!(
                "{shown:?} is neither a target nor the beginning of some, such as \"openai/*\""
            ));
        }
        Ok(pattern)
    }
}
