//! What one log says about one job, by kind: indices of its leaves, so that nothing is searched for.

use std::collections::BTreeMap;

use crate::leaf::Statement;

/// Indices of the leaves of one log about one job, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    all: Vec<u64>,
    acks: Vec<u64>,
    /// Commits and declines of each slot; the lowest is the effective one.
    slots: BTreeMap<u32, Vec<u64>>,
    reveals: BTreeMap<u32, Vec<u64>>,
    finals: Vec<u64>,
}

impl Said {
    /// Notes the leaf at `index`, which is above all before.
    pub(crate) fn note(&mut self, index: u64, statement: &Statement) {
        self.all.push(index);
        match statement {
            Statement::Commit(commit) => self.slots.entry(commit.slot).or_default().push(index),
            Statement::Decline(decline) => self.slots.entry(decline.slot).or_default().push(index),
            Statement::Reveal(reveal) => self.reveals.entry(reveal.slot).or_default().push(index),
            Statement::Ack(_) => self.acks.push(index),
            Statement::Final(_) => self.finals.push(index),
            _ => {}
        }
    }

    /// Forgets leaves from `size` on.
    pub(crate) fn truncate(&mut self, size: u64) {
        let lists = [&mut self.all, &mut self.acks, &mut self.finals];
        for list in lists.into_iter().chain(self.slots.values_mut()).chain(self.reveals.values_mut()) {
            list.truncate(list.partition_point(|index| *index < size));
        }
        self.slots.retain(|_, list| !list.is_empty());
        self.reveals.retain(|_, list| !list.is_empty());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Every leaf.
    pub(crate) fn all(&self) -> &[u64] {
        &self.all
    }

    /// Acks.
    pub(crate) fn acks(&self) -> &[u64] {
        &self.acks
    }

    /// The effective commit or decline of a slot: the lowest.
    pub(crate) fn effective(&self, slot: u32) -> Option<u64> {
        self.slots.get(&slot)?.first().copied()
    }

    /// Reveals of a slot.
    pub(crate) fn reveals(&self, slot: u32) -> &[u64] {
        self.reveals.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// The first Final.
    pub(crate) fn last_word(&self) -> Option<u64> {
        self.finals.first().copied()
    }
}
