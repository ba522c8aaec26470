//! Every cell of a job, counted exactly once.

use super::clip;
use super::input::{CellState, MissingReason};
use crate::finish::Ending;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Codes of one sort that are told apart; the rarest beyond it are summed under [`OTHER`].
const MAX_CODES: usize = 8;
/// Bytes of a code that are kept.
const MAX_CODE_BYTES: usize = 48;
/// Name for the sum of the codes that are not told apart.
const OTHER: &str = "…other";

/// What came of some cells. All counts but `cut` and `untold`, which say more of answers, together are the number of cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Cells with an answer.
    pub answered: u64,
    /// Those of them that the limit of tokens cut off.
    pub cut: u64,
    /// Those of them of which the server did not say how they ended, as some compatible endpoints do.
    pub untold: u64,
    /// Cells whose receipt reports a failure, by its code.
    pub failed: BTreeMap<String, u64>,
    /// Cells whose receipt contradicts the job, by what is wrong.
    pub bad: BTreeMap<String, u64>,
    /// Cells of slots that found no executor.
    pub unassigned: u64,
    /// Cells of slots that were declined, by the reason given.
    pub declined: BTreeMap<String, u64>,
    /// Cells of slots without an acknowledged reveal.
    pub not_in_set: u64,
    /// Cells given a second time under the same target, prompt, region, replica and repeat; only
    /// the first in canonical order is compared.
    pub repeated: u64,
    /// Cells that name a target, prompt or region the job does not have.
    pub out_of_range: u64,
}

impl Account {
    /// All cells counted.
    pub fn total(&self) -> u64 {
        let coded = [&self.failed, &self.bad, &self.declined].into_iter().flat_map(BTreeMap::values);
        let plain = [self.answered, self.unassigned, self.not_in_set, self.repeated, self.out_of_range];
        coded.chain(&plain).fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// How many answered, and what is to be known of them: `7 answered (2 cut off at the token limit)`.
    pub fn answered_in_words(&self) -> String {
        format!("{} answered{}", self.answered, self.endings_in_words())
    }

    /// What is to be known of how answers ended, behind a space; nothing where all are known to be whole.
    pub fn endings_in_words(&self) -> String {
        let told =
            [(self.cut, "cut off at the token limit"), (self.untold, "with no word on how they ended")];
        let told: Vec<String> =
            told.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
    }

    pub(super) fn add(&mut self, state: &CellState) {
        self.cut += u64::from(state.ended(Ending::Cut));
        self.untold += u64::from(state.ended(Ending::Untold));
        match state {
            CellState::Answer { .. } => self.answered += 1,
            CellState::Failed { code } => count(&mut self.failed, code),
            CellState::Bad { code } => count(&mut self.bad, code),
            CellState::Missing { reason: MissingReason::Unassigned } => self.unassigned += 1,
            CellState::Missing { reason: MissingReason::Declined { reason } } => {
                count(&mut self.declined, reason)
            }
            CellState::Missing { reason: MissingReason::NotInSet } => self.not_in_set += 1,
        }
    }

    /// Sums up the rarest codes, so that nobody swells the report by inventing them.
    pub(super) fn bound(&mut self) {
        for codes in [&mut self.failed, &mut self.bad, &mut self.declined] {
            bound_counts(codes, MAX_CODES);
        }
    }
}

/// Keeps the most frequent entries and sums up the others as one more.
pub(super) fn bound_counts(counts: &mut BTreeMap<String, u64>, max: usize) {
    if counts.len() <= max {
        return;
    }
    let mut ranked: Vec<(String, u64)> = core::mem::take(counts).into_iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (rank, (code, n)) in ranked.into_iter().enumerate() {
        let code = if rank + 1 < max { code } else { OTHER.to_owned() };
        *counts.entry(code).or_default() += n;
    }
}

fn count(codes: &mut BTreeMap<String, u64>, code: &str) {
    *codes.entry(clip(code, MAX_CODE_BYTES)).or_default() += 1;
}
