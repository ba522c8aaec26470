//! What one member has acknowledged of a job before its Final: the rule that core and verifier go by (PROTOCOL.md,
//! "Finals" and "Verifying").

use crate::id::JobId;
use crate::leaf_ref::LeafRef;
use crate::statement::{Ack, AckVerdict, StatementList};
use std::collections::BTreeSet;

/// Statements by a member's acks. A statement acknowledged both ok and bad counts as bad.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Acknowledged {
    ok: BTreeSet<LeafRef>,
    bad: BTreeSet<LeafRef>,
}

impl Acknowledged {
    /// The sum of some acks: all before the member's Final.
    pub(crate) fn by<'a>(acks: impl IntoIterator<Item = &'a Ack>) -> Self {
        let mut all = Self::default();
        acks.into_iter().for_each(|ack| all.add(ack));
        all
    }

    /// Adds one ack.
    pub(crate) fn add(&mut self, ack: &Ack) {
        for item in &ack.items {
            match item.verdict {
                AckVerdict::Ok => self.ok.insert(item.statement),
                AckVerdict::Bad(_) => self.bad.insert(item.statement),
            };
        }
    }

    /// What counts as ok.
    pub(crate) fn ok(&self) -> impl Iterator<Item = &LeafRef> {
        self.ok.difference(&self.bad)
    }

    /// What counts as bad.
    pub(crate) fn bad(&self) -> impl Iterator<Item = &LeafRef> {
        self.bad.iter()
    }

    /// What was acknowledged both ways.
    pub(crate) fn both(&self) -> impl Iterator<Item = &LeafRef> {
        self.ok.intersection(&self.bad)
    }

    /// Whether a statement counts as ok.
    pub(crate) fn holds(&self, at: &LeafRef) -> bool {
        self.ok.contains(at) && !self.bad.contains(at)
    }

    /// What a Final of this member stands for.
    pub(crate) fn list(&self, job: JobId) -> StatementList {
        StatementList::new(job, self.ok().copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Hash, NodeId};
    use crate::statement::{AckItem, BadCode};

    fn at(n: u8) -> LeafRef {
        LeafRef { author: NodeId([n; 32]), index: u64::from(n), hash: Hash([n; 32]) }
    }

    fn ack(items: &[(u8, bool)]) -> Ack {
        let item = |(n, ok): &(u8, bool)| AckItem {
            statement: at(*n),
            verdict: if *ok { AckVerdict::Ok } else { AckVerdict::Bad(BadCode::Cells) },
        };
        Ack { job: JobId([0; 32]), items: items.iter().map(item).collect() }
    }

    #[test]
    fn ok_plus_bad_counts_as_bad_in_either_order() {
        for acks in [
            [ack(&[(1, true), (2, true)]), ack(&[(2, false)])],
            [ack(&[(2, false)]), ack(&[(1, true), (2, true)])],
        ] {
            let all = Acknowledged::by(&acks);
            assert_eq!(all.ok().collect::<Vec<_>>(), [&at(1)]);
            assert_eq!((all.bad().count(), all.both().count()), (1, 1));
            assert_eq!((all.holds(&at(1)), all.holds(&at(2)), all.holds(&at(3))), (true, false, false));
            assert_eq!(all.list(JobId([0; 32])).statements, [at(1)]);
        }
    }
}
