//! What a sentence quotes is not its own: a prompt, a value, a name.

/// What stands where something was quoted: a word that no phrase knows.
const QUOTED: char = '\u{2588}';

/// The marks that quotes are put between.
const MARKS: [(char, char); 9] = [
    ('"', '"'),
    ('`', '`'),
    ('\'', '\''),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{300e}', '\u{300f}'),
    ('\u{300c}', '\u{300d}'),
];

/// Names within quotes that phrases know by their beginning.
const NAMES: [&str; 1] = ["models/"];

/// A text without what it quotes; what is not closed is quoted to its end. A text that is one quote as a whole says it.
pub(super) fn without_quotes(text: &str) -> String {
    parted(whole(text.trim())).0
}

/// Whether a quote has begun before the end of a text.
pub(super) fn is_open(text: &str) -> bool {
    parted(text).1
}

/// A text without what it quotes, and whether the last quote has no end.
fn parted(mut rest: &str) -> (String, bool) {
    let mut is_open = false;
    let mut bare = String::with_capacity(rest.len());
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        let close = MARKS.iter().find(|(open, _)| *open == c).map(|(_, close)| *close);
        // within a word it is an apostrophe
        let is_in_word = c == '\'' && bare.chars().next_back().is_some_and(char::is_alphanumeric);
        let Some(close) = close.filter(|_| !is_in_word) else {
            bare.push(c);
            rest = behind;
            continue;
        };
        let end = closing(behind, close);
        is_open = end.is_none();
        let end = end.unwrap_or(behind.len());
        let (quoted, tail) = behind.split_at_checked(end).unwrap_or((behind, ""));
        match NAMES.iter().any(|name| quoted.starts_with(name)) && !quoted.contains(char::is_whitespace) {
            true => bare.push_str(quoted),
            false => bare.push(QUOTED),
        }
        rest = tail.strip_prefix(close).unwrap_or(tail);
    }
    (bare, is_open)
}

/// What stands between the marks of a text that is one quote.
pub(super) fn whole(text: &str) -> &str {
    let inner = |(open, close): &(char, char)| {
        text.strip_prefix(*open)?.strip_suffix(*close).filter(|inner| closing(inner, *close).is_none())
    };
    MARKS.iter().find_map(inner).unwrap_or(text)
}

/// Where a quote ends; a mark before a letter is an apostrophe.
fn closing(text: &str, close: char) -> Option<usize> {
    let is_end = |at: usize| {
        let next = text.get(at + close.len_utf8()..).and_then(|behind| behind.chars().next());
        !matches!(close, '\'' | '\u{2019}') || !next.is_some_and(char::is_alphanumeric)
    };
    text.match_indices(close).map(|(at, _)| at).find(|at| is_end(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_goes_and_apostrophes_stay() {
        for (text, bare) in [
            ("a 'b c' d", "a \u{2588} d"),
            ("a \"b\" `c` \u{201c}d\u{201d}.", "a \u{2588} \u{2588} \u{2588}."),
            ("a \u{201e}b c\u{201c} d", "a \u{2588} d"),
            ("it doesn't have any", "it doesn't have any"),
            ("'don't' is one", "\u{2588} is one"),
            ("the users' own", "the users' own"),
            ("input: 'that breaks off", "input: \u{2588}"),
            ("'Invalid API key'", "Invalid API key"),
            ("\"models/x\" is not found", "models/x is not found"),
            ("'models/x is' a", "\u{2588} a"),
            ("", ""),
            ("'", "\u{2588}"),
        ] {
            assert_eq!(without_quotes(text), bare, "{text}");
        }
        assert!(is_open("input: '") && is_open("a \"b\" \u{201c}c") && is_open("it isn't 'so"));
        assert!(!is_open("b'") && !is_open("a 'b'") && !is_open(""));
    }
}
