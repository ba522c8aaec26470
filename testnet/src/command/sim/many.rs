//! Many seeds side by side: progress, a summary, and an end when it is asked for.

use super::{SimArgs, show};
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use vantage_testnet::sim::{self, Outcome, Scenario};

/// How often progress is told, seconds.
const PROGRESS_S: u64 = 10;

/// Set by Ctrl-C: no further seed is begun.
static STOP: AtomicBool = AtomicBool::new(false);

/// Counts over all seeds.
#[derive(Debug, Default)]
struct Tally {
    seeds: u64,
    sealed: u64,
    bounded: u64,
    mixed: u64,
    answered: u64,
    cells: u64,
    events: u64,
    broken: u64,
}

/// Runs seeds until all are done or Ctrl-C. Returns the first failing scenario and what is wrong.
pub(super) fn run(arguments: &SimArgs) -> anyhow::Result<Option<(Scenario, String)>> {
    // every option is checked before anything runs
    arguments.scenario(arguments.seed)?;
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            STOP.store(true, Ordering::Relaxed);
        }
    });
    let (began, mut told) = (Instant::now(), Instant::now());
    let end = arguments.seed.saturating_add(arguments.seeds);
    let next = AtomicU64::new(arguments.seed);
    let (mut tally, mut first): (Tally, Option<Scenario>) = Default::default();
    let (send, outcomes) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || work(arguments, next, end, &send));
        }
        drop(send);
        for done in outcomes {
            let (scenario, outcome): (Scenario, Outcome) = done?;
            tally.add(&outcome);
            if !outcome.violations.is_empty() && first.as_ref().is_none_or(|f| scenario.seed < f.seed) {
                first = Some(scenario);
            }
            tell(arguments, &outcome)?;
            if told.elapsed() > Duration::from_secs(PROGRESS_S) {
                told = Instant::now();
                tally.progress(arguments.seeds, began);
            }
        }
        anyhow::Ok(())
    })?;
    tally.summary(arguments, began);
    let broken = tally.broken;
    Ok(first.map(|scenario| {
        let seed = scenario.seed;
        (
            scenario,
            format!("invariants are broken in {broken} of {} seeds, first in seed {seed}", tally.seeds),
        )
    }))
}

fn work(
    arguments: &SimArgs,
    next: &AtomicU64,
    end: u64,
    send: &mpsc::Sender<anyhow::Result<(Scenario, Outcome)>>,
) {
    while !STOP.load(Ordering::Relaxed) {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let done = arguments.scenario(seed).map(|scenario| {
            let outcome = sim::run(&scenario);
            (scenario, outcome)
        });
        if send.send(done).is_err() {
            return;
        }
    }
}

/// With few seeds each gets its line; with many only what is wrong.
fn tell(arguments: &SimArgs, outcome: &Outcome) -> anyhow::Result<()> {
    if arguments.json {
        println!("{}", serde_json::to_string(outcome)?);
    } else if arguments.seeds <= 100 || !outcome.violations.is_empty() {
        show(outcome);
    }
    Ok(())
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        match (outcome.sealed, outcome.bounded + outcome.undecided) {
            (_, 0) => self.sealed += 1,
            (0, _) => self.bounded += 1,
            _ => self.mixed += 1,
        }
        self.answered += outcome.answered;
        self.cells += outcome.cells;
        self.events += outcome.events;
        self.broken += u64::from(!outcome.violations.is_empty());
    }

    fn progress(&self, of: u64, began: Instant) {
        let rate = self.seeds as f64 / began.elapsed().as_secs_f64().max(0.001);
        let end = if std::io::stderr().is_terminal() { "\r" } else { "\n" };
        eprint!("{} of {of} seeds, {rate:.1} a second, {} broken{end}", self.seeds, self.broken);
        let _ = std::io::stderr().flush();
    }

    fn summary(&self, arguments: &SimArgs, began: Instant) {
        let stopped = if self.seeds < arguments.seeds { " (stopped)" } else { "" };
        let share = 100.0 * self.answered as f64 / (self.cells as f64).max(1.0);
        let text = format!(
            "{} of {} seeds from {} on{stopped}: SEALED everywhere in {}, BOUNDED or none in {}, differing in {}; \
             {share:.1}% of {} cells answered; {} events and effects; {} broken; {:.1} s",
            self.seeds,
            arguments.seeds,
            arguments.seed,
            self.sealed,
            self.bounded,
            self.mixed,
            self.cells,
            self.events,
            self.broken,
            began.elapsed().as_secs_f32(),
        );
        // beside JSON nothing else may stand on standard output
        if arguments.json { eprintln!("{text}") } else { println!("{text}") }
    }
}
