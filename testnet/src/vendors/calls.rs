//! What has been asked so far, and which faults are planned.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::vendors::fault::Fault;

/// Requests kept for [`Calls::requests`]. A guess: more than a demo's cells.
const REQUESTS_MAX: usize = 256;

/// Different requests whose repeats are counted; a bound on memory, far above any demo.
const REPEATED_MAX: usize = 100_000;

/// A request for an answer, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The region whose path it used.
    pub region: String,
    /// Its path below the region.
    pub path: String,
    /// Its headers but for the key, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// The simulated vendor's memory.
#[derive(Debug, Default)]
pub(super) struct Calls {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    calls: BTreeMap<String, u64>,
    requests: VecDeque<RecordedRequest>,
    answered: HashMap<[u8; 32], u64>,
    faults: VecDeque<Fault>,
}

impl Calls {
    /// Notes a call.
    pub(super) fn note(&self, request: RecordedRequest) {
        let mut entries = self.entries();
        *entries.calls.entry(request.region.clone()).or_default() += 1;
        if entries.requests.len() == REQUESTS_MAX {
            entries.requests.pop_front();
        }
        entries.requests.push_back(request);
    }

    /// How often this request was answered in this region before; counts this answer.
    pub(super) fn ordinal(&self, region: &str, path: &str, body: &[u8]) -> u64 {
        let mut hash = Sha256::new();
        for text in [region, path] {
            hash.update(text);
            hash.update([0]);
        }
        hash.update(body);
        let mut entries = self.entries();
        let key = hash.finalize().into();
        if entries.answered.len() >= REPEATED_MAX && !entries.answered.contains_key(&key) {
            return 0;
        }
        let answered = entries.answered.entry(key).or_default();
        let ordinal = *answered;
        *answered += 1;
        ordinal
    }

    /// Takes the next planned fault.
    pub(super) fn next_fault(&self) -> Option<Fault> {
        self.entries().faults.pop_front()
    }

    pub(super) fn plan(&self, fault: Fault, times: usize) {
        self.entries().faults.extend(std::iter::repeat_n(fault, times));
    }

    pub(super) fn calls(&self) -> u64 {
        self.entries().calls.values().sum()
    }

    pub(super) fn calls_in(&self, region: &str) -> u64 {
        self.entries().calls.get(region).copied().unwrap_or_default()
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.entries().requests.iter().cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
