//! Phrases found in the sentences of an error: words in a row, and not anywhere.

/// The sentences of an error, in words. What stands around a word is no part of it, but for a colon behind it.
pub(super) struct Sentences<'a>(Vec<Vec<&'a str>>);

impl<'a> Sentences<'a> {
    /// The sentences of a text in lower case, each on a line of its own.
    pub(super) fn of(text: &'a str) -> Self {
        let around = |c: char| !c.is_alphanumeric() && !matches!(c, '/' | ':' | '_' | '\u{2588}');
        let words = |line: &'a str| {
            let words = line.split_whitespace().map(|word| word.trim_matches(around));
            words.filter(|word| !word.is_empty()).collect()
        };
        Self(text.lines().map(words).collect())
    }

    /// Whether a sentence says all the phrases that `&` parts.
    ///
    /// `a|b` is one word or the other, `*` any word, `^` the start and `$` the end of a sentence. A word with a colon
    /// wants it, `models/*` is any word that begins so, and one of another script may stand anywhere in a word, as
    /// nothing parts words there.
    pub(super) fn say(&self, phrases: &str) -> bool {
        let phrases: Vec<Vec<&str>> =
            phrases.split('&').map(|phrase| phrase.split_whitespace().collect()).collect();
        self.0.iter().any(|sentence| phrases.iter().all(|phrase| is_in(sentence, phrase)))
    }
}

fn is_in(sentence: &[&str], phrase: &[&str]) -> bool {
    let (is_start, phrase) = match phrase {
        ["^", phrase @ ..] => (true, phrase),
        phrase => (false, phrase),
    };
    let (is_end, phrase) = match phrase {
        [phrase @ .., "$"] => (true, phrase),
        phrase => (false, phrase),
    };
    let starts = sentence.len().checked_sub(phrase.len()).map_or(0, |last| last + 1);
    (0..starts).any(|at| {
        let is_placed = (!is_start || at == 0) && (!is_end || at + phrase.len() == sentence.len());
        is_placed && sentence.iter().skip(at).zip(phrase).all(|(word, known)| is_word(word, known))
    })
}

fn is_word(word: &str, known: &str) -> bool {
    let bare = word.trim_end_matches(':');
    known.split('|').any(|known| match known.strip_suffix('*') {
        Some(lead) => word.starts_with(lead),
        None if known.is_ascii() => word == known || bare == known,
        None => word.contains(known),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_words_in_a_row() {
        for (text, phrase, is_said) in [
            ("the model `x-1.5` does not exist.", "model * does not exist", true),
            ("the parameter does not exist for this model", "model * does not exist", false),
            ("no route /v1/models/x: not found", "model * not found", false),
            ("\"models/x\" is not found", "models/* is not found", true),
            ("/v1/models/x is not found", "models/* is not found", false),
            ("model: claude-1", "^ model: * $", true),
            ("a model: claude-1", "^ model: * $", false),
            ("model: claude 1", "^ model: * $", false),
            ("model claude", "^ model: * $", false),
            ("invalid model: x", "invalid model", true),
            ("您的账户余额不足，请充值", "余额不足", true),
            ("blocked by the content filter", "content filter & blocked", true),
            ("blocked\nby the content filter", "content filter & blocked", false),
            ("flag", "a|flag", true),
            ("", "a", false),
            ("", "a|b", false),
        ] {
            assert_eq!(Sentences::of(text).say(phrase), is_said, "{text}: {phrase}");
        }
    }
}
