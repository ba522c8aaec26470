//! What one peer wants of us.

use std::collections::{HashMap, HashSet, VecDeque};

use cid::Cid;

use super::message::Want;
use crate::limits::WANTS_PER_PEER_MAX;

/// One peer's wants: those to be looked up, then those we do not have (yet). Bounded by [`WANTS_PER_PEER_MAX`].
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// To be looked up, in order. May name wants that were cancelled meanwhile.
    queue: VecDeque<Cid>,
    wants: HashMap<Cid, (Want, State)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Queued,
    Reading,
    /// Not here when we looked; served once it is.
    Missing,
}

impl Ledger {
    /// Takes in a peer's wantlist. Returns the wants there was no room for.
    pub(super) fn update(&mut self, wants: Vec<Want>, full: bool) -> Vec<Want> {
        if full {
            self.wants.clear();
            self.queue.clear();
        }
        let mut dropped = Vec::new();
        for want in wants {
            if want.cancel {
                self.wants.remove(&want.cid);
            } else if self.wants.len() < WANTS_PER_PEER_MAX || self.wants.contains_key(&want.cid) {
                self.enqueue(want);
            } else {
                dropped.push(want);
            }
        }
        dropped
    }

    /// Takes up to `max` wants to look up.
    pub(super) fn take(&mut self, max: usize) -> Vec<Want> {
        let mut taken = Vec::new();
        while taken.len() < max {
            let Some(cid) = self.queue.pop_front() else { break };
            if let Some((want, state @ State::Queued)) = self.wants.get_mut(&cid) {
                *state = State::Reading;
                taken.push(want.clone());
            }
        }
        taken
    }

    /// Whether there is anything to look up.
    pub(super) fn has_queued(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Not looked at after all, or lost on its way: again, unless cancelled meanwhile.
    pub(super) fn put_back(&mut self, want: Want) {
        if self.wants.get(&want.cid).is_some_and(|(_, state)| *state == State::Reading) {
            self.enqueue(want);
        }
    }

    /// A reply was lost on its way, after its want was forgotten: as if the peer asked again.
    pub(super) fn restore(&mut self, want: Want) {
        if self.wants.len() < WANTS_PER_PEER_MAX && !self.wants.contains_key(&want.cid) {
            self.enqueue(want);
        }
    }

    /// The want has been answered and is forgotten. `false` if it was cancelled meanwhile.
    pub(super) fn served(&mut self, cid: &Cid) -> bool {
        let reading = self.wants.get(cid).is_some_and(|(_, state)| *state == State::Reading);
        if reading {
            self.wants.remove(cid);
        }
        reading
    }

    /// We do not have it: it waits. `false` if it was cancelled meanwhile.
    pub(super) fn missing(&mut self, cid: &Cid) -> bool {
        match self.wants.get_mut(cid) {
            Some((_, state @ State::Reading)) => {
                *state = State::Missing;
                true
            }
            _ => false,
        }
    }

    /// Blocks came into our store: those waited for are looked up again.
    pub(super) fn added(&mut self, cids: &HashSet<Cid>) {
        for cid in cids {
            if let Some((_, state @ State::Missing)) = self.wants.get_mut(cid) {
                *state = State::Queued;
                self.queue.push_back(*cid);
            }
        }
    }

    fn enqueue(&mut self, want: Want) {
        let cid = want.cid;
        let was_queued = matches!(self.wants.insert(cid, (want, State::Queued)), Some((_, State::Queued)));
        // Cancelling leaves its place in the queue behind: clear those before they pile up.
        if self.queue.len() >= 2 * WANTS_PER_PEER_MAX {
            let mut seen = HashSet::new();
            let wants = &self.wants;
            self.queue.retain(|c| matches!(wants.get(c), Some((_, State::Queued))) && seen.insert(*c));
        }
        if !was_queued {
            self.queue.push_back(cid);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.wants.len()
    }
}

#[cfg(test)]
mod tests {
    use multihash::Multihash;

    use super::*;

    fn cid(number: u32) -> Cid {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        Cid::new_v1(0x55, Multihash::wrap(0x12, &digest).unwrap())
    }

    fn wants(numbers: std::ops::Range<u32>) -> Vec<Want> {
        numbers.map(|n| Want::block(cid(n))).collect()
    }

    #[test]
    fn a_served_want_is_forgotten() {
        let mut ledger = Ledger::default();
        ledger.update(wants(0..2), false);
        assert_eq!(ledger.take(9).len(), 2);
        assert!(ledger.served(&cid(0)));
        assert!(!ledger.served(&cid(0)));
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger.take(9), []);
    }

    #[test]
    fn a_missing_want_waits_for_its_block() {
        let mut ledger = Ledger::default();
        ledger.update(wants(0..1), false);
        ledger.take(1);
        assert!(ledger.missing(&cid(0)));
        ledger.added(&HashSet::from([cid(1)]));
        assert!(!ledger.has_queued());
        ledger.added(&HashSet::from([cid(0)]));
        assert_eq!(ledger.take(9), wants(0..1));
    }

    #[test]
    fn cancelled_wants_are_neither_read_nor_answered() {
        let mut ledger = Ledger::default();
        ledger.update(wants(0..2), false);
        ledger.update(vec![Want::cancel(cid(0))], false);
        assert_eq!(ledger.take(9), wants(1..2));
        ledger.update(vec![Want::cancel(cid(1))], false);
        assert!(!ledger.served(&cid(1)));
        assert!(!ledger.missing(&cid(1)));
        ledger.put_back(Want::block(cid(1)));
        assert_eq!(ledger.len(), 0);
    }

    #[test]
    fn wants_are_bounded_also_in_full_lists() {
        let (mut ledger, max) = (Ledger::default(), WANTS_PER_PEER_MAX as u32);
        for full in [false, true, false] {
            let dropped = ledger.update(wants(0..max + 7), full);
            assert_eq!(dropped, wants(max..max + 7));
            assert_eq!(ledger.len(), WANTS_PER_PEER_MAX);
        }
        let replaced = ledger.update(wants(5000..5001), true);
        assert_eq!((replaced.len(), ledger.len()), (0, 1));
        assert_eq!(ledger.take(9), wants(5000..5001));
    }

    #[test]
    fn endless_cancelling_does_not_grow_the_queue() {
        let mut ledger = Ledger::default();
        for number in 0..20_000 {
            ledger.update(vec![Want::block(cid(number)), Want::cancel(cid(number))], false);
            assert!(ledger.queue.len() <= 2 * WANTS_PER_PEER_MAX + 1);
        }
        ledger.update(wants(0..1), false);
        assert_eq!(ledger.take(9), wants(0..1));
    }

    #[test]
    fn the_same_want_again_is_one_want() {
        let mut ledger = Ledger::default();
        ledger.update(wants(0..1), false);
        ledger.update(vec![Want::have(cid(0))], false);
        assert_eq!(ledger.take(9), [Want::have(cid(0))]);
        assert_eq!(ledger.take(9), []);
    }
}
