//! The report as Markdown (CommonMark with tables).

use super::excerpts;
use super::page::{mark, reasons};
use super::same::{about, same_models};
use super::sides::{Piece, rows};
use super::study;
use super::vocabulary::{self as say, range, region, spread};
use super::{HOW_TO_READ, meaning, parts};
use vantage_protocol::compare::infer::Chance;
use vantage_protocol::compare::{
    Class, Example, Excerpt, Excerpts, Figures, Finding, PromptReport, Report, Side, TargetReport,
    escape_line, escape_terminal,
};
use vantage_protocol::proof::{OnGolem, Summary, Verdict};

/// The whole document. Equal verdicts give equal bytes.
pub fn markdown(verdict: &Verdict) -> String {
    let mut page = Page::default();
    page.verdict(verdict);
    if let Some(report) = verdict.report.as_ref().filter(|_| verdict.summary != Summary::Invalid) {
        page.found(report);
        page.legend();
        report.targets.iter().for_each(|target| page.target(report, target));
        page.same(report, &verdict.golem);
        if let Some(found) = &verdict.excerpts {
            page.excerpts(found);
        }
        page.beside(report);
        page.left_out(report);
    }
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.line(text);
        self.line("");
    }

    fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        let cells: Vec<&str> = cells.into_iter().collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn head(&mut self, cells: &[&str]) {
        self.row(cells.iter().copied());
        self.row(cells.iter().map(|_| "---"));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let name = verdict.job.as_ref().map_or("evidence", |job| job.suite.as_str());
        self.paragraph(&format!("# Comparison report: {}", shown(name)));
        self.paragraph(&format!("**{}**. {}", verdict.summary.word(), meaning(verdict.summary)));
        self.head(&["part", "verdict"]);
        for (name, value) in parts(verdict) {
            self.row([shown(&name).as_str(), &shown(&value)]);
        }
        self.line("");
    }

    fn found(&mut self, report: &Report) {
        self.study(report);
        self.paragraph("## What else was looked at");
        self.paragraph(&format!(
            "Comparisons of two regions: {}. Cells: {} of {} answered{}.",
            say::classes(&report.classes),
            report.cells.answered,
            report.cells.total(),
            report.cells.endings_in_words()
        ));
        for row in report.headlines().filter(|row| row.class == Class::Candidate) {
            self.line(&format!(
                "- {} / {} on {} by {}{}: {} ({}+{} answers, {}+{} operators)",
                shown(row.regions[0]),
                shown(row.regions[1]),
                shown(row.topic),
                shown(row.target),
                sim(row.sim),
                shown(&say::telling(row.said, row.refusal, row.regions)),
                row.answers[0],
                row.answers[1],
                row.operators[0],
                row.operators[1]
            ));
        }
        self.line("");
    }

    fn study(&mut self, report: &Report) {
        self.paragraph("## What was registered");
        let Some(study) = &report.study else {
            return self.paragraph(
                "The job names no study plan: nothing was registered before the answers, so nothing is shown. What follows \
                 is exploratory.",
            );
        };
        self.paragraph(&format!("{}.", study::summary(study)));
        let head = [
            "contrast",
            "of whom",
            "found",
            "effect",
            "where it lies",
            "p",
            "p, Holm",
            "answers",
            "operators",
            "asked apart",
        ];
        self.head(&head);
        for contrast in &study.contrasts {
            let [low, high] = contrast.interval_ppm.map(study::effect);
            let known = |chance: Option<Chance>| chance.map_or("–".to_owned(), study::chance);
            self.row([
                shown(&study::about(report, contrast)).as_str(),
                study::scope(contrast.scope),
                &study::outcome(&contrast.shown),
                &study::effect(contrast.effect_ppm),
                &format!("{low} to {high}"),
                &known(contrast.chance),
                &known(contrast.adjusted),
                &format!("{}+{}", contrast.answers[0], contrast.answers[1]),
                &format!("{}+{}, {} on both", contrast.operators[0], contrast.operators[1], contrast.crossed),
                &study::apart(contrast),
            ]);
        }
        self.line("");
    }

    fn legend(&mut self) {
        self.paragraph("## How to read this");
        for (name, text) in HOW_TO_READ {
            self.line(&format!("- **{name}**: {text}"));
        }
        self.line("");
    }

    fn target(&mut self, report: &Report, target: &TargetReport) {
        self.paragraph(&format!("## {}{}", shown(&target.name), sim(target.sim)));
        self.paragraph(&shown(&say::tally(target)));
        let missing: Vec<String> =
            reasons(&target.cells).iter().map(|(n, why)| format!("{n} {}", shown(why))).collect();
        if !missing.is_empty() {
            self.paragraph(&format!("Missing: {}.", missing.join(", ")));
        }
        target.prompts.iter().for_each(|prompt| self.prompt(report, target, prompt));
        if target.prompts_left_out > 0 {
            self.paragraph(&format!(
                "{} more prompts are counted but not detailed.",
                target.prompts_left_out
            ));
        }
    }

    fn prompt(&mut self, report: &Report, target: &TargetReport, prompt: &PromptReport) {
        let (id, topic, kind) = (shown(&prompt.id), shown(&prompt.topic), shown(&prompt.kind));
        self.paragraph(&format!("### {id} ({topic}, {kind}){}", sim(target.sim)));
        self.sides(report, prompt);
        let head = ["regions", "found", "alike across", "answers", "operators", "looked at"];
        self.head(&head);
        for finding in &prompt.findings {
            self.finding(report, finding);
        }
        self.line("");
        if prompt.findings_left_out > 0 {
            self.paragraph(&format!("{} more pairs are counted but not detailed.", prompt.findings_left_out));
        }
        for finding in prompt.findings.iter().filter(|f| f.class == Class::Candidate) {
            if let Some(example) = &finding.example {
                self.diff(report, example);
            }
        }
    }

    fn sides(&mut self, report: &Report, prompt: &PromptReport) {
        let head = [
            "region",
            "answers",
            "operators",
            "repeats alike",
            "replicas alike",
            "words",
            "sentences",
            "refusals",
            "missing",
        ];
        self.head(&head);
        let noise = |figures: &Option<Figures>| {
            figures.as_ref().map_or("–".to_owned(), |f| format!("{}, n={}", spread(&f.shared), f.pairs))
        };
        for side in &prompt.sides {
            let absent: Vec<String> =
                side.absent.iter().map(|(why, n)| format!("{n} {}", shown(why))).collect();
            let absent = if absent.is_empty() { "none".to_owned() } else { absent.join(", ") };
            self.row([
                shown(region(report, side.region)).as_str(),
                &answers(side),
                &side.operators.to_string(),
                &noise(&side.repeats),
                &noise(&side.replicas),
                &side.lengths.as_ref().map_or("–".to_owned(), |l| range(&l.words)),
                &side.lengths.as_ref().map_or("–".to_owned(), |l| range(&l.sentences)),
                &say::refusals(&side.refusals),
                &absent,
            ]);
        }
        self.line("");
    }

    fn finding(&mut self, report: &Report, finding: &Finding) {
        let [first, second] = say::regions(report, finding);
        let telling = say::telling(finding.said.as_ref(), finding.refusal, [first, second]);
        let candidate = finding.class == Class::Candidate;
        let why = finding.class.reason().map_or_else(
            || if candidate { format!(": {}", shown(&telling)) } else { String::new() },
            |why| format!(": {why}"),
        );
        let beginnings = say::beginnings(finding).map_or_else(String::new, |how| format!("; {how}"));
        let refusal = finding.refusal.map_or_else(String::new, |split| format!("; {}", split.words()));
        self.row([
            format!("{} / {}", shown(first), shown(second)).as_str(),
            &format!(
                "{} {}{why}{refusal}{beginnings}",
                mark(&finding.class).replace('~', "\\~"),
                say::class(&finding.class)
            ),
            &finding.across.as_ref().map_or("–".to_owned(), |a| spread(&a.shared)),
            &format!("{}+{}", finding.answers[0], finding.answers[1]),
            &format!("{}+{}", finding.operators[0], finding.operators[1]),
            &say::trial(&finding.trials).unwrap_or_else(|| "–".to_owned()),
        ]);
    }

    /// The most central answers: sentences that both have on a line of their own, what one alone has
    /// behind `-` and `+`, differing words in `[-…-]` and `{+…+}`.
    fn diff(&mut self, report: &Report, example: &Example) {
        let (first, second) = (say::who(report, &example.first), say::who(report, &example.second));
        let cut = if example.truncated { ", beginnings only" } else { "" };
        self.paragraph(&format!("Most central answers, `-` {}, `+` {}{cut}:", shown(&first), shown(&second)));
        let mut text = String::new();
        for row in rows(example) {
            let held = row.held_by.filter(|_| row.is_alone());
            let held = held.map_or_else(String::new, |[a, b]| format!("   (held by {a} and {b} answers)"));
            if row.first == row.second {
                text += &format!("  {}\n", flat(&row.first, ["", ""]));
                continue;
            }
            if !row.first.is_empty() {
                text += &format!("- {}{held}\n", flat(&row.first, ["[-", "-]"]));
            }
            if !row.second.is_empty() {
                text += &format!("+ {}{held}\n", flat(&row.second, ["{+", "+}"]));
            }
        }
        self.fenced(&text);
    }

    /// Text in a fence longer than any run of backticks in it: nothing in it is acted on.
    fn fenced(&mut self, text: &str) {
        let fence = "`".repeat((longest_run(text, '`') + 1).max(3));
        self.line(&format!("{fence}text"));
        text.lines().for_each(|line| self.line(line));
        self.paragraph(&fence);
    }

    fn same(&mut self, report: &Report, golem: &OnGolem) {
        let models = same_models(report);
        if models.is_empty() {
            return;
        }
        self.paragraph("## Open models here and on Golem");
        self.paragraph(&about(golem));
        self.head(&["here", "on Golem", "found", "unequal"]);
        for model in &models {
            let unequal: Vec<String> = model.unequal.iter().map(|id| shown(id)).collect();
            let row = [shown(model.here), shown(model.there), model.words(), unequal.join(", ")];
            self.row(row.iter().map(String::as_str));
        }
        self.line("");
    }

    fn excerpts(&mut self, found: &Excerpts) {
        self.paragraph(&format!("## {}", excerpts::title(found.sides)));
        self.paragraph(&excerpts::about(found.sides));
        for prompt in &found.prompts {
            let note = excerpts::note(prompt).map_or_else(String::new, |note| format!(": {note}"));
            self.paragraph(&format!("### {} ({}){note}", shown(&prompt.id), shown(&prompt.topic)));
            self.head(&excerpts::heads(found.sides));
            for row in excerpts::rows(prompt) {
                let cells = row.map(|excerpt| excerpt.map_or_else(String::new, beginning));
                self.row(cells.iter().map(String::as_str));
            }
            self.line("");
        }
        if let Some(left_out) = excerpts::left_out(found) {
            self.paragraph(&left_out);
        }
    }

    fn beside(&mut self, report: &Report) {
        if report.beside.is_empty() {
            return;
        }
        let name = |index: u32| {
            let target = report.targets.get(index as usize);
            target.map_or("?".to_owned(), |t| format!("{}{}", shown(&t.name), sim(t.sim)))
        };
        self.paragraph("## Open models beside vendors");
        self.paragraph(
            "A comparison of different models, over all regions. Models differ: nothing here is a finding about regions.",
        );
        self.head(&[
            "prompt",
            "open model",
            "beside",
            "words shared",
            "runs of three words",
            "answers",
            "operators",
        ]);
        for row in &report.beside {
            let all = report.targets.iter().flat_map(|t| &t.prompts);
            let prompt = all.into_iter().find(|p| p.prompt == row.prompt).map_or("?", |p| p.id.as_str());
            for other in &row.others {
                self.row([
                    shown(prompt).as_str(),
                    &name(row.open),
                    &name(other.target),
                    &spread(&other.shared),
                    &spread(&other.shingles),
                    &other.answers.to_string(),
                    &other.operators.to_string(),
                ]);
            }
        }
        self.line("");
    }

    fn left_out(&mut self, report: &Report) {
        self.paragraph(&format!(
            "Comparison version {}, phrase lists version {}. Left out for want of room: {} diffs, {} prompts of open models; \
             for want of time: {} trials. Made from the evidence alone: whoever has the same bundle gets the same bytes.",
            report.version,
            report.phrases,
            report.diffs_left_out,
            report.beside_left_out,
            report.explored.trials_left_out
        ));
    }
}

/// What a target says, in one cell of a table.
fn beginning(excerpt: &Excerpt) -> String {
    let (target, tally) = (shown(&excerpt.target), shown(&excerpts::tally(excerpt)));
    let text = excerpt.shown.as_ref().map_or_else(String::new, |answer| {
        format!(": {}", shown(&answer.text.replace(['\r', '\n', '\t'], " ")))
    });
    format!("{target}{} ({tally}){text}", sim(excerpt.sim))
}

fn sim(sim: bool) -> &'static str {
    if sim { " (simulated)" } else { "" }
}

/// Words of one side in one line, what it has alone between the marks.
fn flat(pieces: &[Piece], marks: [&str; 2]) -> String {
    let text = pieces.iter().fold(String::new(), |text, piece| match piece.alone {
        true => text + marks[0] + &piece.text + marks[1],
        false => text + &piece.text,
    });
    escape_terminal(&text).replace(['\n', '\t'], " ").trim_end().to_owned()
}

/// Text from outside within a line: what steers is spelled out, and a backslash stands before
/// everything that Markdown might act on.
fn shown(text: &str) -> String {
    let plain = |c: char| !c.is_ascii_punctuation() || matches!(c, ',' | ';' | '\'' | '"');
    escape_line(text).chars().fold(String::new(), |mut shown, c| {
        if !plain(c) {
            shown.push('\\');
        }
        shown.push(c);
        shown
    })
}

/// How many cells of a region answered.
fn answers(side: &Side) -> String {
    let cut = if side.cut > 0 { format!(", {} cut off", side.cut) } else { String::new() };
    format!("{} of {}{cut}", side.answers, side.cells)
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}
