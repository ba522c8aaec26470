//! One row for each finding: what a table shows.

use super::class::Class;
use super::figures::Spread;
use super::refusal::RefusalSplit;
use super::report::Report;
use super::said::Said;
use super::trial::Trial;

/// One finding with its names. They come from outside: see
/// [`escape_line`](super::escape_line).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline<'a> {
    /// Name of the target.
    pub target: &'a str,
    /// What was really asked.
    pub surface: &'a str,
    /// Whether the target is simulated.
    pub sim: bool,
    /// Id of the prompt.
    pub prompt: &'a str,
    /// Its topic.
    pub topic: &'a str,
    /// Its role in the suite.
    pub kind: &'a str,
    /// The two regions.
    pub regions: [&'a str; 2],
    /// What was found.
    pub class: Class,
    /// What was looked at.
    pub trials: &'a [Trial],
    /// What every answer of one region says and no answer of the other.
    pub said: Option<&'a Said>,
    /// Where the question is refused.
    pub refusal: Option<RefusalSplit>,
    /// Similarity across the regions, by words shared.
    pub across: Option<Spread>,
    /// Answers on each side.
    pub answers: [u64; 2],
    /// Independent operators on each side.
    pub operators: [u64; 2],
    /// Whether only the beginning of some answer was measured.
    pub truncated: bool,
    /// Leading characters of each answer that were measured, where one was cut off at the limit of tokens.
    pub beginnings_chars: Option<u64>,
}

impl Report {
    /// A row for each detailed finding, in the order of targets, prompts and regions.
    pub fn headlines(&self) -> impl Iterator<Item = Headline<'_>> {
        let region = |index: u32| self.regions.get(index as usize).map_or("?", String::as_str);
        let prompts = self.targets.iter().flat_map(|target| target.prompts.iter().map(move |p| (target, p)));
        let findings =
            prompts.flat_map(|(target, prompt)| prompt.findings.iter().map(move |f| (target, prompt, f)));
        findings.map(move |(target, prompt, finding)| Headline {
            target: &target.name,
            surface: &target.surface,
            sim: target.sim,
            prompt: &prompt.id,
            topic: &prompt.topic,
            kind: &prompt.kind,
            regions: [region(finding.first), region(finding.second)],
            class: finding.class,
            trials: &finding.trials,
            said: finding.said.as_ref(),
            refusal: finding.refusal,
            across: finding.across.map(|figures| figures.shared),
            answers: finding.answers,
            operators: finding.operators,
            truncated: prompt.truncated_answers > 0 || finding.beginnings_chars.is_some(),
            beginnings_chars: finding.beginnings_chars,
        })
    }
}
