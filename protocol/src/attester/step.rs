//! One call of the machine: what it may look at and what it has said so far.

use super::effect::{Effect, Notice};
use super::record::Record;
use crate::cid::Cid;
use crate::id::Hash;
use crate::wire::{self, Wire};

/// The shell's store as the core sees it: a function from ids to bytes. Blocks put by earlier
/// effects are in it.
pub trait Blocks {
    /// The block of this id, if it is held, private or public.
    fn get(&self, cid: &Cid) -> Option<Vec<u8>>;
}

/// Time, blocks and the growing list of effects.
pub(crate) struct Step<'a> {
    pub(crate) now_ms: u64,
    pub(crate) blocks: &'a dyn Blocks,
    pub(crate) out: Vec<Effect>,
    /// What is missing is not asked for.
    pub(crate) quiet: bool,
}

impl Step<'_> {
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
        self.out.push(Effect::Put { cid, bytes });
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
        let put = self.out.iter().rev().find_map(|e| match e {
            Effect::Put { cid: c, bytes } | Effect::PutPrivate { cid: c, bytes } if c == cid => {
                Some(bytes.clone())
            }
            _ => None,
        });
        put.or_else(|| self.blocks.get(cid))
    }
}

/// A number that spreads retries and choices of peers, derived from what is at hand.
pub(crate) fn spread(seed: &Hash, n: u64) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&seed.0[..8]);
    (u64::from_be_bytes(bytes) ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(17)
}
