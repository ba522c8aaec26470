//! Names of targets, or how they begin.

use std::str::FromStr;
use vantage_protocol::params::TARGET_BYTES_MAX;

/// `openai/gpt-4.1-mini`, or `openai/*` for all that begin so: spelled as the target is, capitals included.
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
        // what stands before the first slash is ours to spell: a capital there is a typing error, and would match nothing
        let (ours, theirs) = name.split_once('/').unwrap_or((name, ""));
        let in_ours = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.:".contains(&b);
        let in_theirs = |b: u8| b.is_ascii_graphic() && b != b'*';
        let is_long = name.len() > TARGET_BYTES_MAX || text.is_empty();
        if is_long || !ours.bytes().all(in_ours) || !theirs.bytes().all(in_theirs) {
            let shown: String = text.chars().take(80).collect();
            return Err(format!(
                "{shown:?} is neither a target nor the beginning of some, such as \"openai/*\""
            ));
        }
        Ok(pattern)
    }
}
