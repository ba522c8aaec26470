//! What is counted for a series is what the comparison counts.

use super::world::{answered, bytes, cell, ended, fill, job};
use crate::compare::{CellState, Input, Operator, compare, compare_tallied};
use crate::finish::Ending;
use std::collections::BTreeSet;

const REFUSED: &str = "I'm sorry, but I can't help with that request.";
const ANSWERED: &str = "The river is a long one, and it runs through the whole of the country.";

#[test]
fn answers_are_read_as_in_the_comparison() {
    let mut input = job(&["eu", "us"], &["sim:openai"], &["river"]);
    let text = |region, replica, repeat| match (region, replica, repeat) {
        (0, 0, 0) => REFUSED.to_owned(),
        (1, 1, _) => "El rio es largo y pasa por toda la tierra de este pais hasta el mar.".to_owned(),
        _ => format!("{ANSWERED} It has {region}{replica}{repeat} bends."),
    };
    fill(&mut input, text);
    input.cells.push(cell(0, 0, 2, 0, CellState::Failed { code: "content_filter".into() }));
    input.cells.push(cell(0, 0, 2, 1, CellState::Failed { code: "timeout".into() }));
    let (report, tallies) = compare_tallied(&input);
    assert_eq!(bytes(&report), bytes(&compare(&input)), "counting changes nothing");
    let declined = |region: u32, name: &str| {
        let run =
            tallies.told[&(0, 0, region)].get(&Operator::Vouched(name.into())).copied().unwrap_or_default();
        (run.declined.count(), run.declined.yes_of(32))
    };
    assert_eq!(declined(0, "operator 0.0"), (2, 1));
    assert_eq!(declined(0, "operator 0.1"), (2, 0));
    assert_eq!(declined(0, "operator 0.2"), (1, 1), "withheld counts as refused, a failure as nothing");
    assert_eq!(declined(1, "operator 1.1"), (0, 0), "what is not English is not read");
    let side = &report.targets[0].prompts[0].sides[0];
    assert_eq!(side.refusals.declined(), 2);
    assert!(tallies.bytes.is_empty());
}

#[test]
fn bytes_are_those_that_most_operators_got() {
    let mut input = job(&["eu", "us"], &["open:smollm2-135m"], &["river"]);
    fill(&mut input, |region, replica, _| if (region, replica) == (1, 1) { "b".into() } else { "a".into() });
    let of = |input: &Input| compare_tallied(input).1.bytes.remove(&(0, 0)).unwrap_or_default();
    let CellState::Answer { output, .. } = answered("a") else { unreachable!() };
    assert_eq!(of(&input), BTreeSet::from([output]));
    for at in 0..2 {
        input.cells[at].state = ended(Ending::Whole, "b");
    }
    assert_eq!(of(&input).len(), 2, "two operators each");
    input.cells.retain(|cell| cell.region == 7);
    assert_eq!(of(&input).len(), 0);
}
