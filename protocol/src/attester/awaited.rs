//! Blocks that reveals wait for. A reveal is judged again when the last of them is there, not with each.

use crate::cid::Cid;
use crate::id::{Hash, JobId};
use std::collections::{BTreeMap, BTreeSet};

/// A reveal: its job and the hash of its leaf.
pub(crate) type Waiter = (JobId, Hash);

/// Which reveal waits for which blocks. Volatile: judging a reveal again tells.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    missing: BTreeMap<Waiter, BTreeSet<Cid>>,
    waiters: BTreeMap<Cid, BTreeSet<Waiter>>,
}

impl Awaited {
    /// A reveal waits for these blocks from now on.
    pub(crate) fn wait(&mut self, waiter: Waiter, blocks: Vec<Cid>) {
        for cid in &blocks {
            self.waiters.entry(*cid).or_default().insert(waiter);
        }
        self.missing.entry(waiter).or_default().extend(blocks);
    }

    /// A block is there. Says whether anybody who looks at rounds needs to know: the last block of a reveal, or one that
    /// no reveal waits for.
    pub(crate) fn came(&mut self, cid: &Cid) -> bool {
        let Some(waiters) = self.waiters.remove(cid) else { return true };
        let mut last = false;
        for waiter in waiters {
            let Some(missing) = self.missing.get_mut(&waiter) else { continue };
            missing.remove(cid);
            if missing.is_empty() {
                self.missing.remove(&waiter);
                last = true;
            }
        }
        last
    }

    /// What a reveal waits for; none if it can be judged.
    pub(crate) fn missing(&self, waiter: &Waiter) -> Option<&BTreeSet<Cid>> {
        self.missing.get(waiter)
    }

    /// Nobody judges the reveals of this job any more.
    pub(crate) fn forget(&mut self, job: &JobId) {
        let of_job = (*job, Hash([0; 32]))..=(*job, Hash([0xff; 32]));
        let gone: Vec<Waiter> = self.missing.range(of_job).map(|(waiter, _)| *waiter).collect();
        for waiter in gone {
            for cid in self.missing.remove(&waiter).unwrap_or_default() {
                if let Some(waiters) = self.waiters.get_mut(&cid) {
                    waiters.remove(&waiter);
                    if waiters.is_empty() {
                        self.waiters.remove(&cid);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cid(n: u8) -> Cid {
        Cid::raw(&[n])
    }

    #[test]
    fn only_the_last_block_of_a_reveal_is_news() {
        let mut awaited = Awaited::default();
        let (one, other) = ((JobId([1; 32]), Hash([1; 32])), (JobId([1; 32]), Hash([2; 32])));
        awaited.wait(one, vec![cid(1), cid(2)]);
        awaited.wait(other, vec![cid(2), cid(3)]);
        assert!(!awaited.came(&cid(1)));
        assert!(awaited.came(&cid(2)), "the last one of the first reveal");
        assert_eq!((awaited.missing(&one), awaited.missing(&other).map(BTreeSet::len)), (None, Some(1)));
        assert!(awaited.came(&cid(9)), "nobody waits for it as one of many");
        assert!(awaited.came(&cid(3)));
        assert!(awaited.waiters.is_empty());
    }

    #[test]
    fn a_job_that_is_over_leaves_nothing() {
        let mut awaited = Awaited::default();
        awaited.wait((JobId([1; 32]), Hash([0; 32])), vec![cid(1), cid(2)]);
        awaited.wait((JobId([1; 32]), Hash([0xff; 32])), vec![cid(1)]);
        awaited.wait((JobId([2; 32]), Hash([0; 32])), vec![cid(1)]);
        awaited.forget(&JobId([1; 32]));
        assert_eq!((awaited.missing.len(), awaited.waiters.len()), (1, 1));
        assert!(awaited.came(&cid(1)));
    }
}
