//! The cap on calls per job, counted before a call is sent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use tokio::sync::Mutex;

/// Carries out the recording of a new count; resolves once the count would survive a power cut.
pub type Record = Box<dyn Fn(u32) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// How many calls one job may make to one target, over all restarts of the node.
///
/// A count is recorded *before* its call is sent, so a killed node may have counted a call that was never sent and
/// never the other way round. Resume with the highest count that was recorded.
pub struct CallBudget {
    calls_max: u32,
    used: Mutex<u32>,
    record: Record,
}

/// Why no call may be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// All calls are used up.
    #[error("the job's limit of {0} calls is used up: raise calls_max_per_job for later jobs")]
    Exhausted(u32),
    /// The count could not be recorded: the node's own trouble, no fault of the vendor.
    #[error("the number of calls could not be recorded, so none is sent: {0}")]
    NotRecorded(String),
}

impl CallBudget {
    /// A budget of `calls_max` calls, of which `used` were recorded earlier; `record` stores each new count.
    pub fn new(calls_max: u32, used: u32, record: Record) -> Self {
        Self { calls_max, used: Mutex::new(used), record }
    }

    /// Counts one call and waits until the count is recorded; only then may the call be sent.
    pub async fn take(&self) -> Result<(), BudgetError> {
        let mut used = self.used.lock().await;
        if *used >= self.calls_max {
            return Err(BudgetError::Exhausted(self.calls_max));
        }
        // Raised first: a recording that fails or is dropped half-way may still have reached the disk.
        *used += 1;
        (self.record)(*used).await.map_err(BudgetError::NotRecorded)
    }

    /// Calls counted so far, those of earlier runs included.
    pub async fn used(&self) -> u32 {
        *self.used.lock().await
    }
}

impl fmt::Debug for CallBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallBudget").field("calls_max", &self.calls_max).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    fn kept_in(store: &Arc<AtomicU32>) -> Record {
        let store = store.clone();
        Box::new(move |count| {
            store.fetch_max(count, Ordering::SeqCst);
            Box::pin(async { Ok(()) })
        })
    }

    #[tokio::test]
    async fn a_restart_goes_on_from_the_recorded_count() {
        let store = Arc::new(AtomicU32::new(0));
        let first = CallBudget::new(3, 0, kept_in(&store));
        first.take().await.unwrap();
        first.take().await.unwrap();
        drop(first);
        let second = CallBudget::new(3, store.load(Ordering::SeqCst), kept_in(&store));
        second.take().await.unwrap();
        assert_eq!(second.take().await, Err(BudgetError::Exhausted(3)));
        assert_eq!(store.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_recording_that_fails_or_is_dropped_still_counts() {
        let failing = CallBudget::new(2, 0, Box::new(|_| Box::pin(async { Err("disk full".into()) })));
        assert_eq!(failing.take().await, Err(BudgetError::NotRecorded("disk full".into())));
        assert_eq!(failing.used().await, 1);

        let begun = Arc::new(Notify::new());
        let signal = begun.clone();
        let stuck = CallBudget::new(
            2,
            0,
            Box::new(move |_| {
                signal.notify_one();
                Box::pin(std::future::pending())
            }),
        );
        tokio::select! {
            _ = stuck.take() => panic!("recording never ends"),
            () = begun.notified() => {}
        }
        assert_eq!(stuck.used().await, 1);
    }

    #[tokio::test]
    async fn concurrent_takers_never_pass_the_cap() {
        let store = Arc::new(AtomicU32::new(0));
        let budget = Arc::new(CallBudget::new(5, 0, kept_in(&store)));
        let takers: Vec<_> = (0..20)
            .map(|_| {
                tokio::spawn({
                    let budget = budget.clone();
                    async move { budget.take().await }
                })
            })
            .collect();
        let mut taken = 0;
        for taker in takers {
            taken += u32::from(taker.await.unwrap().is_ok());
        }
        assert_eq!((taken, store.load(Ordering::SeqCst)), (5, 5));
    }
}
