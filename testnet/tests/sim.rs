//! The simulator's gate: 190 small seeds and some of 22 members with 100 executors, whole jobs over the real
//! core, every invariant after each.

use std::collections::BTreeSet;
use std::path::PathBuf;
use vantage_testnet::sim::{
    Bug, Expect, Outcome, Scenario, Strategy, World, latency, parse, print, run, shrink, size, trace,
};

/// Small seeds in the gate.
const SMALL: u64 = 190;

fn sound(scenario: &Scenario) -> Outcome {
    let outcome = run(scenario);
    assert_eq!(outcome.violations, Vec::<String>::new(), "seed {}", outcome.seed);
    outcome
}

/// Troubles of all sorts; in every other seed a member that breaks the rules.
fn small(quarter: u64) -> Vec<Outcome> {
    let seeds = SMALL * quarter / 4..SMALL * (quarter + 1) / 4;
    let outcomes: Vec<Outcome> = seeds.map(|seed| sound(&Scenario::small(seed))).collect();
    for outcome in &outcomes {
        assert_eq!(outcome.undecided, 0, "seed {}", outcome.seed);
        assert!(outcome.sealed + outcome.bounded >= 4, "seed {}", outcome.seed);
    }
    let (answered, cells) = outcomes.iter().fold((0, 0), |sum, o| (sum.0 + o.answered, sum.1 + o.cells));
    assert!(
        3 * answered > cells,
        "{answered} of {cells} cells are answered: deadlines are too short to tell"
    );
    outcomes
}

// quarters run side by side
#[test]
fn invariants_hold_in_the_first_quarter_of_190_seeds() {
    small(0);
}

#[test]
fn invariants_hold_in_the_second_quarter_of_190_seeds() {
    small(1);
}

#[test]
fn invariants_hold_in_the_third_quarter_of_190_seeds() {
    small(2);
}

#[test]
fn invariants_hold_in_the_last_quarter_of_190_seeds() {
    small(3);
}

/// 22 members and 100 executors: half a minute of one core and more. Other seeds are run by
/// `cargo testnet sim --family large --seed 3 --seeds 7`.
fn large(seed: u64) {
    let outcome = sound(&Scenario::large(seed));
    assert_eq!(outcome.undecided, 0);
    assert_eq!(outcome.cells, 48, "six regions, two targets, two replicas, two prompts");
}

// side by side, too
#[test]
fn twenty_two_members_and_a_hundred_executors_first_seed() {
    large(0);
}

#[test]
fn twenty_two_members_and_a_hundred_executors_second_seed() {
    large(1);
}

#[test]
fn twenty_two_members_and_a_hundred_executors_third_seed() {
    large(2);
}

#[test]
fn every_way_to_break_the_rules_is_borne() {
    for (seed, strategy) in (1000..).zip(Strategy::ALL) {
        let scenario = Scenario { byzantine: 1, strategy: Some(strategy), ..Scenario::patient(seed) };
        assert_eq!(sound(&scenario).undecided, 0, "{strategy:?}");
    }
}

#[test]
fn forked_logs_are_noticed() {
    let forked = |seed| Scenario { byzantine: 1, strategy: Some(Strategy::Fork), ..Scenario::rough(seed) };
    let noticed: u64 = (2000..2010).map(|seed| sound(&forked(seed)).forks).sum();
    assert!(noticed > 0, "ten forked members, and nobody saw it");
}

#[test]
fn equal_seeds_give_equal_traces_and_others_differ() {
    let traces: Vec<_> = (0..4).map(|seed| run(&Scenario::small(seed))).collect();
    for (seed, first) in (0..).zip(&traces) {
        assert_eq!(run(&Scenario::small(seed)), *first, "seed {seed}");
    }
    let distinct: BTreeSet<_> = traces.iter().map(|outcome| outcome.trace).collect();
    assert_eq!(distinct.len(), traces.len());
}

#[test]
fn a_scenario_written_down_gives_the_same_trace() {
    for scenario in
        [Scenario::rough(5), Scenario::patient(8), Scenario { lost_members: 1, ..Scenario::rough(3) }]
    {
        let text = print(&scenario, "written down");
        let read = parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}")).scenario;
        assert_eq!(run(&read).trace, run(&scenario).trace, "{text}");
        assert_eq!(print(&read, "written down"), text, "what is drawn is not drawn again");
    }
}

/// Blocks that the core of a member has read once a job is through.
fn reads(prompts: usize) -> u64 {
    let scenario = Scenario { prompts, gap_s: 120, ..Scenario::calm(1) };
    let mut world = World::new(&scenario);
    world.run();
    assert!(world.is_done(), "{prompts} prompts");
    world.nodes[0].disk.reads()
}

#[test]
fn what_a_job_costs_grows_with_its_cells_and_no_faster() {
    let (small, large) = (reads(16), reads(64));
    assert!(large <= 5 * small, "four times the cells: {large} reads of blocks, {small} before");
}

#[test]
fn without_troubles_every_node_sees_every_answer_sealed() {
    for seed in 0..5 {
        let outcome = sound(&Scenario::calm(seed));
        assert_eq!((outcome.sealed, outcome.bounded, outcome.undecided), (5, 0, 0), "seed {seed}");
        assert_eq!((outcome.answered, outcome.cells), (8, 8), "two regions, two replicas, two prompts");
    }
}

#[test]
fn seven_members_bear_two_that_die() {
    for seed in 0..3 {
        let outcome = sound(&Scenario { members: 7, lost_members: 2, ..Scenario::calm(seed) });
        assert_eq!(outcome.sealed + outcome.bounded, 6, "five members and a volunteer, seed {seed}");
    }
}

#[test]
fn seven_members_bear_two_that_break_the_rules() {
    for seed in 0..4 {
        let outcome = sound(&Scenario { members: 7, byzantine: 2, ..Scenario::patient(seed) });
        assert_eq!(outcome.undecided, 0, "seed {seed}");
    }
}

#[test]
fn committed_scenarios_come_to_what_they_expect() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let file = parse(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        assert!(!file.about.is_empty(), "{}: says nothing about itself", path.display());
        assert_eq!(file.expect.unmet(&run(&file.scenario)), Vec::<String>::new(), "{}", path.display());
        found += 1;
    }
    assert!(found >= 10, "only {found} scenarios");
}

#[test]
fn what_a_scenario_file_must_not_say_is_refused_with_the_reason() {
    let refused = [
        ("seed = 1\nmember = 4", "unknown field"),
        ("members = 4", "missing field"),
        ("seed = 1\nmembers = 23", "members: 23 is not within 1 to 22"),
        ("seed = 1\n[network]\ndrop = 1.5", "network.drop = 1.5: a share"),
        ("seed = 1\nadversaries = [{ node = 0, does = \"lie\" }]", "adversary \"lie\" is not known"),
        ("seed = 1\nadversaries = [{ node = 4, does = \"fork\" }]", "orders a job"),
        ("seed = 1\nscript = [{ at_ms = 5 }]", "it says nothing"),
        ("seed = 1\nscript = [{ at_ms = 5, crash = 1, start = 2 }]", "not start and crash"),
        ("seed = 1\nscript = [{ at_ms = 5, heal = true, for_ms = 3 }]", "for_ms belongs to partition"),
        ("seed = 1\nscript = [{ at_ms = 5, crash = 9 }]", "node 9 does not exist"),
        ("seed = 1\nscript = [{ at_ms = 5, partition = [[1], [1]] }]", "names no node, or one twice"),
        ("seed = 1\nscript = [{ at_ms = 5, clock = 1 }]", "clock and off_ms go together"),
    ];
    for (text, reason) in refused {
        let why = parse(text).expect_err(text);
        assert!(why.contains(reason), "{text}\n{why}");
    }
}

#[test]
fn a_failing_run_shrinks_to_a_smaller_one_that_fails_alike() {
    let rough = |seed| Scenario {
        crashes: 4,
        partitions: 2,
        byzantine: 0,
        fast_clock_ms: 0,
        bug: Some(Bug::SkipPersist),
        ..Scenario::patient(seed)
    };
    let failing = (0..20).map(rough).find(|scenario| !run(scenario).violations.is_empty());
    let failing = failing.expect("lost records are never noticed in twenty seeds");
    let shrunk = shrink(&failing, 150, &mut |_, _| {}).expect("it fails");
    assert!(size(&shrunk.scenario) < size(&failing) / 2, "{} of {}", size(&shrunk.scenario), size(&failing));
    assert!(shrunk.scenario.script.len() < failing.drawn().script.len() / 2);

    // the file alone reproduces it, to the same trace
    let file = parse(&print(&shrunk.scenario, "shrunk")).expect("what is printed is read").scenario;
    let (again, lines) = trace(&file);
    assert_eq!(again, run(&shrunk.scenario));
    let still = Expect { violation: Some(shrunk.invariant.clone()), ..Expect::default() };
    assert_eq!(still.unmet(&again), Vec::<String>::new());
    assert_eq!(lines.len() as u64, again.events, "a line for each event and effect");
    assert!(lines.iter().any(|line| line.contains("crash: power is off")), "the trace shows the crash");
}

#[test]
fn a_sound_run_does_not_shrink() {
    assert_eq!(shrink(&Scenario::calm(1), 10, &mut |_, _| {}), None);
}

#[test]
fn a_job_without_faults_takes_little_more_than_its_messages() {
    let found = latency(&Scenario { delay_ms: (150, 150), ..Scenario::calm(1) }).expect("no faults");
    assert!(
        found.job_ms > found.execution_ms + found.critical_path_ms,
        "{found:?}: faster than its messages"
    );
    assert!(found.beyond_ms < 2 * found.critical_path_ms, "{found:?}");
    assert!(latency(&Scenario::large(1)).is_err(), "gossip takes several hops there");
}
