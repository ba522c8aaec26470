//! What may look different to whoever reads along.

use super::Attester;
use crate::id::{JobId, NodeId};
use std::collections::BTreeSet;

/// Leaves below a head whose jobs may look different once it is dated earlier.
const DATED_LEAVES_MAX: u64 = 1024;

/// What may look different since it was asked for before: more than really does, never less. What depends on the time
/// alone, such as who was heard lately, is not among it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Jobs, as [`Attester::job`] tells them.
    pub jobs: BTreeSet<JobId>,
    /// Logs: their leaves and heads, and what [`Attester::known_node`] tells of their nodes.
    pub logs: BTreeSet<NodeId>,
}

impl Attester {
    /// What may look different since this was called last. At first that is everything that was not replayed.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// An earlier date under a head may put what was late in time, of jobs that are over, too: of what stands below it and
    /// below no head that was dated before. How far back is a guess that bounds the work.
    pub(super) fn note_dated(&mut self, node: &NodeId, size: u64) {
        let Some(log) = self.logs.get(node) else { return };
        let from = log.dated_below(size, self.policy.quorum()).max(size.saturating_sub(DATED_LEAVES_MAX));
        let below = from..size.min(log.certified());
        let said = below.filter_map(|index| log.entry(index)?.leaf.statement.job());
        self.changes.jobs.extend(said);
    }

    /// A log was certified further: what it says there about jobs counts from now on.
    pub(super) fn note_certified(&mut self, node: &NodeId, before: u64) {
        let Some(log) = self.logs.get(node) else { return };
        let said = (before..log.certified()).filter_map(|index| log.entry(index)?.leaf.statement.job());
        self.changes.jobs.extend(said);
    }
}
