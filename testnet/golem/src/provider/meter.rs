//! What an activity has used, and what that costs.

use super::options::Prices;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The clock of one activity.
#[derive(Debug)]
pub(super) struct Meter {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Computing that is over.
    computed: Duration,
    /// Since when something computes.
    computing: Option<Instant>,
    /// What had been used when the activity ended.
    closed: Option<Usage>,
}

/// What was used so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) lived_ms: u64,
    pub(super) computed_ms: u64,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), state: Mutex::default() }
    }

    /// A program runs. What it is charged for is the time from its start to its end: the runner computes on one
    /// thread, so this is the most that it can have used.
    pub(super) fn computes(&self) -> Computing<'_> {
        self.lock().computing = Some(Instant::now());
        Computing(self)
    }

    pub(super) fn usage(&self) -> Usage {
        let state = self.lock();
        state.closed.unwrap_or_else(|| {
            let running = state.computing.map(|since| since.elapsed()).unwrap_or_default();
            Usage {
                lived_ms: self.started.elapsed().as_millis() as u64,
                computed_ms: (state.computed + running).as_millis() as u64,
            }
        })
    }

    /// The activity is over: nothing is used any more.
    pub(super) fn close(&self) {
        let usage = self.usage();
        self.lock().closed = Some(usage);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lasts while a program runs.
pub(super) struct Computing<'a>(&'a Meter);

impl Drop for Computing<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if let Some(since) = state.computing.take() {
            state.computed += since.elapsed();
        }
    }
}

impl Usage {
    /// What it costs, in nano-GLM, rounded down.
    pub(super) fn cost_nano(&self, prices: &Prices) -> u64 {
        let share = |nano: u64, ms: u64| u128::from(nano) * u128::from(ms);
        let by_time = share(prices.per_second_nano, self.lived_ms)
            + share(prices.per_cpu_second_nano, self.computed_ms);
        let total = u128::from(prices.start_nano) + by_time / 1000;
        u64::try_from(total).unwrap_or(u64::MAX)
    }

    /// In seconds, in the order of the offer.
    pub(super) fn vector(&self) -> [f64; 2] {
        [self.lived_ms as f64 / 1000.0, self.computed_ms as f64 / 1000.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_priced_exactly() {
        let prices = Prices { start_nano: 1000, per_second_nano: 10, per_cpu_second_nano: 100 };
        assert_eq!(Usage { lived_ms: 2500, computed_ms: 1990 }.cost_nano(&prices), 1000 + 25 + 199);
        let meter = Meter::start();
        drop(meter.computes());
        meter.close();
        let closed = meter.usage();
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(meter.usage(), closed);
    }
}
