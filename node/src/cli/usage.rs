//! A command line that is not understood: told to people by the parser's own text, and to programs as any other error.

use super::error::CliError;
use super::render::Out;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::io::Write as _;
use vantage_protocol::compare::{escape_line, escape_terminal};

/// What asks for objects instead of text.
const JSON: &str = "--json";
/// Behind it nothing is an option.
const END_OF_OPTIONS: &str = "--";

/// Prints what is wrong with the arguments, or the help that was asked for. It quotes them, and they may hold what steers
/// a terminal.
pub(super) fn tell(error: &clap::Error) {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let quoted = arguments.iter().map(|arg| arg.to_string_lossy().into_owned());
    // nobody listening is no error
    let _ = match quoted.into_iter().all(|arg| escape_line(&arg) == arg) {
        true => error.print(),
        false => std::io::stderr().write_all(escape_terminal(&error.render().to_string()).as_bytes()),
    };
    if error.use_stderr() && wants_json(&arguments) {
        Out::stdout(true).object(&refusal(error).to_object());
    }
}

/// Whether whoever wrote the arguments waits for an object: `--json`, or a report in that format. The parser has given up,
/// so they are looked at as they stand.
fn wants_json(arguments: &[OsString]) -> bool {
    let options = arguments.iter().take_while(|arg| *arg != END_OF_OPTIONS);
    let options: Vec<_> = options.map(|arg| arg.to_string_lossy()).collect();
    let is_json = |arg: &str| arg == JSON || arg.starts_with("--json=") || arg == "--format=json";
    options.iter().any(|arg| is_json(arg))
        || options
            .windows(2)
            .any(|pair| matches!(pair, [name, value] if name == "--format" && value == "json"))
}

/// The parser's error as what, where and what to do.
fn refusal(error: &clap::Error) -> CliError {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(joined).filter(|part| !part.is_empty());
    let what = match error.kind() {
        // the text is the whole help
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command or an argument is missing".to_owned()
        }
        _ => paragraphs.next().unwrap_or_default(),
    };
    let what = what.strip_prefix("error: ").unwrap_or(&what).to_owned();
    let help: Vec<String> = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Vec::new(),
        _ => paragraphs.collect(),
    };
    let help = match help.is_empty() {
        true => "see `vantage help`, or the command with --help".to_owned(),
        false => help.join(". "),
    };
    CliError::usage(what).at("the command line").advise(help)
}

/// A paragraph on one line.
fn joined(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn an_object_is_asked_for_before_the_options_end() {
        let of = |words: &str| words.split(' ').map(OsString::from).collect::<Vec<_>>();
        for words in [
            "status --json --wrong",
            "--json",
            "status --json=yes",
            "report x --format json --wrong",
            "report x --format=json --wrong",
        ] {
            assert!(wants_json(&of(words)), "{words}");
        }
        for words in ["status", "verify -- --json", "report x --format md --wrong", "report json --format"] {
            assert!(!wants_json(&of(words)), "{words}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_told_as_what_and_what_to_do() {
        for (words, said) in [
            ("vantage status --jsn --json", "--jsn"),
            ("vantage nonsense --json", "nonsense"),
            ("vantage job submit --json", "required"),
            ("vantage log --count x --json", "invalid value 'x'"),
            ("vantage job --json", "--json"),
            ("vantage genesis", "missing"),
        ] {
            let error = Cli::command().try_get_matches_from(words.split(' ')).unwrap_err();
            let object = refusal(&error).to_object().error;
            let (what, help) = (object.what.as_str(), object.advice.as_deref().unwrap());
            assert!(
                what.contains(said) && !what.contains('\n') && !what.starts_with("error"),
                "{words}: {object:?}"
            );
            assert!(!help.is_empty() && object.exit == 2, "{words}: {object:?}");
        }
    }
}
