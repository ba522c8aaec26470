//! `vantage series`.

use serde::Serialize;
use utoipa::ToSchema;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{JobId, NodeId};
use vantage_protocol::series::{Followed, Link, Role};
use vantage_protocol::study::Measure;
use vantage_protocol::target::Target;

/// A series up to one of its jobs. Its names come from outside: escape them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeriesShown {
    /// Its name.
    pub series: String,
    /// Its author.
    pub author: NodeId,
    /// What is asked in every job.
    pub suite: Cid,
    /// A line alarms where its product has grown so many times: 20 for each line.
    pub threshold: u64,
    /// The jobs, from the first on.
    pub jobs: Vec<SeriesJob>,
    /// From where on there are no products; null if nowhere.
    pub void: Option<SeriesVoid>,
    /// What is followed.
    pub lines: Vec<SeriesLine>,
    /// What the plan of the next job names; null where there is no product to go on with.
    pub next: Option<SeriesNext>,
    /// What cannot be seen from here.
    pub not_shown: Vec<String>,
    /// Exit code of the process.
    #[schema(maximum = 7)]
    pub exit: u8,
}

/// A job of a series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeriesJob {
    /// The job.
    pub job: JobId,
    /// Its content: what its counts rest on.
    pub content: Cid,
    /// When a quorum cosigned it, POSIX seconds: the earliest cosignature; null if no certs are shown.
    pub dated_s: Option<u64>,
    /// `calibration`, `held` against one, or `void`.
    pub role: String,
    /// The calibration job that it is held against; null of others.
    pub against: Option<JobId>,
}

/// From where on a series has no products.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeriesVoid {
    /// The first job without one.
    pub at: JobId,
    /// Why.
    pub why: String,
}

/// A line of a series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeriesLine {
    /// What is compared.
    pub measure: Measure,
    /// Of whom.
    pub target: Target,
    /// In which region; null: in all.
    pub region: Option<String>,
    /// One for each job that is held against a calibration job.
    pub links: Vec<SeriesLink>,
    /// The first alarm; null if there was none.
    pub alarm: Option<SeriesAlarm>,
}

/// One job of a series, held against its calibration job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeriesLink {
    /// The job.
    pub job: JobId,
    /// Content of the job, and of its calibration job: what the evidence rests on.
    pub contents: [Cid; 2],
    /// Prompts with more yeses than in the calibration job.
    pub up: u32,
    /// Prompts with fewer.
    pub down: u32,
    /// Prompts with as many.
    pub tied: u32,
    /// Answers compared on each side.
    pub answers: u64,
    /// Yeses of the job less those of the calibration job.
    pub gained: i64,
    /// Whether an open model that takes the likeliest token gave other bytes; null where none was asked.
    pub other_bytes: Option<bool>,
    /// Evidence of this job: 2^n / ((n + 1) C(n, up)) with n = up + down; as text, rounded down, as `93.090` or `2^45`.
    pub evidence: String,
    /// The product of the line's evidence up to here, likewise.
    pub product: String,
    /// How often the product has doubled, rounded down.
    pub doublings: i64,
    /// Whether the product is at the threshold or above.
    pub alarm: bool,
}

/// The first alarm of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeriesAlarm {
    /// At which job.
    pub job: JobId,
    /// From which job on the product rose to it.
    pub since: JobId,
    /// `pipeline`, `population`, `vendor` or `unknown`.
    pub cause: String,
}

/// What the plan of a series' next job names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SeriesNext {
    /// The job before it.
    pub predecessor: JobId,
    /// The oldest calibration job that is unused; null if none is left.
    pub calibration: Option<JobId>,
}

/// What no series shows.
const NOT_SHOWN: [&str; 4] = [
    "that the author has no other job after the same one: its log shows that, to whoever reads it",
    "why answers changed: a cause is where the change is seen, by counting alone",
    "drift of what the lines do not follow, and drift that was there before the first calibration job",
    "that answers are true",
];

impl SeriesShown {
    /// A series as it stands; the process ends with `exit`.
    pub fn new(followed: &Followed, exit: u8) -> Self {
        let id = |at: usize| followed.jobs.get(at).map(|place| place.job);
        let content = |at: usize| followed.jobs.get(at).map(|place| place.content);
        let link = |link: &Link| {
            Some(SeriesLink {
                job: id(link.job)?,
                contents: [content(link.job)?, content(link.against)?],
                up: link.moves.up,
                down: link.moves.down,
                tied: link.moves.tied,
                answers: link.moves.answers,
                gained: link.moves.gained,
                other_bytes: link.other_bytes,
                evidence: link.evidence.to_string(),
                product: link.product.to_string(),
                doublings: link.product.doublings(),
                alarm: link.alarm,
            })
        };
        let line = |line: &vantage_protocol::series::LineFollowed| {
            let of_link = |at: usize| line.links.get(at).and_then(|link| id(link.job));
            let alarm = line.alarm.and_then(|alarm| {
                let (job, since) = (of_link(alarm.link)?, of_link(alarm.since)?);
                Some(SeriesAlarm { job, since, cause: alarm.cause.word().to_owned() })
            });
            SeriesLine {
                measure: line.line.measure,
                target: line.line.target.clone(),
                region: line.line.region.clone(),
                links: line.links.iter().filter_map(link).collect(),
                alarm,
            }
        };
        let job = |place: &vantage_protocol::series::Place| SeriesJob {
            job: place.job,
            content: place.content,
            dated_s: place.dated_s.map(|[earliest_s, _]| earliest_s),
            role: place.role.word().to_owned(),
            against: match place.role {
                Role::Held { against } => Some(against),
                Role::Calibration | Role::Void => None,
            },
        };
        let next = followed.next;
        Self {
            series: followed.name.clone(),
            author: followed.author,
            suite: followed.suite,
            threshold: followed.threshold,
            jobs: followed.jobs.iter().map(job).collect(),
            void: followed.void.as_ref().map(|void| SeriesVoid { at: void.at, why: void.why.to_string() }),
            lines: followed.lines.iter().map(line).collect(),
            next: next
                .map(|next| SeriesNext { predecessor: next.predecessor, calibration: next.calibration }),
            not_shown: NOT_SHOWN.map(str::to_owned).to_vec(),
            exit,
        }
    }
}
