//! Jobs that are over, as readers see them. What is live is published by the engine; all else is read here. It follows
//! from the records alone: the engine writes it anew where it is missing or old.

use super::{Store, StoreError};
use redb::{ReadTransaction, TableDefinition, WriteTransaction};
use vantage_protocol::attester::JobView;
use vantage_protocol::id::JobId;

/// Views as JSON, newest first: by `u64::MAX` less the time at which the job was made, then by id.
const VIEWS: TableDefinition<(u64, &[u8; 32]), &[u8]> = TableDefinition::new("job_views");
/// The first part of a view's key, by job.
const PLACES: TableDefinition<&[u8; 32], u64> = TableDefinition::new("job_view_places");

/// Where a job stands in a list, newest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct JobPlace(u64, JobId);

impl JobPlace {
    /// Of a job that was made at a time, POSIX seconds.
    pub fn new(from_s: u64, id: JobId) -> Self {
        Self(u64::MAX - from_s, id)
    }

    /// Of a job as it is seen.
    pub fn of(view: &JobView) -> Self {
        Self::new(view.from_s, view.id)
    }
}

/// Writes views down, in place of what was there of the same jobs.
pub(super) fn write(
    transaction: &WriteTransaction,
    views: &[(JobPlace, Vec<u8>)],
) -> Result<(), redb::Error> {
    let mut table = transaction.open_table(VIEWS)?;
    let mut places = transaction.open_table(PLACES)?;
    for (JobPlace(time, id), view) in views {
        table.insert((*time, &id.0), view.as_slice())?;
        places.insert(&id.0, *time)?;
    }
    Ok(())
}

/// The tables, so that there is something to read.
pub(super) fn create(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    write(transaction, &[])
}

impl Store {
    /// Jobs that are over, behind a place, newest first.
    pub fn past_jobs(&self, after: Option<JobPlace>, count: usize) -> Result<Vec<JobView>, StoreError> {
        let none = [0; 32];
        self.read(|transaction| {
            let table = transaction.open_table(VIEWS)?;
            let mut page = Vec::new();
            let from = after.as_ref().map_or((0, &none), |JobPlace(time, id)| (*time, &id.0));
            for entry in table.range(from..)? {
                let (key, view) = entry?;
                let place = JobPlace(key.value().0, JobId(*key.value().1));
                if Some(place) == after {
                    continue;
                }
                if page.len() == count {
                    break;
                }
                page.extend(read(view.value()));
            }
            Ok(page)
        })
    }

    /// One job that is over.
    pub fn past_job(&self, id: &JobId) -> Result<Option<JobView>, StoreError> {
        self.read(|transaction| {
            let Some(place) = place(transaction, id)? else { return Ok(None) };
            let table = transaction.open_table(VIEWS)?;
            Ok(table.get((place, &id.0))?.and_then(|view| read(view.value())))
        })
    }

    /// Where a job that is over stands.
    pub fn past_place(&self, id: &JobId) -> Result<Option<JobPlace>, StoreError> {
        self.read(|transaction| Ok(place(transaction, id)?.map(|time| JobPlace(time, *id))))
    }

    /// Jobs that are over whose ids begin with these hex digits, at most `count`.
    pub fn past_jobs_named(&self, prefix: &str, count: usize) -> Result<Vec<JobId>, StoreError> {
        let Some(first) = lowest(prefix) else { return Ok(Vec::new()) };
        self.read(|transaction| {
            let places = transaction.open_table(PLACES)?;
            let mut named = Vec::new();
            for entry in places.range::<&[u8; 32]>(&first..)? {
                let id = JobId(*entry?.0.value());
                if named.len() == count || !id.to_string().starts_with(prefix) {
                    break;
                }
                named.push(id);
            }
            Ok(named)
        })
    }
}

fn place(transaction: &ReadTransaction, id: &JobId) -> Result<Option<u64>, redb::Error> {
    Ok(transaction.open_table(PLACES)?.get(&id.0)?.map(|time| time.value()))
}

/// A view of another version is none; the engine writes it anew at the start.
fn read(bytes: &[u8]) -> Option<JobView> {
    serde_json::from_slice(bytes).ok()
}

/// The lowest id that begins with these hex digits; none if no id does.
fn lowest(prefix: &str) -> Option<[u8; 32]> {
    let digit = |c: char| c.to_digit(16).filter(|_| !c.is_ascii_uppercase());
    let digits: Vec<u32> = prefix.chars().take(65).map(digit).collect::<Option<_>>()?;
    if digits.len() > 64 {
        return None;
    }
    let mut first = [0; 32];
    for (at, digit) in digits.into_iter().enumerate() {
        first[at / 2] |= (digit as u8) << if at % 2 == 0 { 4 } else { 0 };
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_begins_at_its_lowest_id() {
        assert_eq!(lowest("").unwrap(), [0; 32]);
        assert_eq!(lowest("a").unwrap()[..2], [0xa0, 0]);
        assert_eq!(lowest("a7f").unwrap()[..2], [0xa7, 0xf0]);
        let whole = JobId([0x5c; 32]);
        assert_eq!(lowest(&whole.to_string()).unwrap(), whole.0);
        for none in ["g", "A", "a ", "é", &"0".repeat(65)] {
            assert_eq!(lowest(none), None, "{none}");
        }
    }
}
