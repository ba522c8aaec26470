//! A comparison on the screen: byte equality of open models, then what differs beyond its own noise.

use super::render::{Field, Out, Paint, Table};
use serde_json::json;
use vantage_protocol::compare::{
    Class, ClassCounts, DiffOp, Example, Headline, Operator, Report, TargetReport,
};

/// Rows shown without `--report`. A guess: one screen.
const ROWS_MAX: usize = 30;

/// Prints a comparison: its headline rows, and with `whole` every row and the word diffs.
pub(super) fn show(report: &Report, whole: bool, out: &mut Out) {
    out.heading("comparison");
    report.targets.iter().for_each(|target| out.line(tally(target)));
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

/// The rows for programs.
pub(super) fn findings(report: &Report) -> serde_json::Value {
    let row = |row: Headline<'_>| {
        json!({
            "target": row.target, "surface": row.surface, "sim": row.sim, "prompt": row.prompt,
            "topic": row.topic, "kind": row.kind, "regions": row.regions, "class": row.class.name(),
            "why": row.class.reason(), "across": row.across, "floor_ppm": row.floor_ppm,
            "answers": row.answers, "operators": row.operators, "truncated": row.truncated,
        })
    };
    report.headlines().map(row).collect()
}

/// One target in a line.
fn tally(target: &TargetReport) -> String {
    let sim = if target.sim { ", simulated" } else { "" };
    let mut line = format!(
        "{} ({}{sim}): {} of {} cells answered",
        target.name,
        target.surface,
        target.cells.answered,
        target.cells.total()
    );
    if let Some(exact) = &target.exact {
        line += &format!("; prompts byte-equal over operators: {}", exact.equal);
        for (n, what) in [
            (exact.unequal, "unequal"),
            (exact.unchecked, "by one operator only"),
            (exact.unanswered, "without an answer"),
        ] {
            if n > 0 {
                line += &format!(", {n} {what}");
            }
        }
    }
    line + &format!("; region pairs: {}", classes(&target.classes))
}

fn classes(counts: &ClassCounts) -> String {
    let named = [
        (counts.identical, "identical"),
        (counts.equal_normalised, "equal but for form"),
        (counts.within_noise, "within noise"),
        (counts.differs_beyond_noise, "differ beyond noise"),
        (counts.insufficient, "too little to say"),
        (counts.missing, "missing"),
    ];
    let said: Vec<String> =
        named.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

fn table(rows: &[Headline<'_>]) -> Table {
    let mut table = Table::new(&[
        "target",
        "prompt",
        "topic",
        "regions",
        "found",
        "alike",
        "noise floor",
        "answers",
        "operators",
    ]);
    for row in rows {
        let found = match row.class.reason() {
            Some(why) => format!("{}: {why}", words(&row.class)),
            None => words(&row.class).to_owned(),
        };
        table.row([
            row.target.into(),
            row.prompt.into(),
            row.topic.into(),
            row.regions.join("/").into(),
            Field::painted(paint(&row.class), found),
            row.across.map_or("-".to_owned(), |across| percent(across.median_ppm)).into(),
            row.floor_ppm.map_or("-".to_owned(), percent).into(),
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
    let side = |answer: &vantage_protocol::compare::AnswerRef| {
        let region = report.regions.get(answer.region as usize).map_or("?", String::as_str);
        match &answer.operator {
            Operator::Vouched(name) => format!("{region} ({name})"),
            Operator::Volunteer => format!("{region} (a volunteer)"),
        }
    };
    let cut = if example.truncated { ", beginnings only" } else { "" };
    let (first, second) = (side(&example.first), side(&example.second));
    out.line("");
    out.line(format!("{target}, {prompt}: [-{first}-] {{+{second}+}}{cut}"));
    let text = example.ops.iter().fold(String::new(), |text, op| match op {
        DiffOp::Equal(same) => text + same,
        DiffOp::Delete(gone) => text + "[-" + gone + "-]",
        DiffOp::Insert(new) => text + "{+" + new + "+}",
    });
    text.lines().for_each(|line| out.line(format!("    {line}")));
}

fn is_equal(class: &Class) -> bool {
    matches!(class, Class::Identical | Class::EqualNormalised)
}

fn rank(class: &Class) -> u8 {
    match class {
        Class::DiffersBeyondNoise => 0,
        Class::Missing(_) => 1,
        Class::Insufficient(_) => 2,
        Class::WithinNoise => 3,
        Class::EqualNormalised => 4,
        Class::Identical => 5,
    }
}

fn words(class: &Class) -> &'static str {
    match class {
        Class::Identical => "identical",
        Class::EqualNormalised => "equal but for form",
        Class::WithinNoise => "within noise",
        Class::DiffersBeyondNoise => "DIFFERS beyond noise",
        Class::Insufficient(_) => "too little to say",
        Class::Missing(_) => "missing",
    }
}

fn paint(class: &Class) -> Paint {
    match class {
        Class::DiffersBeyondNoise => Paint::Bad,
        Class::Insufficient(_) | Class::Missing(_) => Paint::Warn,
        _ => Paint::Plain,
    }
}

/// Parts per million as a percentage with one place.
fn percent(ppm: u32) -> String {
    format!("{}.{}%", ppm / 10_000, ppm / 1_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn parts_per_million_read_as_percent() {
        assert_eq!(
            (percent(1_000_000), percent(934_999), percent(0)),
            ("100.0%".into(), "93.4%".into(), "0.0%".into())
        );
    }
}
