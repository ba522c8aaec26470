//! Hostile texts and hostile jobs stay within the bounds, and the report says what it left out.

use super::world::{answered, bytes, cell, fill, job};
use crate::compare::answer::answers;
use crate::compare::budget::{EACH, NEAR_WORD, PREPARE_ASCII_CHAR, Purse, SPLIT_WORD};
use crate::compare::matrix::{Matrix, Plan, text_pair};
use crate::compare::*;
use std::collections::BTreeSet;

#[test]
fn megabyte_texts_are_compared_by_their_beginning() {
    let units = ["x", "\u{301}", "\u{5d0}\u{202e}", "日本", "👩\u{200d}", "a:\u{308}", "\u{1f1e6}", "a b "];
    for unit in units {
        let mut input = job(&["eu", "ap"], &["sim:openai"], &["valley"]);
        let body = unit.repeat((1 << 20) / unit.len());
        // the regions differ in their last character alone, the repeats in their first
        fill(&mut input, |region, _, repeat| format!("{repeat}{body}{region}"));
        let report = compare(&input);
        let prompt = &report.targets[0].prompts[0];
        assert_eq!(
            (prompt.compared_chars, prompt.truncated_answers),
            (MAX_COMPARED_CHARS as u64, 8),
            "{unit:?}"
        );
        assert_eq!(prompt.findings[0].class, Class::NotShown);
        assert_eq!(prompt.findings[0].across.unwrap().shared.highest_ppm, 999_999);
        let example = prompt.findings[0].example.as_ref().unwrap();
        assert!(example.truncated && example.ops.iter().map(|op| op.text().len()).sum::<usize>() <= 8_192);
        assert!(bytes(&report).len() < 32 << 10);
        assert!(report.headlines().all(|row| row.truncated));
    }
}

#[test]
fn unlike_long_texts_stay_within_the_bounds() {
    let mut input = job(&["eu", "ap"], &["sim:openai"], &["valley"]);
    fill(&mut input, |region, replica, repeat| {
        let unit = char::from(b'a' + (4 * region + 2 * replica + repeat) as u8);
        format!("{unit}.").repeat(1 << 18)
    });
    let report = compare(&input);
    // nothing alike in either region: no ground to accuse
    assert_eq!(report.classes.not_shown, 1);
    assert!(bytes(&report).len() < 32 << 10);
}

#[test]
fn the_budget_shortens_what_is_measured_and_then_refuses() {
    let cells: Vec<Cell> =
        (0..4).map(|n| cell(0, n % 2, n / 2, 0, answered(&format!("{n} {}", "y".repeat(5_000))))).collect();
    let cells: Vec<&Cell> = cells.iter().collect();
    let (answers, texts) = answers(&cells, usize::MAX);
    let pairs: BTreeSet<_> =
        answers.iter().flat_map(|a| answers.iter().filter_map(|b| text_pair(a, b))).collect();
    assert_eq!(pairs.len(), 6);
    let plan = Plan { sides: (0..4).map(|text| (text, 1)).collect(), pairs, unread: false };
    let near_cost =
        |chars: u64| 4 * (EACH + chars * PREPARE_ASCII_CHAR + 2 * SPLIT_WORD) + 6 * (EACH + 4 * NEAR_WORD);
    for (near, chars_max) in [
        (near_cost(5_002), 8_192),
        (near_cost(5_002) - 1, 4_096),
        (near_cost(256), 256),
        (near_cost(256) - 1, 0),
        (0, 0),
    ] {
        let matrix = Matrix::measure(&texts, &plan, &mut Purse::new(near, 1));
        assert_eq!(matrix.chars_max, chars_max);
        let one = |answer: usize| std::iter::once((&answers[0], &answers[answer]));
        assert_eq!(matrix.figures(one(1)).is_some(), chars_max > 0);
        assert_eq!(matrix.truncates(&answers[0]), (1..5_002).contains(&chars_max));
    }
}

#[test]
fn a_job_beyond_the_cost_bound_accuses_nobody() {
    // so many prompts that none has a share worth measuring
    let prompts: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
    let mut input = job(&["eu", "ap"], &["sim:openai"], &[]);
    let prompt = |id: &String| PromptInfo {
        id: id.clone(),
        topic: String::new(),
        kind: String::new(),
        text: String::new(),
    };
    input.prompts = prompts.iter().map(prompt).collect();
    for n in 0..20_000 {
        input.cells.push(cell(n, 1, 0, 0, CellState::Missing { reason: MissingReason::NotInSet }));
    }
    fill(&mut input, |region, replica, repeat| {
        format!("{repeat}{replica}{}", if region == 0 { "x" } else { "y" }.repeat(3_000))
    });
    input.cells.retain(|cell| cell.prompt != 0 || matches!(cell.state, CellState::Answer { .. }));
    let report = compare(&input);
    assert_eq!((report.classes.insufficient, report.classes.missing), (1, 19_999));
    assert!(bytes(&report).len() <= MAX_REPORT_BYTES);
    let detailed = report.targets[0].prompts.len() as u64;
    assert_eq!(detailed + report.targets[0].prompts_left_out, 20_000);
    assert_eq!(report.targets[0].prompts[0].findings[0].class, Class::Insufficient(Shortage::TooCostly));
}

fn borrowed(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

#[test]
fn a_report_of_everything_fits() {
    let long = "\u{1f600}".repeat(100);
    let names = |what: &str, n: usize| (0..n).map(|i| format!("{what}{i}{long}")).collect::<Vec<_>>();
    let (regions, targets, prompts) = (names("r", 70), names("open:", 70), names("p", 6));
    let mut input = job(&borrowed(&regions), &borrowed(&targets), &borrowed(&prompts));
    for target in 0..70 {
        for n in 0..6_u32 * 8 {
            let (prompt, region, replica) = (n % 6, n / 6 % 4, n / 24);
            let body = format!("{n} \u{1b}{}", ["xxxxxxx ", "yyyyyyy "][region as usize % 2].repeat(512));
            let mut answer = cell(prompt, region, replica, 0, answered(&body));
            (answer.target, answer.operator) = (target, Operator::Vouched(format!("{replica}{long}")));
            input.cells.push(answer);
            let code = format!("{target}-{n}{long}");
            let mut failed =
                cell(prompt, region + 30 * (n % 3), replica, 1, CellState::Failed { code: code.clone() });
            failed.target = target;
            input.cells.push(failed.clone());
            (failed.state, failed.repeat) = (CellState::Bad { code: code.clone() }, 2);
            input.cells.push(failed.clone());
            let reason = MissingReason::Declined { reason: code };
            (failed.state, failed.repeat) = (CellState::Missing { reason }, 3);
            input.cells.push(failed);
        }
    }
    let report = compare(&input);
    let size = bytes(&report).len();
    assert!((MAX_REPORT_BYTES / 2..=MAX_REPORT_BYTES).contains(&size), "{size}");
    assert_eq!(report.cells.total(), input.cells.len() as u64);
    assert_eq!((report.regions.len(), report.regions_left_out), (64, 6));
    assert_eq!((report.targets.len(), report.targets_left_out), (64, 6));
    assert_eq!((report.explored.pairs, report.explored.pairs_left_out), (256, 64 * 63 / 2 - 256));
    assert!(report.diffs_left_out > 0);
    for target in &report.targets {
        assert_eq!(target.prompts.len() as u64 + target.prompts_left_out, 6);
        assert!(target.cells.failed.len() <= 8 && target.cells.failed.contains_key("…other"));
        assert!(target.prompts.iter().all(|p| p.findings.len() as u64 + p.findings_left_out == 256));
    }
    let counts = &report.classes;
    assert_eq!(counts.total(), 64 * 6 * 256, "{counts:?}");
}

#[test]
fn names_are_cut_at_a_character() {
    assert_eq!(clip("short", 5), "short");
    assert_eq!(clip("longer", 5), "lo…");
    assert_eq!(clip("日本語", 8), "日…");
    assert_eq!(clip("日本語", 0), "…");
}
