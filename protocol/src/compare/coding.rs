//! Answers read as a yes, a no or neither, by a study plan's coding.

use super::normalise::normalise;
use super::words::spoken;
use crate::study::{Decimal, Reading};

/// Bytes of an answer that are read.
const READ_BYTES: usize = 8 * 1024;
/// Words in which a yes or a no is looked for.
const OPENING_WORDS: usize = 3;

/// Whether an answer is a yes; none where it is neither.
pub(super) fn read(text: &str, reading: &Reading) -> Option<bool> {
    let text = normalise(super::head(text, READ_BYTES));
    match reading {
        Reading::YesNo => yes_no(&text),
        Reading::Option { yes, others } => {
            let words = format!(" {} ", words(&text).join(" "));
            let names = |option: &str| {
                let option = self::words(&normalise(option)).join(" ");
                !option.is_empty() && words.contains(&format!(" {option} "))
            };
            match (names(yes), others.iter().any(|other| names(other))) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                _ => None,
            }
        }
        Reading::Number { value, within } => {
            let mut found = numbers(&text).peekable();
            found.peek()?;
            Some(found.any(|number| number.apart(*value) <= *within))
        }
    }
}

/// The one of the two that comes among the first words; none if both do.
fn yes_no(text: &str) -> Option<bool> {
    let opening: Vec<&str> = words(text).into_iter().take(OPENING_WORDS).collect();
    match (opening.contains(&"yes"), opening.contains(&"no")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn words(text: &str) -> Vec<&str> {
    spoken(text).collect()
}

/// The numbers in a text: digits with a point before decimals, and commas, spaces or apostrophes between groups of three.
fn numbers(text: &str) -> impl Iterator<Item = Decimal> {
    let mut at = 0;
    core::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find(|c: char| c.is_ascii_digit())?;
            let negative = text.get(..start).is_some_and(is_negated);
            let (digits, length) = number(text.get(start..)?);
            at = start + length;
            let sign = if negative { "-" } else { "" };
            if let Ok(found) = format!("{sign}{digits}").parse() {
                return Some(found);
            }
        }
    })
}

/// Whether what stands before a number makes it negative: a minus that joins it to nothing.
fn is_negated(before: &str) -> bool {
    let mut back = before.chars().rev();
    matches!(back.next(), Some('-' | '−')) && back.next().is_none_or(|c| c.is_whitespace() || c == '(')
}

/// The number at the beginning of a text without what groups its digits, and how many bytes it takes up.
fn number(text: &str) -> (String, usize) {
    let run = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let mut length = run(0);
    let mut digits = text.get(..length).unwrap_or_default().to_owned();
    if length <= 3 {
        while let Some(mark) = text.get(length..).and_then(|rest| rest.chars().next()) {
            let next = length + mark.len_utf8();
            let groups = matches!(mark, ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}') && run(next) == 3;
            if !groups {
                break;
            }
            digits.push_str(text.get(next..next + 3).unwrap_or_default());
            length = next + 3;
        }
    }
    let decimals =
        if text.get(length..).is_some_and(|rest| rest.starts_with('.')) { run(length + 1) } else { 0 };
    if decimals > 0 {
        let end = length + 1 + decimals;
        digits.push('.');
        digits.extend(text.get(length + 1..end).unwrap_or_default().chars().take(6));
        length = end;
    }
    (digits, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: &str, within: &str) -> Reading {
        Reading::Number { value: value.parse().unwrap(), within: within.parse().unwrap() }
    }

    #[test]
    fn a_yes_opens_the_answer() {
        for (text, found) in [
            ("Yes.", Some(true)),
            ("**Yes**, it is.", Some(true)),
            ("No, it is not, yes?", Some(false)),
            ("Well, no.", Some(false)),
            ("It depends on who you ask.", None),
            ("Yes and no.", None),
            ("", None),
        ] {
            assert_eq!(read(text, &Reading::YesNo), found, "{text}");
        }
    }

    #[test]
    fn one_option_is_named() {
        let reading = Reading::Option { yes: "Crimea is Ukrainian".into(), others: vec!["Russian".into()] };
        assert_eq!(read("Officially, Crimea is  Ukrainian.", &reading), Some(true));
        assert_eq!(read("It is Russian.", &reading), Some(false));
        assert_eq!(read("Crimea is Ukrainian, not Russian", &reading), None);
        assert_eq!(read("I can't say.", &reading), None);
        let letter = Reading::Option { yes: "B".into(), others: vec!["A".into(), "C".into()] };
        assert_eq!(read("(B)", &letter), Some(true));
        assert_eq!(read("Because.", &letter), None);
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in ["1,250,000 people", "about 1250000", "1 250 000", "1'250'000.00 in all"] {
            assert_eq!(read(text, &number("1250000", "0")), Some(true), "{text}");
        }
        assert_eq!(read("in 2021, 14 dams", &number("14", "0")), Some(true));
        assert_eq!(read("in 2019", &number("2021", "1")), Some(false));
        assert_eq!(read("in 2020", &number("2021", "1")), Some(true));
        assert_eq!(read("-3.5 degrees", &number("-3.5", "0")), Some(true));
        assert_eq!(read("1-3 of them", &number("3", "0")), Some(true));
        assert_eq!(read("no number at all", &number("3", "0")), None);
        assert_eq!(read("99999999999999999999999", &number("3", "0")), None);
    }
}
