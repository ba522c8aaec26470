//! The report: a bounded value with one canonical encoding.

use super::account::Account;
use super::align::SentenceRow;
use super::class::{Class, ClassCounts};
use super::conclusion::Conclusions;
use super::diff::DiffOp;
use super::figures::{Figures, Spread};
use super::infer::Chance;
use super::input::Operator;
use super::length::Lengths;
use super::refusal::{RefusalSplit, Refusals};
use super::said::Said;
use super::trial::Trial;
use crate::cid::Cid;
use crate::id::NodeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole comparison. Names and diffs in it come from outside: escape them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`COMPARE_VERSION`](super::COMPARE_VERSION) of the code that made it.
    pub version: u32,
    /// [`PHRASES_VERSION`](super::PHRASES_VERSION) of the word and phrase lists.
    pub phrases: u32,
    /// The regions, in the order of the job, clipped to 64 bytes each.
    pub regions: Vec<String>,
    /// Regions of the job beyond the limit, whose cells are counted but not compared.
    pub regions_left_out: u64,
    /// What the job's study plan registered, and what came of it. None: the job names no plan, so everything below is
    /// exploratory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<Conclusions>,
    /// What was looked at beside it.
    pub explored: Explored,
    /// Every cell of the job, each counted once.
    pub cells: Account,
    /// Every finding of the job, detailed below or not.
    pub classes: ClassCounts,
    /// The targets, in the order of the job.
    pub targets: Vec<TargetReport>,
    /// Targets of the job beyond the limit, whose cells are counted but not compared.
    pub targets_left_out: u64,
    /// Example diffs that there was no room for.
    pub diffs_left_out: u64,
    /// Open models set beside the other targets, prompt by prompt: a comparison of different models,
    /// never a finding about regions.
    pub beside: Vec<Beside>,
    /// Prompts of open models that there was no room for there.
    pub beside_left_out: u64,
}

/// What was looked at beside the study plan: every pair of regions on every prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explored {
    /// Pairs of regions that were compared.
    pub pairs: u64,
    /// Pairs of regions beyond the limit.
    pub pairs_left_out: u64,
    /// Trials: one measure, one pair, one prompt.
    pub trials: u64,
    /// Trials that cost too much.
    pub trials_left_out: u64,
    /// The share of candidates that is expected to be chance at most, parts per million (Benjamini and Hochberg).
    pub false_discovery_ppm: u32,
}

/// Two operators whose answers are equal too often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyRow {
    /// The two, names clipped to 64 bytes; the first one's answers count.
    pub operators: [Operator; 2],
    /// Whether they are alike in other words; else byte for byte.
    pub in_other_words: bool,
    /// Prompts on which an answer of one is an answer of the other; in other words: prompts and regions in which two answers of theirs are more
    /// alike than any other two.
    pub equal: u64,
    /// Prompts that both answered; in other words: prompts and regions in which others could have been more alike.
    pub prompts: u64,
    /// The chance of that among honest operators, all pairs together, rounded up.
    pub chance: Chance,
}

/// One target over all prompts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetReport {
    /// Its name in the job, clipped to 128 bytes.
    pub name: String,
    /// What was really asked: `api`, `open`, `golem`; clipped to 32 bytes.
    pub surface: String,
    /// Whether the target is simulated.
    pub sim: bool,
    /// Whether byte equality was expected.
    pub deterministic: bool,
    /// Its cells.
    pub cells: Account,
    /// Its findings, detailed or not.
    pub classes: ClassCounts,
    /// Whether copies were looked for among its operators.
    pub copies_looked_for: bool,
    /// Operators that copy each other, and count as one.
    pub copies: Vec<CopyRow>,
    /// Operators whose repeats are the same answer again, and count as one.
    pub collapsed: Vec<Operator>,
    /// Byte equality over all prompts, for a deterministic target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<ExactCounts>,
    /// Prompts in detail, in the order of the suite. Where not all fit, those with something rare or unequal bytes
    /// come first.
    pub prompts: Vec<PromptReport>,
    /// Prompts compared and counted but not detailed.
    pub prompts_left_out: u64,
}

/// How many prompts of a deterministic target came out byte-equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExactCounts {
    /// Equal over at least two operators.
    pub equal: u64,
    /// Unequal.
    pub unequal: u64,
    /// Equal, but all by one operator: nothing to hold it against.
    pub unchecked: u64,
    /// Without any answer.
    pub unanswered: u64,
}

/// One prompt put to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptReport {
    /// Index into the suite.
    pub prompt: u32,
    /// Its id, clipped to 64 bytes.
    pub id: String,
    /// Its topic, clipped to 64 bytes.
    pub topic: String,
    /// Its role in the suite, clipped to 32 bytes.
    pub kind: String,
    /// How many leading characters of each normalised text were measured; 0 if none were.
    pub compared_chars: u64,
    /// Answers longer than that, hence measured by their beginning only.
    pub truncated_answers: u64,
    /// Noise within each region that has a cell, in the order of the regions.
    pub sides: Vec<Side>,
    /// Pairs of regions; where not all fit, those with something rare come first.
    pub findings: Vec<Finding>,
    /// Pairs compared and counted but not detailed.
    pub findings_left_out: u64,
    /// Byte equality, for a deterministic target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<Exact>,
}

/// One region's answers to one prompt, and the noise among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Index into the regions.
    pub region: u32,
    /// Cells, answered or not.
    pub cells: u64,
    /// Cells without an answer, by the reason; the rarest reasons summed up.
    pub absent: BTreeMap<String, u64>,
    /// Answers.
    pub answers: u64,
    /// Those of them that the limit of tokens cut off.
    pub cut: u64,
    /// Answers that were measured: all, up to
    /// [`MAX_COMPARED_ANSWERS`](super::MAX_COMPARED_ANSWERS), first repeats first.
    pub compared: u64,
    /// Independent operators behind the measured answers.
    pub operators: u64,
    /// Answers different in bytes.
    pub distinct: u64,
    /// Answers different once normalised.
    pub distinct_normalised: u64,
    /// How long the measured answers are. None if there is none, or nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Lengths>,
    /// What the measured answers do with the question, and what the vendor withheld.
    pub refusals: Refusals,
    /// Every pair of compared answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Figures>,
    /// Pairs of repeats by one executor in one slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Figures>,
    /// Pairs of answers by different operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Figures>,
}

/// One pair of regions for one target and prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Index of the one region; the lower index of the two.
    pub first: u32,
    /// Index of the other region.
    pub second: u32,
    /// What was found.
    pub class: Class,
    /// What was looked at: refusals where there is any, and texts where they are not all the same.
    pub trials: Vec<Trial>,
    /// Answers on each side.
    pub answers: [u64; 2],
    /// Independent operators on each side.
    pub operators: [u64; 2],
    /// Where the limit of tokens cut off an answer of either side: of how many leading characters of each answer, once
    /// normalised, everything below was made, so that what the limit took away is no difference. The sides' own
    /// figures are of the answers as they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beginnings_chars: Option<u64>,
    /// Similarities between the answers of the one region and those of the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across: Option<Figures>,
    /// What every answer of one region says and no answer of the other. None if there is nothing of
    /// the kind, or if some answer was not measured whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// Where the question is refused. None if no refusal was seen: see
    /// [`Refusals::not_measured`] for whether any could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalSplit>,
    /// The most central answers of both sides, and what differs between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
}

/// The most central answer of either side (highest summed similarity to the rest of its side), and
/// the word diff from the first to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The answer of the first region.
    pub first: AnswerRef,
    /// The answer of the second region.
    pub second: AnswerRef,
    /// The diff of the texts as they came, not normalised.
    pub ops: Vec<DiffOp>,
    /// Whether only the beginning of a text was diffed.
    pub truncated: bool,
    /// The sentences of what was diffed, set beside each other.
    pub sentences: Vec<SentenceRow>,
}

/// Which answer is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRef {
    /// Index into the regions.
    pub region: u32,
    /// Replica of the (region, target).
    pub replica: u32,
    /// Repeat by the same executor.
    pub repeat: u32,
    /// Who executed it.
    pub executor: NodeId,
    /// Who runs that executor, the name clipped to 64 bytes.
    pub operator: Operator,
    /// The bytes of the output.
    pub output: Cid,
}

/// Byte equality of one prompt's answers over all operators and regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exact {
    /// The outcome.
    pub state: ExactState,
    /// Answers, over all regions.
    pub answers: u64,
    /// Independent operators behind them.
    pub operators: u64,
    /// Regions they came from.
    pub regions: u64,
    /// The distinct outputs, those of most operators first.
    pub variants: Vec<Variant>,
    /// Distinct outputs not listed.
    pub variants_left_out: u64,
    /// Answers other than the output that most operators gave. Empty where no output has more
    /// operators than every other: then nobody is the odd one out.
    pub odd: Vec<AnswerRef>,
    /// Odd answers not listed.
    pub odd_left_out: u64,
}

/// Whether equal requests gave equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExactState {
    /// Yes, over at least two operators.
    Equal,
    /// No.
    Unequal,
    /// Yes, but all by one operator.
    Unchecked,
    /// There is no answer.
    Unanswered,
}

/// One distinct output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its bytes.
    pub output: Cid,
    /// Answers that are this output.
    pub answers: u64,
    /// Independent operators who gave it.
    pub operators: u64,
}

/// What an open model says to one prompt, and how alike the answers of other targets are to it.
/// Different models differ: nothing here is a finding about regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// Index of the prompt.
    pub prompt: u32,
    /// Index of the open model among the targets.
    pub open: u32,
    /// Its answer that most operators gave: the bytes.
    pub output: Cid,
    /// Its beginning, at most 240 bytes.
    pub excerpt: String,
    /// Distinct outputs of the open model over all regions.
    pub variants: u64,
    /// The other targets, in the order of the job.
    pub others: Vec<BesideTarget>,
}

/// One other target's answers to the prompt, over all regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BesideTarget {
    /// Index among the targets.
    pub target: u32,
    /// Answers that were measured, at most 16 of each region.
    pub answers: u64,
    /// Independent operators behind them.
    pub operators: u64,
    /// The beginning of the answer that is most alike to the open model's, at most 240 bytes.
    pub excerpt: String,
    /// Similarity to the open model's answer by words shared.
    pub shared: Spread,
    /// Similarity to the open model's answer by runs of three words.
    pub shingles: Spread,
}
