//! The node's store: one redb database and, beside it, large blocks as files.
//!
//! ```text
//! node.redb            meta, records, blocks, private, cells, calls
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

mod batch;
mod blocks;
mod budget;
mod cells;
mod error;
mod files;
mod journal;
mod peek;
mod public;

pub use batch::{Batch, Staged};
pub use budget::Reservation;
pub use error::StoreError;
pub use peek::Peek;
pub use public::PublicBlocks;

use crate::private_file;
use files::BlockFiles;
use redb::backends::FileBackend;
use redb::{
    Database, Durability, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _,
    TableDefinition,
};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use vantage_protocol::id::{NetId, NodeId};

/// Name of the database.
const FILE: &str = "node.redb";
/// Format of everything in the store. Another one is refused, never guessed at.
const FORMAT: u64 = 1;
/// Memory that redb may use for its cache, bytes: a guess, small beside a model.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// `format`, `net`, `node`, `announced`.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
/// Records of the core, by their order.
const RECORDS: TableDefinition<u64, &[u8]> = TableDefinition::new("records");
/// Blocks, or where they are, by SHA-256.
const BLOCKS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("blocks");
/// Blocks that are not public, by SHA-256.
const PRIVATE: TableDefinition<&[u8; 32], ()> = TableDefinition::new("private");
/// Receipts of cells that are done, by job, slot, prompt, repeat.
const CELLS: TableDefinition<(&[u8; 32], u32, u32, u32), &[u8]> = TableDefinition::new("cells");
/// Calls by job and slot: vendor, reserved, used.
const CALLS: TableDefinition<(&[u8; 32], u32), (&str, u32, u32)> = TableDefinition::new("calls");

/// The node's memory. See the [module](self) for what it promises.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    db: Database,
    files: BlockFiles,
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
    /// Opens the store of a node in one network, or makes it. The caller holds the directory's lock.
    pub fn open(data: &Path, net: &NetId, node: &NodeId) -> Result<Self, StoreError> {
        let path = data.join(FILE);
        private_file::make_dir(data).map_err(|source| StoreError::io(data, source))?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|source| StoreError::io(&path, source))?;
        private_file::sync_parent(&path).map_err(|source| StoreError::io(&path, source))?;
        let db = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(FileBackend::new(file).map_err(|error| StoreError::database(&path, error))?)
            .map_err(|error| StoreError::database(&path, error))?;
        let store = Self { files: BlockFiles::open(data)?, path, db };
        store.check(net, node)?;
        Ok(store)
    }

    /// Writes a batch: all of it durable when this returns, or an error and none of it.
    pub fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.files.write_large(&batch)?;
        self.write(|transaction| batch.write(transaction))
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
        run().map_err(|error: redb::Error| StoreError::database(&self.path, error))
    }

    /// One write transaction, synced.
    fn write<T>(
        &self,
        write: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let run = || {
            let mut transaction = self.db.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            transaction.set_quick_repair(true);
            let value = write(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|error: redb::Error| StoreError::database(&self.path, error))
    }

    /// Makes a new store's tables, and refuses one of another format, network or node.
    fn check(&self, net: &NetId, node: &NodeId) -> Result<(), StoreError> {
        let format = FORMAT.to_be_bytes();
        let expected: [(&str, &[u8]); 3] = [("format", &format), ("net", &net.0), ("node", &node.0)];
        let mut found = [None, None, None];
        self.write(|transaction| {
            let mut meta = transaction.open_table(META)?;
            for ((key, value), found) in expected.iter().zip(&mut found) {
                *found = meta.get(key)?.map(|value| value.value().to_vec());
                if found.is_none() {
                    meta.insert(key, value)?;
                }
            }
            transaction.open_table(RECORDS)?;
            transaction.open_table(BLOCKS)?;
            transaction.open_table(PRIVATE)?;
            transaction.open_table(CELLS)?;
            transaction.open_table(CALLS)?;
            Ok(())
        })?;
        let path = self.path.clone();
        for ((key, value), found) in expected.iter().zip(found) {
            match (*key, found) {
                (_, None) => {}
                (_, Some(found)) if found == *value => {}
                ("format", Some(found)) => {
                    let found = found.try_into().map(u64::from_be_bytes).unwrap_or_default();
                    return Err(StoreError::Format { path, found, known: FORMAT });
                }
                (what, Some(_)) => return Err(StoreError::Foreign { path, what: what.to_owned() }),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
