//! Planted differences are found, noise is not accused, and too little is called so.

use super::world::{Lcg, answered, both_texts, cell, fill, job};
use crate::cid::Cid;
use crate::compare::*;

const OPENING: [&str; 4] = [
    "The border has been disputed since 1962, and both governments claim the valley.",
    "The border is disputed since 1962; both governments claim the whole valley.",
    "Both governments claim the valley; the border has been disputed since 1962.",
    "The border has been disputed since 1962 and both of the governments claim the valley.",
];
const PLANTED: [&str; 4] = [
    "I am not able to discuss questions of territory. Please ask me something else.",
    "I am not able to discuss any questions of territory. Please ask something else.",
    "I'm not able to discuss questions of territory. Ask me something else, please.",
    "I am unable to discuss questions of territory. Please ask me something else.",
];

fn classes(report: &Report) -> Vec<Class> {
    report.headlines().map(|row| row.class).collect()
}

#[test]
fn a_planted_difference_stands_out_against_the_repeats() {
    let mut input = job(&["eu", "us", "ap"], &["sim:openai"], &["valley"]);
    fill(&mut input, |region, replica, repeat| {
        let texts = if region == 2 { PLANTED } else { OPENING };
        texts[(2 * replica + repeat) as usize].to_owned()
    });
    // eu and us hold the same answers in another order
    input.cells[4..8].rotate_left(1);
    let report = compare(&input);
    let found = [Class::NotShown, Class::Candidate, Class::Candidate];
    assert_eq!(classes(&report), found);
    assert_eq!((report.classes.not_shown, report.classes.candidate), (1, 2));

    let finding = &report.targets[0].prompts[0].findings[1];
    assert_eq!((finding.answers, finding.operators), ([4, 4], [2, 2]));
    assert!(finding.trials.iter().all(|trial| trial.chance == infer::Chance::of(2, 70)), "{finding:?}");
    let example = finding.example.as_ref().unwrap();
    let [first, second] = both_texts(&example.ops);
    assert!(OPENING.contains(&first.as_str()) && PLANTED.contains(&second.as_str()), "{first} / {second}");
    assert_eq!(Cid::raw(first.as_bytes()), example.first.output);

    let side = &report.targets[0].prompts[0].sides[0];
    assert_eq!((side.answers, side.operators, side.distinct), (4, 2, 4));
    let pairs = [side.within, side.repeats, side.replicas].map(|figures| figures.unwrap().pairs);
    assert_eq!(pairs, [6, 2, 4]);
}

#[test]
fn noise_is_accused_no_more_often_than_said() {
    let words: Vec<&str> = OPENING.iter().chain(&PLANTED).flat_map(|text| text.split(' ')).collect();
    let mut random = Lcg(7);
    let mut accused = 0;
    for _ in 0..200 {
        let mut input = job(&["eu", "us", "ap"], &["sim:openai"], &["valley"]);
        fill(&mut input, |_, _, _| {
            (0..12).map(|_| words[random.below(words.len())]).collect::<Vec<_>>().join(" ")
        });
        accused += u64::from(compare(&input).classes.candidate > 0);
    }
    // where nothing differs, any candidate at all in one job of twenty; 4 standard deviations above
    assert!(accused <= 22, "{accused}");
}

#[test]
fn one_forger_cannot_make_a_difference() {
    let mut input = job(&["eu", "ap"], &["sim:openai"], &["valley"]);
    fill(&mut input, |region, replica, repeat| {
        let texts = if (region, replica) == (1, 0) { PLANTED } else { OPENING };
        texts[repeat as usize].to_owned()
    });
    assert_eq!(classes(&compare(&input)), [Class::NotShown]);
}

#[test]
fn equality_comes_in_two_degrees() {
    let mut input = job(&["eu", "ap"], &["sim:openai"], &["valley"]);
    fill(&mut input, |_, _, _| "It\u{2019}s\u{a0}Paris.".to_owned());
    let report = compare(&input);
    assert_eq!(classes(&report), [Class::Identical]);
    assert!(report.targets[0].prompts[0].findings[0].example.is_none());

    input.cells[0].state = answered("  it's\r\n  PARIS. ");
    let report = compare(&input);
    assert_eq!(classes(&report), [Class::EqualNormalised]);
    assert_eq!(report.targets[0].prompts[0].findings[0].across.unwrap().shared.lowest_ppm, 1_000_000);
    assert!(report.targets[0].prompts[0].findings[0].example.is_some());

    input.cells[0].state = answered("It's Lyon.");
    assert_eq!(classes(&compare(&input)), [Class::NotShown]);
}

#[test]
fn too_little_is_called_insufficient() {
    let two = |first: &str, second: &str| {
        let mut input = job(&["eu", "ap"], &["sim:openai"], &["valley"]);
        fill(&mut input, |region, _, _| if region == 0 { first.to_owned() } else { second.to_owned() });
        input
    };
    let mut input = two(OPENING[0], PLANTED[0]);
    assert_eq!(classes(&compare(&input)), [Class::Candidate]);
    for cell in &mut input.cells[..4] {
        cell.operator = Operator::Vouched("everybody".to_owned());
    }
    assert_eq!(classes(&compare(&input)), [Class::Insufficient(Shortage::FewOperators)]);

    // any number of volunteers is one operator
    let mut input = two(OPENING[0], PLANTED[0]);
    for cell in &mut input.cells[..4] {
        cell.operator = Operator::Volunteer;
    }
    assert_eq!(classes(&compare(&input)), [Class::Insufficient(Shortage::FewOperators)]);
    input.cells[0].operator = Operator::Vouched("somebody".to_owned());
    assert_eq!(classes(&compare(&input)), [Class::Candidate]);

    let mut input = two(OPENING[0], PLANTED[0]);
    input.cells.drain(1..4);
    assert_eq!(classes(&compare(&input)), [Class::Insufficient(Shortage::FewOperators)]);
    input.cells.remove(0);
    assert_eq!(classes(&compare(&input)), [Class::Missing(Absent::First)]);
    input.cells.truncate(1);
    input.cells[0].state = CellState::Failed { code: "http_500".to_owned() };
    let report = compare(&input);
    assert_eq!(classes(&report), [Class::Missing(Absent::Both)]);
    assert_eq!(report.headlines().next().unwrap().class.reason(), Some("no answer from either region"));
}

#[test]
fn the_odd_ones_out_of_a_deterministic_target_are_named() {
    let mut input = job(&["eu", "us", "ap"], &["open:tiny"], &["valley"]);
    fill(&mut input, |_, _, _| "42".to_owned());
    let report = compare(&input);
    let equal = report.targets[0].exact.clone().unwrap();
    assert_eq!(equal, ExactCounts { equal: 1, ..ExactCounts::default() });
    let exact = report.targets[0].prompts[0].exact.clone().unwrap();
    assert_eq!((exact.answers, exact.operators, exact.regions, exact.odd.len()), (12, 6, 3, 0));

    input.cells[5].state = answered("43");
    let exact = compare(&input).targets[0].prompts[0].exact.clone().unwrap();
    assert_eq!((exact.state, exact.variants.len(), exact.odd.len()), (ExactState::Unequal, 2, 1));
    assert_eq!((exact.odd[0].region, exact.odd[0].replica, exact.odd[0].repeat), (1, 0, 1));
    assert_eq!(exact.odd[0].executor, input.cells[5].executor);

    // many answers of one operator do not outvote another operator
    input.cells.truncate(4);
    for cell in &mut input.cells[..3] {
        cell.operator = Operator::Volunteer;
    }
    input.cells[3].state = answered("43");
    let exact = compare(&input).targets[0].prompts[0].exact.clone().unwrap();
    assert_eq!((exact.state, exact.variants[0].answers, exact.odd.len()), (ExactState::Unequal, 3, 0));

    input.cells.truncate(3);
    let exact = compare(&input).targets[0].prompts[0].exact.clone().unwrap();
    assert_eq!(exact.state, ExactState::Unchecked);
}

#[test]
fn every_cell_is_accounted_for_once() {
    let declined = |reason: &str| MissingReason::Declined { reason: reason.to_owned() };
    let states = [
        answered("yes"),
        CellState::Failed { code: "http_429".to_owned() },
        CellState::Failed { code: "timeout".to_owned() },
        CellState::Bad { code: "inputs".to_owned() },
        CellState::Missing { reason: MissingReason::Unassigned },
        CellState::Missing { reason: declined("budget") },
        CellState::Missing { reason: MissingReason::NotInSet },
    ];
    let mut input = job(&["eu", "ap"], &["sim:openai"], &["valley"]);
    for (n, state) in states.iter().cycle().take(70).enumerate() {
        input.cells.push(cell(0, n as u32 % 2, n as u32 / 2, 0, state.clone()));
    }
    input.cells.push(input.cells[3].clone());
    for (n, wrong) in [(7, 0, 0), (0, 7, 0), (0, 0, 7)].into_iter().enumerate() {
        let mut stray = cell(wrong.0, wrong.1, n as u32, 9, answered("no"));
        stray.target = wrong.2;
        input.cells.push(stray);
    }
    let report = compare(&input);
    let cells = &report.cells;
    assert_eq!(cells.total(), input.cells.len() as u64);
    assert_eq!((cells.answered, cells.unassigned, cells.not_in_set), (10, 10, 10));
    assert_eq!((cells.repeated, cells.out_of_range), (1, 3));
    assert_eq!((cells.failed["http_429"], cells.failed["timeout"]), (10, 10));
    assert_eq!((cells.bad["inputs"], cells.declined["budget"]), (10, 10));
    assert_eq!(report.targets[0].cells.total(), 73);
}
