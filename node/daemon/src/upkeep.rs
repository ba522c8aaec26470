//! What a node gives up as time goes by: the plan is a function of jobs and policy, the store carries it out.
//!
//! Never: leaves, salts, private blocks, what this witness cosigned last, jobs that this node ordered itself, jobs in
//! which somebody found a statement bad, and everything that a job that is kept still needs. Blocks that belong to no
//! job, such as those of an imported bundle, stay as well: whoever put them there wanted them.

use crate::config::upkeep::Keep;
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use vantage_api::Pruned;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId};
use vantage_protocol::proof::closure;
use vantage_protocol::receipt::Receipts;
use vantage_protocol::wire;

/// Seconds of a day.
const DAY_S: u64 = 86_400;
/// Bytes of a mebibyte.
const MIB: u64 = 1024 * 1024;

/// What the engine tells of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brief {
    /// Which.
    pub id: JobId,
    /// Its last deadline, POSIX seconds.
    pub final_by_s: u64,
    /// Whether nothing is left to do.
    pub over: bool,
    /// Whether this node must keep it: it ordered it, or somebody found something bad in it.
    pub precious: bool,
    /// Its blocks hang from these.
    pub roots: Vec<Cid>,
}

/// What is to go.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// Jobs whose blocks go.
    pub jobs: Vec<JobId>,
    /// The blocks.
    pub blocks: BTreeSet<Hash>,
    /// Their bytes.
    pub bytes: u64,
    /// Jobs that are over: nothing of theirs can be resumed.
    pub over: BTreeSet<JobId>,
    /// Jobs that were known when the plan was made: with another number it no longer holds.
    pub known: usize,
}

impl Plan {
    /// Decides what goes. Reads the blocks of all jobs if any are to go.
    pub fn make(store: &Store, briefs: &[Brief], keep: &Keep, now_s: u64) -> Result<Self, StoreError> {
        let over = briefs.iter().filter(|brief| brief.over).map(|brief| brief.id).collect();
        let mut plan = Self { over, known: briefs.len(), ..Self::default() };
        if keep.job_days.is_none() && keep.blocks_mib_max.is_none() {
            return Ok(plan);
        }
        let lengths = store.block_lengths()?;
        let mut held: u64 = lengths.values().sum();
        let gone = store.pruned_jobs()?;
        let most = keep.blocks_mib_max.map(|mib| mib.saturating_mul(MIB));
        let mut old: Vec<&Brief> =
            briefs.iter().filter(|b| b.over && !b.precious && !gone.contains(&b.id)).collect();
        old.sort_by_key(|brief| (brief.final_by_s, brief.id));
        let expired = |brief: &Brief| {
            let until_s = |days: u32| brief.final_by_s.saturating_add(u64::from(days) * DAY_S);
            keep.job_days.is_some_and(|days| now_s > until_s(days))
        };
        if !old.iter().any(|brief| expired(brief)) && most.is_none_or(|most| held <= most) {
            return Ok(plan);
        }
        let used: BTreeMap<JobId, BTreeSet<Hash>> =
            briefs.iter().map(|brief| (brief.id, blocks_of(store, &brief.roots))).collect();
        let mut users: BTreeMap<Hash, usize> = BTreeMap::new();
        used.values().flatten().for_each(|digest| *users.entry(*digest).or_default() += 1);
        for brief in old {
            if !expired(brief) && most.is_none_or(|most| held <= most) {
                continue;
            }
            plan.jobs.push(brief.id);
            for digest in used.get(&brief.id).into_iter().flatten() {
                let left = users.entry(*digest).or_default();
                *left = left.saturating_sub(1);
                if let (0, Some(bytes)) = (*left, lengths.get(digest)) {
                    plan.blocks.insert(*digest);
                    plan.bytes += bytes;
                    held = held.saturating_sub(*bytes);
                }
            }
        }
        Ok(plan)
    }

    /// Carries it out, or only counts.
    pub fn carry_out(&self, store: &Store, now_s: u64, dry: bool) -> Result<Pruned, StoreError> {
        let (records, record_bytes) = store.compact_records(dry)?;
        let rows = store.forget_progress(&self.over, dry)?;
        if !dry && !self.jobs.is_empty() {
            store.forget_blocks(&self.blocks, &self.jobs, now_s)?;
        }
        Ok(Pruned {
            jobs: self.jobs.len() as u64,
            blocks: self.blocks.len() as u64,
            block_bytes: self.bytes,
            records,
            record_bytes,
            rows,
        })
    }
}

/// Everything below these blocks. Receipts that were never published hang from no content.
fn blocks_of(store: &Store, roots: &[Cid]) -> BTreeSet<Hash> {
    let mut blocks = BTreeSet::new();
    for root in roots {
        if let Some(receipts) = store.block(root).and_then(|bytes| wire::decode::<Receipts>(&bytes).ok()) {
            blocks.extend(receipts.links().map(|cid| cid.digest));
        }
        blocks.extend(closure(*root, &|cid| store.block(cid)).held.into_iter().map(|cid| cid.digest));
    }
    blocks
}

#[cfg(test)]
mod tests;
