//! What of a simulated node survives a crash.

use std::cell::Cell;
use std::collections::BTreeMap;
use vantage_protocol::attester::{Blocks, Record};
use vantage_protocol::cid::{Cid, Codec};
use vantage_protocol::id::{JobId, NodeId};
use vantage_protocol::receipt::{Receipt, Receipts};
use vantage_protocol::wire;

/// A cell of a slot of a job: job, slot, prompt, repeat.
pub type CellKey = (JobId, u32, u32, u32);

/// Records, blocks and the executor's journal. Each write is durable at once: a crash falls between
/// two writes, never into one.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// Records in order.
    pub records: Vec<Record>,
    blocks: BTreeMap<Cid, Block>,
    reads: Cell<u64>,
    /// Cells that were run, so that none is run again.
    pub journal: BTreeMap<CellKey, Receipt>,
}

#[derive(Clone, Debug)]
struct Block {
    bytes: Vec<u8>,
    public: bool,
}

impl Disk {
    /// Keeps a block. What is public stays public.
    pub fn put(&mut self, cid: Cid, bytes: Vec<u8>, public: bool) {
        let block = self.blocks.entry(cid).or_insert(Block { bytes, public });
        block.public |= public;
    }

    /// Makes private blocks public.
    pub fn release(&mut self, cids: &[Cid]) {
        for cid in cids {
            if let Some(block) = self.blocks.get_mut(cid) {
                block.public = true;
            }
        }
    }

    /// Jobs whose receipts are among these blocks.
    pub fn jobs_of(&self, cids: &[Cid]) -> Vec<JobId> {
        let held =
            cids.iter().filter(|cid| cid.codec == Codec::DagCbor).filter_map(|cid| self.blocks.get(cid));
        held.filter_map(|b| Some(wire::decode::<Receipts>(&b.bytes).ok()?.job)).collect()
    }

    /// The cells of some receipts by another executor: what a member holds of its reveal.
    pub fn receipts_by_others(&self, own: &NodeId) -> Option<Vec<Receipt>> {
        let blocks = self.blocks.iter().filter(|(cid, _)| cid.codec == Codec::DagCbor);
        let receipts = blocks.filter_map(|(_, b)| wire::decode::<Receipts>(&b.bytes).ok());
        receipts.filter(|r| r.executor != *own).map(|r| r.cells).next()
    }

    /// How often the core has read a block.
    pub fn reads(&self) -> u64 {
        self.reads.get()
    }

    /// Ids of the blocks that peers may have.
    pub fn served(&self) -> impl Iterator<Item = &Cid> {
        self.blocks.iter().filter(|(_, b)| b.public).map(|(cid, _)| cid)
    }

    /// Loses a block, as no real disk should.
    #[cfg(test)]
    pub(super) fn lose(&mut self, cid: &Cid) {
        self.blocks.remove(cid);
    }

    /// A block as peers may have it.
    pub fn serve(&self, cid: &Cid) -> Option<&[u8]> {
        self.blocks.get(cid).filter(|b| b.public).map(|b| b.bytes.as_slice())
    }
}

impl Blocks for Disk {
    fn get(&self, cid: &Cid) -> Option<Vec<u8>> {
        self.reads.set(self.reads.get() + 1);
        self.blocks.get(cid).map(|b| b.bytes.clone())
    }

    fn has(&self, cid: &Cid) -> bool {
        self.blocks.contains_key(cid)
    }
}
