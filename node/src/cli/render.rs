//! What reaches standard output: lines, tables and JSON, with everything from outside escaped.

use super::error::{CliError, CliResult};
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ContentArrangement, LineStyle};
use serde::Serialize;
use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use vantage_daemon::environment;
use vantage_protocol::compare::{escape_line, escape_terminal};

/// What a word means, as a colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Paint {
    /// No colour.
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// Aside.
    Dim,
}

impl Paint {
    fn color(self) -> Option<Color> {
        match self {
            Paint::Plain => None,
            Paint::Good => Some(Color::Green),
            Paint::Warn => Some(Color::Yellow),
            Paint::Bad => Some(Color::Red),
            Paint::Dim => Some(Color::DarkGrey),
        }
    }

    /// The escape sequence (SGR) that begins it.
    pub(super) fn sequence(self) -> &'static str {
        match self {
            Paint::Plain => "",
            Paint::Good => "\u{1b}[1;32m",
            Paint::Warn => "\u{1b}[1;33m",
            Paint::Bad => "\u{1b}[1;31m",
            Paint::Dim => "\u{1b}[2m",
        }
    }
}

/// Ends every colour.
pub(super) const PLAIN: &str = "\u{1b}[0m";

/// Standard output. A reader that closes its end early is no error: what follows is dropped.
pub(super) struct Out {
    sink: Box<dyn Write>,
    terminal: bool,
    colour: bool,
    json: bool,
    closed: bool,
    failed: Option<io::Error>,
}

impl Out {
    /// Standard output; `json` where a program reads it.
    pub(super) fn stdout(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let colourless = environment::is_colourless();
        let dumb = environment::set("TERM").is_some_and(|v| v == "dumb");
        let sink = Box::new(io::stdout());
        Self { sink, terminal, colour: terminal && !colourless && !dumb, json, closed: false, failed: None }
    }

    /// Whether a program reads it.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether lines may be drawn over.
    pub(super) fn is_terminal(&self) -> bool {
        self.terminal && !self.json
    }

    /// Whether colours may be used.
    pub(super) fn is_coloured(&self) -> bool {
        self.colour
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed || self.failed.is_some()
    }

    /// One line of text.
    pub(super) fn line(&mut self, text: impl fmt::Display) {
        self.put(&format!("{}\n", escape_line(&text.to_string())));
    }

    /// One line that begins with a painted word.
    pub(super) fn painted(&mut self, paint: Paint, word: impl fmt::Display, rest: impl fmt::Display) {
        let (word, rest) = (escape_line(&word.to_string()), escape_line(&rest.to_string()));
        if self.colour && paint != Paint::Plain {
            self.put(&format!("{}{word}{PLAIN}{rest}\n", paint.sequence()));
        } else {
            self.put(&format!("{word}{rest}\n"));
        }
    }

    /// A heading with an empty line before it.
    pub(super) fn heading(&mut self, text: &str) {
        self.put("\n");
        self.painted(if self.colour { Paint::Dim } else { Paint::Plain }, text, "");
    }

    /// Names and values, aligned.
    pub(super) fn pairs(&mut self, pairs: &[(&str, String)]) {
        let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in pairs {
            self.line(format!("{name:width$}  {value}").trim_end());
        }
    }

    /// A table.
    pub(super) fn table(&mut self, table: &Table) {
        let drawn = self.drawn(table);
        self.put(&drawn);
    }

    /// A table as it would be written here.
    pub(super) fn drawn(&self, table: &Table) -> String {
        table.draw(self.is_terminal(), self.colour)
    }

    /// One JSON object on a line of its own, which steers no terminal.
    pub(super) fn object(&mut self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.put(&format!("{}\n", harmless(&text))),
            Err(error) => self.failed = Some(error.into()),
        }
    }

    /// Text that is ours, sequences included.
    pub(super) fn put(&mut self, text: &str) {
        if self.is_closed() {
            return;
        }
        match self.sink.write_all(text.as_bytes()).and_then(|()| self.sink.flush()) {
            Ok(()) => (),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.closed = true,
            Err(error) => self.failed = Some(error),
        }
    }

    /// Whether all was written.
    pub(super) fn finish(self) -> CliResult<()> {
        match self.failed {
            None => Ok(()),
            Some(error) => Err(CliError::failed(format!("cannot write the output: {error}"))
                .at("standard output")
                .advise("check the disk or the program that reads it")),
        }
    }
}

/// The same JSON value, with characters that steer a terminal or turn the direction of text as `\uXXXX`: JSON leaves all but
/// the first 32 raw. Also where a program reads it, for what was piped to a file is shown on a terminal later, and a parser
/// finds the same text either way.
fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut bytes = [0; 4];
    let mut units = [0; 2];
    for c in json.chars() {
        let text: &str = c.encode_utf8(&mut bytes);
        // in JSON these stand in strings only, where the escape is allowed; one character alone is escaped for what it is
        let steers = c == '\u{7f}' || !c.is_ascii() && escape_line(text) != text;
        if !steers {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            out += &format!("\\u{unit:04x}");
        }
    }
    out
}

/// One line to standard error; nobody listening is no error.
pub(super) fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{}", escape_terminal(&text.to_string()));
}

/// One field of a table.
pub(super) struct Field {
    text: String,
    paint: Paint,
}

impl Field {
    /// A painted field.
    pub(super) fn painted(paint: Paint, text: impl Into<String>) -> Self {
        Self { text: text.into(), paint }
    }
}

impl<T: Into<String>> From<T> for Field {
    fn from(text: T) -> Self {
        Self::painted(Paint::Plain, text)
    }
}

/// Rows under names. On a terminal with a rule below the names, otherwise words and spaces only.
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Field>>,
}

impl Table {
    /// An empty table.
    pub(super) fn new(head: &[&'static str]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn row<const N: usize>(&mut self, fields: [Field; N]) {
        self.rows.push(fields.into());
    }

    /// The table as text that ends with a line feed.
    pub(super) fn draw(&self, terminal: bool, colour: bool) -> String {
        let mut table = comfy_table::Table::new();
        if terminal {
            table.load_style(NOTHING.header_separator(LineStyle::none().fill('─')));
            table.set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            table.load_style(NOTHING).force_no_tty();
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        table.set_header(self.head.iter().copied());
        for row in &self.rows {
            table.add_row(row.iter().map(|field| {
                let cell = Cell::new(escape_line(&field.text));
                match field.paint.color().filter(|_| colour) {
                    Some(color) => cell.fg(color),
                    None => cell,
                }
            }));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piped_table_is_words_and_spaces_and_steers_nothing() {
        let mut table = Table::new(&["region", "said"]);
        table.row(["eu".into(), Field::painted(Paint::Bad, "a\u{1b}[31m\nb")]);
        table.row(["us-east".into(), "x".into()]);
        let text = table.draw(false, false);
        assert_eq!(text, "region   said\neu       a\\u{1b}[31m\\u{a}b\nus-east  x\n");
    }

    #[test]
    fn json_steers_no_terminal_and_stays_the_same_value() {
        let said =
            "\u{9b}31m \u{202e}evil\u{2066} \u{7f}\u{85}\u{1b} \u{e0041}\u{feff} é 漢 😀 e\u{301} \"\\";
        let value = serde_json::json!({ said: [said] });
        let text = harmless(&serde_json::to_string(&value).unwrap());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert!(
            !text.chars().any(|c| c.is_control() || "\u{202e}\u{2066}\u{e0041}\u{feff}".contains(c)),
            "{text:?}"
        );
        for words in ["\\u009b31m", "\\u202eevil", "\\u007f", "\\udb40\\udc41", "é 漢 😀"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }

    #[test]
    fn a_reader_that_leaves_is_no_error() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let sink = Box::new(Gone);
        let mut out = Out { sink, terminal: false, colour: false, json: false, closed: false, failed: None };
        out.line("hello");
        out.line("hello");
        assert!(out.is_closed() && out.finish().is_ok());
    }
}
