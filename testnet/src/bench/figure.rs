//! What a benchmark comes to: ratios measured in the same run, and absolute figures.

use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Stable name.
    pub id: &'static str,
    /// What was measured, for people.
    pub what: String,
    /// `x` for a ratio, else the unit of an absolute figure.
    pub unit: &'static str,
    /// Median of the rounds.
    pub median: f64,
    /// Lowest of the rounds.
    pub lowest: f64,
    /// Highest of the rounds.
    pub highest: f64,
    /// Rounds or samples that it was taken from.
    pub rounds: usize,
    /// What it should be.
    pub goal: Option<Goal>,
    /// The median reaches the goal; none where there is no goal.
    pub met: Option<bool>,
    /// What stands behind it in absolute terms: name and value, the unit last in the name. They hold
    /// for this machine in this run alone.
    pub behind: BTreeMap<String, f64>,
}

/// What a figure should be. A figure that misses its goal is told and fails nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Higher is better.
    AtLeast(f64),
    /// Lower is better.
    AtMost(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Goal::AtLeast(least) => value >= least,
            Goal::AtMost(most) => value <= most,
        }
    }

    /// `>= 0.9 x`
    pub(super) fn words(self, unit: &str) -> String {
        match self {
            Goal::AtLeast(least) => format!(">= {least} {unit}"),
            Goal::AtMost(most) => format!("<= {most} {unit}"),
        }
    }
}

impl Figure {
    /// A ratio, from the ratio of each round.
    pub(super) fn ratio(id: &'static str, what: &str, rounds: &[f64], goal: Option<Goal>) -> Self {
        Self::absolute(id, what, "x", rounds).with_goal(goal)
    }

    /// A figure that means something by itself.
    pub(super) fn absolute(id: &'static str, what: &str, unit: &'static str, samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let edge = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
        Self {
            id,
            what: what.to_owned(),
            unit,
            median: median(&sorted),
            lowest: edge(sorted.first()),
            highest: edge(sorted.last()),
            rounds: sorted.len(),
            goal: None,
            met: None,
            behind: BTreeMap::new(),
        }
    }

    /// What it should be.
    pub(super) fn with_goal(mut self, goal: Option<Goal>) -> Self {
        self.goal = goal;
        self.met = goal.map(|goal| goal.is_met(self.median));
        self
    }

    /// Adds an absolute value for the reader.
    pub(super) fn behind(mut self, name: &str, value: f64) -> Self {
        self.behind.insert(name.to_owned(), value);
        self
    }
}

/// The middle one, or the mean of the two in the middle, of sorted values.
fn median(sorted: &[f64]) -> f64 {
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    match (sorted.get(low), sorted.get(high)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => f64::NAN,
    }
}

/// Something whose time is measured.
pub(super) type Subject<'a> = &'a mut (dyn FnMut() -> Duration + Send);

/// Times of several subjects over several rounds. The order turns around from round to round, so that
/// what drifts (heat, neighbours, caches) does not favour whoever always comes first. Each runs on a
/// thread of its own, which finds a heap of its own: what others left behind does not slow it down.
#[derive(Debug)]
pub(super) struct Rounds {
    seconds: Vec<Vec<f64>>,
}

impl Rounds {
    /// Runs every subject once unmeasured, then once in each round.
    pub(super) fn run(rounds: usize, subjects: &mut [Subject<'_>]) -> Self {
        let mut seconds = vec![Vec::new(); subjects.len()];
        for subject in subjects.iter_mut() {
            apart(subject);
        }
        for round in 0..rounds {
            let forwards = 0..subjects.len();
            let order: Vec<usize> =
                if round.is_multiple_of(2) { forwards.collect() } else { forwards.rev().collect() };
            for index in order {
                seconds[index].push(apart(&mut subjects[index]).as_secs_f64());
            }
        }
        Self { seconds }
    }

    /// For each round the time of one subject over that of another.
    pub(super) fn ratios(&self, of: usize, over: usize) -> Vec<f64> {
        self.seconds[of].iter().zip(&self.seconds[over]).map(|(a, b)| a / b).collect()
    }

    /// Times of one subject, seconds.
    pub(super) fn seconds(&self, of: usize) -> &[f64] {
        &self.seconds[of]
    }

    /// Median time of one subject, seconds.
    pub(super) fn median_s(&self, of: usize) -> f64 {
        let mut sorted = self.seconds[of].clone();
        sorted.sort_by(f64::total_cmp);
        median(&sorted)
    }
}

fn apart(subject: &mut Subject<'_>) -> Duration {
    std::thread::scope(|scope| scope.spawn(subject).join().expect("a subject does not panic"))
}

/// Processor time that something takes on this thread: others at work on the machine do not count.
pub(super) fn timed<T>(run: impl FnOnce() -> T) -> Duration {
    let began = ran_ns();
    std::hint::black_box(run());
    // one at least: it may be divided by
    Duration::from_nanos(ran_ns().saturating_sub(began).max(1))
}

/// How long this thread has run on a processor, nanoseconds, as the scheduler keeps it (proc(5),
/// `schedstat`). It brings its books up to date when a thread offers to give way.
fn ran_ns() -> u64 {
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_spread_come_from_the_rounds() {
        let figure = Figure::ratio("x", "x", &[3.0, 1.0, 2.0, 10.0], Some(Goal::AtMost(2.5)));
        assert_eq!((figure.lowest, figure.median, figure.highest, figure.rounds), (1.0, 2.5, 10.0, 4));
        assert_eq!(figure.met, Some(true));
        assert!(!Goal::AtLeast(6.0).is_met(5.9));
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn subjects_take_turns() {
        let calls = std::sync::Mutex::new(String::new());
        let subject = |name: char| {
            let calls = &calls;
            move || {
                calls.lock().unwrap().push(name);
                Duration::from_secs(if name == 'a' { 1 } else { 4 })
            }
        };
        let rounds = Rounds::run(3, &mut [&mut subject('a'), &mut subject('b')]);
        assert_eq!(*calls.lock().unwrap(), "ababbaab", "once unmeasured, then turning around");
        assert_eq!(rounds.ratios(0, 1), [0.25; 3]);
        assert_eq!((rounds.median_s(1), rounds.seconds(0).len()), (4.0, 3));
    }
}
