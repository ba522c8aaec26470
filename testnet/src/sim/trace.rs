//! The trace: everything that happened, as one hash.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use vantage_protocol::id::Hash;

/// Runs over every event and every effect, in order.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    hasher: Sha256,
    lines: u64,
    kinds: BTreeMap<&'static str, u64>,
}

impl Trace {
    /// Adds one line: when, what, who, and the bytes that went with it.
    pub fn add(&mut self, now_ms: u64, kind: &'static str, node: usize, payload: &[u8]) {
        self.lines += 1;
        *self.kinds.entry(kind).or_default() += 1;
        self.hasher.update(now_ms.to_be_bytes());
        self.hasher.update((kind.len() as u64).to_be_bytes());
        self.hasher.update(kind.as_bytes());
        self.hasher.update((node as u64).to_be_bytes());
        self.hasher.update((payload.len() as u64).to_be_bytes());
        self.hasher.update(payload);
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines so far by what happened.
    pub fn kinds(&self) -> &BTreeMap<&'static str, u64> {
        &self.kinds
    }

    /// The hash over all lines so far.
    pub fn hash(&self) -> Hash {
        Hash(self.hasher.clone().finalize().into())
    }
}
