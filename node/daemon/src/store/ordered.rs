//! Orders that were given under a key, so that one whose answer was lost is not carried out a second time.

use super::{ORDERED, Store, StoreError};
use redb::{ReadableTable as _, ReadableTableMetadata as _, WriteTransaction};
use vantage_protocol::id::{Hash, JobId};

/// Keys that are remembered; the oldest goes first. A guess: nobody tries again so late.
const ORDERED_MAX: u64 = 4096;

/// What was ordered under a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ordered {
    /// The job that came of it.
    pub job: JobId,
    /// Hash of the order: the same key with another order is a mistake.
    pub order: Hash,
}

impl Store {
    /// What was ordered under a key, if it is still remembered.
    pub fn ordered(&self, key: &str) -> Result<Option<Ordered>, StoreError> {
        self.read(|transaction| {
            let found = transaction.open_table(ORDERED)?.get(key)?;
            Ok(found.map(|found| {
                let (job, order, _) = found.value();
                Ordered { job: JobId(*job), order: Hash(*order) }
            }))
        })
    }
}

/// What a batch writes.
pub(super) fn write(
    transaction: &WriteTransaction,
    ordered: &[(String, Ordered)],
    now_s: u64,
) -> Result<(), redb::Error> {
    let mut table = transaction.open_table(ORDERED)?;
    for (key, Ordered { job, order }) in ordered {
        table.insert(key.as_str(), (&job.0, &order.0, now_s))?;
    }
    while table.len()? > ORDERED_MAX {
        let mut oldest: Option<(u64, String)> = None;
        for entry in table.iter()? {
            let (key, value) = entry?;
            let at_s = value.value().2;
            if oldest.as_ref().is_none_or(|(known_s, _)| at_s < *known_s) {
                oldest = Some((at_s, key.value().to_owned()));
            }
        }
        let Some((_, key)) = oldest else { break };
        table.remove(key.as_str())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Batch;
    use vantage_protocol::id::{NetId, NodeId};

    #[test]
    fn keys_are_remembered_until_there_are_too_many() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &NetId([1; 32]), &NodeId([2; 32])).unwrap();
        assert_eq!(store.ordered("k0").unwrap(), None);
        let of = |n: u64| Ordered { job: JobId([n as u8; 32]), order: Hash([7; 32]) };
        let mut batch = Batch::default();
        batch.clock(10);
        batch.ordered("k0".to_owned(), of(0));
        assert!(!batch.is_empty() && batch.find_ordered("k0") == Some(of(0)));
        store.commit(batch).unwrap();
        let mut batch = Batch::default();
        batch.clock(11);
        (1..=ORDERED_MAX).for_each(|n| batch.ordered(format!("k{n}"), of(n)));
        store.commit(batch).unwrap();
        assert_eq!(store.ordered("k0").unwrap(), None, "the oldest is forgotten");
        drop(store);
        let store = Store::open(dir.path(), &NetId([1; 32]), &NodeId([2; 32])).unwrap();
        assert_eq!(store.ordered("k5").unwrap(), Some(of(5)));
    }
}
