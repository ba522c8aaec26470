//! Blocks that were asked for: each once at a time, again after a while if it was not found.

use super::Effect;
use super::step::Step;
use crate::cid::Cid;
use crate::params::{RETRY_MS_MAX, RETRY_MS_MIN};
use std::collections::BTreeMap;

/// Most blocks asked for at once: a guess, bounds memory; the rest comes later.
const FETCHES_MAX: usize = 4096;

/// What is being fetched. Volatile.
#[derive(Debug, Default)]
pub(crate) struct Fetches {
    open: BTreeMap<Cid, Fetch>,
}

#[derive(Debug)]
struct Fetch {
    busy: bool,
    tries: u32,
    next_ms: u64,
}

impl Fetches {
    /// Asks for a block, unless it is being asked for or was not found just now.
    pub(crate) fn want(&mut self, step: &mut Step<'_>, cid: Cid, peers: Vec<[u8; 32]>) {
        if self.open.len() >= FETCHES_MAX && !self.open.contains_key(&cid) {
            // drop expired entries
            self.open.retain(|_, f| f.busy || f.next_ms + RETRY_MS_MAX > step.now_ms);
            if self.open.len() >= FETCHES_MAX {
                return;
            }
        }
        let fetch = self.open.entry(cid).or_insert(Fetch { busy: false, tries: 0, next_ms: 0 });
        if !fetch.busy && step.now_ms >= fetch.next_ms {
            fetch.busy = true;
            step.out.push(Effect::Fetch { cid, peers });
        }
    }

    /// Whether asking for it now would do something.
    pub(crate) fn is_due(&self, cid: &Cid, now_ms: u64) -> bool {
        self.open.get(cid).is_none_or(|fetch| !fetch.busy && now_ms >= fetch.next_ms)
    }

    /// A fetch ended.
    pub(crate) fn ended(&mut self, cid: &Cid, found: bool, now_ms: u64) {
        if found {
            self.open.remove(cid);
        } else if let Some(fetch) = self.open.get_mut(cid) {
            fetch.busy = false;
            fetch.next_ms = now_ms + (RETRY_MS_MIN << fetch.tries.min(6)).min(RETRY_MS_MAX);
            fetch.tries += 1;
        }
    }

    /// What waits longer is asked for again by then.
    pub(crate) fn retry_by(&mut self, at_ms: u64) {
        for fetch in self.open.values_mut() {
            fetch.next_ms = fetch.next_ms.min(at_ms);
        }
    }

    /// When the next one may be asked for again; expired entries do not count.
    pub(crate) fn next_ms(&self, now_ms: u64) -> Option<u64> {
        self.open.values().filter(|f| !f.busy && f.next_ms > now_ms).map(|f| f.next_ms).min()
    }
}
