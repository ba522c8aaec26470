//! Sentences by UAX #29.

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::{USentenceBounds, UnicodeSegmentation};

/// Marks, brackets and spaces in a row after which a text is cut whatever they are. UAX #29 looks
/// ahead from each of them (rule SB8), so a longer run would cost its square. A guess at what no
/// honest sentence end needs.
const MAX_RUN: usize = 16;

/// The sentences of a text, one after the other and with the white space behind them: together they
/// are the text. A line feed ends a sentence, and so does a run of 16 characters that are neither
/// letters nor digits.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    stretches(text).flat_map(cut)
}

/// A text cut before each character that makes a run too long.
fn stretches(mut text: &str) -> impl Iterator<Item = &str> {
    core::iter::from_fn(move || {
        let mut run = 0;
        let too_long = text.char_indices().find(|(_, c)| {
            run = if is_letter(*c) { 0 } else { run + 1 };
            run > MAX_RUN
        });
        let (stretch, rest) = text.split_at_checked(too_long.map_or(text.len(), |(at, _)| at))?;
        text = rest;
        (!stretch.is_empty()).then_some(stretch)
    })
}

/// The sentences of a text without long runs.
fn cut(text: &str) -> Sentences<'_> {
    if text.is_ascii() { Sentences::Ascii(text) } else { Sentences::Any(text.split_sentence_bounds()) }
}

enum Sentences<'a> {
    Ascii(&'a str),
    Any(USentenceBounds<'a>),
}

impl<'a> Iterator for Sentences<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        match self {
            Self::Any(bounds) => bounds.next(),
            Self::Ascii("") => None,
            Self::Ascii(rest) => {
                let (sentence, after) = rest.split_at_checked(first(rest.as_bytes()))?;
                *rest = after;
                Some(sentence)
            }
        }
    }
}

/// Bytes of the first sentence of a text in ASCII, where few of the rules can apply: found without tables.
fn first(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'\r' | b'\n' => return after_line(text, at - 1),
            b'.' | b'!' | b'?' => {
                let next = text.get(at).copied().unwrap_or(0);
                let before = at.checked_sub(2).and_then(|at| text.get(at)).copied().unwrap_or(0);
                // SB6 and SB7
                if *byte == b'.'
                    && (next.is_ascii_digit() || before.is_ascii_alphabetic() && next.is_ascii_uppercase())
                {
                    continue;
                }
                at += run_of(text, at, |byte| {
                    matches!(byte, b'"' | b'\'' | b'(' | b')' | b'[' | b']' | b'{' | b'}')
                });
                at += run_of(text, at, |byte| matches!(byte, b' ' | b'\t' | 0x0b | 0x0c));
                match text.get(at) {
                    None => return at,
                    Some(b'\r' | b'\n') => return after_line(text, at),
                    // SB8a
                    Some(b',' | b'-' | b':' | b';' | b'.' | b'!' | b'?') => {}
                    // SB8
                    Some(_) if *byte == b'.' && goes_on(text, at) => {}
                    Some(_) => return at,
                }
            }
            _ => {}
        }
    }
    at
}

/// Where the line ends whose end begins at `at`.
fn after_line(text: &[u8], at: usize) -> usize {
    let both = text.get(at..at + 2) == Some(b"\r\n");
    at + 1 + usize::from(both)
}

/// Bytes from `at` on that are of a kind.
fn run_of(text: &[u8], at: usize, of_kind: impl Fn(u8) -> bool) -> usize {
    text.iter().skip(at).take_while(|byte| of_kind(**byte)).count()
}

/// Whether the first letter from `at` on is a small one, before any line or sentence ends.
fn goes_on(text: &[u8], at: usize) -> bool {
    let ends = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'\r' | b'\n' | b'.' | b'!' | b'?');
    text.iter().skip(at).find(|byte| ends(**byte)).is_some_and(u8::is_ascii_lowercase)
}

/// Whether a piece of text says something at all.
pub(super) fn says_something(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphanumeric())
        || !text.is_ascii() && text.chars().any(char::is_alphanumeric)
}

/// What ends a run: halfwidth voicing marks and combining letters do not, since UAX #29 passes over
/// them.
fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    c.is_alphanumeric() && !is_combining_mark(c) && !matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn ascii_is_cut_as_the_tables_cut_it(text in "[abAB01.!?,;:' \"()\r\n\t-]{0,24}|[\\x00-\\x7f]{0,24}") {
            let found: Vec<&str> = cut(&text).collect();
            prop_assert_eq!(found, text.split_sentence_bounds().collect::<Vec<_>>());
        }
    }

    #[test]
    fn sentences_make_up_the_text() {
        for (text, expected) in [
            ("It is. It was! Was it?", vec!["It is. ", "It was! ", "Was it?"]),
            ("Mr. smith paid 3.5 euros.\nThen he left", vec!["Mr. smith paid 3.5 euros.\n", "Then he left"]),
            ("あれ。これ。", vec!["あれ。", "これ。"]),
            ("", vec![]),
        ] {
            assert_eq!(sentences(text).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn long_runs_are_cut_and_nothing_is_lost() {
        for unit in [")", " ", ".", "\u{301}", ")\u{93f}", "\u{ff9e})", ". "] {
            let text = format!("A.{}b c.", unit.repeat(5_000));
            let found: Vec<&str> = sentences(&text).collect();
            assert_eq!(found.concat(), text);
            assert!(found.len() > 100, "{unit:?}");
        }
    }
}
