//! What a node can be asked, and what it answers.
//!
//! A [`Call`] is a request together with its reply: its type says where it goes and what comes back. A node serves calls
//! as HTTP with JSON on a Unix socket in its data directory, which only its owner can open. [`Client`] speaks with it.
//! [`openapi`] describes all of it, in OpenAPI 3.1; `docs/openapi.json` is that description.
//!
//! Calls that change nothing are [`Method::Read`]: GET, fields in the query. Orders are [`Method::Order`]: POST, fields as
//! a JSON body. A call that is not carried out is answered with a [`Fault`].
//!
//! What the commands of `vantage` print with `--json` are types of [`output`], or replies.

mod base64_bytes;
mod block;
mod call;
mod client;
mod fault;
mod golem;
mod handler;
mod job;
mod log;
mod openapi;
mod order;
pub mod output;
mod peer;
mod ready;
mod socket;
mod status;
mod upkeep;
mod vendor;

pub use block::{GetBlock, GetCar, PutBlock};
pub use call::{Call, Done, Method, Stream};
pub use client::{Client, ClientError, Watch};
pub use fault::Fault;
pub use golem::{AgreementView, GolemOpenView, GolemView};
pub use handler::{Answer, Handler, Handlers, Pieces, Refusal, whole};
pub use job::{BundleIds, GetBundle, GetJob, JOBS_PAGE_MAX, Jobs, ListJobs, WatchJob};
pub use log::{GetJobProof, GetLog, GetProof};
pub use openapi::openapi;
pub use order::{ORDER_KEY_BYTES_MAX, StopHere, StoppedHere, Submit, Submitted};
pub use peer::{ListNodes, ListPeers, Nodes, Peer, Peers};
pub use ready::{READY, Ready};
pub use socket::{PATH_BYTES_MAX, Reach, SOCKET};
pub use status::{GetStatus, NOTICES_MAX, NoticeView, Room, Snapshot, Status};
pub use upkeep::{Backup, Prune, Pruned, Shutdown, Written};
pub use vantage_protocol::attester::{
    FinalView, JobOrder, JobView, KnownNode, LogPage, OutcomeView, Phase, Shown, SlotState, SlotView,
};
pub use vendor::{PaceView, VendorView};

/// Longest body of a call, bytes: the largest block in base64, and room to spare.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
