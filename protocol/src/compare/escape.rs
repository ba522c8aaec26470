//! Model output for a terminal: text that cannot steer the screen or reorder what is read.

use core::fmt::Write as _;
use unicode_normalization::char::is_combining_mark;

/// Combining marks on one character that are shown; more would paint over neighbouring lines.
/// Twice what any orthography needs, a guess.
const MAX_MARKS: usize = 8;

/// The text with everything invisible or steering shown as `\u{..}`: control characters (so every
/// ANSI escape), bidirectional embeddings, overrides, isolates and marks, line and paragraph
/// separators, zero-width and tag characters, and combining marks beyond eight in a row. Line
/// feeds and tabs stay: see [`escape_line`] for a single line.
///
/// For reading, not for decoding: a text that spells out `\u{1b}` looks the same.
pub fn escape_terminal(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// As [`escape_terminal`], with line feeds and tabs shown as `\u{..}` too: for tables and labels,
/// where a line of its own could pass for ours.
pub fn escape_line(text: &str) -> String {
    escape(text, |_| false)
}

fn escape(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if !stays(c) && (steers(c) || marks > MAX_MARKS) {
            // writing to a String cannot fail
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}
