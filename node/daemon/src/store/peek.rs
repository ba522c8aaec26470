//! A look at a store that no node has open, which changes nothing and sees what a start would see.

use super::overlay::Overlay;
use super::{CACHE_BYTES, FILE, META, StoreError, format, journal};
use redb::{Database, ReadableDatabase as _};
use std::fs::File;
use std::path::Path;
use vantage_protocol::attester::Record;
use vantage_protocol::id::{NetId, NodeId};

/// What a store says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peek {
    /// Format of everything in it; none where nothing was written yet.
    pub format: Option<u64>,
    /// Records in the journal.
    pub records: u64,
}

impl super::Store {
    /// Looks at the store of a data directory, and hands its records to `replay`; none where there is none yet. Errors are
    /// those of [`Store::open`](super::Store::open) and [`Store::replay`](super::Store::replay); without `ours` it may be
    /// anybody's. The caller holds the directory's lock. What a crash has left is repaired in memory, as the next start
    /// does it on disk.
    pub fn peek(
        data: &Path,
        ours: Option<(&NetId, &NodeId)>,
        replay: impl FnMut(Record) -> Result<(), String>,
    ) -> Result<Option<Peek>, StoreError> {
        let has_run = Self::refuse_lost(data)?;
        let path = data.join(FILE);
        if std::fs::metadata(&path).map_or(0, |found| found.len()) == 0 {
            return Ok(None);
        }
        let failed = |error: redb::Error| StoreError::database(&path, error);
        let open = || -> Result<_, redb::Error> {
            let overlay = Overlay::new(File::open(&path)?)?;
            let db = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(overlay)?;
            let transaction = db.begin_read()?;
            let found = match transaction.open_table(META) {
                Err(redb::TableError::TableDoesNotExist(_)) => format::Found::default(),
                meta => format::read_meta(&meta?)?,
            };
            Ok((db, transaction, found))
        };
        let (_db, transaction, found) = open().map_err(failed)?;
        found.refuse(&path, ours, has_run)?;
        if found.is_ours() {
            format::look_at_tables(&transaction).map_err(failed)?;
        }
        let records = match found.format() {
            Some(_) => {
                journal::read(&transaction, replay).map_err(failed)?.map_err(|broken| broken.of(&path))?
            }
            None => 0,
        };
        Ok(Some(Peek { format: found.format(), records }))
    }
}
