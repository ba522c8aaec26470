//! The jobs of a series in their order, and where its products end.

use super::entry::Entry;
use super::followed::{NotFollowed, Role};
use crate::id::JobId;
use crate::params::SERIES_JOBS_MAX;
use crate::study::Measure;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// From where on a series has no products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Void {
    /// The first job without one.
    pub at: JobId,
    /// Why.
    pub why: Why,
}

/// Why a series has no products from some job on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A gap: the job before it was not given.
    #[error("a gap: job {job}, which it follows, is not among those given")]
    Missing {
        /// Which.
        job: JobId,
    },
    /// A gap: it is not SEALED.
    #[error("a gap: the job is not SEALED, so its answers may be any")]
    NotSealed,
    /// It is another series than the first job's.
    #[error("the job has another {what} than the first of the series")]
    Changed {
        /// What differs.
        what: &'static str,
    },
    /// Another job of the author follows the same one.
    #[error(
        "job {other} follows the same one: the author has two series of this name, and could show either"
    )]
    Forked {
        /// Which.
        other: JobId,
    },
    /// Its calibration job is none of those before it.
    #[error("its calibration job {calibration} is none of the jobs before it")]
    NotBefore {
        /// Which.
        calibration: JobId,
    },
    /// What it is held against was held against another job.
    #[error("job {calibration}, which it is held against, is no calibration job")]
    NoCalibration {
        /// Which.
        calibration: JobId,
    },
    /// Its calibration job was used before.
    #[error("its calibration job {calibration} was used before, by job {by}")]
    Used {
        /// Which.
        calibration: JobId,
        /// By which job.
        by: JobId,
    },
    /// It passes an unused calibration job over.
    #[error("calibration job {oldest} is older and unused: whoever may choose one can choose the oddest")]
    PassedOver {
        /// The one that it would have to name.
        oldest: JobId,
    },
}

/// The jobs from the first to one that was asked for.
pub(super) struct Chain<'e> {
    pub(super) jobs: Vec<(&'e Entry, Role)>,
    pub(super) void: Option<Void>,
    /// Calibration jobs that are unused, the oldest first.
    pub(super) unused: VecDeque<JobId>,
}

/// Jobs by their ids. Of a job that was given twice the sealed one counts.
pub(super) fn known(entries: &[Entry]) -> BTreeMap<JobId, &Entry> {
    let mut known: BTreeMap<JobId, &Entry> = BTreeMap::new();
    for entry in entries {
        let held = known.entry(entry.job).or_insert(entry);
        if entry.sealed && !held.sealed {
            *held = entry;
        }
    }
    known
}

impl<'e> Chain<'e> {
    pub(super) fn back_from(head: JobId, entries: &'e [Entry]) -> Result<Self, NotFollowed> {
        let known = known(entries);
        let order = order(head, &known)?;
        let mut chain = Self { jobs: Vec::new(), void: None, unused: VecDeque::new() };
        let mut used: BTreeMap<JobId, JobId> = BTreeMap::new();
        for entry in order {
            if chain.void.is_none()
                && let Err(why) = chain.step(entry, &known, &used)
            {
                chain.void = Some(Void { at: entry.job, why });
            }
            let role = match entry.series.calibration {
                _ if chain.void.is_some() => Role::Void,
                None => {
                    chain.unused.push_back(entry.job);
                    Role::Calibration
                }
                Some(against) => {
                    chain.unused.pop_front();
                    used.insert(against, entry.job);
                    Role::Held { against }
                }
            };
            chain.jobs.push((entry, role));
        }
        Ok(chain)
    }

    /// The job behind an id, if it is one of the chain.
    pub(super) fn job(&self, id: JobId) -> Option<&'e Entry> {
        self.jobs.iter().map(|(entry, _)| *entry).find(|entry| entry.job == id)
    }

    /// Whether a job may come next.
    fn step(
        &self,
        entry: &Entry,
        known: &BTreeMap<JobId, &Entry>,
        used: &BTreeMap<JobId, JobId>,
    ) -> Result<(), Why> {
        let first = self.jobs.first().map_or(entry, |(first, _)| first);
        if let (true, Some(job)) = (self.jobs.is_empty(), entry.series.predecessor) {
            return Err(Why::Missing { job });
        }
        if !entry.sealed {
            return Err(Why::NotSealed);
        }
        if let Some(what) = changed(first, entry) {
            return Err(Why::Changed { what });
        }
        let is_other = |other: &&&Entry| {
            other.job != entry.job
                && is_of_one_series(other, entry)
                && other.series.predecessor == entry.series.predecessor
        };
        if let Some(other) = known.values().find(is_other) {
            return Err(Why::Forked { other: other.job });
        }
        let Some(calibration) = entry.series.calibration else { return Ok(()) };
        if self.unused.front() == Some(&calibration) {
            return Ok(());
        }
        Err(match (self.job(calibration), used.get(&calibration), self.unused.front()) {
            (None, _, _) => Why::NotBefore { calibration },
            (_, Some(by), _) => Why::Used { calibration, by: *by },
            (Some(_), None, Some(oldest)) if self.unused.contains(&calibration) => {
                Why::PassedOver { oldest: *oldest }
            }
            _ => Why::NoCalibration { calibration },
        })
    }
}

/// Whether two jobs call themselves the same series.
pub(super) fn is_of_one_series(one: &Entry, other: &Entry) -> bool {
    (one.author, &one.series.name) == (other.author, &other.series.name)
}

/// The jobs from the first that is known to `head`.
fn order<'e>(head: JobId, known: &BTreeMap<JobId, &'e Entry>) -> Result<Vec<&'e Entry>, NotFollowed> {
    let mut next = Some(*known.get(&head).ok_or(NotFollowed::Unknown { job: head })?);
    let (mut jobs, mut seen) = (Vec::new(), BTreeSet::new());
    // an id is a hash over what it follows: a circle would be a broken hash, and still ends here
    while let Some(entry) = next.filter(|entry| seen.insert(entry.job)) {
        if jobs.len() == SERIES_JOBS_MAX {
            return Err(NotFollowed::TooLong);
        }
        jobs.push(entry);
        next = entry.series.predecessor.and_then(|job| known.get(&job).copied());
    }
    jobs.reverse();
    Ok(jobs)
}

/// In what a job is no more of the series that another began.
fn changed(first: &Entry, entry: &Entry) -> Option<&'static str> {
    let is_coded = first.series.lines.iter().any(|line| line.measure == Measure::Coded);
    [
        (first.author != entry.author, "author"),
        (first.series.name != entry.series.name, "name"),
        (first.series.lines != entry.series.lines, "list of lines"),
        (first.suite != entry.suite, "suite, hence other prompts or another sampling,"),
        (is_coded && first.codings != entry.codings, "way to read coded answers"),
    ]
    .into_iter()
    .find_map(|(differs, what)| differs.then_some(what))
}
