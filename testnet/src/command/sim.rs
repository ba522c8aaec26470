//! `vantage-testnet sim`

use clap::Args;
use std::time::Instant;
use vantage_testnet::sim::{Outcome, Scenario, Strategy, run as simulate};

/// Run jobs over the real core in a simulated world, and check every invariant.
///
/// Equal seeds and options give equal traces. Exit code 1 if an invariant is broken.
#[derive(Debug, Args)]
pub(crate) struct SimArgs {
    /// First seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Seeds to run, from the first one on
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Committee members, 1 to 22 [default: as the seed has it, 4]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=22))]
    nodes: Option<u16>,
    /// Volunteers [default: as the seed has it]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    volunteers: Option<u16>,
    /// Members that break the rules [default: as the seed has it]
    #[arg(long)]
    byzantine: Option<usize>,
    /// How they do it, e.g. fork or two-finals [default: drawn from the seed]
    #[arg(long, value_parser = strategy)]
    strategy: Option<Strategy>,
    /// Messages lost, 0 to 0.9 [default: 0.1]
    #[arg(long, value_parser = share)]
    drop: Option<u32>,
    /// Delays of messages as MIN..MAX, milliseconds [default: 5..400]
    #[arg(long, value_parser = range)]
    delay_ms: Option<(u64, u64)>,
    /// Crashes, each followed by a restart [default: as the seed has it]
    #[arg(long)]
    crashes: Option<u32>,
    /// Honest members that die during the job for good
    #[arg(long, default_value_t = 0)]
    dead: usize,
    /// No troubles at all but those that are named
    #[arg(long)]
    calm: bool,
    /// One JSON object for each seed
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &SimArgs) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut broken = 0;
    for seed in arguments.seed..arguments.seed.saturating_add(arguments.seeds) {
        let scenario = scenario(arguments, seed);
        anyhow::ensure!(
            scenario.byzantine + scenario.lost_members < scenario.members || scenario.volunteers > 0,
            "--byzantine, --dead: somebody honest has to be left to order the job"
        );
        let outcome = simulate(scenario);
        broken += u64::from(!outcome.violations.is_empty());
        if arguments.json {
            println!("{}", serde_json::to_string(&outcome)?);
        } else {
            print(&outcome);
        }
    }
    anyhow::ensure!(broken == 0, "invariants are broken in {broken} of {} seeds", arguments.seeds);
    if !arguments.json {
        println!("{} seeds, every invariant holds; {:.1} s", arguments.seeds, began.elapsed().as_secs_f32());
    }
    Ok(())
}

fn scenario(arguments: &SimArgs, seed: u64) -> Scenario {
    let mut scenario = if arguments.calm { Scenario::calm(seed) } else { Scenario::rough(seed) };
    let SimArgs { nodes, volunteers, byzantine, drop, delay_ms, crashes, .. } = arguments;
    scenario.members = nodes.map_or(scenario.members, usize::from);
    scenario.volunteers = volunteers.map_or(scenario.volunteers, usize::from);
    scenario.byzantine = byzantine.unwrap_or(scenario.byzantine);
    scenario.strategy = arguments.strategy.or(scenario.strategy);
    scenario.drop_permille = drop.unwrap_or(scenario.drop_permille);
    scenario.delay_ms = delay_ms.unwrap_or(scenario.delay_ms);
    scenario.crashes = crashes.unwrap_or(scenario.crashes);
    scenario.lost_members = arguments.dead;
    scenario
}

fn print(outcome: &Outcome) {
    let Outcome { seed, trace, sealed, bounded, undecided, answered, cells, events, virtual_ms, .. } =
        outcome;
    let rogues = if outcome.strategies.is_empty() { "-".to_owned() } else { outcome.strategies.join(",") };
    println!(
        "seed {seed:5}  trace {}  SEALED {sealed} BOUNDED {bounded} none {undecided}  cells {answered}/{cells}  {events:6} events  {:6.1} s  rogue {rogues}",
        trace.short(),
        *virtual_ms as f64 / 1000.0,
    );
    for violation in &outcome.violations {
        println!("    VIOLATION {violation}");
    }
}

fn strategy(word: &str) -> Result<Strategy, String> {
    let known = || Strategy::ALL.map(Strategy::word).join(", ");
    Strategy::ALL.into_iter().find(|s| s.word() == word).ok_or_else(|| format!("one of {}", known()))
}

fn share(text: &str) -> Result<u32, String> {
    let share: f64 = text.parse().map_err(|_| "a number such as 0.1".to_owned())?;
    if (0.0..=0.9).contains(&share) { Ok((share * 1000.0).round() as u32) } else { Err("0 to 0.9".into()) }
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let bad = || "MIN..MAX in milliseconds, at most 60000, such as 5..400".to_owned();
    let (min, max) = text.split_once("..").ok_or_else(bad)?;
    let (min, max): (u64, u64) = (min.parse().map_err(|_| bad())?, max.parse().map_err(|_| bad())?);
    if min <= max && max <= 60_000 { Ok((min, max)) } else { Err(bad()) }
}
