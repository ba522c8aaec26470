//! Sentences by UAX #29.

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Marks, brackets and spaces in a row after which a text is cut whatever they are. UAX #29 looks
/// ahead from each of them (rule SB8), so a longer run would cost its square. A guess at what no
/// honest sentence end needs.
const MAX_RUN: usize = 16;

/// The sentences of a text, one after the other and with the white space behind them: together they
/// are the text. A line feed ends a sentence, and so does a run of 16 characters that are neither
/// letters nor digits.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut run) = (0, 0);
    for (at, c) in text.char_indices() {
        run = if is_letter(c) { 0 } else { run + 1 };
        if run > MAX_RUN {
            found.extend(text.get(start..at).unwrap_or_default().split_sentence_bounds());
            (start, run) = (at, 1);
        }
    }
    found.extend(text.get(start..).unwrap_or_default().split_sentence_bounds());
    found
}

/// Whether a piece of text says something at all.
pub(super) fn says_something(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// What ends a run: halfwidth voicing marks and combining letters do not, since UAX #29 passes over
/// them.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_combining_mark(c) && !matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_make_up_the_text() {
        for (text, expected) in [
            ("It is. It was! Was it?", vec!["It is. ", "It was! ", "Was it?"]),
            ("Mr. smith paid 3.5 euros.\nThen he left", vec!["Mr. smith paid 3.5 euros.\n", "Then he left"]),
            ("あれ。これ。", vec!["あれ。", "これ。"]),
            ("", vec![]),
        ] {
            assert_eq!(sentences(text), expected);
        }
    }

    #[test]
    fn long_runs_are_cut_and_nothing_is_lost() {
        for unit in [")", " ", ".", "\u{301}", ")\u{93f}", "\u{ff9e})", ". "] {
            let text = format!("A.{}b c.", unit.repeat(5_000));
            let found = sentences(&text);
            assert_eq!(found.concat(), text);
            assert!(found.len() > 100, "{unit:?}");
        }
    }
}
