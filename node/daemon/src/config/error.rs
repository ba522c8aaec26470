//! What is wrong in a configuration: which file, which line or key, what, and what to do.

use super::suggest;
use crate::text_file::without_value;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Longest message of the decoder that is shown: an unknown name may be as long as the file. A guess.
const MESSAGE_CHARS_MAX: usize = 600;

/// One thing wrong in the configuration or in a file that it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// Line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// Key, such as `net.listen`, where it is known.
    pub key: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl ConfigError {
    /// Something is wrong with the value of a key.
    pub(super) fn key(file: &Path, key: &str, what: impl ToString, help: impl ToString) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            key: Some(key.to_owned()),
            what: what.to_string(),
            help: help.to_string(),
        }
    }

    /// The file could not be read.
    pub(super) fn unreadable(file: &Path, error: &io::Error, help: &str) -> Self {
        let what = format!("cannot be read: {error}");
        Self { file: file.to_owned(), line: None, key: None, what, help: help.to_owned() }
    }

    /// The file is not TOML, or not of the expected shape.
    pub(super) fn shape(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count());
        let message: String = without_value(error.message()).chars().take(MESSAGE_CHARS_MAX).collect();
        let help = suggest::for_unknown_field(&message).unwrap_or_else(|| {
            "correct the line; the configuration that `vantage init` writes explains all keys".to_owned()
        });
        Self { file: file.to_owned(), line, key: None, what: message, help }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ", {key}")?;
        }
        write!(f, ": {}; {}", self.what, self.help)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_kind_and_its_names() {
        for (message, kept) in [
            (
                "invalid type: integer `1234567890`, expected a string",
                "invalid type: integer, expected a string",
            ),
            ("invalid type: string \"sk-a, expected b\", expected u64", "invalid type: string, expected u64"),
            (
                "invalid type: floating point `inf`, expected u64",
                "invalid type: floating point, expected u64",
            ),
            ("invalid value: integer `-5`, expected u64", "invalid value: integer, expected u64"),
            ("unknown variant `hunter2`, expected `a` or `b`", "unknown variant, expected `a` or `b`"),
            (
                "unknown field `lisen`, expected one of `listen`, `external`",
                "unknown field `lisen`, expected one of `listen`, `external`",
            ),
            ("unknown field `sk-a1B2c3D4e5F6`, expected `a`", "unknown field `…`, expected `a`"),
            ("unknown field `a1B2c3D4e5F6`, there are no fields", "unknown field `…`, there are no fields"),
            ("missing field `genesis`", "missing field `genesis`"),
            ("duplicate key", "duplicate key"),
        ] {
            assert_eq!(without_value(message), kept);
        }
    }
}
