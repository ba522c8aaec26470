//! What targets say side by side: decentralized and centralized ones, or one model here and on Golem.

use super::page::{self, shown};
use maud::{Markup, html};
use vantage_protocol::compare::{Excerpt, ExcerptSides, Excerpts, PromptExcerpts};

/// Heading of the section.
pub(super) fn title(sides: ExcerptSides) -> &'static str {
    match sides {
        ExcerptSides::DecentralizedCentralized => {
            "Hybrid comparison: decentralized and centralized answers side by side"
        }
        ExcerptSides::HereGolem => "Answers of open models here and on Golem, side by side",
    }
}

/// What stands there.
pub(super) fn about(sides: ExcerptSides) -> String {
    let what = match sides {
        ExcerptSides::DecentralizedCentralized => {
            "Left, open models, as executors ran them and as providers on Golem did; right, vendors by their APIs. \
             Models differ: nothing here is a finding about regions."
        }
        ExcerptSides::HereGolem => {
            "No vendor was asked. Left, open models as executors ran them; right, the same as providers on Golem \
             ran them."
        }
    };
    format!(
        "{what} Of each target the beginning of the answer that most operators gave, over all regions. Prompts with a \
         finding come first, those with the same bytes on both sides last."
    )
}

/// Heads of the two sides.
pub(super) fn heads(sides: ExcerptSides) -> [&'static str; 2] {
    match sides {
        ExcerptSides::DecentralizedCentralized => ["decentralized", "centralized"],
        ExcerptSides::HereGolem => ["here", "on Golem"],
    }
}

/// What is known of a prompt.
pub(super) fn note(prompt: &PromptExcerpts) -> Option<&'static str> {
    match (prompt.found, prompt.same_bytes) {
        (true, _) => Some("a pair of regions is a candidate, or equal requests gave unequal bytes"),
        (false, true) => Some("the same bytes on both sides"),
        (false, false) => None,
    }
}

/// The targets of both sides, row by row; the shorter side ends earlier.
pub(super) fn rows(prompt: &PromptExcerpts) -> impl Iterator<Item = [Option<&Excerpt>; 2]> {
    let count = prompt.first.len().max(prompt.second.len());
    (0..count).map(move |at| [prompt.first.get(at), prompt.second.get(at)])
}

/// How often a target gave the answer that is shown, and what else came of it. Reasons in it come from outside.
pub(super) fn tally(excerpt: &Excerpt) -> String {
    let absent: Vec<String> = excerpt.absent.iter().map(|(why, n)| format!("{n} {why}")).collect();
    let absent = absent.join(", ");
    match &excerpt.shown {
        None if absent.is_empty() => "no answer".to_owned(),
        None => format!("no answer: {absent}"),
        Some(shown) => {
            let absent = if absent.is_empty() { absent } else { format!("; without an answer: {absent}") };
            format!(
                "given {} of {} times, by {} of {} operators; {} distinct{absent}",
                shown.answers, excerpt.answers, shown.operators, excerpt.operators, excerpt.distinct
            )
        }
    }
}

/// What found no room; none if everything did.
pub(super) fn left_out(found: &Excerpts) -> Option<String> {
    let (prompts, [first, second]) = (found.prompts_left_out, found.targets_left_out);
    let targets = first + second;
    let told = || format!("{prompts} more prompts and {targets} more targets found no room here.");
    (prompts + targets > 0).then(told)
}

/// The section in HTML.
pub(super) fn section(found: &Excerpts) -> Markup {
    html! {
        section {
            h2 { (title(found.sides)) }
            p { (about(found.sides)) }
            @for prompt in &found.prompts {
                article.finding {
                    h3 { (shown(&prompt.id)) " " span.topic { (shown(&prompt.topic)) } }
                    @if let Some(note) = note(prompt) { p.note { (note) } }
                    div.sides {
                        @for head in heads(found.sides) { div.side.head { (head) } }
                        @for row in rows(prompt) { @for excerpt in row { (beginning(excerpt)) } }
                    }
                }
            }
            @if let Some(left_out) = left_out(found) { p.note { (left_out) } }
        }
    }
}

/// One place of the grid; empty where a side has ended.
fn beginning(excerpt: Option<&Excerpt>) -> Markup {
    html! {
        div {
            @if let Some(excerpt) = excerpt {
                div.side.head {
                    (shown(&excerpt.target)) (page::sim(excerpt.sim))
                    span.note { (shown(&tally(excerpt))) }
                }
                @if let Some(answer) = &excerpt.shown { div.side dir="auto" { (shown(&answer.text)) } }
            }
        }
    }
}
