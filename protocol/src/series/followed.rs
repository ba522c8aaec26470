//! A series as it stands: its jobs, and the product of each line.

use super::ALARM_FACTOR;
use super::cause::Cause;
use super::chain::{Chain, Void, is_of_one_series, known};
use super::entry::Entry;
use super::moves::{Moves, What};
use crate::cid::Cid;
use crate::compare::infer::Evidence;
use crate::id::{JobId, NodeId};
use crate::params::SERIES_JOBS_MAX;
use crate::study::Line;

/// A series up to one of its jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Its name.
    pub name: String,
    /// Its author.
    pub author: NodeId,
    /// What is asked.
    pub suite: Cid,
    /// How much the evidence of a line grows before it alarms.
    pub threshold: u64,
    /// The jobs, from the first that is known on.
    pub jobs: Vec<Place>,
    /// From where on there are no products.
    pub void: Option<Void>,
    /// What is followed, in the plan's order.
    pub lines: Vec<LineFollowed>,
    /// What the next job names; none where there is no product to go on with.
    pub next: Option<Next>,
}

/// A job of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The job.
    pub job: JobId,
    /// Its content.
    pub content: Cid,
    /// When a quorum cosigned it: earliest and latest, POSIX seconds.
    pub dated_s: Option<[u64; 2]>,
    /// What it is there for.
    pub role: Role,
}

/// What a job of a series is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Others are held against it.
    Calibration,
    /// It is held against a calibration job.
    Held {
        /// Which.
        against: JobId,
    },
    /// The series has no product here.
    Void,
}

impl Role {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Calibration => "calibration",
            Role::Held { .. } => "held",
            Role::Void => "void",
        }
    }
}

/// A line as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFollowed {
    /// What is followed.
    pub line: Line,
    /// A link for each job that is held against another, in their order.
    pub links: Vec<Link>,
    /// The first alarm, if there was one. It stands, whatever comes later.
    pub alarm: Option<Alarm>,
}

/// One job held against its calibration job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The job, by its place among the series' jobs.
    pub job: usize,
    /// Its calibration job, likewise.
    pub against: usize,
    /// Prompts that moved.
    pub moves: Moves,
    /// Whether an open model that takes the likeliest token gave other bytes; none where none was asked.
    pub other_bytes: Option<bool>,
    /// What that is worth.
    pub evidence: Evidence,
    /// The product of all evidence of the line up to here.
    pub product: Evidence,
    /// Whether the product is at the threshold or above.
    pub alarm: bool,
}

/// A line's first alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// At which link.
    pub link: usize,
    /// From which link on the product rose to it.
    pub since: usize,
    /// Where the drift comes from.
    pub cause: Cause,
}

/// What the plan of the next job names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// The job before it.
    pub predecessor: JobId,
    /// The oldest calibration job that is unused; none left: the next job is a calibration job.
    pub calibration: Option<JobId>,
}

/// Why a series is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFollowed {
    /// The job is not among those given.
    #[error("job {job} is not among those given, or names no series")]
    Unknown {
        /// Which.
        job: JobId,
    },
    /// Too many jobs.
    #[error("the series has more than {SERIES_JOBS_MAX} jobs, the most that are followed; begin another")]
    TooLong,
}

/// The jobs that no other job of their series follows.
pub fn heads(entries: &[Entry]) -> Vec<JobId> {
    let known = known(entries);
    let is_followed = |entry: &Entry| {
        let follows =
            |other: &&Entry| other.series.predecessor == Some(entry.job) && is_of_one_series(other, entry);
        known.values().any(follows)
    };
    known.values().filter(|entry| !is_followed(entry)).map(|entry| entry.job).collect()
}

/// Follows a series from its first job to `head`. The order in which entries are given plays no part.
pub fn follow(entries: &[Entry], head: JobId) -> Result<Followed, NotFollowed> {
    let chain = Chain::back_from(head, entries)?;
    let Some((first, _)) = chain.jobs.first() else { return Err(NotFollowed::Unknown { job: head }) };
    let threshold = ALARM_FACTOR * first.series.lines.len() as u64;
    let place = |(entry, role): &(&Entry, Role)| Place {
        job: entry.job,
        content: entry.content,
        dated_s: entry.dated_s,
        role: *role,
    };
    let next = Next { predecessor: head, calibration: chain.unused.front().copied() };
    Ok(Followed {
        name: first.series.name.clone(),
        author: first.author,
        suite: first.suite,
        threshold,
        jobs: chain.jobs.iter().map(place).collect(),
        lines: first.series.lines.iter().map(|line| of_line(line, &chain, threshold)).collect(),
        next: chain.void.is_none().then_some(next),
        void: chain.void,
    })
}

/// One line over all jobs that have a product.
fn of_line(line: &Line, chain: &Chain<'_>, threshold: u64) -> LineFollowed {
    let place = |id: JobId| chain.jobs.iter().position(|(entry, _)| entry.job == id);
    let mut pairs: Vec<(&Entry, &Entry)> = Vec::new();
    let mut followed = LineFollowed { line: line.clone(), links: Vec::new(), alarm: None };
    let (mut product, mut lowest, mut since) = (Evidence::default(), Evidence::default(), 0);
    for (at, (entry, role)) in chain.jobs.iter().enumerate() {
        let Role::Held { against } = role else { continue };
        let Some((against, calibration)) = place(*against).zip(chain.job(*against)) else { continue };
        let moves = Moves::between(entry, calibration, &[&line.target], What::of(line));
        let evidence = moves.evidence();
        product = product.and(&evidence);
        pairs.push((entry, calibration));
        let alarm = product.reaches(threshold);
        if alarm && followed.alarm.is_none() {
            let cause = Cause::of(line, pairs.get(since..).unwrap_or_default());
            followed.alarm = Some(Alarm { link: followed.links.len(), since, cause });
        }
        let other_bytes = entry.other_bytes_than(calibration);
        let product = product.clone();
        if product <= lowest {
            (lowest, since) = (product.clone(), pairs.len());
        }
        followed.links.push(Link { job: at, against, moves, other_bytes, evidence, product, alarm });
    }
    followed
}

impl Followed {
    /// Whether any line alarmed.
    pub fn alarms(&self) -> bool {
        self.lines.iter().any(|line| line.alarm.is_some())
    }
}
