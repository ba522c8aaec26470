//! Hostile texts cost no more than what is said, and nothing is made up of them.

use super::world::{Lcg, answered, bytes, cell, fill, job};
use crate::cid::Cid;
use crate::compare::assemble::compare_counted;
use crate::compare::*;
use crate::finish::Ending;

/// Bytes of each hostile text here; megabytes are in `bounds`.
const BYTES: usize = 128 << 10;

/// What is repeated until a text is long enough: what makes each step dear, one at a time.
fn units() -> Vec<String> {
    let distinct: String = ('\u{4e00}'..'\u{9fa5}').collect();
    let words: String = (0..20_000).map(|n| format!("w{n:x} ")).collect();
    let plain = [
        "x",
        "\u{301}",
        "e\u{301}\u{302}\u{303}",
        "\u{5d0}\u{202e}\u{627}\u{2066}",
        "\u{200b}\u{200d}\u{2060}",
        "👩\u{200d}🔬",
        "\u{1f1e6}",
        "a.b.",
        "A.)\u{93f}",
        ". ",
        "a b ",
        "\n",
        "i can't help ",
        "\u{fffd}",
        "Yes. No. ",
        "\u{fdfa}",
        "'s",
    ];
    plain.map(str::to_owned).into_iter().chain([distinct, words]).collect()
}

/// One prompt for each unit; the answers differ in their first word, and once in a while throughout.
fn hostile() -> Input {
    let units = units();
    let names: Vec<String> = (0..units.len()).map(|n| format!("p{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut input = job(&["ap", "eu", "us"], &["open:tiny", "sim:openai"], &names);
    let mut random = Lcg(3);
    for (prompt, unit) in units.iter().enumerate() {
        let body = unit.repeat(BYTES.div_ceil(unit.len()));
        for n in 0..12_u32 {
            let start = random.below(body.len().min(64));
            let start = (start..).find(|i| body.is_char_boundary(*i)).unwrap_or(0);
            let text = format!("{n} {}", &body[start..]);
            let mut cell = cell(prompt as u32, n / 4, n / 2 % 2, n % 2, answered(&text));
            cell.target = 1;
            input.cells.push(cell.clone());
            if n % 4 == 0 {
                (cell.target, cell.state) = (0, answered(&body));
                input.cells.push(cell);
            }
        }
    }
    input
}

#[test]
fn hostile_texts_stay_within_the_steps_and_the_bytes() {
    let mut input = hostile();
    let (report, steps) = compare_counted(&input);
    assert!(steps <= MAX_COST, "{steps}");
    assert!(steps > MAX_COST / 20, "the texts are dear: {steps}");
    let first = bytes(&report);
    assert!(first.len() <= MAX_REPORT_BYTES);
    assert!(report.targets[1].prompts.iter().all(|prompt| prompt.compared_chars > 0));
    Lcg(4).shuffle(&mut input.cells);
    assert!(bytes(&compare(&input)) == first, "the order of cells does not matter");
}

#[test]
fn more_of_everything_costs_no_more() {
    let one = "Observers reported orderly voting at 412 stations, and 37 closed early. ".repeat(30);
    let prompts: Vec<String> = (0..256).map(|n| format!("p{n}")).collect();
    let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
    let mut input = job(&["ap", "eu", "us"], &["sim:openai"], &prompts);
    for prompt in 0..256 {
        for n in 0..12_u32 {
            let text = format!("{} {n}", &one[..one.len() - (prompt as usize + n as usize) % 50]);
            input.cells.push(cell(prompt, n / 4, n / 2 % 2, n % 2, answered(&text)));
        }
    }
    let (report, steps) = compare_counted(&input);
    assert!(steps <= MAX_COST, "{steps}");
    let classes = &report.classes;
    assert_eq!(classes.not_shown + classes.candidate, 3 * 256, "every pair has its verdict");
    assert_eq!((report.explored.trials, report.explored.trials_left_out), (3 * 256, 0));
    let detailed = &report.targets[0].prompts;
    assert!(detailed.iter().all(|prompt| prompt.compared_chars >= 512));
}

#[test]
fn invalid_bytes_are_replaced_and_still_told_apart_by_their_id() {
    let mut input = job(&["ap", "eu"], &["sim:openai"], &["p"]);
    fill(&mut input, |_, _, _| String::new());
    for (n, cell) in input.cells.iter_mut().enumerate() {
        let output: &[u8] = if n % 2 == 0 { b"caf\xe9 \xff" } else { b"caf\xe8 \xfe" };
        let text = String::from_utf8_lossy(output).into_owned();
        cell.state = CellState::Answer { text, output: Cid::raw(output), ending: Ending::Whole };
    }
    let report = compare(&input);
    assert_eq!(report.classes.equal_normalised, 1);
    assert_eq!(report.targets[0].prompts[0].sides[0].distinct, 2);
}

#[test]
fn empty_answers_are_answers() {
    let mut input = job(&["ap", "eu"], &["sim:openai"], &["p"]);
    fill(&mut input, |_, _, _| String::new());
    assert_eq!(compare(&input).classes.identical, 1);
    for cell in &mut input.cells[4..] {
        cell.state = answered("Something at last.");
    }
    let report = compare(&input);
    assert_eq!(report.classes.candidate, 1);
    let side = &report.targets[0].prompts[0].sides[0];
    assert_eq!((side.lengths.unwrap().chars.highest, side.lengths.unwrap().words.highest), (0, 0));
    assert_eq!(side.refusals, Refusals { not_measured: 4, ..Refusals::default() });
}
