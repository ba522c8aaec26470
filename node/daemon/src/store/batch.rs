//! What is to be written together, and how it looks before it is.

use super::files::FILE_BYTES_MIN;
use super::index::{self, Entry};
use super::views::{self, JobPlace};
use super::{BLOCKS, CELLS, META, Ordered, PRIVATE, RECORDS, Store, blocks};
use redb::{ReadableTable as _, ReadableTableMetadata as _};
use std::collections::BTreeMap;
use vantage_protocol::attester::{Blocks, JobView, Record};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId};
use vantage_protocol::receipt::Receipt;
use vantage_protocol::wire;

/// Job, slot, prompt, repeat.
type CellKey = (JobId, u32, u32, u32);

/// Writes that become durable together, or not at all.
#[derive(Debug, Default)]
pub struct Batch {
    records: Vec<Vec<u8>>,
    /// What each record means for the index.
    entries: Vec<Entry>,
    views: Vec<(JobPlace, Vec<u8>)>,
    /// Bytes (none: only released), and whether the block is to be public.
    blocks: BTreeMap<Hash, (Option<Vec<u8>>, bool)>,
    cells: Vec<(CellKey, Vec<u8>)>,
    announced: Option<Vec<u8>>,
    ordered: Vec<(String, Ordered)>,
    now_s: u64,
    published: Vec<Cid>,
    bytes: usize,
}

impl Batch {
    /// Keeps a record after all earlier ones.
    pub fn record(&mut self, record: &Record) {
        let bytes = wire::encode(record);
        self.bytes += bytes.len();
        self.records.push(bytes);
        self.entries.push(Entry::of(record));
    }

    /// Keeps a block. One that is or becomes public stays public.
    pub fn put(&mut self, cid: &Cid, bytes: Vec<u8>, public: bool) {
        self.bytes += bytes.len();
        if public {
            self.published.push(*cid);
        }
        let entry = self.blocks.entry(cid.digest).or_default();
        *entry = (Some(bytes), entry.1 || public);
    }

    /// Makes blocks public.
    pub fn release(&mut self, cids: &[Cid]) {
        self.published.extend(cids);
        for cid in cids {
            self.blocks.entry(cid.digest).or_default().1 = true;
        }
    }

    /// Keeps the receipt of a cell that is done.
    pub fn cell(&mut self, job: JobId, slot: u32, receipt: &Receipt) {
        let bytes = wire::encode(receipt);
        self.bytes += bytes.len();
        self.cells.push(((job, slot, receipt.prompt, receipt.repeat), bytes));
    }

    /// Keeps what readers see of a job that is over, in place of what was kept before.
    pub fn view(&mut self, view: &JobView) {
        // what is shown has a form in JSON
        let bytes = serde_json::to_vec(view).unwrap_or_default();
        self.bytes += bytes.len();
        self.views.push((JobPlace::of(view), bytes));
    }

    /// Keeps what was announced, in place of what was kept before.
    pub fn announced(&mut self, offer: Vec<u8>) {
        self.announced = Some(offer);
    }

    /// Remembers what was ordered under a key.
    pub fn ordered(&mut self, key: String, ordered: Ordered) {
        self.ordered.push((key, ordered));
    }

    /// What is to be remembered under a key.
    pub fn find_ordered(&self, key: &str) -> Option<Ordered> {
        self.ordered.iter().find(|(known, _)| known == key).map(|(_, ordered)| *ordered)
    }

    /// Writes down the time at which it is written, POSIX seconds. Alone it is nothing to write.
    pub fn clock(&mut self, now_s: u64) {
        self.now_s = now_s;
    }

    /// Blocks that are public once this is written: put as such, or released.
    pub fn published(&self) -> &[Cid] {
        &self.published
    }

    /// Bytes of records, blocks and receipts in it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Nothing to write.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.views.is_empty()
            && self.blocks.is_empty()
            && self.cells.is_empty()
            && self.announced.is_none()
            && self.ordered.is_empty()
    }

    /// A block in it.
    fn get(&self, cid: &Cid) -> Option<&Vec<u8>> {
        self.blocks.get(&cid.digest)?.0.as_ref()
    }

    /// Blocks that go into files of their own.
    pub(super) fn large(&self) -> impl Iterator<Item = (&Hash, &Vec<u8>)> {
        let blocks = self.blocks.iter().filter_map(|(digest, (bytes, _))| Some((digest, bytes.as_ref()?)));
        blocks.filter(|(_, bytes)| bytes.len() >= FILE_BYTES_MIN)
    }

    pub(super) fn write(self, transaction: &redb::WriteTransaction) -> Result<(), redb::Error> {
        let mut records = transaction.open_table(RECORDS)?;
        let first = match records.last()? {
            Some((index, _)) => index.value() + 1,
            None => 0,
        };
        for (index, record) in (first..).zip(&self.records) {
            records.insert(index, record.as_slice())?;
        }
        drop(records);
        index::add(transaction, first, self.entries.iter())?;
        views::write(transaction, &self.views)?;
        self.write_blocks(transaction)?;
        let mut cells = transaction.open_table(CELLS)?;
        for ((job, slot, prompt, repeat), receipt) in &self.cells {
            cells.insert((&job.0, *slot, *prompt, *repeat), receipt.as_slice())?;
        }
        super::ordered::write(transaction, &self.ordered, self.now_s)?;
        super::taken::advance(transaction, self.now_s)?;
        if let Some(offer) = &self.announced {
            transaction.open_table(META)?.insert("announced", offer.as_slice())?;
        }
        Ok(())
    }

    fn write_blocks(&self, transaction: &redb::WriteTransaction) -> Result<(), redb::Error> {
        let mut held = transaction.open_table(BLOCKS)?;
        let mut private = transaction.open_table(PRIVATE)?;
        for (digest, (bytes, public)) in &self.blocks {
            let is_held = held.get(&digest.0)?.is_some();
            if let Some(bytes) = bytes {
                held.insert(&digest.0, blocks::entry(bytes).as_slice())?;
                if !is_held && !public {
                    private.insert(&digest.0, ())?;
                }
            }
            if *public {
                private.remove(&digest.0)?;
            }
        }
        debug_assert!(private.len()? <= held.len()?, "only held blocks are private");
        Ok(())
    }
}

/// The store as it will be once a batch is committed: what the core sees.
#[derive(Clone, Copy, Debug)]
pub struct Staged<'a> {
    /// What is on disk.
    pub store: &'a Store,
    /// What will be.
    pub batch: &'a Batch,
}

impl Blocks for Staged<'_> {
    fn get(&self, cid: &Cid) -> Option<Vec<u8>> {
        self.batch.get(cid).cloned().or_else(|| self.store.block(cid))
    }
}
