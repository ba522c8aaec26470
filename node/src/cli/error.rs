//! Errors as people read them: what was wrong, where, and what to do.

use super::exit::Exit;
use std::fmt;
use std::path::Path;
use vantage_api::output::{Failed, Failure};
use vantage_protocol::compare::{escape_line, escape_terminal};

/// Longest line of an error, and most lines of one. Guesses: more than any has that quotes nothing.
const LINE_CHARS_MAX: usize = 1500;
const LINES_MAX: usize = 100;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub struct CliError {
    exit: Exit,
    what: String,
    place: Option<String>,
    advice: Option<String>,
}

impl CliError {
    /// Something failed here or elsewhere: exit code 1.
    pub fn failed(what: impl fmt::Display) -> Self {
        Self { exit: Exit::Failed, what: bounded(&what.to_string()), place: None, advice: None }
    }

    /// The command line or a file is not what the command reads: exit code 2.
    pub fn usage(what: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, ..Self::failed(what) }
    }

    /// Evidence that is not what it should be: exit code 5.
    pub fn invalid(what: impl fmt::Display) -> Self {
        Self { exit: Exit::Invalid, ..Self::failed(what) }
    }

    /// The disk is full: exit code 6.
    pub fn full(what: impl fmt::Display) -> Self {
        Self { exit: Exit::Full, ..Self::failed(what) }
    }

    /// A file that could not be read or written: exit code 1.
    pub fn file(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        let advice = match error.kind() {
            std::io::ErrorKind::NotFound if verb == "read" => "check the path",
            std::io::ErrorKind::NotFound => "make the directory first, or choose another path",
            std::io::ErrorKind::PermissionDenied => "run as the file's owner, or choose another path",
            std::io::ErrorKind::AlreadyExists => {
                "nothing is overwritten: choose another path, or remove the file"
            }
            std::io::ErrorKind::StorageFull => "free some space, or choose another path",
            _ => "check the path and its file system",
        };
        Self::failed(format!("cannot {verb} the file: {error}")).at(path.display()).advise(advice)
    }

    /// Where it went wrong: a file, an address, an argument.
    pub fn at(self, place: impl fmt::Display) -> Self {
        Self { place: Some(place.to_string()), ..self }
    }

    /// What the reader can do about it.
    pub fn advise(self, advice: impl fmt::Display) -> Self {
        Self { advice: Some(advice.to_string()), ..self }
    }

    /// What was wrong, without where and what to do.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The same for programs.
    pub(super) fn to_object(&self) -> Failed {
        let (what, place, advice) = (self.what.clone(), self.place.clone(), self.advice.clone());
        Failed { error: Failure { what, place, advice, exit: self.exit.code() } }
    }
}

/// A text that quotes a file may be as long as the file: its lines are cut, and so are many lines.
fn bounded(text: &str) -> String {
    let lines = text.lines().take(LINES_MAX + 1).enumerate().map(|(at, line)| {
        match line.char_indices().nth(LINE_CHARS_MAX) {
            _ if at == LINES_MAX => "…".to_owned(),
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", escape_terminal(self.what.trim_end()))?;
        if let Some(place) = &self.place {
            write!(f, "\n  where: {}", escape_line(place))?;
        }
        if let Some(advice) = &self.advice {
            write!(f, "\n  what to do: {}", escape_terminal(advice))?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {}

/// What every command returns.
pub type CliResult<T> = Result<T, CliError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_where_and_what_to_do_and_escapes_all_three() {
        let error = CliError::usage("bad \u{1b}[31mname").at("a\nb.toml").advise("rename\u{7} it");
        let text = error.to_string();
        assert_eq!(text, "error: bad \\u{1b}[31mname\n  where: a\\u{a}b.toml\n  what to do: rename\\u{7} it");
        assert_eq!(error.exit().code(), 2);
        let long =
            CliError::failed(format!("{}\n{}", "x".repeat(1 << 20), "y\n".repeat(1 << 20))).to_string();
        assert!(long.len() < 3000, "{}", long.len());
        assert_eq!(error.to_object().error.exit, 2);
    }
}
