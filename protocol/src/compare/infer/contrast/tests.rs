use super::*;
use crate::id::{JobId, NetId};

const FAMILY: Family = Family { tests: 12, alpha: Chance::from_ppm(50_000) };

/// Prompts that so many operators answered so often on each side; crossed, or others on the other side. `yes` is asked by
/// prompt, operator, whether it is the second side, and repeat.
fn asked(
    (prompts, operators, repeats, crossed): (u32, u32, u32, bool),
    yes: impl Fn(u32, u32, bool, u32) -> bool,
) -> Vec<Asked> {
    let of_prompt = |prompt| {
        let mut answers = Vec::new();
        for second in [false, true] {
            for at in 0..operators {
                let operator = if crossed || !second { at } else { operators + at };
                for repeat in 0..repeats {
                    answers.push(Answered { operator, second, yes: yes(prompt, operator, second, repeat) });
                }
            }
        }
        Asked { answers, texts: None }
    };
    (0..prompts).map(of_prompt).collect()
}

fn draws() -> Draws {
    Draws::new(&NetId([0; 32]), &JobId([0; 32]), 0)
}

#[test]
fn many_operators_are_exchanged_by_draws() {
    let found =
        rates(&asked((3, 16, 1, false), |_, _, second, _| second), Scope::BeyondThem, &FAMILY, &draws());
    assert_eq!((found.chance, found.exact), (Some(Chance::of(1, 20_000)), false));
    let mixed = |prompt, operator, _, _| (prompt + operator) % 2 == 0;
    let found = rates(&asked((3, 16, 1, false), mixed), Scope::BeyondThem, &FAMILY, &draws());
    assert!(found.chance.unwrap() > FAMILY.alpha, "{found:?}");
}

#[test]
fn too_few_operators_are_said_with_how_many_it_takes() {
    let split = |_, _, second, _| second;
    let beyond = |shape| rates(&asked(shape, split), Scope::BeyondThem, &FAMILY, &draws());
    assert_eq!(beyond((30, 8, 2, true)).operators_needed, Some(9));
    assert_eq!(beyond((30, 5, 2, false)).operators_needed, Some(6));
    for found in [beyond((30, 2, 2, true)), beyond((30, 2, 2, false))] {
        assert_eq!((found.chance, found.exchange), (None, None));
    }
    let nine = beyond((1, 9, 1, true));
    assert_eq!((nine.chance, nine.exchange), (Some(Chance::of(2, 512)), Some(Exchange::OperatorFlips)));
    let six = beyond((1, 6, 2, false));
    assert_eq!((six.chance, six.exchange), (Some(Chance::of(2, 924)), Some(Exchange::OperatorSplits)));
    let one = rates(&asked((30, 1, 8, true), split), Scope::TheseExecutors, &FAMILY, &draws());
    assert_eq!((one.chance, one.operators_needed), (None, Some(2)));
}

#[test]
fn these_executors_are_flipped_where_that_can_tell_and_split_where_not() {
    let split = |_, _, second, _| second;
    let these = |shape| rates(&asked(shape, split), Scope::TheseExecutors, &FAMILY, &draws());
    let flipped = these((5, 2, 4, true));
    assert_eq!((flipped.exchange, flipped.chance), (Some(Exchange::Flips), Some(Chance::of(2, 1024))));
    // one prompt has two flips; within the operators there are 70 ways each
    let within = these((1, 2, 4, true));
    assert_eq!((within.exchange, within.chance), (Some(Exchange::Splits), Some(Chance::of(2, 4900))));
    let nested = these((1, 2, 4, false));
    assert_eq!((nested.exchange, nested.chance), (Some(Exchange::Splits), Some(Chance::of(2, 12_870))));
    for found in [flipped, within, nested] {
        assert_eq!((found.effect_ppm, found.exact), (-1_000_000, true));
        assert!(found.half_width_ppm > 0);
    }
}

#[test]
fn equal_rates_are_no_difference() {
    let mixed = |prompt, operator, _, repeat| (prompt + operator + repeat) % 2 == 0;
    for shape in [(10, 4, 2, true), (10, 4, 2, false)] {
        let found = rates(&asked(shape, mixed), Scope::TheseExecutors, &FAMILY, &draws());
        assert_eq!((found.effect_ppm, found.chance), (0, Some(Chance::ONE)), "{shape:?}");
    }
}

#[test]
fn missing_answers_leave_pairs_of_equal_size() {
    let mut prompts = asked((6, 3, 3, true), |_, _, second, _| second);
    prompts[0].answers.remove(0);
    prompts[1].answers.retain(|answer| answer.operator != 2 || !answer.second);
    let found = rates(&prompts, Scope::TheseExecutors, &FAMILY, &draws());
    assert_eq!(found.exchange, Some(Exchange::Flips));
    // of 6 x 3 x 3 answers a side one pair and one operator's three are left out
    assert_eq!(found.answers, [50, 50]);
    assert_eq!(found.chance, Some(Chance::of(2, 1 << 17)));
}

fn with_texts(mut prompts: Vec<Asked>, apart: bool) -> Vec<Asked> {
    for (prompt, asked) in prompts.iter_mut().enumerate() {
        let n = asked.answers.len();
        let distance = |one: usize, other: usize| match (
            one == other,
            asked.answers[one].second == asked.answers[other].second,
        ) {
            (true, _) => 0,
            (_, false) if apart => 800_000,
            _ => 300_000 + 1_000 * (((one * other + one + other) * (2 * prompt + 3)) % 13) as u32,
        };
        let distances_ppm = (0..n * n).map(|at| distance(at / n, at % n)).collect();
        let seconds = asked.answers.iter().enumerate().filter(|(_, answer)| answer.second);
        let holders = vec![(seconds.fold(0, |set, (at, _)| set | 1 << at), u32::from(apart))];
        asked.texts = Some(Texts { distances_ppm, holders, answers: n as u32 });
    }
    prompts
}

#[test]
fn texts_are_compared_in_both_scopes() {
    let draws = draws();
    let shapes = [((3, 9, 1, true), Scope::BeyondThem), ((2, 6, 2, false), Scope::BeyondThem)];
    let shapes = shapes
        .into_iter()
        .chain([((8, 2, 2, true), Scope::TheseExecutors), ((3, 2, 4, false), Scope::TheseExecutors)]);
    for (shape, scope) in shapes {
        let found =
            |apart| texts(&with_texts(asked(shape, |_, _, _, _| false), apart), scope, &FAMILY, 1999, &draws);
        let (apart, same) = (found(true), found(false));
        assert!(apart.chance.unwrap() <= FAMILY.first_step(), "{shape:?} {apart:?}");
        assert!(same.chance.unwrap() > FAMILY.alpha, "{shape:?} {same:?}");
        assert!(apart.effect_ppm > same.effect_ppm, "{apart:?} {same:?}");
    }
}
