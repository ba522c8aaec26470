//! Tests over real processes on loopback: the node's own programs, a simulated vendor, the open model.
//!
//! Each makes its own network in its own directory. They run two at a time: most of them wait most of the time, and more
//! at once would keep each other from their deadlines.

mod bench;
mod kill;
mod open;
mod snippets;
mod strangers;

use tokio::sync::{Semaphore, SemaphorePermit};

static TWO_AT_A_TIME: Semaphore = Semaphore::const_new(2);

/// Waits for its turn.
async fn turn() -> SemaphorePermit<'static> {
    TWO_AT_A_TIME.acquire().await.expect("the semaphore is never closed")
}
