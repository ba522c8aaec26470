//! Jobs that a node follows.

use crate::call::{Call, Method, Stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vantage_protocol::attester::JobView;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::JobId;

/// Most jobs of one page: with the slots of an ordinary job some hundred KiB. A guess.
pub const JOBS_PAGE_MAX: u32 = 100;

/// Jobs, newest first, a page at a time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListJobs {
    /// Begin behind this job: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<JobId>,
}

/// A page of jobs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// At most 100 ([`JOBS_PAGE_MAX`]), newest first.
    pub jobs: Vec<JobView>,
    /// There are more: ask for those behind this one.
    pub next: Option<JobId>,
}

impl Call for ListJobs {
    type Reply = Jobs;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/jobs";
    const ABOUT: &'static str = "The jobs that this node follows, newest first, a page at a time.";
}

/// One job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetJob {
    /// Job id, or a prefix that only one job has.
    pub id: String,
}

impl Call for GetJob {
    type Reply = JobView;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/job";
    const ABOUT: &'static str = "One job as it is now.";
}

/// One job, again each time it changes, until it is done or the client leaves: a line of JSON each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchJob {
    /// Job id, or a prefix that only one job has.
    pub id: String,
}

impl Stream for WatchJob {
    const PATH: &'static str = "/v1/job/watch";
    const ABOUT: &'static str = "One job as a line of JSON, again each time it changes, until it is done.";
    const MEDIA_TYPE: &'static str = "application/jsonl";
}

/// Where a job's outcome is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetBundle {
    /// Job id, or a prefix that only one job has.
    pub id: String,
}

/// Content and bundle of a job; nothing is set before it is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleIds {
    /// The job's full id.
    pub id: JobId,
    /// Root of the content: what is quoted.
    pub content: Option<Cid>,
    /// Root of this node's bundle: content, report and certs.
    pub bundle: Option<Cid>,
}

impl Call for GetBundle {
    type Reply = BundleIds;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/job/bundle";
    const ABOUT: &'static str = "The ids of a job's content and bundle.";
}
