//! How fast one vendor is called: so many at once, one after another, and not at all for a while.
//!
//! The number of calls at once adapts (AIMD, as TCP does it): it is halved when the vendor asks for less, once for all
//! calls that were under way together, and grows by one for as many answers as it is wide, up to the configured most.
//! When the vendor asks for less without saying for how long, all calls wait, longer each time in a row.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The gate that all calls to one vendor pass.
#[derive(Debug)]
pub(crate) struct Pace {
    window_max: f64,
    gap: Duration,
    gate: Mutex<Gate>,
    freed: Notify,
}

#[derive(Debug)]
struct Gate {
    /// How many calls may be under way at once, rounded down; from 1 to `window_max`.
    window: f64,
    in_flight: u32,
    /// When the next call may start, given the gap between calls.
    next: Instant,
    /// Until when the vendor is left alone.
    held_until: Instant,
    /// When the window was halved last: calls that began before say nothing new.
    halved_at: Option<Instant>,
    throttled_in_row: u32,
}

/// A place at the gate; the call lasts as long as it is kept.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pace: &'a Pace,
    began: Instant,
}

/// How a vendor is being called right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceState {
    /// Calls under way.
    pub in_flight: u32,
    /// Calls that may be under way at once, as adapted.
    pub at_once: u32,
    /// Calls that may be under way at once, as configured.
    pub at_once_max: u32,
    /// For how much longer the vendor is left alone, milliseconds.
    pub held_ms: u64,
    /// How often in a row the vendor has asked for fewer calls.
    pub throttled_in_row: u32,
}

impl Pace {
    /// At most `concurrency` calls at once, their starts at least `gap` apart.
    pub(crate) fn new(concurrency: u32, gap: Duration) -> Self {
        let (now, window_max) = (Instant::now(), f64::from(concurrency.max(1)));
        let gate = Gate {
            window: window_max,
            in_flight: 0,
            next: now,
            held_until: now,
            halved_at: None,
            throttled_in_row: 0,
        };
        Self { window_max, gap, gate: Mutex::new(gate), freed: Notify::new() }
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self) -> Place<'_> {
        let mut place = loop {
            // Asked for first, so that no place is missed that becomes free in between.
            let freed = self.freed.notified();
            match self.try_enter() {
                Some(place) => break place,
                None => freed.await,
            }
        };
        let mut start = self.reserve();
        while start > Instant::now() {
            sleep_until(start).await;
            // A call that came back meanwhile may have been told to wait.
            start = start.max(self.gate().held_until);
        }
        place.began = Instant::now();
        place
    }

    /// Lets no further call start before `wait` has passed.
    pub(crate) fn hold(&self, wait: Duration) {
        let mut gate = self.gate();
        gate.held_until = gate.held_until.max(Instant::now() + wait);
    }

    /// Whether the vendor is left alone for now.
    pub(crate) fn is_held(&self) -> bool {
        self.gate().held_until > Instant::now()
    }

    /// Takes note that the vendor answered.
    pub(crate) fn answered(&self) {
        let mut gate = self.gate();
        gate.throttled_in_row = 0;
        gate.window = (gate.window + 1.0 / gate.window).min(self.window_max);
        drop(gate);
        self.freed.notify_one();
    }

    /// Takes note that the vendor asked for fewer calls, of a call that began at `began`; returns how often in a row.
    pub(crate) fn throttled(&self, began: Instant) -> u32 {
        let mut gate = self.gate();
        if gate.halved_at.is_none_or(|halved| began >= halved) {
            gate.window = (gate.window / 2.0).max(1.0);
            gate.halved_at = Some(Instant::now());
            gate.throttled_in_row = gate.throttled_in_row.saturating_add(1);
        }
        gate.throttled_in_row
    }

    /// How the vendor is being called right now.
    pub(crate) fn state(&self) -> PaceState {
        let gate = self.gate();
        let held = gate.held_until.saturating_duration_since(Instant::now());
        PaceState {
            in_flight: gate.in_flight,
            at_once: whole(gate.window),
            at_once_max: whole(self.window_max),
            held_ms: u64::try_from(held.as_millis()).unwrap_or(u64::MAX),
            throttled_in_row: gate.throttled_in_row,
        }
    }

    fn try_enter(&self) -> Option<Place<'_>> {
        let mut gate = self.gate();
        if gate.in_flight >= whole(gate.window) {
            return None;
        }
        gate.in_flight += 1;
        Some(Place { pace: self, began: Instant::now() })
    }

    fn reserve(&self) -> Instant {
        let mut gate = self.gate();
        let start = Instant::now().max(gate.next).max(gate.held_until);
        gate.next = start + self.gap;
        start
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// When the call began.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut gate = self.pace.gate();
        gate.in_flight = gate.in_flight.saturating_sub(1);
        drop(gate);
        // All of them: the window may have room for several by now.
        self.pace.freed.notify_waiters();
        self.pace.freed.notify_one();
    }
}

/// A window, rounded down. It is far below 2^32.
fn whole(window: f64) -> u32 {
    window as u32
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
                    let _place = pace.enter().await;
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
        assert_eq!(pace.state().in_flight, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_window_is_halved_once_for_all_that_were_under_way_and_grows_by_one_a_round() {
        let pace = Pace::new(8, Duration::ZERO);
        let mut places = Vec::new();
        for _ in 0..8 {
            places.push(pace.enter().await);
        }
        tokio::time::advance(Duration::from_millis(5)).await;
        assert_eq!(pace.throttled(places[0].began()), 1);
        assert_eq!(pace.throttled(places[7].began()), 1, "the same crowd");
        assert_eq!((pace.state().at_once, pace.state().in_flight), (4, 8));
        places.clear();
        for _ in 0..4 {
            places.push(pace.enter().await);
        }
        assert!(tokio::time::timeout(Duration::from_secs(9), pace.enter()).await.is_err());
        for expected in [5, 6, 7, 8, 8] {
            for _ in 0..expected {
                pace.answered();
            }
            assert_eq!(pace.state().at_once, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_is_always_allowed_and_the_row_ends_with_an_answer() {
        let pace = Pace::new(2, Duration::ZERO);
        for row in 1..=5 {
            tokio::time::advance(Duration::from_millis(5)).await;
            let place = pace.enter().await;
            assert_eq!(pace.throttled(place.began()), row);
            assert_eq!(pace.state().at_once, 1);
        }
        pace.answered();
        assert_eq!((pace.state().throttled_in_row, pace.state().at_once), (0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_who_waits_gets_a_place_in_the_end() {
        let pace = Arc::new(Pace::new(3, Duration::ZERO));
        let calls: Vec<_> = (0..50)
            .map(|n| {
                let pace = pace.clone();
                tokio::spawn(async move {
                    let place = pace.enter().await;
                    tokio::time::sleep(Duration::from_millis(n % 7)).await;
                    if n % 5 == 0 {
                        pace.throttled(place.began());
                    } else {
                        pace.answered();
                    }
                })
            })
            .collect();
        for call in calls {
            tokio::time::timeout(Duration::from_secs(3600), call).await.unwrap().unwrap();
        }
        assert_eq!(pace.state().in_flight, 0);
    }
}
