//! The wall clock, which the core is told and never asks.

use std::time::{SystemTime, UNIX_EPOCH};

/// POSIX milliseconds; 0 for a clock before 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
