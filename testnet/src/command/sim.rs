//! `vantage-testnet sim`

mod many;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use vantage_testnet::sim::{self, Action, Bug, Outcome, Scenario, ScenarioFile, Step, Strategy};

/// Runs that shrinking may take.
const SHRINK_RUNS_MAX: u32 = 400;

/// Run jobs over the real core in a simulated world, and check every invariant.
///
/// Equal seeds and options give equal traces. Exit code 1 if an invariant is broken, or if a scenario
/// does not come to what its file expects. docs/SIMULATOR.md explains scenarios, traces and adversaries.
#[derive(Debug, Args)]
pub(crate) struct SimArgs {
    /// First seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Seeds to run, from the first one on
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Troubles that options leave open
    #[arg(long, value_enum, default_value_t = Family::Rough)]
    family: Family,
    /// The same as --family calm: no troubles but those that are named
    #[arg(long, conflicts_with = "family")]
    calm: bool,
    /// Run this scenario file instead of drawing one
    #[arg(long, conflicts_with_all = ["seed", "seeds", "family", "calm"])]
    scenario: Option<PathBuf>,
    /// Committee members, 1 to 22; they execute, too
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=22))]
    nodes: Option<u16>,
    /// Nodes beside the members that execute; the last one orders the job
    #[arg(long, alias = "volunteers", value_parser = clap::value_parser!(u16).range(0..=256))]
    executors: Option<u16>,
    /// Members that break the rules
    #[arg(long)]
    byzantine: Option<usize>,
    /// How they do it [default: drawn from the seed]
    #[arg(long, value_parser = strategy, long_help = strategies())]
    strategy: Option<Strategy>,
    /// Messages lost, 0 to 0.9
    #[arg(long, value_parser = share)]
    drop: Option<u32>,
    /// Delays of messages as MIN..MAX, milliseconds
    #[arg(long, value_parser = range)]
    delay_ms: Option<(u64, u64)>,
    /// Crashes, each followed by a restart
    #[arg(long)]
    crashes: Option<u32>,
    /// A partition as GROUP/GROUP@FROM+FOR, e.g. 0,1/2,3@9000+5000: milliseconds; may be given again
    #[arg(long, value_parser = partition)]
    partition: Vec<Step>,
    /// Honest members that die during the job for good
    #[arg(long)]
    dead: Option<usize>,
    /// Regions of the job, 1 to 8
    #[arg(long)]
    regions: Option<usize>,
    /// Targets of the job, 1 to 4
    #[arg(long)]
    targets: Option<usize>,
    /// Plant a bug in every honest node's shell: skip-persist or send-first
    #[arg(long, value_parser = bug)]
    bug: Option<Bug>,
    /// Print the scenario as a file, every trouble drawn, and run nothing
    #[arg(long)]
    print: bool,
    /// Print every event and effect of the run (of one seed)
    #[arg(long)]
    trace: bool,
    /// Shrink the first failing run and write the smallest scenario that still fails to this file
    #[arg(long, value_name = "FILE")]
    shrink: Option<PathBuf>,
    /// Seeds run side by side
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// One JSON object for each seed
    #[arg(long)]
    json: bool,
}

/// Where troubles come from that options leave open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Family {
    /// None
    Calm,
    /// Losses, crashes, partitions, adversaries, short deadlines
    Rough,
    /// The same with deadlines that leave time to come back
    Patient,
    /// Rough and patient ones in turn: what the gate runs
    Small,
    /// 22 members, 100 executors
    Large,
}

pub(crate) fn run(arguments: &SimArgs) -> anyhow::Result<()> {
    let file = arguments.scenario.as_deref().map(read).transpose()?;
    let expect = file.as_ref().map(|f| f.expect.clone()).unwrap_or_default();
    let one = match (&file, arguments.seeds) {
        (Some(file), _) => Some(file.scenario.clone()),
        (None, 1) => Some(arguments.scenario(arguments.seed)?),
        (None, _) => None,
    };
    if arguments.print {
        let scenario = one.map_or_else(|| arguments.scenario(arguments.seed), Ok)?;
        print!("{}", sim::print(&scenario, "drawn from a seed"));
        return Ok(());
    }
    let failing = match one {
        Some(scenario) => {
            let outcome = arguments.run_one(&scenario)?;
            let unmet = expect.unmet(&outcome);
            (!unmet.is_empty()).then(|| (scenario, unmet.join("; ")))
        }
        None => many::run(arguments)?,
    };
    let Some((scenario, why)) = failing else { return Ok(()) };
    if let Some(path) = &arguments.shrink {
        shrink(&scenario, path)?;
    }
    anyhow::bail!("{why}")
}

fn read(path: &std::path::Path) -> anyhow::Result<ScenarioFile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    sim::parse(&text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))
}

/// Shrinks a failing scenario, writes it down, and shows its trace.
fn shrink(scenario: &Scenario, path: &std::path::Path) -> anyhow::Result<()> {
    let mut progress = |smaller: &Scenario, runs: u32| {
        eprintln!("run {runs}: {} nodes, {} steps still fail", smaller.nodes(), smaller.script.len());
    };
    let Some(shrunk) = sim::shrink(scenario, SHRINK_RUNS_MAX, &mut progress) else {
        eprintln!("no invariant is broken: there is nothing to shrink");
        return Ok(());
    };
    let about =
        format!("breaks {}; shrunk from seed {} in {} runs", shrunk.invariant, scenario.seed, shrunk.runs);
    std::fs::write(path, sim::print(&shrunk.scenario, &about))
        .with_context(|| format!("cannot write {}", path.display()))?;
    let (outcome, lines) = sim::trace(&shrunk.scenario);
    lines.iter().for_each(|line| println!("{line}"));
    show(&outcome);
    println!("replay: vantage-testnet sim --scenario {} --trace", path.display());
    Ok(())
}

impl SimArgs {
    fn run_one(&self, scenario: &Scenario) -> anyhow::Result<Outcome> {
        let outcome = if self.trace {
            let (outcome, lines) = sim::trace(scenario);
            lines.iter().for_each(|line| println!("{line}"));
            outcome
        } else {
            sim::run(scenario)
        };
        if self.json {
            println!("{}", serde_json::to_string(&outcome)?);
        } else {
            show(&outcome);
        }
        Ok(outcome)
    }

    fn scenario(&self, seed: u64) -> anyhow::Result<Scenario> {
        let family = if self.calm { Family::Calm } else { self.family };
        let mut scenario = match family {
            Family::Calm => Scenario::calm(seed),
            Family::Rough => Scenario::rough(seed),
            Family::Patient => Scenario::patient(seed),
            Family::Small => Scenario::small(seed),
            Family::Large => Scenario::large(seed),
        };
        scenario.members = self.nodes.map_or(scenario.members, usize::from);
        scenario.executors = self.executors.map_or(scenario.executors, usize::from);
        scenario.byzantine = self.byzantine.unwrap_or(scenario.byzantine);
        scenario.strategy = self.strategy.or(scenario.strategy);
        scenario.drop_permille = self.drop.unwrap_or(scenario.drop_permille);
        scenario.delay_ms = self.delay_ms.unwrap_or(scenario.delay_ms);
        scenario.crashes = self.crashes.unwrap_or(scenario.crashes);
        scenario.lost_members = self.dead.unwrap_or(scenario.lost_members);
        scenario.regions = self.regions.unwrap_or(scenario.regions);
        scenario.targets = self.targets.unwrap_or(scenario.targets);
        let author = scenario.author();
        for step in &mut scenario.script {
            if let Action::Submit { node } = &mut step.action {
                *node = author;
            }
        }
        scenario.bug = self.bug;
        scenario.script.extend(self.partition.iter().cloned());
        scenario.check().map_err(anyhow::Error::msg)?;
        Ok(scenario)
    }
}

fn show(outcome: &Outcome) {
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
    Strategy::named(word).ok_or_else(|| format!("one of {}", known()))
}

fn strategies() -> String {
    let mut text = "How they do it [default: drawn from the seed]\n".to_owned();
    for strategy in Strategy::ALL {
        text.push_str(&format!("\n  {:<20} {}", strategy.word(), strategy.about()));
    }
    text
}

fn bug(word: &str) -> Result<Bug, String> {
    let known = Bug::ALL.map(Bug::word).join(", ");
    Bug::ALL.into_iter().find(|bug| bug.word() == word).ok_or_else(|| format!("one of {known}"))
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

fn partition(text: &str) -> Result<Step, String> {
    let bad = || "GROUP/GROUP@FROM+FOR, such as 0,1/2,3@9000+5000 (milliseconds)".to_owned();
    let (groups, times) = text.split_once('@').ok_or_else(bad)?;
    let (from, lasting) = times.split_once('+').ok_or_else(bad)?;
    let group = |text: &str| text.split(',').map(|n| n.trim().parse().map_err(|_| bad())).collect();
    let groups = groups.split('/').map(group).collect::<Result<Vec<Vec<usize>>, String>>()?;
    let for_ms = Some(lasting.parse().map_err(|_| bad())?);
    Ok(Step::at(from.parse().map_err(|_| bad())?, Action::Partition { groups, for_ms }))
}
