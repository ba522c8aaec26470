//! A look at a store that no node has open, which changes nothing.

use super::{FILE, META, RECORDS, StoreError};
use redb::{ReadOnlyDatabase, ReadableDatabase as _, ReadableTableMetadata as _};
use std::path::Path;

/// What a store says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peek {
    /// Format of everything in it.
    pub format: u64,
    /// Records in the journal.
    pub records: u64,
}

impl super::Store {
    /// Looks at the store of a data directory; none where there is none yet. The caller holds the directory's lock.
    /// A store that a crash has left cannot be looked at before the next start has repaired it.
    pub fn peek(data: &Path) -> Result<Option<Peek>, StoreError> {
        let path = data.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let look = || -> Result<Peek, redb::Error> {
            let transaction = ReadOnlyDatabase::open(&path)?.begin_read()?;
            let format = transaction.open_table(META)?.get("format")?;
            let format = format.and_then(|value| value.value().try_into().ok().map(u64::from_be_bytes));
            let records = transaction.open_table(RECORDS)?.len()?;
            Ok(Peek { format: format.unwrap_or_default(), records })
        };
        look().map(Some).map_err(|error| StoreError::database(&path, error))
    }
}
