//! What verification stumbled over.

use crate::proof::evidence::Evidence;

/// Most reasons of one kind that are kept; the rest is counted.
const REASONS_MAX: usize = 32;

/// Contradictions, gaps, and remarks on what spoils neither.
#[derive(Debug, Default)]
pub(super) struct Problems {
    invalid: Reasons,
    incomplete: Reasons,
    remarks: Reasons,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Default)]
struct Reasons {
    kept: Vec<String>,
    more: usize,
}

impl Reasons {
    fn add(&mut self, why: String) {
        if self.kept.contains(&why) {
            return;
        }
        if self.kept.len() < REASONS_MAX { self.kept.push(why) } else { self.more += 1 }
    }

    fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.kept.push(format!("and {} more like these", self.more));
        }
        self.kept
    }
}

impl Problems {
    /// Something contradicts something else.
    pub(super) fn invalid(&mut self, why: impl Into<String>) {
        self.invalid.add(why.into());
    }

    /// Something is not there.
    pub(super) fn incomplete(&mut self, why: impl Into<String>) {
        self.incomplete.add(why.into());
    }

    /// Something does not count, or somebody broke a rule; the outcome stands by itself.
    pub(super) fn remark(&mut self, why: impl Into<String>) {
        self.remarks.add(why.into());
    }

    /// As before, with what proves it.
    pub(super) fn convicts(&mut self, why: impl Into<String>, evidence: Evidence) {
        self.remarks.add(why.into());
        if self.evidence.len() < REASONS_MAX && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }

    pub(super) fn has_invalid(&self) -> bool {
        !self.invalid.kept.is_empty()
    }

    pub(super) fn has_incomplete(&self) -> bool {
        !self.incomplete.kept.is_empty()
    }

    /// Reasons with contradictions first, remarks, evidence.
    pub(super) fn into_parts(self) -> (Vec<String>, Vec<String>, Vec<Evidence>) {
        let mut reasons = self.invalid.into_list();
        reasons.extend(self.incomplete.into_list());
        (reasons, self.remarks.into_list(), self.evidence)
    }
}
