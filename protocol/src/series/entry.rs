//! A job of a series, as its verification shows it.

use crate::cid::Cid;
use crate::compare::Tallies;
use crate::id::{JobId, NodeId};
use crate::study::{Coding, Series};
use crate::target::Target;

/// What a series needs of one verified job. Only verification makes one of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The job.
    pub job: JobId,
    /// Its content: what its counts rest on.
    pub content: Cid,
    /// Whether it is SEALED.
    pub sealed: bool,
    /// Its author.
    pub author: NodeId,
    /// What was asked, and how it was sampled.
    pub suite: Cid,
    /// What its plan says of the series.
    pub series: Series,
    /// How its answers are read.
    pub codings: Vec<Coding>,
    /// Its targets, in its order.
    pub targets: Vec<Target>,
    /// Its regions, in its order.
    pub regions: Vec<String>,
    /// When a quorum cosigned it, by the witnesses' clocks: earliest and latest, POSIX seconds. None where no certs are shown.
    pub dated_s: Option<[u64; 2]>,
    /// How its answers count.
    pub tallies: Tallies,
}

impl Entry {
    /// The place of a target in the job.
    pub(super) fn target(&self, target: &Target) -> Option<u32> {
        self.targets.iter().position(|own| own == target).map(|at| at as u32)
    }

    /// The place of a region in the job.
    pub(super) fn region(&self, region: &str) -> Option<u32> {
        self.regions.iter().position(|own| own == region).map(|at| at as u32)
    }

    /// Whether the bytes of an open model that takes the likeliest token are others than in another job: on some prompt that was
    /// answered in both, none of the answers that most operators got is the same. None where there is no such prompt.
    pub(super) fn other_bytes_than(&self, other: &Self) -> Option<bool> {
        let both = self.tallies.bytes.iter().filter_map(|((target, prompt), bytes)| {
            let target = other.target(self.targets.get(*target as usize)?)?;
            Some(bytes.is_disjoint(other.tallies.bytes.get(&(target, *prompt))?))
        });
        both.reduce(|some, here| some || here)
    }
}
