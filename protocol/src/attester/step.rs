//! One call of the machine: what it may look at and what it has said so far.

use super::effect::{Effect, Notice};
use super::record::Record;
use crate::cid::Cid;
use crate::id::Hash;
use crate::wire::{self, Wire};
use std::collections::BTreeMap;

/// The shell's store as the core sees it: a function from ids to bytes. Blocks put by earlier
/// effects are in it.
pub trait Blocks {
    /// The block of this id, if it is held, private or public.
    fn get(&self, cid: &Cid) -> Option<Vec<u8>>;

    /// Whether it is held.
    fn has(&self, cid: &Cid) -> bool {
        self.get(cid).is_some()
    }
}

/// Time, blocks and the growing list of effects.
pub(crate) struct Step<'a> {
    pub(crate) now_ms: u64,
    pub(crate) blocks: &'a dyn Blocks,
    pub(crate) out: Vec<Effect>,
    /// Places of blocks among `out`.
    made: BTreeMap<Cid, usize>,
    /// What is missing is not asked for.
    pub(crate) quiet: bool,
}

impl<'a> Step<'a> {
    pub(crate) fn new(now_ms: u64, blocks: &'a dyn Blocks) -> Self {
        Self { now_ms, blocks, out: Vec::new(), made: BTreeMap::new(), quiet: false }
    }

    /// The clock in POSIX seconds.
    pub(crate) fn now_s(&self) -> u64 {
        self.now_ms / 1000
    }

    pub(crate) fn persist(&mut self, record: Record) {
        self.out.push(Effect::Persist(record));
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.out.push(Effect::Notice(notice));
    }

    pub(crate) fn put(&mut self, cid: Cid, bytes: Vec<u8>) {
        self.made.insert(cid, self.out.len());
        self.out.push(Effect::Put { cid, bytes });
    }

    pub(crate) fn put_private(&mut self, cid: Cid, bytes: Vec<u8>) {
        self.made.insert(cid, self.out.len());
        self.out.push(Effect::PutPrivate { cid, bytes });
    }

    /// Encodes and keeps a public DAG-CBOR block.
    pub(crate) fn put_value<T: Wire>(&mut self, value: &T) -> Cid {
        let bytes = wire::encode(value);
        let cid = Cid::dag_cbor(&bytes);
        self.put(cid, bytes);
        cid
    }

    /// A block from the store or put in this very step.
    pub(crate) fn block(&self, cid: &Cid) -> Option<Vec<u8>> {
        match self.made.get(cid).and_then(|place| self.out.get(*place)) {
            Some(Effect::Put { bytes, .. } | Effect::PutPrivate { bytes, .. }) => Some(bytes.clone()),
            _ => self.blocks.get(cid),
        }
    }

    /// Whether a block is held.
    pub(crate) fn holds(&self, cid: &Cid) -> bool {
        self.made.contains_key(cid) || self.blocks.has(cid)
    }
}

/// A number that spreads retries and choices of peers, derived from what is at hand.
pub(crate) fn spread(seed: &Hash, n: u64) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&seed.0[..8]);
    (u64::from_be_bytes(bytes) ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(17)
}
