//! One log as this node holds it: a contiguous branch, the heads known on it, what is certified.

use super::said::Said;
use crate::id::{Hash, JobId, NodeId};
use crate::job::Job;
use crate::keyset::Keyset;
use crate::leaf::{Cert, Leaf, LeafRef, Statement};
use crate::log::{Origin, Policy, SignedCheckpoint, Tree, leaf_hash};
use crate::statement::Ack;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Uncertified heads kept while they gather cosignatures: a guess.
const OPEN_HEADS_MAX: usize = 8;
/// Heads over a leaf that are looked at for one that shows it in time: a guess. Witnesses never date backwards, so one
/// that does is among the first.
const HEADS_LOOKED_MAX: usize = 1024;

/// Times that one head is written: a guess, twice the members of a large committee.
const HEAD_WRITES_MAX: u32 = 64;

/// A leaf with its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) bytes: Vec<u8>,
    pub(crate) leaf: Leaf,
    pub(crate) hash: Hash,
}

/// First and latest time of a member's cosignatures, POSIX seconds.
pub(crate) type Times = BTreeMap<NodeId, (u64, u64)>;

/// A head on the held branch with verified cosignatures.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) signed: SignedCheckpoint,
    pub(crate) times: Times,
}

impl Head {
    /// Wraps a checkpoint whose cosignature lines were all verified.
    pub(crate) fn new(signed: SignedCheckpoint) -> Self {
        let mut times = Times::new();
        for line in &signed.cosignatures {
            let origin = line.name.strip_suffix("/witness").and_then(|o| o.parse::<Origin>().ok());
            let Some(origin) = origin else { continue };
            let time = line.cosignature.time;
            let (first, last) = times.entry(origin.node).or_insert((time, time));
            *first = (*first).min(time);
            *last = (*last).max(time);
        }
        Self { signed, times }
    }

    /// When it had the first cosignatures of so many members, POSIX seconds; none if it does not have them.
    pub(crate) fn dated_s(&self, quorum: usize) -> Option<u64> {
        let mut firsts: Vec<u64> = self.times.values().map(|(first, _)| *first).collect();
        firsts.sort_unstable();
        firsts.get(quorum.checked_sub(1)?).copied()
    }

    /// When each member first cosigned it.
    pub(crate) fn firsts(&self) -> BTreeMap<NodeId, u64> {
        self.times.iter().map(|(node, (first, _))| (*node, *first)).collect()
    }

    /// Distinct members whose first cosignature is dated up to `by_s`, or at all.
    pub(crate) fn cosigners(&self, by_s: Option<u64>) -> usize {
        self.times.values().filter(|(first, _)| by_s.is_none_or(|by| *first <= by)).count()
    }
}

/// One node's log.
#[derive(Clone, Debug)]
pub(crate) struct LogView {
    pub(crate) node: NodeId,
    pub(crate) keyset: Keyset,
    entries: Vec<Entry>,
    tree: Tree,
    heads: BTreeMap<u64, Head>,
    /// Sizes of heads that no quorum has cosigned yet.
    open_heads: BTreeSet<u64>,
    /// How often a head was written, for those that were. Volatile.
    kept: BTreeMap<u64, u32>,
    /// Bytes of all leaves.
    bytes: u64,
    certified: u64,
    leaves_max: u64,
    by_job: BTreeMap<JobId, Said>,
    jobs: Vec<u64>,
    /// How many certified jobs were taken up. Volatile.
    jobs_found: usize,
    announces: Vec<u64>,
    /// What this witness has cosigned: size and root.
    pub(crate) witnessed: Option<(u64, Hash)>,
    /// A certified head beyond, or beside, what is held.
    pub(crate) pending: Option<SignedCheckpoint>,
    /// Hash of the note that a peer last told of this log, if it was taken in whole. Volatile.
    pub(crate) told: Option<Hash>,
}

impl LogView {
    /// Opens a log by its leaf 0, whose keyset the caller has verified.
    pub(crate) fn open(keyset: Keyset, leaf: Leaf, bytes: Vec<u8>, leaves_max: u64) -> Self {
        let mut log = Self {
            node: leaf.author,
            keyset,
            entries: Vec::new(),
            tree: Tree::new(),
            heads: BTreeMap::new(),
            open_heads: BTreeSet::new(),
            kept: BTreeMap::new(),
            bytes: 0,
            certified: 0,
            leaves_max,
            by_job: BTreeMap::new(),
            jobs: Vec::new(),
            jobs_found: 0,
            announces: Vec::new(),
            witnessed: None,
            pending: None,
            told: None,
        };
        log.append(leaf, bytes);
        log
    }

    /// Leaves held.
    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Most leaves that are held of it.
    pub(crate) fn leaves_max(&self) -> u64 {
        self.leaves_max
    }

    /// Bytes of the leaves held.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes it count for so many bytes.
    #[cfg(test)]
    pub(crate) fn weigh(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// Size of the largest certified head on the held branch; 0 if none.
    pub(crate) fn certified(&self) -> u64 {
        self.certified
    }

    /// Root over the first `size` leaves held.
    pub(crate) fn root_at(&self, size: u64) -> Option<Hash> {
        self.tree.root_at(size)
    }

    /// The tree over the held branch.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// A held leaf.
    pub(crate) fn entry(&self, index: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// The held leaf that a reference names; none if it is not held, an error if another one is.
    pub(crate) fn resolve(&self, reference: &LeafRef) -> Result<Option<&Entry>, ()> {
        match self.entry(reference.index) {
            None => Ok(None),
            Some(entry) if entry.hash == reference.hash && self.node == reference.author => Ok(Some(entry)),
            Some(_) => Err(()),
        }
    }

    /// Reads and appends a leaf of this log. The error is for people.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.size() >= self.leaves_max {
            return Err(format!("the log has reached its limit of {} leaves", self.leaves_max));
        }
        let net = self.entries.first().map(|e| e.leaf.net).ok_or("the log has no leaf 0")?;
        let leaf = Leaf::decode(bytes, &net).map_err(|e| e.to_string())?;
        if leaf.author != self.node {
            return Err("the leaf is by another author".into());
        }
        if matches!(leaf.statement, Statement::Keyset(_)) {
            return Err("a keyset stands at leaf 0 and nowhere else".into());
        }
        self.append(leaf, bytes.to_vec());
        Ok(())
    }

    fn append(&mut self, leaf: Leaf, bytes: Vec<u8>) {
        let index = self.size();
        let hash = leaf_hash(&bytes);
        if let Some(job) = leaf.statement.job() {
            self.by_job.entry(job).or_default().note(index, &leaf.statement);
        }
        match leaf.statement {
            Statement::Job(_) => self.jobs.push(index),
            Statement::Announce(_) => self.announces.push(index),
            _ => {}
        }
        self.tree.push(hash);
        self.bytes += bytes.len() as u64;
        self.entries.push(Entry { bytes, leaf, hash });
    }

    /// Forgets leaves from `size` on, never certified ones.
    pub(crate) fn truncate(&mut self, size: u64) {
        let size = size.max(self.certified).max(1);
        self.told = None;
        self.tree.truncate(size);
        let dropped = self
            .entries
            .drain(usize::try_from(size).map_or(self.entries.len(), |s| s.min(self.entries.len()))..);
        self.bytes -= dropped.map(|entry| entry.bytes.len() as u64).sum::<u64>();
        self.heads.retain(|s, _| *s <= size);
        self.open_heads.retain(|s| *s <= size);
        self.kept.retain(|s, _| *s <= size);
        for list in [&mut self.jobs, &mut self.announces] {
            list.retain(|i| *i < size);
        }
        self.by_job.values_mut().for_each(|said| said.truncate(size));
        self.by_job.retain(|_, said| !said.is_empty());
    }

    /// Adds a head on the held branch with verified lines. Says whether its lines changed.
    pub(crate) fn merge(&mut self, policy: &Policy, head: &SignedCheckpoint) -> bool {
        let size = head.checkpoint.size;
        if self.root_at(size) != Some(head.checkpoint.root) {
            return false;
        }
        let known = self.heads.get(&size).map(|h| h.signed.clone());
        let fresh = known.is_none();
        let mut merged =
            known.unwrap_or_else(|| SignedCheckpoint { cosignatures: Vec::new(), ..head.clone() });
        let changed = policy.merge(&mut merged, head).unwrap_or(false);
        if !fresh && !changed {
            return false;
        }
        let head = Head::new(merged);
        let certified = head.cosigners(None) >= policy.quorum();
        if size > self.certified && certified {
            self.certified = size;
            if self.pending.as_ref().is_some_and(|p| p.checkpoint.size <= size) {
                self.pending = None;
            }
        }
        self.heads.insert(size, head);
        if certified {
            self.open_heads.remove(&size);
        } else {
            self.open_heads.insert(size);
        }
        while self.open_heads.len() > OPEN_HEADS_MAX {
            let Some(oldest) = self.open_heads.pop_first() else { break };
            self.heads.remove(&oldest);
        }
        true
    }

    /// Counts the writing of a head; says whether it may be written once more. Each member's line makes a head worth
    /// writing, and dates may come out of order; but one that hands out ever earlier ones must not fill disks.
    pub(crate) fn may_keep(&mut self, size: u64) -> bool {
        let kept = self.kept.entry(size).or_default();
        *kept += 1;
        *kept <= HEAD_WRITES_MAX
    }

    /// The head of this size.
    pub(crate) fn head(&self, size: u64) -> Option<&Head> {
        self.heads.get(&size)
    }

    /// The best head to show: the largest certified one, otherwise the largest.
    pub(crate) fn best_head(&self) -> Option<&Head> {
        self.heads.get(&self.certified).or_else(|| self.heads.values().next_back())
    }

    /// The largest head held, certified or not.
    pub(crate) fn longest_head(&self) -> Option<&Head> {
        self.heads.values().next_back()
    }

    /// Whether a quorum certified this leaf, with first cosignatures dated up to `by_s` if given.
    pub(crate) fn is_certified(&self, index: u64, quorum: usize, by_s: Option<u64>) -> bool {
        if index >= self.certified {
            return false;
        }
        by_s.is_none() || self.certifying(index, quorum, by_s).is_some()
    }

    /// The first head over a leaf that a quorum cosigned, with first cosignatures dated up to `by_s` if given.
    pub(crate) fn certifying(&self, index: u64, quorum: usize, by_s: Option<u64>) -> Option<&Head> {
        let above = (Bound::Excluded(index), Bound::Unbounded);
        let mut heads = self.heads.range(above).map(|(_, h)| h).take(HEADS_LOOKED_MAX);
        heads.find(|h| h.cosigners(by_s) >= quorum)
    }

    /// How many leaves have their dates from smaller heads, whatever date the head of this size has: those below the largest
    /// head that a quorum cosigned no later. All of them where no quorum has cosigned the head itself.
    pub(crate) fn dated_below(&self, size: u64, quorum: usize) -> u64 {
        let Some(dated_s) = self.heads.get(&size).and_then(|head| head.dated_s(quorum)) else { return size };
        let earlier = self.heads.range(..size).rev().take(HEADS_LOOKED_MAX);
        let mut earlier =
            earlier.filter(|(_, head)| head.dated_s(quorum).is_some_and(|date_s| date_s <= dated_s));
        earlier.next().map_or(0, |(below, _)| *below)
    }

    /// Proof of a leaf under the first head that a quorum cosigned, in time if `by_s` is given.
    pub(crate) fn cert(&self, index: u64, policy: &Policy, by_s: Option<u64>) -> Option<Cert> {
        let head = self.certifying(index, policy.quorum(), by_s)?;
        Cert::under(&head.signed, policy, &self.tree, index, self.entry(index)?.bytes.clone())
    }

    /// Leaves about a job, in order, with their indices; certified ones only if asked for.
    pub(crate) fn about(&self, job: &JobId, certified: bool) -> impl Iterator<Item = (u64, &Entry)> {
        self.entries_at(self.by_job.get(job).map_or(&[][..], Said::all), certified)
    }

    /// Acks of a job, in order.
    pub(crate) fn acks(&self, job: &JobId, certified: bool) -> impl Iterator<Item = (u64, &Ack)> {
        let acks = self.by_job.get(job).map_or(&[][..], Said::acks);
        self.entries_at(acks, certified).filter_map(|(index, entry)| match &entry.leaf.statement {
            Statement::Ack(ack) => Some((index, ack)),
            _ => None,
        })
    }

    /// The effective statement for a slot: the lowest-index commit or decline naming it.
    pub(crate) fn effective(&self, job: &JobId, slot: u32, certified: bool) -> Option<(u64, &Entry)> {
        self.known(self.by_job.get(job)?.effective(slot)?, certified)
    }

    /// The lowest-index reveal that names this commit.
    pub(crate) fn reveal(
        &self,
        job: &JobId,
        slot: u32,
        commit: &LeafRef,
        certified: bool,
    ) -> Option<(u64, &Entry)> {
        let reveals = self.by_job.get(job).map_or(&[][..], |said| said.reveals(slot));
        self.entries_at(reveals, certified)
            .find(|(_, e)| matches!(&e.leaf.statement, Statement::Reveal(r) if r.commit == *commit))
    }

    /// The first Final on a job.
    pub(crate) fn final_of(&self, job: &JobId, certified: bool) -> Option<(u64, &Entry)> {
        self.known(self.by_job.get(job)?.last_word()?, certified)
    }

    fn entries_at<'a>(&'a self, list: &'a [u64], certified: bool) -> impl Iterator<Item = (u64, &'a Entry)> {
        list.iter().map_while(move |index| self.known(*index, certified))
    }

    fn known(&self, index: u64, certified: bool) -> Option<(u64, &Entry)> {
        let entry = self.entry(index).filter(|_| !certified || index < self.certified)?;
        Some((index, entry))
    }

    /// Certified jobs that were not handed out before.
    pub(crate) fn find_jobs(&mut self) -> Vec<(LeafRef, Job)> {
        let new = self.jobs.iter().skip(self.jobs_found).copied().take_while(|index| *index < self.certified);
        let new: Vec<u64> = new.collect();
        self.jobs_found += new.len();
        let job = |index: u64| match &self.entry(index)?.leaf.statement {
            Statement::Job(job) => Some((self.reference(index)?, job.clone())),
            _ => None,
        };
        new.into_iter().filter_map(job).collect()
    }

    /// The latest certified announce.
    pub(crate) fn latest_announce(&self) -> Option<(u64, &Entry)> {
        let index = self.announces.iter().rev().find(|i| **i < self.certified)?;
        Some((*index, self.entry(*index)?))
    }

    /// The latest announce, certified or not.
    pub(crate) fn newest_announce(&self) -> Option<&Entry> {
        self.entry(*self.announces.last()?)
    }

    /// Reference to a held leaf.
    pub(crate) fn reference(&self, index: u64) -> Option<LeafRef> {
        Some(LeafRef { author: self.node, index, hash: self.entry(index)?.hash })
    }
}
