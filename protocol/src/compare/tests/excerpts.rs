//! What both sides say, side by side.

use super::world::{answered, cell, job};
use crate::compare::{CellState, Excerpt, ExcerptSides, Excerpts, Input, compare};

/// Two operators in each region answer a prompt put to a target.
fn put(input: &mut Input, target: u32, prompt: u32, state: impl Fn(u32, u32) -> CellState) {
    for region in 0..input.regions.len() as u32 {
        for replica in 0..2 {
            let mut cell = cell(prompt, region, replica, 0, state(region, replica));
            cell.target = target;
            input.cells.push(cell);
        }
    }
}

fn says(text: &str) -> impl Fn(u32, u32) -> CellState {
    move |_, _| answered(text)
}

fn of(input: &Input) -> Option<Excerpts> {
    Excerpts::of(input, &compare(input))
}

fn ids(excerpts: &Excerpts) -> Vec<&str> {
    excerpts.prompts.iter().map(|prompt| prompt.id.as_str()).collect()
}

fn names(side: &[Excerpt]) -> Vec<&str> {
    side.iter().map(|excerpt| excerpt.target.as_str()).collect()
}

/// A model in both places and a vendor; `same` is answered alike by all, `apart` is not, and the vendor's answers to
/// `regional` depend on the region.
fn hybrid() -> Input {
    let mut input = job(&["eu", "us"], &["open:m", "sim:v", "golem:m"], &["same", "apart", "regional"]);
    for target in 0..3 {
        put(&mut input, target, 0, says("4"));
    }
    for target in [0, 2] {
        put(&mut input, target, 1, says("\n A river runs there."));
        put(&mut input, target, 2, says("Nobody knows that."));
    }
    put(&mut input, 1, 1, |_, _| CellState::Failed { code: "filtered".into() });
    let regional = ["Three bridges stand over the old canal.", "Ministers resigned after long talks."];
    // by four operators a side, so that it can be a candidate
    for (region, text) in (0..).zip(regional) {
        for replica in 0..4 {
            let mut cell = cell(2, region, replica, 0, answered(text));
            cell.target = 1;
            input.cells.push(cell);
        }
    }
    input
}

#[test]
fn findings_come_first_and_equal_bytes_last() {
    let found = of(&hybrid()).unwrap();
    assert_eq!(found.sides, ExcerptSides::DecentralizedCentralized);
    assert_eq!(ids(&found), ["regional", "apart", "same"]);
    let flags: Vec<_> = found.prompts.iter().map(|p| (p.found, p.same_bytes)).collect();
    assert_eq!(flags, [(true, false), (false, false), (false, true)]);
    assert_eq!((found.prompts_left_out, found.targets_left_out), (0, [0, 0]));
    for prompt in &found.prompts {
        assert_eq!(names(&prompt.first), ["open:m", "golem:m"]);
        assert_eq!(names(&prompt.second), ["sim:v"]);
    }
    let [regional, apart, _] = found.prompts.as_slice() else { panic!("{found:?}") };
    let vendor = &regional.second[0];
    assert_eq!((vendor.answers, vendor.operators, vendor.distinct, vendor.sim), (8, 8, 2, true));
    assert_eq!(vendor.shown.as_ref().map(|shown| (shown.answers, shown.operators)), Some((4, 4)));
    assert_eq!(apart.first[0].shown.as_ref().unwrap().text, "A river runs there.");
    assert_eq!(apart.second[0].shown, None);
    assert_eq!(apart.second[0].absent.get("failed: filtered"), Some(&4));
}

#[test]
fn without_a_vendor_one_model_stands_in_both_places() {
    let targets = ["open:alone", "open:a", "golem:b", "golem:a", "open:b"];
    let mut input = job(&["eu", "us"], &targets, &["same", "apart", "nobody"]);
    for target in 0..5 {
        put(&mut input, target, 0, says(if target == 2 || target == 4 { "b" } else { "a" }));
    }
    put(&mut input, 1, 1, says("Here."));
    put(&mut input, 3, 1, says("There."));
    let found = of(&input).unwrap();
    assert_eq!(found.sides, ExcerptSides::HereGolem);
    assert_eq!(ids(&found), ["apart", "same"], "what nobody answered is not shown");
    assert!(!found.prompts[0].same_bytes && found.prompts[1].same_bytes, "model by model");
    let pairs = found.prompts[0].first.iter().zip(&found.prompts[0].second);
    let pairs: Vec<_> = pairs.map(|(here, there)| (here.target.as_str(), there.target.as_str())).collect();
    assert_eq!(pairs, [("open:a", "golem:a"), ("open:b", "golem:b")]);
}

#[test]
fn one_side_alone_is_not_shown() {
    for targets in [["sim:v", "sim:w"], ["open:m", "open:n"], ["golem:m", "open:n"]] {
        let mut input = job(&["eu"], &targets, &["p"]);
        for target in 0..targets.len() as u32 {
            put(&mut input, target, 0, says("An answer."));
        }
        assert_eq!(of(&input), None, "{targets:?}");
    }
    assert_eq!(of(&job(&["eu"], &["open:m", "sim:v"], &["p"])), None, "nothing was answered");
}

#[test]
fn prompts_targets_and_excerpts_are_bounded() {
    let prompts: Vec<String> = (0..30).map(|n| format!("p{n:02}")).collect();
    let vendors: Vec<String> = (0..9).map(|n| format!("sim:v{n}")).collect();
    let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
    let targets: Vec<&str> = ["open:m"].into_iter().chain(vendors.iter().map(String::as_str)).collect();
    let mut input = job(&["eu"], &targets, &prompts);
    for prompt in 0..30 {
        put(&mut input, 0, prompt, says("Short."));
        put(&mut input, 1, prompt, says(&"ä".repeat(900)));
    }
    let found = of(&input).unwrap();
    assert_eq!((found.prompts.len(), found.prompts_left_out), (24, 6));
    assert_eq!((found.prompts[0].second.len(), found.targets_left_out), (8, [0, 1]));
    let long = found.prompts[0].second[0].shown.as_ref().unwrap();
    assert!(long.text.len() <= 400 && long.text.len() > 390 && long.text.ends_with('…'), "{}", long.text);
}

#[test]
fn the_order_of_cells_and_what_stands_twice_do_not_matter() {
    let input = hybrid();
    let mut turned = input.clone();
    turned.cells.reverse();
    assert_eq!(of(&input), of(&turned));
    let mut twice = input.clone();
    twice.cells.extend(input.cells.iter().cloned());
    let mut far = input.cells[0].clone();
    (far.region, far.state) = (9, answered("from nowhere"));
    twice.cells.push(far);
    assert_eq!(of(&input), of(&twice));
}
