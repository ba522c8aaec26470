//! Byte equality, where equal requests must give equal bytes.

use super::answer::Answer;
use super::input::Operator;
use super::report::{AnswerRef, Exact, ExactState, Variant};
use crate::cid::Cid;
use std::collections::{BTreeMap, BTreeSet};

/// Distinct outputs of one prompt that are listed.
const MAX_VARIANTS: usize = 16;
/// Odd answers of one prompt that are listed.
const MAX_ODD: usize = 32;

/// Holds all answers to one prompt against each other, over operators and regions alike. Operators
/// are the unit of independence, so the output that most *operators* gave is the one the others are
/// held against.
pub(super) fn exact(answers: &[Answer<'_>]) -> Exact {
    let mut variants = variants(answers);
    let operators = answers.iter().map(|a| &a.cell.operator).collect::<BTreeSet<_>>().len() as u64;
    let state = match (variants.len(), operators) {
        (0, _) => ExactState::Unanswered,
        (1, 1) => ExactState::Unchecked,
        (1, _) => ExactState::Equal,
        _ => ExactState::Unequal,
    };
    let prevailing = match variants.as_slice() {
        [first, second, ..] if first.operators > second.operators => Some(first.output),
        _ => None,
    };
    let mut odd: Vec<AnswerRef> = answers
        .iter()
        .filter(|answer| prevailing.is_some_and(|output| output != answer.output))
        .map(reference)
        .collect();
    let (variants_left_out, odd_left_out) = (cut(&mut variants, MAX_VARIANTS), cut(&mut odd, MAX_ODD));
    let regions = answers.iter().map(|a| a.cell.region).collect::<BTreeSet<_>>().len() as u64;
    Exact {
        state,
        answers: answers.len() as u64,
        operators,
        regions,
        variants,
        variants_left_out,
        odd,
        odd_left_out,
    }
}

/// The answer that most operators gave; of several the one given more often, then the one with the
/// lowest id.
pub(super) fn prevailing<'a>(answers: &[Answer<'a>]) -> Option<Answer<'a>> {
    let output = variants(answers).first()?.output;
    answers.iter().find(|answer| answer.output == output).copied()
}

/// The distinct outputs, those of most operators first.
fn variants(answers: &[Answer<'_>]) -> Vec<Variant> {
    let mut by_output: BTreeMap<Cid, (u64, BTreeSet<&Operator>)> = BTreeMap::new();
    for answer in answers {
        let (count, operators) = by_output.entry(answer.output).or_default();
        *count += 1;
        operators.insert(&answer.cell.operator);
    }
    let mut variants: Vec<Variant> = by_output
        .into_iter()
        .map(|(output, (answers, operators))| Variant { output, answers, operators: operators.len() as u64 })
        .collect();
    variants.sort_by_key(|v| (core::cmp::Reverse((v.operators, v.answers)), v.output));
    variants
}

/// Says which answer is meant.
pub(super) fn reference(answer: &Answer<'_>) -> AnswerRef {
    let cell = answer.cell;
    AnswerRef {
        region: cell.region,
        replica: cell.replica,
        repeat: cell.repeat,
        executor: cell.executor,
        operator: cell.operator.clipped(),
        output: answer.output,
    }
}

fn cut<T>(list: &mut Vec<T>, max: usize) -> u64 {
    let left_out = list.len().saturating_sub(max);
    list.truncate(max);
    left_out as u64
}
