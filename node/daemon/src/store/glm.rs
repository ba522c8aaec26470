//! The tables of the ledger for Golem: accounts that are open at the daemon, and what was spent, by day and by job.
//!
//! Amounts are thousand-millionths of a GLM. One change is one transaction, durable when it returns.

use super::{Store, StoreError};
use redb::{ReadTransaction, ReadableTable as _, TableDefinition, WriteTransaction};
use vantage_protocol::id::JobId;

/// Day, job, the most that may be spent, the account as the ledger writes it.
type Row = (u32, [u8; 32], u64, &'static [u8]);

/// Open accounts, by their mark.
pub(super) const GLM_OPEN: TableDefinition<&str, Row> = TableDefinition::new("glm_open");
/// Spent, by day.
pub(super) const GLM_DAYS: TableDefinition<u32, u64> = TableDefinition::new("glm_days");
/// Spent, by job.
pub(super) const GLM_JOBS: TableDefinition<&[u8; 32], u64> = TableDefinition::new("glm_jobs");

/// An account that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GlmOpen {
    /// What it is known by.
    pub mark: String,
    /// Day on which it was opened, days after 1970-01-01 UTC.
    pub day: u32,
    /// What it is for.
    pub job: JobId,
    /// The most that may be spent.
    pub most_nanoglm: u64,
    /// The account, as the ledger wrote it.
    pub account: Vec<u8>,
}

/// Whether an account was written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GlmBegun {
    /// It was.
    Done,
    /// Another one has its mark.
    Taken,
    /// The budget has no room for it.
    NoRoom,
}

/// What was spent and is set aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GlmSums {
    /// Spent on the day.
    pub day_spent_nanoglm: u64,
    /// Spent for the job.
    pub job_spent_nanoglm: u64,
    /// Set aside, for whatever job.
    pub reserved_nanoglm: u64,
    /// Set aside for the job.
    pub job_reserved_nanoglm: u64,
}

impl Store {
    /// Writes a new account down, unless its mark is taken or `allows` says no to the sums before it.
    pub fn glm_begin(
        &self,
        open: &GlmOpen,
        allows: impl FnOnce(&GlmSums) -> bool,
    ) -> Result<GlmBegun, StoreError> {
        self.write(|transaction| {
            if transaction.open_table(GLM_OPEN)?.get(open.mark.as_str())?.is_some() {
                return Ok(GlmBegun::Taken);
            }
            if !allows(&sums(transaction, open.day, &open.job)?) {
                return Ok(GlmBegun::NoRoom);
            }
            let row = (open.day, open.job.0, open.most_nanoglm, open.account.as_slice());
            transaction.open_table(GLM_OPEN)?.insert(open.mark.as_str(), row)?;
            Ok(GlmBegun::Done)
        })
    }

    /// Writes down what became of an open account; tells whether it is open still. One that is not does not come back.
    pub fn glm_keep(&self, mark: &str, account: &[u8]) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(GLM_OPEN)?;
            let row = table.get(mark)?.map(|row| (row.value().0, row.value().1, row.value().2));
            let Some((day, job, most)) = row else { return Ok(false) };
            table.insert(mark, (day, job, most, account))?;
            Ok(true)
        })
    }

    /// An account is no longer open; so much was spent. One that is not open is left alone.
    pub fn glm_close(&self, mark: &str, spent_nanoglm: u64) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(GLM_OPEN)?;
            let row = table.remove(mark)?.map(|row| (row.value().0, row.value().1));
            let Some((day, job)) = row else { return Ok(()) };
            let mut days = transaction.open_table(GLM_DAYS)?;
            let spent = days.get(day)?.map_or(0, |kept| kept.value());
            days.insert(day, spent.saturating_add(spent_nanoglm))?;
            let mut jobs = transaction.open_table(GLM_JOBS)?;
            let spent = jobs.get(&job)?.map_or(0, |kept| kept.value());
            jobs.insert(&job, spent.saturating_add(spent_nanoglm))?;
            Ok(())
        })
    }

    /// All open accounts.
    pub fn glm_open(&self) -> Result<Vec<GlmOpen>, StoreError> {
        self.read(|transaction| {
            let mut open = Vec::new();
            for entry in transaction.open_table(GLM_OPEN)?.iter()? {
                let (mark, row) = entry?;
                let (day, job, most_nanoglm, account) = row.value();
                let (mark, account) = (mark.value().to_owned(), account.to_vec());
                open.push(GlmOpen { mark, day, job: JobId(job), most_nanoglm, account });
            }
            Ok(open)
        })
    }

    /// Sums of a day and a job.
    pub fn glm_sums(&self, day: u32, job: &JobId) -> Result<GlmSums, StoreError> {
        self.read(|transaction| {
            let spent_day = transaction.open_table(GLM_DAYS)?.get(day)?.map_or(0, |kept| kept.value());
            let spent_job = transaction.open_table(GLM_JOBS)?.get(&job.0)?.map_or(0, |kept| kept.value());
            add_up(spent_day, spent_job, job, &transaction.open_table(GLM_OPEN)?)
        })
    }
}

fn sums(transaction: &WriteTransaction, day: u32, job: &JobId) -> Result<GlmSums, redb::Error> {
    let spent_day = transaction.open_table(GLM_DAYS)?.get(day)?.map_or(0, |kept| kept.value());
    let spent_job = transaction.open_table(GLM_JOBS)?.get(&job.0)?.map_or(0, |kept| kept.value());
    add_up(spent_day, spent_job, job, &transaction.open_table(GLM_OPEN)?)
}

fn add_up(
    day_spent_nanoglm: u64,
    job_spent_nanoglm: u64,
    job: &JobId,
    open: &impl redb::ReadableTable<&'static str, Row>,
) -> Result<GlmSums, redb::Error> {
    let mut sums = GlmSums { day_spent_nanoglm, job_spent_nanoglm, ..GlmSums::default() };
    for entry in open.iter()? {
        let (_, of, most, _) = entry?.1.value();
        sums.reserved_nanoglm = sums.reserved_nanoglm.saturating_add(most);
        if of == job.0 {
            sums.job_reserved_nanoglm = sums.job_reserved_nanoglm.saturating_add(most);
        }
    }
    Ok(sums)
}

/// Whether the tables are there and of their types.
pub(super) fn look_at_tables(transaction: &ReadTransaction) -> Result<(), redb::Error> {
    transaction.open_table(GLM_OPEN)?;
    transaction.open_table(GLM_DAYS)?;
    transaction.open_table(GLM_JOBS)?;
    Ok(())
}

/// Makes the tables, where they are not there yet.
pub(super) fn make_tables(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(GLM_OPEN)?;
    transaction.open_table(GLM_DAYS)?;
    transaction.open_table(GLM_JOBS)?;
    Ok(())
}
