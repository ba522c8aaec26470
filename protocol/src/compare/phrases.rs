//! Word and phrase lists: data files beside this module, under one version.

/// Version of all lists in `phrases/`: a change of any is a new one, and a new
/// [`COMPARE_VERSION`](super::COMPARE_VERSION).
pub const PHRASES_VERSION: u32 = 1;

const REFUSAL_EN: &str = include_str!("phrases/refusal.en.txt");
const DEFLECTION_EN: &str = include_str!("phrases/deflection.en.txt");
const SLIGHT_EN: &str = include_str!("phrases/slight.en.txt");
const NEGATION_EN: &str = include_str!("phrases/negation.en.txt");
const QUANTITY_EN: &str = include_str!("phrases/quantity.en.txt");
const LANGUAGES: &str = include_str!("phrases/languages.txt");

/// Codes of failures that say that the vendor itself withheld the answer, rather than that the call
/// went wrong.
pub(super) const WITHHELD_CODES: [&str; 1] = ["content_filter"];

/// Phrases with which an English answer refuses.
pub(super) fn refusals() -> impl Iterator<Item = &'static str> {
    lines(REFUSAL_EN)
}

/// Phrases with which an English answer turns the question away.
pub(super) fn deflections() -> impl Iterator<Item = &'static str> {
    lines(DEFLECTION_EN)
}

/// English words that say nothing by themselves.
pub(super) fn slight_words() -> impl Iterator<Item = &'static str> {
    lines(SLIGHT_EN).flat_map(str::split_whitespace)
}

/// English words that turn a statement around.
pub(super) fn negations() -> impl Iterator<Item = &'static str> {
    lines(NEGATION_EN).flat_map(str::split_whitespace)
}

/// English words of quantity.
pub(super) fn quantities() -> impl Iterator<Item = &'static str> {
    lines(QUANTITY_EN).flat_map(str::split_whitespace)
}

/// Common words of each language that is told apart, by its ISO 639-1 code.
pub(super) fn languages() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
    lines(LANGUAGES).filter_map(|line| {
        let (code, words) = line.split_once(' ')?;
        Some((code, words.split_whitespace()))
    })
}

fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::normalise;
    use std::collections::BTreeSet;

    #[test]
    fn the_lists_are_normalised_and_say_nothing_twice() {
        let lists: [Vec<&str>; 5] = [
            refusals().collect(),
            deflections().collect(),
            slight_words().collect(),
            negations().collect(),
            quantities().collect(),
        ];
        for list in &lists {
            assert!(list.len() > 10);
            for entry in list {
                assert_eq!(normalise(entry), *entry);
            }
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len(), "{list:?}");
        }
        let phrases: BTreeSet<&str> = refusals().collect();
        assert!(deflections().all(|phrase| !phrases.contains(phrase)));
        let slight: BTreeSet<&str> = slight_words().collect();
        assert!(negations().chain(quantities()).all(|word| !slight.contains(word)), "a word weighs one way");
        assert_eq!(languages().next().map(|(code, _)| code), Some("en"));
        assert_eq!(languages().map(|(code, _)| code).collect::<BTreeSet<_>>().len(), languages().count());
    }
}
