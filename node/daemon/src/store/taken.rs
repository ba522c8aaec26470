//! Slots that the node has taken on, and the latest time that it has acted on.

use super::{META, Store, StoreError, TAKEN};
use redb::ReadableTable as _;
use std::collections::BTreeSet;
use vantage_protocol::id::{Hash, JobId};

/// The key of the latest time in the table of odds and ends.
const CLOCK: &str = "clock_s";

impl Store {
    /// Whether a slot was taken on before.
    pub fn is_taken(&self, job: &JobId, slot: u32) -> Result<bool, StoreError> {
        self.read(|transaction| Ok(transaction.open_table(TAKEN)?.get((&job.0, slot))?.is_some()))
    }

    /// Writes down that a slot is taken on; durable when it returns. The first time counts.
    pub fn take(&self, job: &JobId, slot: u32, now_s: u64) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut taken = transaction.open_table(TAKEN)?;
            if taken.get((&job.0, slot))?.is_none() {
                taken.insert((&job.0, slot), now_s)?;
            }
            Ok(())
        })
    }

    /// Jobs of which a slot was taken on since a time, POSIX seconds.
    pub fn taken_since(&self, since_s: u64) -> Result<BTreeSet<JobId>, StoreError> {
        self.read(|transaction| {
            let mut jobs = BTreeSet::new();
            for entry in transaction.open_table(TAKEN)?.iter()? {
                let (key, at_s) = entry?;
                if at_s.value() >= since_s {
                    jobs.insert(JobId(*key.value().0));
                }
            }
            Ok(jobs)
        })
    }

    /// The latest time that was written down, POSIX seconds; 0 for a new store.
    pub fn clock_s(&self) -> Result<u64, StoreError> {
        let found = self.read(|transaction| {
            Ok(transaction.open_table(META)?.get(CLOCK)?.and_then(|v| v.value().try_into().ok()))
        });
        Ok(found?.map_or(0, u64::from_be_bytes))
    }

    /// Jobs whose blocks were given up.
    pub fn pruned_jobs(&self) -> Result<BTreeSet<JobId>, StoreError> {
        self.read(|transaction| {
            let mut jobs = BTreeSet::new();
            for entry in transaction.open_table(super::PRUNED)?.iter()? {
                jobs.insert(JobId(*entry?.0.value()));
            }
            Ok(jobs)
        })
    }

    /// Digests of blocks that are not public.
    pub(super) fn private_blocks(&self) -> Result<BTreeSet<Hash>, StoreError> {
        self.read(|transaction| {
            let mut private = BTreeSet::new();
            for entry in transaction.open_table(super::PRIVATE)?.iter()? {
                private.insert(Hash(*entry?.0.value()));
            }
            Ok(private)
        })
    }
}

/// What a batch writes of the clock.
pub(super) fn advance(transaction: &redb::WriteTransaction, now_s: u64) -> Result<(), redb::Error> {
    let mut meta = transaction.open_table(META)?;
    let known = meta.get(CLOCK)?.and_then(|v| v.value().try_into().ok()).map_or(0, u64::from_be_bytes);
    if now_s > known {
        meta.insert(CLOCK, now_s.to_be_bytes().as_slice())?;
    }
    Ok(())
}
