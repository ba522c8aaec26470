//! The figures as a table for people and as Markdown for the page on benchmarks.

use super::Report;
use super::figure::Figure;

/// Columns.
const HEAD: [&str; 4] = ["figure", "median", "spread", "goal"];

impl Report {
    /// A table for a terminal, with the absolute values behind each figure.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n\n", self.machine.line());
        for figure in &self.figures {
            let [name, median, spread, goal] = cells(figure);
            text.push_str(&format!("{name}\n    {}\n    {median}", figure.what));
            text.push_str(&format!("  (spread {spread}, {} rounds)", figure.rounds));
            if figure.goal.is_some() {
                text.push_str(&format!("  goal {goal}"));
            }
            text.push_str(&format!("\n    {}\n", behind(figure)));
        }
        text
    }

    /// A Markdown table, ready to be pasted.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("{} UTC; {}.\n\n", self.date, self.machine.line());
        text.push_str(&row(HEAD.map(str::to_owned)));
        text.push_str("|---|---|---|---|\n");
        for figure in &self.figures {
            let [name, median, spread, goal] = cells(figure);
            text.push_str(&row([format!("`{name}`"), median, spread, goal]));
        }
        text.push_str("\nBehind them, on this machine in this run:\n\n");
        for figure in self.figures.iter().filter(|figure| !figure.behind.is_empty()) {
            text.push_str(&format!("- `{}`: {}\n", figure.id, behind(figure)));
        }
        text
    }
}

fn row(cells: [String; 4]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn cells(figure: &Figure) -> [String; 4] {
    let goal = match (figure.goal, figure.met) {
        (Some(goal), Some(true)) => format!("{}: met", goal.words(figure.unit)),
        (Some(goal), _) => format!("{}: missed", goal.words(figure.unit)),
        (None, _) => "-".to_owned(),
    };
    [
        figure.id.to_owned(),
        format!("{} {}", digits(figure.median), figure.unit),
        format!("{} to {}", digits(figure.lowest), digits(figure.highest)),
        goal,
    ]
}

fn behind(figure: &Figure) -> String {
    figure
        .behind
        .iter()
        .map(|(name, value)| format!("{name} {}", digits(*value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Three digits that mean something.
fn digits(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
