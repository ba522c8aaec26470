//! A verdict on the screen: its parts apart, then the comparison, then the one word.

use super::comparison;
use super::render::{Out, Paint};
use vantage_api::output::Verified;
use vantage_protocol::proof::{Summary, Verdict};

/// Prints a verdict.
pub(super) fn show(verdict: &Verdict, source: &str, whole_report: bool, out: &mut Out) {
    if out.is_json() {
        return out.object(&object(verdict, source, whole_report));
    }
    parts(verdict, out);
    match &verdict.report {
        Some(report) => comparison::show(report, whole_report, out),
        None => {
            out.heading("comparison");
            out.line("could not be recomputed");
        }
    }
    out.line("");
    summary(verdict, out);
}

/// The one word, and why it is not a better one.
pub(super) fn summary(verdict: &Verdict, out: &mut Out) {
    let (paint, meaning) = match verdict.summary {
        Summary::Sealed => {
            (Paint::Good, "a quorum holds one and the same set; not that what it says is true")
        }
        Summary::Bounded => (Paint::Warn, "what is listed was acknowledged by a quorum; no set is sealed"),
        Summary::Incomplete => (Paint::Warn, "something needed to judge is missing"),
        Summary::Invalid => (Paint::Bad, "do not rely on it"),
    };
    for reason in &verdict.reasons {
        out.painted(paint, "reason: ", reason);
    }
    if !verdict.network.matches && verdict.integrity.root.is_some() {
        out.line("what to do: check --genesis; evidence of another network is never accepted");
    }
    out.painted(paint, verdict.summary.word(), format!("  {meaning}"));
}

/// The same for programs.
pub(super) fn object(verdict: &Verdict, source: &str, whole_report: bool) -> Verified {
    let object = Verified::new(verdict, source, super::verify::exit(verdict.summary).code());
    if whole_report { object.with_report(verdict) } else { object }
}

/// The parts, one a line, each name said once. Summary and reasons stand at the end.
fn parts(verdict: &Verdict, out: &mut Out) {
    let lines = verdict.lines();
    let named = lines.iter().filter_map(|line| line.split_once(": "));
    let named = named.filter(|(name, _)| !matches!(*name, "summary" | "reason"));
    let mut last = "";
    let mut pairs = Vec::new();
    for (name, value) in named {
        pairs.push((if name == last { "" } else { name }, value.to_owned()));
        last = name;
    }
    out.pairs(&pairs);
}
