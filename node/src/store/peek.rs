//! A look at a store that no node has open, which changes nothing.

use super::overlay::Overlay;
use super::{CACHE_BYTES, FILE, META, RECORDS, StoreError};
use redb::{Database, ReadableDatabase as _, ReadableTable as _};
use std::fs::File;
use std::path::Path;
use vantage_protocol::id::{NetId, NodeId};

/// What a store says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peek {
    /// Format of everything in it.
    pub format: u64,
    /// Records in the journal.
    pub records: u64,
    /// The network and the node that it belongs to.
    pub whose: Option<(NetId, NodeId)>,
}

impl super::Store {
    /// Looks at the store of a data directory; none where there is none yet. The caller holds the directory's lock.
    /// What a crash has left is repaired in memory, as the next start does it on disk.
    pub fn peek(data: &Path) -> Result<Option<Peek>, StoreError> {
        let path = data.join(FILE);
        if std::fs::metadata(&path).map_or(0, |found| found.len()) == 0 {
            return Ok(None);
        }
        let look = || -> Result<Peek, redb::Error> {
            let overlay = Overlay::new(File::open(&path)?)?;
            let db = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(overlay)?;
            let transaction = db.begin_read()?;
            let meta = transaction.open_table(META)?;
            let id = |key: &str| -> Result<Option<[u8; 32]>, redb::Error> {
                Ok(meta.get(key)?.and_then(|value| value.value().try_into().ok()))
            };
            let whose = id("net")?.zip(id("node")?).map(|(net, node)| (NetId(net), NodeId(node)));
            let format = meta.get("format")?;
            let format = format.and_then(|value| value.value().try_into().ok().map(u64::from_be_bytes));
            // all of them are read, as a start does
            let mut records = 0;
            for record in transaction.open_table(RECORDS)?.iter()? {
                record?;
                records += 1;
            }
            Ok(Peek { format: format.unwrap_or_default(), records, whose })
        };
        look().map(Some).map_err(|error| StoreError::database(&path, error))
    }
}
