//! The simulator's gate: a hundred seeds of whole jobs over the real core, every invariant after each.

use std::collections::BTreeSet;
use vantage_testnet::sim::{Outcome, Scenario, Strategy, run};

/// Seeds in the gate.
const SEEDS: u64 = 100;

fn sound(scenario: Scenario) -> Outcome {
    let outcome = run(scenario);
    assert_eq!(outcome.violations, Vec::<String>::new(), "seed {}", outcome.seed);
    outcome
}

/// Troubles of all sorts; in every other seed a member that breaks the rules.
fn rough(seeds: std::ops::Range<u64>) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = seeds.map(|seed| sound(Scenario::rough(seed))).collect();
    for outcome in &outcomes {
        assert_eq!(outcome.undecided, 0, "seed {}", outcome.seed);
        assert!(outcome.sealed + outcome.bounded >= 4, "seed {}", outcome.seed);
    }
    outcomes
}

// four quarters run side by side
#[test]
fn invariants_hold_in_seeds_0_to_24() {
    rough(0..SEEDS / 4);
}

#[test]
fn invariants_hold_in_seeds_25_to_49() {
    rough(SEEDS / 4..SEEDS / 2);
}

#[test]
fn invariants_hold_in_seeds_50_to_74() {
    rough(SEEDS / 2..3 * SEEDS / 4);
}

#[test]
fn invariants_hold_in_seeds_75_to_99() {
    rough(3 * SEEDS / 4..SEEDS);
}

#[test]
fn every_way_to_break_the_rules_is_borne() {
    for (seed, strategy) in (1000..).zip(Strategy::ALL) {
        let outcome = sound(Scenario { byzantine: 1, strategy: Some(strategy), ..Scenario::rough(seed) });
        assert_eq!(outcome.undecided, 0, "{strategy:?}");
    }
}

#[test]
fn forked_logs_are_noticed() {
    let forked = |seed| Scenario { byzantine: 1, strategy: Some(Strategy::Fork), ..Scenario::rough(seed) };
    let noticed: u64 = (2000..2010).map(|seed| sound(forked(seed)).forks).sum();
    assert!(noticed > 0, "ten forked members, and nobody saw it");
}

#[test]
fn equal_seeds_give_equal_traces_and_others_differ() {
    let traces: Vec<_> = (0..4).map(|seed| run(Scenario::rough(seed))).collect();
    for (seed, first) in (0..).zip(&traces) {
        assert_eq!(run(Scenario::rough(seed)), *first, "seed {seed}");
    }
    let distinct: BTreeSet<_> = traces.iter().map(|outcome| outcome.trace).collect();
    assert_eq!(distinct.len(), traces.len());
}

#[test]
fn without_troubles_every_node_sees_every_answer_sealed() {
    for seed in 0..5 {
        let outcome = sound(Scenario::calm(seed));
        assert_eq!((outcome.sealed, outcome.bounded, outcome.undecided), (5, 0, 0), "seed {seed}");
        assert_eq!((outcome.answered, outcome.cells), (8, 8), "two regions, two replicas, two prompts");
    }
}

#[test]
fn seven_members_bear_two_that_die() {
    for seed in 0..3 {
        let outcome = sound(Scenario { members: 7, lost_members: 2, ..Scenario::calm(seed) });
        assert_eq!(outcome.sealed + outcome.bounded, 6, "five members and a volunteer, seed {seed}");
    }
}

#[test]
fn seven_members_bear_two_that_break_the_rules() {
    for seed in 0..4 {
        let outcome = sound(Scenario { members: 7, byzantine: 2, ..Scenario::rough(seed) });
        assert_eq!(outcome.undecided, 0, "seed {seed}");
    }
}
