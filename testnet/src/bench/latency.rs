//! How long a job takes beyond execution, against the one-way delays that it cannot do without.

use super::figure::{Figure, Goal};
use crate::sim::{Latency, Scenario, latency};

/// One-way delay, milliseconds: from one continent to another; the goal is stated for it.
const FAR_MS: u64 = 150;
/// One-way delay, milliseconds: within a continent. There the core's own timers weigh more.
const NEAR_MS: u64 = 30;

/// Simulates so many fault-free jobs at each delay, each from a seed of its own. Simulated time: no clock is read.
pub(super) fn measure(seeds: usize) -> Result<Vec<Figure>, String> {
    let far = jobs(FAR_MS, seeds)?;
    let near = jobs(NEAR_MS, seeds)?;
    Ok(vec![
        figure("latency_over_critical_path", FAR_MS, &far, Some(Goal::AtMost(1.5))),
        figure("latency_near_over_critical_path", NEAR_MS, &near, None),
    ])
}

fn jobs(one_way_ms: u64, seeds: usize) -> Result<Vec<Latency>, String> {
    let of = |seed| Scenario { delay_ms: (one_way_ms, one_way_ms), ..Scenario::calm(seed) };
    (0..seeds as u64).map(|seed| latency(&of(seed))).collect()
}

fn figure(id: &'static str, one_way_ms: u64, jobs: &[Latency], goal: Option<Goal>) -> Figure {
    let ratios: Vec<f64> =
        jobs.iter().map(|job| job.beyond_ms as f64 / job.critical_path_ms as f64).collect();
    let what = format!(
        "a fault-free job in the simulator, {one_way_ms} ms one way: time beyond execution over its critical path"
    );
    let mean = |of: fn(&Latency) -> u64| jobs.iter().map(of).sum::<u64>() as f64 / jobs.len() as f64;
    Figure::ratio(id, &what, &ratios, goal)
        .behind("beyond_ms", mean(|job| job.beyond_ms))
        .behind("critical_path_ms", mean(|job| job.critical_path_ms))
        .behind("path_delays", mean(|job| job.path_delays))
        .behind("everywhere_ms", mean(|job| job.everywhere_ms))
}
