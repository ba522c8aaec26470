//! Checks the models and prints what was found: the rules with their state counts, the mutants with what caught them.

use anyhow::Result;
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;
use std::process::ExitCode;
use vantage_tests::models::catalogue::{Case, cases};
use vantage_tests::models::check::Outcome;

/// Model-checks closing with early reveal and Ack/Final with early Final.
///
/// Exits with 1 when anything is not exactly as the catalogue expects.
#[derive(Parser)]
struct Arguments {
    /// Also the configurations with more than 20 million states (minutes and gigabytes)
    #[arg(long)]
    large: bool,
    /// Only cases whose model or name contains this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print a shortest run into each violation
    #[arg(long)]
    trace: bool,
    /// Print one JSON object per case instead of a table
    #[arg(long)]
    json: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let named = |case: &Case| {
        arguments.only.as_ref().is_none_or(|text| case.name.contains(text) || case.model().contains(text))
    };
    let chosen: Vec<Case> =
        cases().into_iter().filter(|case| named(case) && (arguments.large || !case.large)).collect();
    anyhow::ensure!(!chosen.is_empty(), "no case matches: leave --only out to see them all, or add --large");
    let mut report = Report::new(arguments.json, arguments.trace);
    for case in &chosen {
        eprintln!("{}: {} ...", case.model(), case.name);
        report.add(case, &case.run())?;
    }
    Ok(report.finish())
}

struct Report {
    table: Option<Table>,
    trace: bool,
    differences: Vec<String>,
}

impl Report {
    fn new(json: bool, trace: bool) -> Self {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["model", "configuration", "states", "depth", "seconds", "verdict"]);
        for column in table.column_iter_mut().skip(2).take(3) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        Report { table: (!json).then_some(table), trace, differences: Vec::new() }
    }

    fn add(&mut self, case: &Case, outcome: &Outcome) -> Result<()> {
        let differences = case.differences(outcome);
        let traces = if self.trace { case.counterexamples(outcome) } else { Vec::new() };
        match &mut self.table {
            Some(table) => {
                table.add_row([
                    case.model().to_owned(),
                    case.name.to_owned(),
                    grouped(outcome.states),
                    outcome.depth.to_string(),
                    format!("{:.1}", outcome.elapsed_s),
                    verdict(case, outcome, differences.is_empty()),
                ]);
                for (property, steps) in &traces {
                    eprintln!("  violated in {} steps: {property}", steps.len());
                    steps.iter().for_each(|step| eprintln!("    {step}"));
                }
            }
            None => {
                let traces: Vec<_> = traces
                    .iter()
                    .map(|(property, steps)| json!({ "property": property, "steps": steps }))
                    .collect();
                println!(
                    "{}",
                    json!({
                        "model": case.model(), "configuration": case.name, "mutant": case.is_mutant(), "large": case.large,
                        "outcome": serde_json::to_value(outcome)?, "as_expected": differences.is_empty(),
                        "differences": differences, "counterexamples": traces,
                    })
                );
            }
        }
        self.differences.extend(differences);
        Ok(())
    }

    fn finish(self) -> ExitCode {
        if let Some(table) = self.table {
            println!("{table}");
        }
        if self.differences.is_empty() {
            eprintln!("all as expected");
            return ExitCode::SUCCESS;
        }
        self.differences.iter().for_each(|difference| eprintln!("not as expected: {difference}"));
        ExitCode::FAILURE
    }
}

fn verdict(case: &Case, outcome: &Outcome, as_expected: bool) -> String {
    match (as_expected, case.is_mutant()) {
        (true, true) => format!("caught by {}", outcome.violated),
        (true, false) => "holds".to_owned(),
        (false, _) => "NOT AS EXPECTED".to_owned(),
    }
}

/// 1234567 as `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
