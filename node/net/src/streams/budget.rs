//! How many bytes of other peers' making may be in memory at once.

use std::io;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::STREAM_BUFFER_BYTES_MAX;

/// Bytes per permit: semaphores count to 2^32, and nobody needs it finer.
const GRAIN_BYTES: usize = 1024;

/// Two pools: one for requests of others, one for answers to ours, so that neither starves the other.
#[derive(Clone)]
pub(crate) struct Budgets {
    requests: Arc<Semaphore>,
    responses: Arc<Semaphore>,
}

impl Budgets {
    pub(crate) fn new() -> Self {
        let pool = || Arc::new(Semaphore::new(STREAM_BUFFER_BYTES_MAX / GRAIN_BYTES));
        Self { requests: pool(), responses: pool() }
    }

    /// Room for a request of a stranger, now or never: refusing is cheaper than queueing for them.
    pub(crate) fn request(&self, len: usize) -> io::Result<OwnedSemaphorePermit> {
        Arc::clone(&self.requests)
            .try_acquire_many_owned(grains(len))
            .map_err(|_| io::Error::other("too many requests are being read; try again later"))
    }

    /// Room for an answer that we asked for, when there is some.
    pub(crate) async fn response(&self, len: usize) -> io::Result<OwnedSemaphorePermit> {
        Arc::clone(&self.responses).acquire_many_owned(grains(len)).await.map_err(io::Error::other)
    }
}

fn grains(len: usize) -> u32 {
    u32::try_from(len.div_ceil(GRAIN_BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_pool_refuses_requests_and_room_comes_back() {
        let budgets = Budgets::new();
        let held = budgets.request(STREAM_BUFFER_BYTES_MAX).unwrap();
        assert!(budgets.request(1).is_err());
        assert!(budgets.request(0).is_ok());
        drop(held);
        assert!(budgets.request(1).is_ok());
    }
}
