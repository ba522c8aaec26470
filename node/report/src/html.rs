//! The report as one HTML file without any script.

use super::excerpts;
use super::page::{self, shown};
use super::same::{about, same_models};
use super::sides::{Piece, Row, rows};
use super::study;
use super::vocabulary::{self as say, percent, range, region, spread};
use super::{HOW_TO_READ, meaning, parts};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use vantage_protocol::compare::{
    Class, Example, Figures, Finding, PromptReport, Report, Side, TargetReport, escape_line,
};
use vantage_protocol::proof::{OnGolem, Summary, Verdict};

/// The whole document. Equal verdicts give equal bytes.
pub fn html(verdict: &Verdict) -> String {
    let report = verdict.report.as_ref().filter(|_| verdict.summary != Summary::Invalid);
    let name = verdict.job.as_ref().map_or("evidence", |job| job.suite.as_str());
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(page::POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (verdict.summary.word()) ": " (escape_line(name)) }
                style { (PreEscaped(page::STYLE)) }
            }
            body {
                header {
                    p.kind { "Vantage · comparison report" }
                    h1 { (shown(name)) }
                }
                main {
                    (verdict_part(verdict))
                    @if let Some(report) = report {
                        (study::section(report))
                        (findings(report))
                        (legend())
                        @for (t, target) in report.targets.iter().enumerate() { (target_part(report, t, target)) }
                        (same(report, &verdict.golem))
                        @if let Some(found) = &verdict.excerpts { (excerpts::section(found)) }
                        (beside(report))
                        (left_out(report))
                    }
                }
            }
        }
    };
    body.into_string()
}

fn verdict_part(verdict: &Verdict) -> Markup {
    let word = verdict.summary.word();
    html! {
        section.verdict.(page::tone(verdict.summary)) {
            p.word { (word) }
            p { (meaning(verdict.summary)) }
            @for reason in &verdict.reasons { p.reason { "Reason: " (shown(reason)) } }
            details open {
                summary { "The verdict, part by part" }
                dl.parts {
                    @for (name, value) in parts(verdict) { dt { (name) } dd { (shown(&value)) } }
                }
            }
        }
    }
}

/// What differs, first.
fn findings(report: &Report) -> Markup {
    let differ: Vec<_> = report.headlines().filter(|row| row.class == Class::Candidate).collect();
    let all = report.classes.total();
    html! {
        section {
            h2 { "What else was looked at" }
            p {
                (all) " comparisons of two regions: " (say::classes(&report.classes)) ". Cells: "
                (report.cells.answered) " of " (report.cells.total()) " answered" (report.cells.endings_in_words()) "."
            }
            @if differ.is_empty() {
                p { "No candidate: of " (report.explored.trials) " trials none is rarer than chance among so many." }
            } @else {
                ul.found {
                    @for row in &differ {
                        li {
                            strong { (shown(row.regions[0])) " / " (shown(row.regions[1])) }
                            " on " em { (shown(row.topic)) } " by " (shown(row.target)) (page::sim(row.sim)) ": "
                            (shown(&say::telling(row.said, row.refusal, row.regions)))
                            " (" (row.answers[0]) "+" (row.answers[1]) " answers, "
                            (row.operators[0]) "+" (row.operators[1]) " operators)"
                        }
                    }
                }
            }
            @if report.classes.candidate > differ.len() as u64 {
                p { (report.classes.candidate - differ.len() as u64) " more are counted but not detailed." }
            }
        }
    }
}

fn legend() -> Markup {
    html! {
        details.legend {
            summary { "How to read this" }
            dl.parts { @for (name, text) in HOW_TO_READ { dt { (name) } dd { (text) } } }
        }
    }
}

fn target_part(report: &Report, index: usize, target: &TargetReport) -> Markup {
    html! {
        section id={ "t" (index) } {
            h2 { (shown(&target.name)) (page::sim(target.sim)) }
            p { (shown(&say::tally(target))) }
            (page::missing(&target.cells))
            @for prompt in &target.prompts { (prompt_part(report, target, prompt)) }
            @if target.prompts_left_out > 0 {
                p.note { (target.prompts_left_out) " more prompts are counted above but not detailed." }
            }
        }
    }
}

fn prompt_part(report: &Report, target: &TargetReport, prompt: &PromptReport) -> Markup {
    let differs = prompt.findings.iter().any(|f| f.class == Class::Candidate);
    let worst = prompt.findings.iter().min_by_key(|f| say::rank(&f.class));
    html! {
        details.prompt open[differs] {
            summary {
                span.id { (shown(&prompt.id)) } " " span.topic { (shown(&prompt.topic)) ", " (shown(&prompt.kind)) }
                @if let Some(worst) = worst { (page::badge(&worst.class)) }
                (page::sim(target.sim))
            }
            div.scroll { (matrix(report, prompt)) }
            div.scroll { (sides(report, prompt)) }
            @if prompt.truncated_answers > 0 || prompt.compared_chars == 0 {
                p.note {
                    (prompt.truncated_answers) " answers are longer than the " (prompt.compared_chars)
                    " characters that were measured of each."
                }
            }
            @for finding in &prompt.findings { (finding_part(report, target, finding)) }
            @if prompt.findings_left_out > 0 {
                p.note { (prompt.findings_left_out) " more pairs are counted but not detailed." }
            }
        }
    }
}

/// Similarity of every pair of regions, the noise of each on the diagonal.
fn matrix(report: &Report, prompt: &PromptReport) -> Markup {
    let across = |a: u32, b: u32| {
        let pair = (a.min(b), a.max(b));
        prompt.findings.iter().find(|f| (f.first, f.second) == pair)
    };
    let cell = |figures: Option<&Figures>| figures.map_or("–".to_owned(), |f| percent(f.shared.median_ppm));
    html! {
        table.matrix {
            caption { "Alike by words shared (median); within a region on the diagonal" }
            thead { tr { td {} @for side in &prompt.sides { th scope="col" { (shown(region(report, side.region))) } } } }
            tbody {
                @for row in &prompt.sides {
                    tr {
                        th scope="row" { (shown(region(report, row.region))) }
                        @for column in &prompt.sides {
                            @if row.region == column.region {
                                td.own { (cell(row.within.as_ref())) }
                            } @else if let Some(finding) = across(row.region, column.region) {
                                td.(page::class_name(&finding.class)) {
                                    (cell(finding.across.as_ref())) " " (page::mark(&finding.class))
                                }
                            } @else { td { "·" } }
                        }
                    }
                }
            }
        }
    }
}

/// One region a row: how many, how long, how noisy, what is absent.
fn sides(report: &Report, prompt: &PromptReport) -> Markup {
    let noise = |figures: &Option<Figures>| {
        figures.as_ref().map_or("–".to_owned(), |f| format!("{}, n={}", spread(&f.shared), f.pairs))
    };
    let row = |side: &Side| {
        html! {
            tr {
                th scope="row" { (shown(region(report, side.region))) }
                td {
                    (side.answers) " of " (side.cells)
                    @if side.cut > 0 { ", " (side.cut) " cut off" }
                }
                td { (side.operators) }
                td { (noise(&side.repeats)) }
                td { (noise(&side.replicas)) }
                td { (side.lengths.as_ref().map_or("–".to_owned(), |l| range(&l.words))) }
                td { (side.lengths.as_ref().map_or("–".to_owned(), |l| range(&l.sentences))) }
                td { (side.lengths.as_ref().map_or("–".to_owned(), |l| range(&l.chars))) }
                td { (say::refusals(&side.refusals)) }
                td {
                    @if side.absent.is_empty() { "none" }
                    @for (why, n) in &side.absent { div { (n) " " (shown(why)) } }
                }
            }
        }
    };
    html! {
        table {
            caption { "Each region by itself" }
            thead { tr {
                @for head in ["region", "answers", "operators", "repeats alike", "replicas alike", "words", "sentences",
                    "characters", "refusals", "missing"] { th scope="col" { (head) } }
            } }
            tbody { @for side in &prompt.sides { (row(side)) } }
        }
    }
}

fn finding_part(report: &Report, target: &TargetReport, finding: &Finding) -> Markup {
    let [first, second] = say::regions(report, finding);
    html! {
        article.finding {
            h3 {
                (shown(first)) " / " (shown(second)) " " (page::badge(&finding.class)) (page::sim(target.sim))
            }
            @if let Some(why) = finding.class.reason() { p { (why) } }
            @if let Some(beginnings) = say::beginnings(finding) { p.note { "Compared " (beginnings) "." } }
            @if let Some(trial) = say::trial(&finding.trials) { p { "Looked at: " (trial) "." } }
            (figures(finding))
            @if let Some(said) = &finding.said {
                @for (region, words) in [(first, &said.first), (second, &said.second)] {
                    @if !words.is_empty() {
                        p { "Every answer from " strong { (shown(region)) } " says, and none from the other: "
                            @for word in words { span.word-alone { (shown(word)) } " " } }
                    }
                }
            }
            @if let Some(split) = finding.refusal { p { "Refusals: " (split.words()) "." } }
            @if let Some(example) = &finding.example {
                (diff(report, example, finding.class == Class::Candidate))
            }
        }
    }
}

fn figures(finding: &Finding) -> Markup {
    html! {
        p.figures {
            "Answers " (finding.answers[0]) "+" (finding.answers[1]) ", independent operators "
            (finding.operators[0]) "+" (finding.operators[1])
            @if let Some(across) = &finding.across {
                ". Alike across: " (spread(&across.shared)) " over " (across.pairs) " pairs"
                "; by runs of three words " (spread(&across.shingles))
            }
            "."
        }
    }
}

/// The most central answers of two regions, side by side.
fn diff(report: &Report, example: &Example, open: bool) -> Markup {
    let rows = rows(example);
    let (first, second) = (say::who(report, &example.first), say::who(report, &example.second));
    let names = [region(report, example.first.region), region(report, example.second.region)];
    html! {
        details.diff open[open] {
            summary { "The most central answers, side by side" @if example.truncated { " (beginnings only)" } }
            div.sides {
                div.side.head { "\u{2212} " (shown(&first)) }
                div.side.head { "+ " (shown(&second)) }
                @for row in &rows {
                    (side(&row.first, row, "del", names))
                    (side(&row.second, row, "ins", names))
                }
            }
        }
    }
}

fn side(pieces: &[Piece], row: &Row, kind: &str, regions: [&str; 2]) -> Markup {
    html! {
        div.side.(if row.is_alone() { "alone" } else { "both" }) dir="auto" {
            @for piece in pieces {
                @match (piece.alone, kind) {
                    (false, _) => (shown(&piece.text)),
                    (true, "del") => del { (shown(&piece.text)) },
                    (true, _) => ins { (shown(&piece.text)) },
                }
            }
            @if pieces.is_empty() {
                span.none {
                    "not said here"
                    @if let Some([a, b]) = row.held_by {
                        "; answers that hold it: " (shown(regions[0])) " " (a) ", " (shown(regions[1])) " " (b)
                    }
                }
            }
        }
    }
}

/// Open models here and on Golem.
fn same(report: &Report, golem: &OnGolem) -> Markup {
    let models = same_models(report);
    html! {
        @if !models.is_empty() {
            section {
                h2 { "Open models here and on Golem" }
                p { (about(golem)) }
                @for model in &models {
                    p {
                        (shown(model.here)) " and " (shown(model.there)) ": " (model.words())
                        @if !model.unequal.is_empty() {
                            "; unequal: " @for (i, id) in model.unequal.iter().enumerate() { @if i > 0 { ", " } (shown(id)) }
                        }
                    }
                }
            }
        }
    }
}

/// Open models beside the others.
fn beside(report: &Report) -> Markup {
    let target = |index: u32| report.targets.get(index as usize);
    let name = |index: u32| target(index).map_or("?", |t| t.name.as_str());
    let is_sim = |index: u32| target(index).is_some_and(|t| t.sim);
    let prompt = |index: u32| {
        let all = report.targets.iter().flat_map(|t| &t.prompts);
        all.into_iter().find(|p| p.prompt == index).map_or("?", |p| p.id.as_str())
    };
    html! {
        @if !report.beside.is_empty() {
            section {
                h2 { "Open models beside vendors" }
                p { "A comparison of different models, over all regions. Models differ: nothing here is a finding about regions." }
                div.scroll { table {
                    thead { tr {
                        @for head in ["prompt", "open model", "beside", "words shared", "runs of three words", "answers",
                            "operators"] { th scope="col" { (head) } }
                    } }
                    tbody {
                        @for row in &report.beside { @for other in &row.others { tr {
                            td { (shown(prompt(row.prompt))) }
                            td { (shown(name(row.open))) (page::sim(is_sim(row.open))) }
                            td { (shown(name(other.target))) (page::sim(is_sim(other.target))) }
                            td { (spread(&other.shared)) }
                            td { (spread(&other.shingles)) }
                            td { (other.answers) }
                            td { (other.operators) }
                        } } }
                    }
                } }
                @if report.beside_left_out > 0 { p.note { (report.beside_left_out) " more prompts found no room." } }
            }
        }
    }
}

fn left_out(report: &Report) -> Markup {
    html! {
        footer {
            p {
                "Comparison version " (report.version) ", phrase lists version " (report.phrases) ". "
                @if report.explored.pairs_left_out > 0 { (report.explored.pairs_left_out) " pairs of regions were not looked at. " }
                @if report.explored.trials_left_out > 0 { (report.explored.trials_left_out) " trials cost too much. " }
                @if report.diffs_left_out > 0 { (report.diffs_left_out) " diffs found no room. " }
                "Made from the evidence alone: whoever has the same bundle gets the same bytes."
            }
        }
    }
}
