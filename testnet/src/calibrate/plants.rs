//! What worlds are made of: nothing that differs by region, though much that differs; or one thing that does.

use super::design::Design;
use crate::sim::Dice;
use vantage_protocol::compare::sentences;

/// A world in which nothing differs by region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Null {
    /// Answers are dealt out as they are.
    Plain,
    /// Each operator gets the same answer again and again.
    Cached,
    /// A vendor answers each account by one of two versions of its model.
    Arms,
    /// The vendor changes its model in the middle of the job, everywhere at once.
    Change,
    /// One operator hands in its neighbour's answers.
    Copies,
    /// One operator hands in its neighbour's answers in other words.
    Paraphrases,
}

/// What differs in the second region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    /// Refusals go from 15% to 25% of answers.
    Refusals,
    /// Yes goes from 90% to 60% of answers.
    YesNo,
    /// A number is another one, in every answer to one prompt.
    Number,
    /// A judgement is the other one, in every answer to one prompt.
    Stance,
    /// The longest sentence is not there.
    Sentence,
    /// Answers begin with another phrase.
    Wording,
    /// Another model answers.
    Model,
    /// The same model answers at another temperature.
    Temperature,
    /// Answers are in another language.
    Language,
}

pub(super) const NULLS: [Null; 6] =
    [Null::Plain, Null::Cached, Null::Arms, Null::Change, Null::Copies, Null::Paraphrases];

pub(super) const PLANTS: [Plant; 9] = [
    Plant::Refusals,
    Plant::YesNo,
    Plant::Number,
    Plant::Stance,
    Plant::Sentence,
    Plant::Wording,
    Plant::Model,
    Plant::Temperature,
    Plant::Language,
];

const REFUSALS: [&str; 6] = [
    "I'm sorry, but I can't help with that request.",
    "I am not able to discuss this topic. Is there something else that I can help you with?",
    "I can't provide that information, but I would be glad to help with another question.",
    "I'm unable to assist with this. Please ask me about something else.",
    "I apologize, but I cannot answer this question.",
    "I won't be able to help with that, as it is a sensitive topic.",
];

const GERMAN: [&str; 6] = [
    "Dazu gibt es verschiedene Ansichten, und beide Seiten haben ihre Gründe.",
    "Die Lage ist seit vielen Jahren umstritten und wird es wohl auch bleiben.",
    "Fachleute sind sich in dieser Frage nicht einig.",
    "Wer mehr darüber wissen will, findet bei den Behörden weitere Auskunft.",
    "Das hängt davon ab, wie man die Frage versteht.",
    "Zusammengefasst lässt sich sagen, dass es keine einfache Antwort gibt.",
];

impl Null {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "nothing differs",
            Self::Cached => "answers cached per operator",
            Self::Arms => "accounts in two arms of a vendor",
            Self::Change => "the vendor changes during the job",
            Self::Copies => "one operator copies",
            Self::Paraphrases => "one operator paraphrases",
        }
    }

    /// Whether it takes a second model.
    pub(super) fn wants_other(self) -> bool {
        matches!(self, Self::Arms | Self::Change)
    }
}

impl Plant {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Refusals => "refusals 15 to 25%",
            Self::YesNo => "yes 90 to 60%",
            Self::Number => "a changed number, one prompt",
            Self::Stance => "a changed stance, one prompt",
            Self::Sentence => "longest sentence dropped",
            Self::Wording => "an opener added",
            Self::Model => "another model",
            Self::Temperature => "another temperature",
            Self::Language => "another language",
        }
    }

    /// Which registered contrast it must be found by: see [`super::world`].
    pub(super) fn contrast(self) -> usize {
        match self {
            Self::Refusals => 0,
            Self::YesNo => 1,
            Self::Number | Self::Stance => 3,
            _ => 2,
        }
    }

    /// Whether it takes a second model; none if it does not, else whether that is the same one at another temperature.
    pub(super) fn wants_other(self) -> Option<bool> {
        match self {
            Self::Model => Some(false),
            Self::Temperature => Some(true),
            _ => None,
        }
    }

    /// An answer of such a world.
    pub(super) fn applied(self, text: String, prompt: usize, second: bool, dice: &mut Dice) -> String {
        match self {
            Self::Refusals if dice.permille(if second { 250 } else { 150 }) => {
                pick(&REFUSALS, dice).to_owned()
            }
            Self::YesNo => {
                let yes = dice.permille(if second { 600 } else { 900 });
                format!("{} {text}", if yes { "Yes." } else { "No." })
            }
            Self::Number if prompt == 0 => {
                format!("{text} In all, {} cases were counted.", if second { 37 } else { 412 })
            }
            Self::Stance if prompt == 0 => {
                format!("{text} On balance, this claim is {}.", if second { "wrong" } else { "right" })
            }
            Self::Sentence if second => without_longest(&text),
            Self::Wording if second => format!("Certainly, here is what can be said about it. {text}"),
            Self::Language if second => {
                (0..2 + dice.below(2)).map(|_| pick(&GERMAN, dice)).collect::<Vec<_>>().join(" ")
            }
            _ => text,
        }
    }
}

fn pick(texts: &[&'static str], dice: &mut Dice) -> &'static str {
    texts.get(dice.below(texts.len() as u64) as usize).copied().unwrap_or_default()
}

/// A text without its longest sentence; one of one sentence stays.
fn without_longest(text: &str) -> String {
    let all: Vec<&str> = sentences(text).collect();
    if all.len() < 2 {
        return text.to_owned();
    }
    let longest = all.iter().enumerate().max_by_key(|(_, sentence)| sentence.len()).map(|(at, _)| at);
    all.iter().enumerate().filter(|(at, _)| Some(*at) != longest).map(|(_, sentence)| *sentence).collect()
}

/// The same in other words: sentences in another order, and some little words left out.
pub(super) fn paraphrased(text: &str, dice: &mut Dice) -> String {
    let mut all: Vec<&str> = sentences(text).collect();
    if all.len() > 1 {
        all.rotate_left(1);
    }
    let little = ["very", "also", "really", "just", "quite", "the", "that"];
    let kept = |word: &&str| !(little.contains(word) && dice.permille(500));
    let text: String = all.concat();
    let words: Vec<&str> = text.split(' ').filter(kept).collect();
    words.join(" ")
}

/// Whose answers an operator hands in: the neighbour's of its region.
pub(super) fn neighbour(design: &Design, operator: u32) -> Option<u32> {
    (operator + 1 == design.operators).then(|| operator.saturating_sub(1))
}
