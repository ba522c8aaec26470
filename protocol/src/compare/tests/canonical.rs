//! One job has one report, to the byte.

use super::world::{Lcg, answered, bytes, cell, fill, job};
use crate::compare::*;
use crate::hash::sha256;
use crate::study::{Measure, Place, Reading, Registered, Scope};
use ipld_core::ipld::Ipld;

/// Contrasts of some targets between all regions, on both prompts together.
fn study(asked: &[(u32, Measure)]) -> Study {
    let pairs = [(0, 1), (0, 2), (2, 1)];
    let contrast = |(target, measure): (u32, Measure), (a, b)| Registered {
        sides: [Place { target, region: a }, Place { target, region: b }],
        prompts: vec![[0, 0], [1, 1]],
        measure,
        scope: Scope::TheseExecutors,
        margin_ppm: (measure == Measure::Refusals).then_some(900_000),
    };
    let contrasts = asked.iter().flat_map(|asked| pairs.map(|pair| contrast(*asked, pair))).collect();
    Study { alpha_ppm: 50_000, contrasts, skew_s_max: None, readings: [(1, Reading::YesNo)].into() }
}

fn mixed() -> Input {
    let mut input = job(&["eu", "us", "ap"], &["open:tiny", "sim:openai", "sim:other"], &["valley", "river"]);
    input.study = Some(study(&[(1, Measure::Texts), (2, Measure::Refusals), (2, Measure::Texts)]));
    fill(&mut input, |region, replica, repeat| {
        format!("The valley in region {region} has {replica} or {repeat} doors.")
    });
    for n in 0..12 {
        let mut other =
            cell(1, n % 3, n / 6, n / 3 % 2, answered(["Yes.", "yes", "No, never.", "No"][n as usize % 4]));
        other.target = 1;
        input.cells.push(other);
    }
    for n in 0..12_u32 {
        let said =
            ["I'm sorry, but I can't help with that.", "It is the river that they share in the valley."];
        let region = n % 3;
        let mut other =
            cell(1, region, n / 6, n / 3 % 2, answered(&format!("{} {n}", said[region as usize % 2])));
        other.target = 2;
        if n == 7 {
            other.state = CellState::Failed { code: "content_filter".to_owned() };
        }
        input.cells.push(other);
    }
    let reason = MissingReason::Declined { reason: "budget".to_owned() };
    input.cells.push(cell(1, 2, 0, 0, CellState::Missing { reason }));
    // the same place with several contents: which one counts must not depend on the order
    input.cells.push(cell(1, 2, 0, 0, answered("late")));
    input.cells.push(cell(1, 2, 0, 0, answered("later")));
    input
}

#[test]
fn the_order_of_cells_does_not_matter() {
    let mut input = mixed();
    let expected = bytes(&compare(&input));
    let mut random = Lcg(1);
    for _ in 0..1_000 {
        random.shuffle(&mut input.cells);
        assert_eq!(bytes(&compare(&input)), expected);
    }
}

#[test]
fn the_bytes_are_those_of_this_version() {
    let bytes = bytes(&compare(&mixed()));
    let found = sha256(&bytes).to_string();
    assert_eq!(
        (COMPARE_VERSION, PHRASES_VERSION, found.as_str()),
        (4, 1, GOLDEN),
        "another report is another version"
    );
}

/// SHA-256 of the report on [`mixed`].
const GOLDEN: &str = "502555e425b3923c8c8e20d1fd381545aa14611ac5e4f9a909c94f7690041bfe";

#[test]
fn the_encoding_is_canonical_and_closed() {
    let report = compare(&mixed());
    let first = bytes(&report);
    let read: Report = serde_ipld_dagcbor::from_slice(&first).unwrap();
    assert_eq!(read, report);
    let value: Ipld = serde_ipld_dagcbor::from_slice(&first).unwrap();
    assert_eq!(serde_ipld_dagcbor::to_vec(&value).unwrap(), first);
    refuse_floats_and_nulls(&value);

    let Ipld::Map(mut map) = value else { panic!("a report is a map") };
    map.insert("verdict".to_owned(), Ipld::String("true".to_owned()));
    let more = serde_ipld_dagcbor::to_vec(&Ipld::Map(map)).unwrap();
    assert!(serde_ipld_dagcbor::from_slice::<Report>(&more).is_err());
}

fn refuse_floats_and_nulls(value: &Ipld) {
    match value {
        Ipld::Float(_) | Ipld::Null => panic!("{value:?}"),
        Ipld::List(list) => list.iter().for_each(refuse_floats_and_nulls),
        Ipld::Map(map) => map.values().for_each(refuse_floats_and_nulls),
        _ => {}
    }
}
