//! How often the comparison is wrong, and how often it finds what is there: worlds made of real answers, in which nothing differs,
//! or one thing does.

mod corpus;
mod design;
mod figures;
mod plants;
mod world;

pub use figures::{Calibration, Row};

use anyhow::Context as _;
use clap::Args;
use corpus::Corpus;
use design::{DESIGNS, Design};
use figures::Count;
use plants::{NULLS, Null, PLANTS, Plant};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use vantage_protocol::compare::{Shown, compare};
use vantage_protocol::study::Scope;
use world::World;

/// Options of the calibration.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Each line of a corpus is a JSON object with `target`, `prompt` and `answer`, and `temperature` if it is known; the same prompt stands in \
many lines, once for each answer. No answer is used twice in a world, so a design of 8+8 answers takes prompts with 16.

Examples:
  vantage-testnet calibrate --corpus docs/calibration/corpus.jsonl --worlds 50
  vantage-testnet calibrate --corpus a.jsonl --corpus b.jsonl --worlds 1000 --json")]
pub struct CalibrateArgs {
    /// A file of answers, one JSON object a line; may be repeated
    #[arg(long, value_name = "FILE.jsonl", required = true)]
    pub corpus: Vec<PathBuf>,
    /// Worlds of each kind
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000), default_value_t = 200)]
    pub worlds: u32,
    /// Seed: the same one makes the same worlds
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Most prompts of a world
    #[arg(long, value_parser = clap::value_parser!(u32).range(10..=256), default_value_t = 30)]
    pub prompts: u32,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Makes worlds and compares them. `tell` is told what is being made.
pub fn calibrate(arguments: &CalibrateArgs, tell: impl Fn(&str)) -> anyhow::Result<Calibration> {
    let corpus = Corpus::read(&arguments.corpus).context("the corpus cannot be used")?;
    let mut rows = Vec::new();
    for (at, design) in DESIGNS.iter().enumerate() {
        for scope in [Scope::TheseExecutors, Scope::BeyondThem] {
            if scope == Scope::BeyondThem && !design.speaks_beyond() {
                continue;
            }
            let kinds = NULLS.iter().map(|null| Kind::Null(*null));
            let kinds = kinds.chain(PLANTS.iter().map(|plant| Kind::Plant(*plant)));
            for (number, kind) in kinds.enumerate() {
                tell(&format!("{}, {}, {}", design.name, kind.name(), figures::scope(scope)));
                let stream = (at as u64) << 16 | (number as u64) << 1 | u64::from(scope == Scope::BeyondThem);
                let count = measure(arguments, &corpus, design, scope, kind, stream);
                rows.extend(kind.rows(design, scope, count));
            }
        }
    }
    Ok(Calibration { worlds: arguments.worlds, seed: arguments.seed, prompts: arguments.prompts, rows })
}

/// What a world is.
#[derive(Clone, Copy)]
enum Kind {
    Null(Null),
    Plant(Plant),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Null(null) => null.name(),
            Self::Plant(plant) => plant.name(),
        }
    }

    fn rows(self, design: &Design, scope: Scope, count: Option<Count>) -> Vec<Row> {
        let row = |what: &str, hits, tries| Row::new(design.name, self.name(), scope, what, hits, tries);
        let Some(count) = count else { return vec![row("not measured: the corpus has too little", 0, 0)] };
        match self {
            Self::Null(_) => vec![
                row("false alarms, family", count.families, count.worlds),
                row("false alarms, contrast", count.shown, count.tested),
            ],
            Self::Plant(_) => vec![row("found", count.found, count.worlds)],
        }
    }
}

/// Worlds of one kind; none where the corpus has not enough answers for them.
fn measure(
    arguments: &CalibrateArgs,
    corpus: &Corpus,
    design: &Design,
    scope: Scope,
    kind: Kind,
    stream: u64,
) -> Option<Count> {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let counts: Vec<Option<Count>> = std::thread::scope(|threads_of| {
        let work = || {
            let mut count = Count::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= u64::from(arguments.worlds) {
                    return Some(count);
                }
                let world = World::make(
                    corpus,
                    design,
                    arguments.prompts as usize,
                    (arguments.seed, stream << 32 | number),
                    kind_of(kind),
                )?;
                let report = compare(&world.input(design, scope));
                let contrasts = report.study.map(|study| study.contrasts).unwrap_or_default();
                let differs: Vec<bool> =
                    contrasts.iter().map(|contrast| contrast.shown == Shown::Differs).collect();
                count.worlds += 1;
                count.families += u64::from(differs.contains(&true));
                count.shown += differs.iter().filter(|differs| **differs).count() as u64;
                count.tested += contrasts.iter().filter(|contrast| contrast.chance.is_some()).count() as u64;
                if let Kind::Plant(plant) = kind {
                    count.found += u64::from(differs.get(plant.contrast()) == Some(&true));
                }
            }
        };
        let running: Vec<_> = (0..threads).map(|_| threads_of.spawn(work)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    counts.into_iter().try_fold(Count::default(), |sum, count| Some(sum.plus(count?)))
}

fn kind_of(kind: Kind) -> (Option<Null>, Option<Plant>) {
    match kind {
        Kind::Null(null) => (Some(null), None),
        Kind::Plant(plant) => (None, Some(plant)),
    }
}
