//! Giving up what is needed no more. Each kind goes in one transaction: whole or not at all.
//!
//! Never given up: leaves, the own log's and others'; the latest that this witness has cosigned of each log; salts;
//! private blocks. A record goes only if a later one says all that it says.

use super::glm::GLM_JOBS;
use super::ledger::{CALLS, JOBS};
use super::{BLOCKS, CELLS, PRUNED, RECORDS, Store, StoreError, TAKEN};
use redb::{ReadableTable as _, ReadableTableMetadata as _};
use std::collections::{BTreeMap, BTreeSet};
use vantage_protocol::attester::Record;
use vantage_protocol::id::{Hash, JobId, NodeId};
use vantage_protocol::log::SignedCheckpoint;
use vantage_protocol::wire;

/// What a record speaks of, if a later record on the same replaces it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// A head of this size. Later records of it hold the union of all cosignatures.
    Head(NodeId, u64),
    /// What this witness cosigned last of a log.
    Witnessed(NodeId),
    /// What was published of a job.
    Published(JobId),
}

impl Store {
    /// Records that a later one supersedes: taken out, unless it is for show. The others keep their order.
    pub fn compact_records(&self, dry: bool) -> Result<(u64, u64), StoreError> {
        let (keep, gone) = self.read(|transaction| {
            let table = transaction.open_table(RECORDS)?;
            let mut latest: BTreeMap<Subject, (u64, u64)> = BTreeMap::new();
            let mut gone: BTreeMap<u64, u64> = BTreeMap::new();
            for entry in table.iter()? {
                let (index, bytes) = entry?;
                let size = bytes.value().len() as u64;
                let Some(subject) = subject(bytes.value()) else { continue };
                if let Some((before, size)) = latest.insert(subject, (index.value(), size)) {
                    gone.insert(before, size);
                }
            }
            Ok((table.len()?, gone))
        })?;
        let counted = (gone.len() as u64, gone.values().sum());
        let Some(first) = gone.keys().next().copied().filter(|_| !dry) else { return Ok(counted) };
        self.write(|transaction| {
            let mut records = transaction.open_table(RECORDS)?;
            let end = records.last()?.map_or(0, |(index, _)| index.value() + 1);
            debug_assert!(end >= keep, "records are only added meanwhile");
            let mut next = first;
            for index in first..end {
                let Some(bytes) = records.remove(index)?.map(|bytes| bytes.value().to_vec()) else {
                    continue;
                };
                if !gone.contains_key(&index) {
                    records.insert(next, bytes.as_slice())?;
                    next += 1;
                }
            }
            drop(records);
            super::index::renumber(transaction, &gone)
        })?;
        Ok(counted)
    }

    /// Receipts, counted calls and marks of jobs that are over: nothing can be resumed or called any more.
    pub fn forget_progress(&self, over: &BTreeSet<JobId>, dry: bool) -> Result<u64, StoreError> {
        let rows = |transaction: &redb::ReadTransaction| -> Result<u64, redb::Error> {
            let mut count = 0;
            for entry in transaction.open_table(CELLS)?.iter()? {
                count += u64::from(over.contains(&JobId(*entry?.0.value().0)));
            }
            for entry in transaction.open_table(CALLS)?.iter()? {
                count += u64::from(over.contains(&JobId(*entry?.0.value().0)));
            }
            for entry in transaction.open_table(JOBS)?.iter()? {
                count += u64::from(over.contains(&JobId(*entry?.0.value().0)));
            }
            for entry in transaction.open_table(GLM_JOBS)?.iter()? {
                count += u64::from(over.contains(&JobId(*entry?.0.value())));
            }
            for entry in transaction.open_table(TAKEN)?.iter()? {
                count += u64::from(over.contains(&JobId(*entry?.0.value().0)));
            }
            Ok(count)
        };
        let count = self.read(rows)?;
        if dry || count == 0 {
            return Ok(count);
        }
        self.write(|transaction| {
            transaction.open_table(CELLS)?.retain(|(job, ..), _| !over.contains(&JobId(*job)))?;
            transaction.open_table(CALLS)?.retain(|(job, _), _| !over.contains(&JobId(*job)))?;
            transaction.open_table(JOBS)?.retain(|(job, _), _| !over.contains(&JobId(*job)))?;
            transaction.open_table(GLM_JOBS)?.retain(|job, _| !over.contains(&JobId(*job)))?;
            transaction.open_table(TAKEN)?.retain(|(job, _), _| !over.contains(&JobId(*job)))?;
            Ok(())
        })?;
        Ok(count)
    }

    /// Bytes of each held block, by its digest.
    pub fn block_lengths(&self) -> Result<BTreeMap<Hash, u64>, StoreError> {
        self.read(|transaction| {
            let mut lengths = BTreeMap::new();
            for entry in transaction.open_table(BLOCKS)?.iter()? {
                let (digest, place) = entry?;
                lengths.insert(Hash(*digest.value()), super::blocks::length(place.value()));
            }
            Ok(lengths)
        })
    }

    /// Gives up blocks and writes down of which jobs. Private ones stay, whoever asks. Files go after the transaction
    /// that forgets them: a crash in between leaves orphans, which nothing names.
    pub fn forget_blocks(
        &self,
        digests: &BTreeSet<Hash>,
        jobs: &[JobId],
        now_s: u64,
    ) -> Result<(), StoreError> {
        let private = self.private_blocks()?;
        let digests: Vec<&Hash> = digests.difference(&private).collect();
        // a commit that runs meanwhile may be about to name the same file
        let alone = self.files.alone();
        self.write(|transaction| {
            let mut blocks = transaction.open_table(BLOCKS)?;
            for digest in &digests {
                blocks.remove(&digest.0)?;
            }
            let mut pruned = transaction.open_table(PRUNED)?;
            for job in jobs {
                pruned.insert(&job.0, now_s)?;
            }
            Ok(())
        })?;
        for digest in digests {
            let removed = self.files.remove(&alone, digest);
            removed.map_err(|source| StoreError::io(&self.files.path(digest), source))?;
        }
        Ok(())
    }
}

fn subject(record: &[u8]) -> Option<Subject> {
    match wire::decode::<Record>(record).ok()? {
        Record::Head(note) => {
            let checkpoint = SignedCheckpoint::parse(&note).ok()?.checkpoint;
            Some(Subject::Head(checkpoint.origin.node, checkpoint.size))
        }
        Record::Witnessed { node, .. } => Some(Subject::Witnessed(node)),
        Record::Published { job, .. } => Some(Subject::Published(job)),
        _ => None,
    }
}
