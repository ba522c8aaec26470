//! Calls that a job may make, counted on disk before they are sent.

use super::{CALLS, Store, StoreError};
use redb::ReadableTable as _;
use vantage_protocol::id::JobId;

/// Calls that one slot may make: its own share of what the operator allows a job at one vendor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// Calls that the slot may make, over all restarts.
    pub calls_max: u32,
    /// Calls counted so far.
    pub used: u32,
}

impl Store {
    /// Sets calls aside for a slot: what it wants, or what the job's other slots at the same vendor leave of
    /// `job_calls_max`. A slot keeps what it once got.
    pub fn reserve_calls(
        &self,
        job: &JobId,
        slot: u32,
        vendor: &str,
        wanted: u32,
        job_calls_max: u32,
    ) -> Result<Reservation, StoreError> {
        self.write(|transaction| {
            let mut calls = transaction.open_table(CALLS)?;
            if let Some(kept) = calls.get((&job.0, slot))? {
                let (_, calls_max, used) = kept.value();
                return Ok(Reservation { calls_max, used });
            }
            let mut taken = 0u32;
            for entry in calls.range((&job.0, 0)..=(&job.0, u32::MAX))? {
                let (_, value) = entry?;
                let (other, reserved, _) = value.value();
                if other == vendor {
                    taken = taken.saturating_add(reserved);
                }
            }
            let calls_max = wanted.min(job_calls_max.saturating_sub(taken));
            calls.insert((&job.0, slot), (vendor, calls_max, 0))?;
            Ok(Reservation { calls_max, used: 0 })
        })
    }

    /// Counts a slot's calls; durable when it returns. A count never goes down.
    pub fn count_calls(&self, job: &JobId, slot: u32, used: u32) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut calls = transaction.open_table(CALLS)?;
            let kept = calls.get((&job.0, slot))?.map(|kept| {
                let (vendor, reserved, before) = kept.value();
                (vendor.to_owned(), reserved, before)
            });
            let (vendor, reserved, before) = kept.unwrap_or_default();
            calls.insert((&job.0, slot), (vendor.as_str(), reserved, used.max(before)))?;
            Ok(())
        })
    }
}
