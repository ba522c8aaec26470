//! What one look at the node shows.

use vantage_api::{Client, ClientError};
use vantage_api::{JobView, KnownNode, Status};

/// One look.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// When, POSIX seconds.
    pub(super) at_s: u64,
    pub(super) status: Status,
    /// Newest first.
    pub(super) jobs: Vec<JobView>,
    /// Members first.
    pub(super) nodes: Vec<KnownNode>,
}

impl Look {
    /// Asks the node.
    pub(super) async fn take(client: &Client, at_s: u64) -> Result<Self, ClientError> {
        Ok(Self {
            at_s,
            status: client.status().await?,
            jobs: client.jobs().await?,
            nodes: client.nodes().await?,
        })
    }
}
