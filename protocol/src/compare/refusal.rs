//! Refusals and deflections, by phrase lists and by the vendor's own mark.

use super::language::{Languages, MAX_LOOKED_AT_CHARS};
use super::normalise::normalise;
use super::phrases::{WITHHELD_CODES, deflections, refusals};
use super::sentence::{says_something, sentences};
use super::words::{WordList, WordMap, spoken};
use serde::{Deserialize, Serialize};

/// Sentences in which a refusal is looked for. Further down, an answer quotes or makes reservations.
const OPENING_SENTENCES: usize = 3;
/// Bytes of a text that are looked at, before it is normalised.
const MAX_LOOKED_AT_BYTES: usize = 4 * MAX_LOOKED_AT_CHARS;

/// What an answer does with its question, as far as phrase lists can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// It is in English, and its opening has no phrase of either list.
    Answers,
    /// Its opening has a phrase of the list of refusals.
    Refuses,
    /// Its opening has a phrase of the list of deflections, and none of the other.
    Deflects,
    /// It is not in English, or too short to tell: nothing is known.
    NotMeasured,
}

/// Tells what answers do.
pub(super) struct Reader {
    languages: Languages,
    phrases: Phrases,
}

/// Phrases by their first words, and what they do.
struct Phrases(WordList<Vec<(Vec<&'static str>, Manner)>>);

impl Phrases {
    fn new() -> Self {
        let mut by_first: WordMap<Vec<_>> = WordMap::default();
        let all = refusals().map(|phrase| (phrase, Manner::Refuses));
        for (phrase, manner) in all.chain(deflections().map(|phrase| (phrase, Manner::Deflects))) {
            let words: Vec<&str> = phrase.split(' ').collect();
            let first = words.first().copied().unwrap_or_default();
            by_first.get_or_insert_with(first, Vec::new).push((words, manner));
        }
        Self(by_first.into())
    }

    /// What these words do: a refusal goes before a deflection.
    fn manner(&self, words: &[&str]) -> Manner {
        let mut found = Manner::Answers;
        for (at, first) in words.iter().enumerate() {
            let from = words.get(at..).unwrap_or_default();
            for (_, manner) in
                self.0.get(first).into_iter().flatten().filter(|(phrase, _)| from.starts_with(phrase))
            {
                match manner {
                    Manner::Refuses => return Manner::Refuses,
                    other => found = *other,
                }
            }
        }
        found
    }
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { languages: Languages::new(), phrases: Phrases::new() }
    }

    /// Reads the beginning of an answer.
    pub(super) fn read(&self, text: &str) -> Manner {
        let head = super::head(text, MAX_LOOKED_AT_BYTES);
        let (opening, rest) = head.split_at_checked(opening(head)).unwrap_or((head, ""));
        let (opening, rest) = (normalise(opening), normalise(rest));
        let mut words: Vec<&str> = Vec::with_capacity(head.len() / 4);
        words.extend(spoken(&opening));
        let opening = words.len();
        words.extend(spoken(&rest));
        if !self.languages.is_english(&words) {
            return Manner::NotMeasured;
        }
        self.phrases.manner(words.get(..opening).unwrap_or_default())
    }
}

/// Bytes of the first sentences that say something.
fn opening(head: &str) -> usize {
    let mut spoken = 0;
    let first = sentences(head).take_while(|sentence| {
        spoken += usize::from(says_something(sentence));
        spoken <= OPENING_SENTENCES
    });
    first.map(str::len).sum()
}

/// What an answer does with its question: see the [module's documentation](super).
pub fn manner(text: &str) -> Manner {
    Reader::new().read(text)
}

/// Whether a failure says that the vendor withheld the answer.
pub(super) fn is_withheld(code: &str) -> bool {
    let bare = code.split('(').next().unwrap_or_default();
    WITHHELD_CODES.contains(&bare)
}

/// One region's refusals. The counts together are its answers and withheld answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusals {
    /// Answers that answer, as far as the phrase lists can tell.
    pub answered: u64,
    /// Answers that refuse.
    pub refused: u64,
    /// Answers that turn the question away.
    pub deflected: u64,
    /// Cells whose failure says that the vendor's filter withheld the answer; in any language.
    pub withheld: u64,
    /// Answers not in English, or too short to tell: nothing is known of them.
    pub not_measured: u64,
}

impl Refusals {
    pub(super) fn add(&mut self, manner: Manner) {
        *match manner {
            Manner::Answers => &mut self.answered,
            Manner::Refuses => &mut self.refused,
            Manner::Deflects => &mut self.deflected,
            Manner::NotMeasured => &mut self.not_measured,
        } += 1;
    }

    /// What did not answer: refused, deflected or withheld.
    pub fn declined(&self) -> u64 {
        self.refused + self.deflected + self.withheld
    }

    /// Answers and withheld answers.
    pub fn total(&self) -> u64 {
        self.declined() + self.answered + self.not_measured
    }
}

/// Where a question is refused, of two regions. Deflected and withheld count as refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefusalSplit {
    /// Always in the first region, never in the second.
    FirstOnly,
    /// Never in the first region, always in the second.
    SecondOnly,
    /// Always in both.
    Both,
    /// At times: no clean split.
    Mixed,
    /// Somewhere, but not all of both sides could be read.
    NotMeasured,
}

impl RefusalSplit {
    /// How two regions' refusals lie; none if none was seen.
    pub(super) fn of(first: &Refusals, second: &Refusals) -> Option<Self> {
        let declined = [first.declined(), second.declined()];
        if declined == [0, 0] {
            return None;
        }
        if first.not_measured + second.not_measured > 0 {
            return Some(Self::NotMeasured);
        }
        let always = [declined[0] == first.total(), declined[1] == second.total()];
        let both_there = first.total().min(second.total()) > 0;
        Some(match (always, declined) {
            ([true, true], _) if both_there => Self::Both,
            ([true, _], [_, 0]) if both_there => Self::FirstOnly,
            ([_, true], [0, _]) if both_there => Self::SecondOnly,
            _ => Self::Mixed,
        })
    }

    /// Whether it tells the regions apart.
    pub fn is_one_sided(self) -> bool {
        matches!(self, Self::FirstOnly | Self::SecondOnly)
    }

    /// It in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::FirstOnly => "refused in the first region only",
            Self::SecondOnly => "refused in the second region only",
            Self::Both => "refused in both regions",
            Self::Mixed => "refused at times",
            Self::NotMeasured => "refused at times; not all could be read",
        }
    }
}
