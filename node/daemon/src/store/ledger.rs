//! The tables of the ledger: what was called and spent, by day and by job, and what is set aside for calls under way.
//!
//! What the figures mean and which call is let through is decided in [`crate::ledger`]. One change is one transaction,
//! durable when it returns.

use super::{Store, StoreError};
use redb::{ReadTransaction, ReadableTable as _, Table, TableDefinition, WriteTransaction};
use std::collections::BTreeMap;
use vantage_protocol::id::JobId;

/// Calls, spent, assumed, reserved.
type Figures = (u64, u64, u64, u64);
/// Job, slot.
type SlotKey<'a> = (&'a [u8; 32], u32);
/// Job (none for a probe), vendor, day, reserved.
type OpenCall<'a> = (Option<[u8; 32]>, &'a str, u32, u64);

/// Calls by job and slot: vendor, most, used.
pub(super) const CALLS: TableDefinition<SlotKey<'static>, (&str, u32, u32)> = TableDefinition::new("calls");
/// Sums by day and vendor.
pub(super) const DAYS: TableDefinition<(u32, &str), Figures> = TableDefinition::new("days");
/// Sums by job and vendor.
pub(super) const JOBS: TableDefinition<(&[u8; 32], &str), Figures> = TableDefinition::new("jobs");
/// Calls that were let through and are not settled, by ticket.
pub(super) const OPEN: TableDefinition<u64, OpenCall<'static>> = TableDefinition::new("open");

/// What was called and spent, somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sum {
    /// Calls that were let through.
    pub calls: u64,
    /// What the settled ones cost, millionths of a US dollar.
    pub spent_microusd: u64,
    /// How much of that nobody told: the most that those calls could cost.
    pub assumed_microusd: u64,
    /// Set aside for calls under way.
    pub reserved_microusd: u64,
}

/// One call that is let through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booking {
    /// The job and slot that it is for; none for a probe.
    pub of: Option<(JobId, u32)>,
    /// Which vendor.
    pub vendor: String,
    /// Day of the call, days after 1970-01-01 UTC.
    pub day: u32,
    /// The most that it can cost, millionths of a US dollar; 0 where that is not known.
    pub most_microusd: u64,
}

/// The tables, open for one change.
pub struct Books<'t> {
    calls: Table<'t, SlotKey<'static>, (&'static str, u32, u32)>,
    days: Table<'t, (u32, &'static str), Figures>,
    jobs: Table<'t, (&'static [u8; 32], &'static str), Figures>,
    open: Table<'t, u64, OpenCall<'static>>,
}

impl Store {
    /// Changes the ledger in one transaction.
    pub(crate) fn change_books<T>(
        &self,
        change: impl FnOnce(&mut Books<'_>) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        self.write_often(|transaction| change(&mut Books::open(transaction)?))
    }

    /// Changes the ledger in one transaction that the next synced one takes to the disk with it.
    pub(crate) fn change_books_soon<T>(
        &self,
        change: impl FnOnce(&mut Books<'_>) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        self.write_soon(|transaction| change(&mut Books::open(transaction)?))
    }

    /// Sums of one day, by vendor.
    pub fn spent_on(&self, day: u32) -> Result<BTreeMap<String, Sum>, StoreError> {
        self.read(|transaction| {
            let days = transaction.open_table(DAYS)?;
            let mut sums = BTreeMap::new();
            for entry in days.range((day, "")..(day.saturating_add(1), ""))? {
                let (key, figures) = entry?;
                sums.insert(key.value().1.to_owned(), Sum::from(figures.value()));
            }
            Ok(sums)
        })
    }
}

impl<'t> Books<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            calls: transaction.open_table(CALLS)?,
            days: transaction.open_table(DAYS)?,
            jobs: transaction.open_table(JOBS)?,
            open: transaction.open_table(OPEN)?,
        })
    }

    /// Calls of a slot so far.
    pub fn slot_calls(&self, job: &JobId, slot: u32) -> Result<u32, redb::Error> {
        Ok(self.calls.get((&job.0, slot))?.map_or(0, |kept| kept.value().2))
    }

    /// One vendor on one day.
    pub fn day(&self, day: u32, vendor: &str) -> Result<Sum, redb::Error> {
        Ok(self.days.get((day, vendor))?.map(|kept| kept.value().into()).unwrap_or_default())
    }

    /// All vendors on one day.
    pub fn whole_day(&self, day: u32) -> Result<Sum, redb::Error> {
        let mut sum = Sum::default();
        for entry in self.days.range((day, "")..(day.saturating_add(1), ""))? {
            sum.add(&entry?.1.value().into());
        }
        Ok(sum)
    }

    /// One vendor for one job.
    pub fn job(&self, job: &JobId, vendor: &str) -> Result<Sum, redb::Error> {
        Ok(self.jobs.get((&job.0, vendor))?.map(|kept| kept.value().into()).unwrap_or_default())
    }

    /// All vendors for one job.
    pub fn whole_job(&self, job: &JobId) -> Result<Sum, redb::Error> {
        let mut sum = Sum::default();
        for entry in self.jobs.range((&job.0, "")..)? {
            let (key, figures) = entry?;
            if *key.value().0 != job.0 {
                break;
            }
            sum.add(&figures.value().into());
        }
        Ok(sum)
    }

    /// Lets a call through: counts it and sets its most aside.
    pub fn book(&mut self, ticket: u64, booking: &Booking) -> Result<(), redb::Error> {
        let Booking { of, vendor, day, most_microusd } = booking;
        if let Some((job, slot)) = of {
            let used = self.slot_calls(job, *slot)?.saturating_add(1);
            self.calls.insert((&job.0, *slot), (vendor.as_str(), used, used))?;
        }
        let job = of.map(|(job, _)| job.0);
        self.open.insert(ticket, (job, vendor.as_str(), *day, *most_microusd))?;
        self.change(job, vendor, *day, |sum| {
            sum.calls += 1;
            sum.reserved_microusd = sum.reserved_microusd.saturating_add(*most_microusd);
        })
    }

    /// Puts what a call cost in place of what was set aside, and never more than that; `None`: nobody told, so the most is
    /// assumed. Gives back what is booked as known. A ticket that is settled already is left alone.
    pub fn settle(&mut self, ticket: u64, cost_microusd: Option<u64>) -> Result<Option<u64>, redb::Error> {
        let kept = self.open.remove(ticket)?.map(|kept| {
            let (job, vendor, day, most) = kept.value();
            (job, vendor.to_owned(), day, most)
        });
        let Some((job, vendor, day, most)) = kept else { return Ok(None) };
        let booked = cost_microusd.map(|cost| cost.min(most));
        self.change(job, &vendor, day, |sum| {
            sum.reserved_microusd = sum.reserved_microusd.saturating_sub(most);
            sum.spent_microusd = sum.spent_microusd.saturating_add(booked.unwrap_or(most));
            if booked.is_none() {
                sum.assumed_microusd = sum.assumed_microusd.saturating_add(most);
            }
        })?;
        Ok(booked)
    }

    /// Tickets of calls that are not settled.
    pub fn unsettled(&self) -> Result<Vec<u64>, redb::Error> {
        self.open.iter()?.map(|entry| Ok(entry?.0.value())).collect()
    }

    fn change(
        &mut self,
        job: Option<[u8; 32]>,
        vendor: &str,
        day: u32,
        change: impl Fn(&mut Sum),
    ) -> Result<(), redb::Error> {
        let mut sum = self.day(day, vendor)?;
        change(&mut sum);
        self.days.insert((day, vendor), Figures::from(sum))?;
        if let Some(job) = job {
            let mut sum = self.job(&JobId(job), vendor)?;
            change(&mut sum);
            self.jobs.insert((&job, vendor), Figures::from(sum))?;
        }
        Ok(())
    }
}

impl Sum {
    /// Spent or set aside.
    pub fn committed_microusd(&self) -> u64 {
        self.spent_microusd.saturating_add(self.reserved_microusd)
    }

    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.spent_microusd = self.spent_microusd.saturating_add(other.spent_microusd);
        self.assumed_microusd = self.assumed_microusd.saturating_add(other.assumed_microusd);
        self.reserved_microusd = self.reserved_microusd.saturating_add(other.reserved_microusd);
    }
}

impl From<Figures> for Sum {
    fn from((calls, spent_microusd, assumed_microusd, reserved_microusd): Figures) -> Self {
        Self { calls, spent_microusd, assumed_microusd, reserved_microusd }
    }
}

impl From<Sum> for Figures {
    fn from(sum: Sum) -> Self {
        (sum.calls, sum.spent_microusd, sum.assumed_microusd, sum.reserved_microusd)
    }
}

/// Whether the tables are there and of their types.
pub(super) fn look_at_tables(transaction: &ReadTransaction) -> Result<(), redb::Error> {
    transaction.open_table(CALLS)?;
    transaction.open_table(DAYS)?;
    transaction.open_table(JOBS)?;
    transaction.open_table(OPEN)?;
    Ok(())
}

/// Makes the tables of a new store.
pub(super) fn make_tables(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    Books::open(transaction).map(|_| ())
}
