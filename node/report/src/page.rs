//! What every part of the HTML document uses: policy, style, escaping, badges.

use maud::{Markup, html};
use vantage_protocol::compare::{Account, Class, escape_terminal};
use vantage_protocol::proof::Summary;

/// Nothing is loaded and nothing runs; the style stands in the document.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The style.
pub(super) const STYLE: &str = include_str!("style.css");

/// Text from outside: what is invisible or turns text around is spelled out, and the template
/// escapes what HTML acts on. Its direction stays its own.
pub(super) fn shown(text: &str) -> Markup {
    html! { bdi { (escape_terminal(text)) } }
}

/// A mark on everything simulated.
pub(super) fn sim(sim: bool) -> Markup {
    html! { @if sim { " " span.sim { "simulated" } } }
}

/// A class as a badge, told apart by word and mark, not by colour alone.
pub(super) fn badge(class: &Class) -> Markup {
    html! { " " span.badge.(class_name(class)) { (mark(class)) " " (super::vocabulary::class(class)) } }
}

/// One character for a class.
pub(super) fn mark(class: &Class) -> &'static str {
    match class {
        Class::Identical => "=",
        Class::EqualNormalised => "≈",
        Class::NotShown => "~",
        Class::Candidate => "≠",
        Class::Insufficient(_) => "?",
        Class::Missing(_) => "∅",
    }
}

/// The style's name of a class.
pub(super) fn class_name(class: &Class) -> &'static str {
    match class {
        Class::Candidate => "bad",
        Class::Insufficient(_) | Class::Missing(_) => "warn",
        Class::NotShown => "plain",
        Class::Identical | Class::EqualNormalised => "good",
    }
}

/// The style's name of a verdict.
pub(super) fn tone(summary: Summary) -> &'static str {
    match summary {
        Summary::Sealed => "good",
        Summary::Bounded | Summary::Incomplete => "warn",
        Summary::Invalid => "bad",
    }
}

/// Cells without an answer, with their reasons.
pub(super) fn missing(cells: &Account) -> Markup {
    let reasons = reasons(cells);
    html! {
        @if !reasons.is_empty() {
            p.absent { "Missing: " @for (i, (n, why)) in reasons.iter().enumerate() { @if i > 0 { ", " } (n) " " (shown(why)) } "." }
        }
    }
}

/// Cells without an answer, by reason.
pub(super) fn reasons(cells: &Account) -> Vec<(u64, String)> {
    let coded = [("failed", &cells.failed), ("bad", &cells.bad), ("declined", &cells.declined)];
    let coded = coded
        .into_iter()
        .flat_map(|(what, codes)| codes.iter().map(move |(code, n)| (*n, format!("{what} ({code})"))));
    let plain = [
        (cells.unassigned, "unassigned: no executor was found"),
        (cells.not_in_set, "not in the set: no acknowledged reveal"),
        (cells.repeated, "given twice"),
        (cells.out_of_range, "of no place in the job"),
    ];
    coded.chain(plain.map(|(n, what)| (n, what.to_owned()))).filter(|(n, _)| *n > 0).collect()
}
