//! What a study plan registered and what came of it: in words, as a table, and as a forest plot.

use crate::page::shown;
use crate::vocabulary::percent;
use maud::{Markup, PreEscaped, html};
use vantage_protocol::compare::infer::Chance;
use vantage_protocol::compare::{Conclusion, Conclusions, PlaceRef, Report, Shown};
use vantage_protocol::study::{Measure, Scope};

/// Width of the plot, and of the part that holds its names, in its own units.
const WIDTH: i64 = 720;
const NAMES: i64 = 300;
/// Height of a row.
const ROW: i64 = 22;
/// Rows that are drawn; the table has all.
const ROWS_MAX: usize = 64;

/// What came of a contrast, in words.
pub fn outcome(shown: &Shown) -> String {
    match shown {
        Shown::Differs => "SHOWN to differ".to_owned(),
        Shown::Equal => "shown equal within the margin".to_owned(),
        Shown::NotShown => "no difference shown".to_owned(),
        Shown::TooFewOperators { needed } => format!("too few operators: it takes {needed}"),
        Shown::NothingToCompare => "nothing to compare".to_owned(),
        Shown::TooCostly => "not compared: too much text, or cut short".to_owned(),
        Shown::ConfoundedByTime => "confounded by time".to_owned(),
    }
}

/// Of whom a contrast speaks, in words.
pub fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::TheseExecutors => "these executors",
        Scope::BeyondThem => "beyond them",
    }
}

/// What was compared, in words.
pub fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Refusals => "refusals",
        Measure::Coded => "coded answers",
        Measure::Texts => "texts",
    }
}

/// What a contrast is about, in a line. Names in it come from outside.
pub fn about(report: &Report, contrast: &Conclusion) -> String {
    let region = |at: PlaceRef| report.regions.get(at.region as usize).map_or("?", String::as_str);
    let target =
        |at: PlaceRef| report.targets.get(at.target as usize).map_or("?", |target| target.name.as_str());
    let [a, b] = contrast.sides;
    let mut prompts = match contrast.prompt.and_then(|prompt| prompt_id(report, a.target, prompt)) {
        Some(id) => id.to_owned(),
        None => format!("{} prompts", contrast.prompts),
    };
    if contrast.prompts_unmeasured > 0 {
        prompts += &format!(" ({} of them too long or cut short)", contrast.prompts_unmeasured);
    }
    if a.target == b.target {
        format!("{}: {} / {}, {prompts}, {}", target(a), region(a), region(b), measure(contrast.measure))
    } else {
        let (a, b) = ((target(a), region(a)), (target(b), region(b)));
        format!("{} in {} / {} in {}, {prompts}, {}", a.0, a.1, b.0, b.1, measure(contrast.measure))
    }
}

fn prompt_id(report: &Report, target: u32, prompt: u32) -> Option<&str> {
    let prompts = &report.targets.get(target as usize)?.prompts;
    prompts.iter().find(|detailed| detailed.prompt == prompt).map(|detailed| detailed.id.as_str())
}

/// A chance in percent, rounded up; what is below a millionth of a percent is said to be so.
pub fn chance(chance: Chance) -> String {
    let parts = chance.parts();
    match parts {
        0..10_000 => "< 0.000001%".to_owned(),
        10_000..1_000_000_000 => format!("{:.6}%", parts.div_ceil(10_000) as f64 / 1e6),
        _ => format!("{:.2}%", parts.div_ceil(100_000_000) as f64 / 100.0),
    }
}

/// An effect in percent with its sign.
pub fn effect(ppm: i64) -> String {
    let sign = if ppm < 0 { "−" } else { "+" };
    format!("{sign}{}", percent(u32::try_from(ppm.unsigned_abs()).unwrap_or(u32::MAX)))
}

/// How far apart in time both sides were asked.
pub fn apart(contrast: &Conclusion) -> String {
    contrast.skew_s.map_or("–".to_owned(), |skew| format!("{skew} s"))
}

/// What a study came to, in a sentence.
pub fn summary(study: &Conclusions) -> String {
    let count =
        |of: fn(&Shown) -> bool| study.contrasts.iter().filter(|contrast| of(&contrast.shown)).count();
    let named = [
        (count(|shown| *shown == Shown::Differs), "shown to differ"),
        (count(|shown| *shown == Shown::Equal), "shown equal within the margin"),
        (count(|shown| *shown == Shown::NotShown), "no difference shown"),
        (count(|shown| matches!(shown, Shown::TooFewOperators { .. })), "too few operators"),
        (count(|shown| *shown == Shown::NothingToCompare), "nothing to compare"),
        (count(|shown| *shown == Shown::TooCostly), "not compared"),
        (count(|shown| *shown == Shown::ConfoundedByTime), "confounded by time"),
    ];
    let said: Vec<String> =
        named.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    format!(
        "{} registered contrasts at a family-wise error rate of {}: {}",
        study.contrasts.len(),
        percent(study.alpha_ppm),
        said.join(", ")
    )
}

/// The section of a page.
pub(crate) fn section(report: &Report) -> Markup {
    let Some(study) = &report.study else {
        return html! {
            section { h2 { "What was registered" }
                p { "The job names no study plan: nothing was registered before the answers, so nothing is shown. What follows is exploratory." }
            }
        };
    };
    html! {
        section {
            h2 { "What was registered" }
            p { (summary(study)) "." }
            (forest(report, study))
            div.scroll { table {
                thead { tr {
                    th { "contrast" } th { "of whom" } th { "found" } th { "effect" } th { "where it lies" } th { "p" } th { "p, Holm" }
                    th { "answers" } th { "operators" } th { "asked apart" }
                } }
                tbody { @for contrast in &study.contrasts { (row(report, contrast)) } }
            } }
        }
    }
}

fn row(report: &Report, contrast: &Conclusion) -> Markup {
    let known = |of: Option<Chance>| of.map_or("–".to_owned(), chance);
    let [low, high] = contrast.interval_ppm;
    html! {
        tr {
            td { (shown(&about(report, contrast))) }
            td { (scope(contrast.scope)) }
            td { (outcome(&contrast.shown)) }
            td { (effect(contrast.effect_ppm)) }
            td { (effect(low)) " to " (effect(high)) }
            td { (known(contrast.chance)) @if !contrast.exact && contrast.chance.is_some() { " (drawn)" } }
            td { (known(contrast.adjusted)) }
            td { (contrast.answers[0]) "+" (contrast.answers[1]) }
            td { (contrast.operators[0]) "+" (contrast.operators[1]) @if contrast.crossed > 0 { ", " (contrast.crossed) " on both" } }
            td { (apart(contrast)) }
        }
    }
}

/// Effects with their intervals, the rarest by chance first.
fn forest(report: &Report, study: &Conclusions) -> Markup {
    let mut drawn: Vec<&Conclusion> =
        study.contrasts.iter().filter(|contrast| contrast.chance.is_some()).collect();
    drawn.sort_by_key(|contrast| contrast.adjusted);
    let left_out = drawn.len().saturating_sub(ROWS_MAX);
    drawn.truncate(ROWS_MAX);
    if drawn.is_empty() {
        return html! {};
    }
    let height = ROW * (drawn.len() as i64 + 2);
    let mut marks = String::new();
    for (at, contrast) in (1..).zip(&drawn) {
        let y = ROW * at;
        let [low, high] = contrast.interval_ppm.map(|end| x(contrast, end));
        let kind = if contrast.shown == Shown::Differs { "bad" } else { "plain" };
        marks += &format!(
            "<line class=\"{kind}\" x1=\"{low}\" x2=\"{high}\" y1=\"{y}\" y2=\"{y}\"/><circle class=\"{kind}\" cx=\"{}\" cy=\"{y}\" r=\"4\"/>",
            x(contrast, contrast.effect_ppm)
        );
    }
    let middle = NAMES + (WIDTH - NAMES) / 2;
    html! {
        figure {
            svg.forest viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="Effects and their intervals; the table below has the figures" {
                line.zero x1=(middle) x2=(middle) y1="0" y2=(height - ROW) {}
                @for (at, contrast) in (1..).zip(&drawn) {
                    text x="0" y=(ROW * at + 4) { (shown(&clipped(&about(report, contrast)))) }
                }
                (PreEscaped(marks))
                text x=(NAMES) y=(height - 6) { "−100%" }
                text x=(middle) y=(height - 6) text-anchor="middle" { "0" }
                text x=(WIDTH) y=(height - 6) text-anchor="end" { "+100%" }
            }
            figcaption {
                "First side less second; of texts their energy distance, drawn at half its size. A line is where the effect lies, of all contrasts at once."
                @if left_out > 0 { " " (left_out) " more stand in the table." }
            }
        }
    }
}

/// Where an effect stands in the plot.
fn x(contrast: &Conclusion, ppm: i64) -> i64 {
    let scale = if contrast.measure == Measure::Texts { 2_000_000 } else { 1_000_000 };
    let half = (WIDTH - NAMES) / 2;
    NAMES + half + ppm.clamp(-scale, scale) * half / scale
}

fn clipped(text: &str) -> String {
    const CHARS: usize = 48;
    if text.chars().count() <= CHARS {
        text.to_owned()
    } else {
        text.chars().take(CHARS - 1).chain(['…']).collect()
    }
}
