//! The models hold, with exactly the states expected, and every mutant is caught by exactly the properties expected.

use vantage_tests::models::catalogue::{Case, cases};

fn check(model: &str, mutants: bool) {
    let wanted = |case: &Case| case.model() == model && case.is_mutant() == mutants && !case.large;
    let chosen: Vec<Case> = cases().into_iter().filter(wanted).collect();
    assert!(!chosen.is_empty(), "the catalogue has no such case");
    let differences: Vec<String> = chosen.iter().flat_map(|case| case.differences(&case.run())).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn closing_holds() {
    check("closing", false);
}

#[test]
fn closing_mutants_are_caught() {
    check("closing", true);
}

#[test]
fn finality_holds() {
    check("finality", false);
}

#[test]
fn finality_mutants_are_caught() {
    check("finality", true);
}

/// The comparison itself can fail: a visit that differs in any one respect is reported.
#[test]
fn a_wrong_expectation_is_noticed() {
    let small =
        cases().into_iter().find(|case| case.name.contains("the deadline alone")).expect("the slow rule");
    let outcome = small.run();
    assert_eq!(small.differences(&outcome), Vec::<String>::new());
    let wrong = [
        Case { states: small.states.map(|states| states + 1), ..small.clone() },
        Case { violated: "a", ..small.clone() },
        Case { unreached: "", ..small.clone() },
    ];
    for case in wrong {
        assert_eq!(case.differences(&outcome).len(), 1, "{case:?}");
    }
}

/// Counterexamples are shortest runs: revealing on one's own clock needs nothing but a reveal before anybody is late.
#[test]
fn a_mutant_comes_with_a_shortest_run() {
    let mutant =
        cases().into_iter().find(|case| case.name.contains("reveal on one's own clock")).expect("the mutant");
    let found = mutant.counterexamples(&mutant.run());
    let (property, steps) = found.first().expect("a counterexample");
    assert!(property.starts_with("a:"), "{property}");
    // the reveal, then a copy shown to the two honest witnesses that make a quorum with the faulty one
    assert_eq!(steps.len(), 3, "{steps:#?}");
    assert_eq!(steps[0], "Reveal");
}
