//! A comparison as a document of its own, in HTML or Markdown: a pure function of the verdict.
//!
//! The verdict stands at the top with its parts apart. Evidence that is INVALID is not reported on:
//! its document holds the verdict alone. Everything that a model, a vendor or a stranger wrote is
//! escaped twice: what steers a screen or turns text around becomes visible, then what HTML or
//! Markdown would act on. There is no clock, no path and no machine in a document.

pub mod series;
pub mod study;
pub mod vocabulary;

mod excerpts;
mod html;
mod markdown;
mod page;
mod same;
mod sides;
#[cfg(test)]
mod tests;

pub use html::html;
pub use markdown::markdown;

use vantage_protocol::proof::{Summary, Verdict};

/// What the verdict's word means, and what it does not.
fn meaning(summary: Summary) -> &'static str {
    match summary {
        Summary::Sealed => {
            "A quorum of the committee holds one and the same set of statements; not that it is true."
        }
        Summary::Bounded => {
            "What is listed was acknowledged by a quorum; no set is sealed, and not that it is true."
        }
        Summary::Incomplete => "Something needed to judge is missing; not that it is true.",
        Summary::Invalid => "The evidence contradicts itself or what you trust. It is not reported on.",
    }
}

/// The verdict's parts as name and value, reasons first; safe for a screen.
fn parts(verdict: &Verdict) -> Vec<(String, String)> {
    let split =
        |line: &String| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    verdict.lines().iter().filter_map(split).filter(|(name, _)| name != "summary").collect()
}

/// What a reader should know of every figure.
const HOW_TO_READ: [(&str, &str); 11] = [
    (
        "shown to differ",
        "A contrast that the job's study plan registered before there were answers, and that chance alone would bring about so \
         rarely that of all studies in which nothing differs no more than the stated share show anything at all.",
    ),
    (
        "these executors, beyond them",
        "Of whom it speaks: of the operators that answered, taken as they are; or of the places, with operators as a sample of \
         those there could be, which takes many more of them.",
    ),
    (
        "candidate",
        "Found by looking at everything, hence to be registered next time: of all candidates of a job one in twenty at most is \
         expected to be chance.",
    ),
    (
        "no difference shown",
        "Never: shown to be the same. That is shown only of proportions, within a margin that was registered.",
    ),
    ("too little to say", "A side has fewer than two independent operators, or there is too much text."),
    (
        "cut off",
        "The token limit ended the answer. Pairs of regions with such an answer are compared by beginnings alone, as long as \
         the shortest of them: what the limit took away is no difference.",
    ),
    ("missing", "A side has no answer. The reasons stand under the region."),
    (
        "alike",
        "Words that two texts share, twice over the words of both: median, lowest and highest over all pairs of answers. \
         Beside it the noise: repeats by one executor, and replicas by different operators.",
    ),
    (
        "p",
        "How often as large a difference would come about if these executors' answers did not depend on the region. Holm: adjusted \
         for all registered contrasts together. Adjusted: for all trials together, by Benjamini and Hochberg.",
    ),
    (
        "refused",
        "By phrase lists in the first three sentences of English answers. Anything else is not measured, which is not the \
         same as no refusal.",
    ),
    ("region", "Declared by the operator. A proxy that holds the key passes for a region."),
];
