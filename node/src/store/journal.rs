//! The journal: the core's records, append only, replayed in order.

use super::{RECORDS, Store, StoreError};
use redb::ReadableTable as _;
use vantage_protocol::attester::Record;
use vantage_protocol::wire;

impl Store {
    /// Hands every record to `replay`, in the order in which they were kept, and returns how many there were. An error
    /// of `replay`, or a record that cannot be read, ends it: a node never runs on half of its past.
    pub fn replay(&self, mut replay: impl FnMut(Record) -> Result<(), String>) -> Result<u64, StoreError> {
        let mut next = 0;
        let mut broken = None;
        self.read(|transaction| {
            for entry in transaction.open_table(RECORDS)?.iter()? {
                let (index, bytes) = entry?;
                if index.value() != next {
                    broken = Some(format!("record {next} is missing"));
                    return Ok(());
                }
                let record = wire::decode::<Record>(bytes.value()).map_err(|error| error.to_string());
                if let Err(why) = record.and_then(&mut replay) {
                    broken = Some(why);
                    return Ok(());
                }
                next += 1;
            }
            Ok(())
        })?;
        match broken {
            Some(why) => Err(StoreError::Record { path: self.path.clone(), index: next, why }),
            None => Ok(next),
        }
    }
}
