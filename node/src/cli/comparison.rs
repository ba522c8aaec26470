//! A comparison on the screen: byte equality of open models, then what differs beyond its own noise.

use super::render::{Field, Out, Paint, Table};
use vantage_protocol::compare::{Class, Conclusion, DiffOp, Example, Headline, Report, Shown};
use vantage_report::study;
use vantage_report::vocabulary::{found, percent, rank, tally, who};

/// Rows shown without `--report`. A guess: one screen.
const ROWS_MAX: usize = 30;

/// Prints a comparison: its headline rows, and with `whole` every row and the word diffs.
pub(super) fn show(report: &Report, whole: bool, out: &mut Out) {
    out.heading("comparison");
    report.targets.iter().for_each(|target| out.line(tally(target)));
    registered(report, whole, out);
    let mut rows: Vec<Headline<'_>> = report.headlines().collect();
    rows.sort_by_key(|row| rank(&row.class));
    let total = rows.len();
    if !whole {
        rows.retain(|row| !is_equal(&row.class));
        rows.truncate(ROWS_MAX);
    }
    if !rows.is_empty() {
        out.line("");
        out.table(&table(&rows));
    }
    if rows.len() < total {
        let hidden = total - rows.len();
        out.line(format!("{hidden} of {total} rows are not shown, equal ones first; --report shows all"));
    }
    if whole {
        diffs(report, out);
    }
}

/// What a study plan registered: all of it, or what is shown and the count of the rest.
fn registered(report: &Report, whole: bool, out: &mut Out) {
    let Some(plan) = &report.study else { return };
    out.line("");
    out.line(study::summary(plan));
    let mut rows: Vec<&Conclusion> = plan.contrasts.iter().collect();
    if !whole {
        rows.retain(|contrast| contrast.shown != Shown::NotShown);
        rows.truncate(ROWS_MAX);
    }
    let mut table =
        Table::new(&["contrast", "of whom", "found", "effect", "p", "p, Holm", "answers", "operators"]);
    for contrast in &rows {
        let known = |chance: Option<_>| chance.map_or("-".to_owned(), study::chance);
        let paint = if contrast.shown == Shown::Differs { Paint::Bad } else { Paint::Plain };
        table.row([
            study::about(report, contrast).into(),
            study::scope(contrast.scope).into(),
            Field::painted(paint, study::outcome(&contrast.shown)),
            study::effect(contrast.effect_ppm).into(),
            known(contrast.chance).into(),
            known(contrast.adjusted).into(),
            format!("{}+{}", contrast.answers[0], contrast.answers[1]).into(),
            format!("{}+{}", contrast.operators[0], contrast.operators[1]).into(),
        ]);
    }
    if !rows.is_empty() {
        out.table(&table);
    }
}

fn table(rows: &[Headline<'_>]) -> Table {
    let mut table =
        Table::new(&["target", "prompt", "topic", "regions", "found", "alike", "answers", "operators"]);
    for row in rows {
        table.row([
            row.target.into(),
            row.prompt.into(),
            row.topic.into(),
            row.regions.join("/").into(),
            Field::painted(paint(&row.class), found(row)),
            row.across.map_or("-".to_owned(), |across| percent(across.median_ppm)).into(),
            format!("{}+{}", row.answers[0], row.answers[1]).into(),
            format!("{}+{}", row.operators[0], row.operators[1]).into(),
        ]);
    }
    table
}

fn diffs(report: &Report, out: &mut Out) {
    for target in &report.targets {
        for prompt in &target.prompts {
            for finding in &prompt.findings {
                if let Some(example) = &finding.example {
                    diff(report, &target.name, &prompt.id, example, out);
                }
            }
        }
    }
}

/// The most central answers of two regions: what only the first says in `[-…-]`, the second in `{+…+}`.
fn diff(report: &Report, target: &str, prompt: &str, example: &Example, out: &mut Out) {
    let cut = if example.truncated { ", beginnings only" } else { "" };
    let (first, second) = (who(report, &example.first), who(report, &example.second));
    out.line("");
    out.line(format!("{target}, {prompt}: [-{first}-] {{+{second}+}}{cut}"));
    let text = example.ops.iter().fold(String::new(), |text, op| match op {
        DiffOp::Equal(same) => text + same,
        DiffOp::Delete(gone) => text + "[-" + gone + "-]",
        DiffOp::Insert(new) => text + "{+" + new + "+}",
    });
    text.lines().for_each(|line| out.line(format!("    {line}")));
    for row in example.sentences.iter().filter(|row| row.first_bytes == 0 || row.second_bytes == 0) {
        let side = if row.second_bytes == 0 { &first } else { &second };
        let [a, b] = row.held_by;
        out.line(format!("    a sentence of {side} alone; answers that hold it: {a} and {b}"));
    }
}

fn is_equal(class: &Class) -> bool {
    matches!(class, Class::Identical | Class::EqualNormalised)
}

fn paint(class: &Class) -> Paint {
    match class {
        Class::Candidate => Paint::Warn,
        Class::Insufficient(_) | Class::Missing(_) => Paint::Warn,
        _ => Paint::Plain,
    }
}
