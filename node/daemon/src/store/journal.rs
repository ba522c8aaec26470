//! The journal: the core's records, append only, replayed in order.

use super::{RECORDS, Store, StoreError};
use redb::{ReadTransaction, ReadableTable as _};
use std::path::Path;
use vantage_protocol::attester::Record;
use vantage_protocol::wire;

impl Store {
    /// Hands every record to `replay`, in the order in which they were kept, and returns how many there were. An error
    /// of `replay`, or a record that cannot be read, ends it: a node never runs on half of its past.
    pub fn replay(&self, replay: impl FnMut(Record) -> Result<(), String>) -> Result<u64, StoreError> {
        self.read(|transaction| read(transaction, replay))?.map_err(|broken| broken.of(&self.path))
    }
}

/// A record that does not fit the ones before it.
pub(super) struct Broken {
    index: u64,
    why: String,
}

impl Broken {
    pub(super) fn of(self, path: &Path) -> StoreError {
        StoreError::Record { path: path.to_owned(), index: self.index, why: self.why }
    }
}

/// The records of one moment, for a start and for a look.
pub(super) fn read(
    transaction: &ReadTransaction,
    mut replay: impl FnMut(Record) -> Result<(), String>,
) -> Result<Result<u64, Broken>, redb::Error> {
    let mut next = 0;
    for entry in transaction.open_table(RECORDS)?.iter()? {
        let (index, bytes) = entry?;
        if index.value() != next {
            return Ok(Err(Broken { index: next, why: format!("record {next} is missing") }));
        }
        let record = wire::decode::<Record>(bytes.value()).map_err(|error| error.to_string());
        if let Err(why) = record.and_then(&mut replay) {
            return Ok(Err(Broken { index: next, why }));
        }
        next += 1;
    }
    Ok(Ok(next))
}
