//! The node's store: one redb database and, beside it, large blocks as files.
//!
//! ```text
//! node.redb            meta, records, blocks, private, cells, taken, pruned, ordered, and the ledger's: calls, days, jobs, open,
//!                      glm_open, glm_days, glm_jobs, and what readers need: leaf_index, head_index, job_views,
//!                      job_view_places; see [`format`]
//! blocks/ab/abcd…      blocks of 64 KiB and more, by the hex of their SHA-256
//! ```
//!
//! *Durability.* [`Store::commit`] returns once everything in the batch would survive a power cut: block files are
//! written beside their place, synced, renamed and their directory synced before the transaction that names them; the
//! transaction is synced before it counts. A batch is on disk whole or not at all; a file that no transaction names is
//! an orphan that the next write of the same block replaces.
//!
//! *Concurrency.* Any number of threads may read and commit; commits follow one another. One process has the store
//! ([`DataLock`](crate::lock::DataLock)).
//!
//! *Blocks are kept by the SHA-256 of their bytes*, so that ids that differ in codec alone name one block, as in any
//! IPFS store. A private block is for this node's eyes; once public, a block stays public.

mod backend;
mod batch;
mod blocks;
mod cells;
mod disk;
mod error;
mod files;
pub mod format;
mod glm;
mod history;
mod index;
mod journal;
mod ledger;
mod lost;
mod ordered;
mod overlay;
mod peek;
mod prune;
mod public;
mod snapshot;
mod taken;
mod views;

pub use batch::{Batch, Staged};
pub use disk::free_bytes;
pub use error::StoreError;
pub use files::DIR as BLOCKS_DIR;
pub use glm::{GlmBegun, GlmOpen, GlmSums};
pub use ledger::{Booking, Books, Sum};
pub use ordered::Ordered;
pub use peek::Peek;
pub use public::PublicBlocks;
pub use views::JobPlace;

use crate::private_file;
use backend::Watched;
use files::BlockFiles;
use redb::backends::FileBackend;
use redb::{Database, Durability, ReadableDatabase as _, ReadableTableMetadata as _, TableDefinition};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::{CancellationToken, DropGuard};
use vantage_protocol::id::{NetId, NodeId};

/// Name of the database.
pub const FILE: &str = "node.redb";
/// Memory that redb may use for its cache, bytes: a guess, small beside a model.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// A database is compacted at the start when less than this part of it is in use. A guess.
const COMPACT_DIVISOR: u64 = 2;
/// And when at least this much is to be gained, bytes. A guess: less is no trouble to anybody.
const COMPACT_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// `format`, `net`, `node`, `written_by`, `announced`, `clock_s`.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
/// Records of the core, by their order.
const RECORDS: TableDefinition<u64, &[u8]> = TableDefinition::new("records");
/// Blocks, or where they are, by SHA-256.
const BLOCKS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("blocks");
/// Blocks that are not public, by SHA-256.
const PRIVATE: TableDefinition<&[u8; 32], ()> = TableDefinition::new("private");
/// Receipts of cells that are done, by job, slot, prompt, repeat.
const CELLS: TableDefinition<(&[u8; 32], u32, u32, u32), &[u8]> = TableDefinition::new("cells");

/// Slots taken on, by job and slot, and when: POSIX seconds.
const TAKEN: TableDefinition<(&[u8; 32], u32), u64> = TableDefinition::new("taken");
/// Jobs ordered under a key: job id, hash of the order, when: POSIX seconds.
const ORDERED: TableDefinition<&str, (&[u8; 32], &[u8; 32], u64)> = TableDefinition::new("ordered");
/// Jobs whose blocks were given up, and when: POSIX seconds.
const PRUNED: TableDefinition<&[u8; 32], u64> = TableDefinition::new("pruned");

/// The node's memory. See the [module](self) for what it promises.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    db: Database,
    files: BlockFiles,
    /// A write met a full disk; the database then fails whatever comes after, without saying why.
    met_full: Arc<AtomicBool>,
    /// Tells that the database is closed: fields are dropped in their order, so it stands last.
    closes: DropGuard,
}

/// How much a store holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Records in the journal.
    pub records: u64,
    /// Blocks, private ones included.
    pub blocks: u64,
    /// Blocks that are not public.
    pub blocks_private: u64,
}

impl Store {
    /// Opens the store of a node in one network, or makes it where no node has run yet. The caller holds the directory's
    /// lock.
    pub fn open(data: &Path, net: &NetId, node: &NodeId) -> Result<Self, StoreError> {
        let path = data.join(FILE);
        private_file::make_dir(data).map_err(|source| StoreError::io(data, source))?;
        let has_run = Self::refuse_lost(data)?;
        let store = Self::of(data, path)?;
        store.check(net, node, has_run)?;
        Ok(store)
    }

    /// Refuses a directory in which a node has run whose database is missing or empty; tells whether one has run.
    pub fn refuse_lost(data: &Path) -> Result<bool, StoreError> {
        lost::refuse(data)
    }

    /// The store in a directory, made if there is none, whatever is in it.
    fn of(data: &Path, path: PathBuf) -> Result<Self, StoreError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|source| StoreError::io(&path, source))?;
        private_file::sync_parent(&path).map_err(|source| StoreError::io(&path, source))?;
        let met_full = Arc::new(AtomicBool::new(false));
        let open = || -> Result<Database, redb::Error> {
            let backend = Watched::new(FileBackend::new(file)?, met_full.clone());
            Ok(Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend)?)
        };
        let db = open().map_err(|error| StoreError::database(&path, error))?;
        let files = BlockFiles::open(data)?;
        Ok(Self { path, db, files, met_full, closes: CancellationToken::new().drop_guard() })
    }

    /// Is cancelled once the last of all that hold the store has let go of it and the database is closed.
    pub fn closed(&self) -> CancellationToken {
        self.closes.token().clone()
    }

    /// Gives unused room of the database back, where that is worth it or `always`; returns the bytes freed. Wants the
    /// store for itself, so it is done before a node serves. A crash in it loses nothing: it consists of transactions.
    pub fn compact(&mut self, always: bool) -> Result<u64, StoreError> {
        let length = |path: &Path| std::fs::metadata(path).map(|meta| meta.len());
        let before = length(&self.path).map_err(|source| StoreError::io(&self.path, source))?;
        let used = || {
            let transaction = self.db.begin_write()?;
            let stats = transaction.stats()?;
            transaction.abort()?;
            Ok(stats.allocated_pages() * stats.page_size() as u64)
        };
        let used = used().map_err(|error: redb::Error| StoreError::database(&self.path, error))?;
        let worth = used < before / COMPACT_DIVISOR && before - used >= COMPACT_BYTES_MIN;
        if !worth && !always {
            return Ok(0);
        }
        self.db.compact().map_err(|error| StoreError::database(&self.path, error))?;
        let after = length(&self.path).map_err(|source| StoreError::io(&self.path, source))?;
        Ok(before.saturating_sub(after))
    }

    /// Opens the store that is in a data directory, whosever it is; none if there is none. The caller holds the
    /// directory's lock.
    pub fn reopen(data: &Path) -> Result<Option<Self>, StoreError> {
        let path = data.join(FILE);
        let has_run = Self::refuse_lost(data)?;
        if std::fs::metadata(&path).map_or(0, |found| found.len()) == 0 {
            return Ok(None);
        }
        let store = Self::of(data, path)?;
        let (net, node) = store.whose()?;
        store.check(&net, &node, has_run)?;
        Ok(Some(store))
    }

    /// The network and the node that the store belongs to.
    pub fn whose(&self) -> Result<(NetId, NodeId), StoreError> {
        let found = self.read(|transaction| {
            let meta = match transaction.open_table(META) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
                meta => meta?,
            };
            let id = |key: &str| -> Result<Option<[u8; 32]>, redb::Error> {
                Ok(meta.get(key)?.and_then(|value| value.value().try_into().ok()))
            };
            Ok(id("net")?.zip(id("node")?))
        })?;
        let foreign = || StoreError::Foreign { path: self.path.clone(), what: "program".to_owned() };
        found.map(|(net, node)| (NetId(net), NodeId(node))).ok_or_else(foreign)
    }

    /// Writes a batch: all of it durable when this returns, or an error and none of it.
    pub fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.commit_by(batch, |store, batch| store.write(|transaction| batch.write(transaction)))
    }

    /// The same for what is written with every cell: as durable, at two thirds of the cost, and after a crash the next start looks
    /// through the whole database, a second for each GB. It comes between bookings, which ask for that anyhow.
    pub fn commit_often(&self, batch: Batch) -> Result<(), StoreError> {
        self.commit_by(batch, |store, batch| store.write_often(|transaction| batch.write(transaction)))
    }

    fn commit_by(
        &self,
        batch: Batch,
        write: impl FnOnce(&Self, Batch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        // held over both: nothing may remove a file between its writing and the transaction that names it
        let alone = batch.large().next().is_some().then(|| self.files.alone());
        if let Some(alone) = &alone {
            self.files.write_large(alone, &batch)?;
        }
        write(self, batch)
    }

    /// What the store holds.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|transaction| {
            Ok(Counts {
                records: transaction.open_table(RECORDS)?.len()?,
                blocks: transaction.open_table(BLOCKS)?.len()?,
                blocks_private: transaction.open_table(PRIVATE)?.len()?,
            })
        })
    }

    /// The offer that was last announced, as [`Batch::announced`] kept it.
    pub fn announced(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|transaction| {
            Ok(transaction.open_table(META)?.get("announced")?.map(|v| v.value().to_vec()))
        })
    }

    /// One read transaction.
    fn read<T>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let run = || read(&self.db.begin_read()?);
        run().map_err(|error: redb::Error| self.failed(error))
    }

    /// One write transaction, synced.
    fn write<T>(
        &self,
        write: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        self.write_with(Durability::Immediate, true, write)
    }

    /// One write transaction, synced, after which a crash asks for a look through the whole database: a second for each GB.
    fn write_often<T>(
        &self,
        write: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        self.write_with(Durability::Immediate, false, write)
    }

    /// One write transaction that everybody reads at once, and that the next synced one takes to the disk with it: a crash before
    /// that loses it.
    fn write_soon<T>(
        &self,
        write: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        self.write_with(Durability::None, false, write)
    }

    fn write_with<T>(
        &self,
        durability: Durability,
        quick_repair: bool,
        write: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let run = || {
            let mut transaction = self.db.begin_write()?;
            transaction.set_quick_repair(quick_repair);
            transaction.set_durability(durability)?;
            let value = write(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|error: redb::Error| self.failed(error))
    }

    /// An error of the database, with the reason that it had at first.
    fn failed(&self, error: redb::Error) -> StoreError {
        self.reason(StoreError::database(&self.path, error))
    }

    /// What went wrong, where an error does not tell it but the store knows: the disk was full when somebody, in
    /// whichever thread, wrote.
    pub fn reason(&self, error: StoreError) -> StoreError {
        let is_vague = match &error {
            StoreError::Unrecorded(_) => true,
            StoreError::Database { source, .. } => matches!(**source, redb::Error::PreviousIo),
            _ => false,
        };
        if is_vague && self.met_full.load(Ordering::Acquire) {
            return StoreError::io(&self.path, std::io::ErrorKind::StorageFull.into());
        }
        error
    }
}

#[cfg(test)]
mod tests;
