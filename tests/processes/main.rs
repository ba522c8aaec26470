//! Tests over real processes on loopback: the node's own programs, a simulated vendor, the open model.
//!
//! Each makes its own network in its own directory. They run one after the other: each is to have
//! the machine to itself, as deadlines of seconds need.

mod bench;
mod demo;
mod kill;
mod snippets;
mod strangers;

use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

static ONE_AT_A_TIME: std::sync::LazyLock<Arc<Mutex<()>>> = std::sync::LazyLock::new(Arc::default);

/// Waits for its turn.
async fn turn() -> OwnedMutexGuard<()> {
    ONE_AT_A_TIME.clone().lock_owned().await
}
