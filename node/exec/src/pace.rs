//! How fast one target is called: at once, one after another, and not at all for a while.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// The gate that all calls to one target pass.
#[derive(Debug)]
pub(crate) struct Pace {
    permits: Semaphore,
    gap: Duration,
    gate: Mutex<Gate>,
}

#[derive(Debug)]
struct Gate {
    /// When the next call may start, given the gap between calls.
    next: Instant,
    /// Until when the server asked to be left alone.
    held_until: Instant,
}

impl Pace {
    /// At most `concurrency` calls at once, their starts at least `gap` apart.
    pub(crate) fn new(concurrency: usize, gap: Duration) -> Self {
        let now = Instant::now();
        Self {
            permits: Semaphore::new(concurrency),
            gap,
            gate: Mutex::new(Gate { next: now, held_until: now }),
        }
    }

    /// Waits for a place; the call lasts as long as the permit is kept.
    pub(crate) async fn enter(&self) -> SemaphorePermit<'_> {
        let Ok(permit) = self.permits.acquire().await else {
            // Nobody closes the semaphore; were it closed, no call would be the safe answer.
            return std::future::pending().await;
        };
        let mut start = self.reserve();
        while start > Instant::now() {
            sleep_until(start).await;
            // A call that came back meanwhile may have been told to wait.
            start = start.max(self.held_until());
        }
        permit
    }

    /// Lets no further call start before `wait` has passed.
    pub(crate) fn hold(&self, wait: Duration) {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        gate.held_until = gate.held_until.max(Instant::now() + wait);
    }

    /// Whether the server asked to be left alone for now.
    pub(crate) fn is_held(&self) -> bool {
        self.held_until() > Instant::now()
    }

    fn reserve(&self) -> Instant {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let start = Instant::now().max(gate.next).max(gate.held_until);
        gate.next = start + self.gap;
        start
    }

    fn held_until(&self) -> Instant {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner).held_until
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn starts_are_a_gap_apart() {
        let pace = Arc::new(Pace::new(8, Duration::from_millis(100)));
        let begun = Instant::now();
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let pace = pace.clone();
                tokio::spawn(async move {
                    let _permit = pace.enter().await;
                    begun.elapsed().as_millis()
                })
            })
            .collect();
        let mut starts = Vec::new();
        for call in calls {
            starts.push(call.await.unwrap());
        }
        starts.sort_unstable();
        assert_eq!(starts, [0, 100, 200, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_stops_waiting_calls_too() {
        let pace = Pace::new(2, Duration::from_millis(50));
        let begun = Instant::now();
        drop(pace.enter().await);
        let waiting = pace.enter();
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("the gap is not over"),
            () = tokio::time::sleep(Duration::from_millis(10)) => pace.hold(Duration::from_secs(5)),
        }
        drop(waiting.await);
        assert_eq!(begun.elapsed().as_millis(), 5010);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit_run_at_once() {
        let pace = Pace::new(1, Duration::ZERO);
        let first = pace.enter().await;
        assert!(tokio::time::timeout(Duration::from_secs(60), pace.enter()).await.is_err());
        drop(first);
        drop(pace.enter().await);
    }
}
