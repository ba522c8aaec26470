//! The words for what a comparison found, the same on the screen, in Markdown and in HTML.

use crate::study;
use vantage_protocol::compare::{
    AnswerRef, Class, ClassCounts, Finding, Headline, Operator, Range, RefusalSplit, Refusals, Report, Said,
    Spread, TargetReport, Trial,
};

/// Words of a region that are named in a row.
const WORDS_MAX: usize = 6;

/// A class in words.
pub fn class(class: &Class) -> &'static str {
    match class {
        Class::Identical => "identical",
        Class::EqualNormalised => "equal but for form",
        Class::NotShown => "no difference shown",
        Class::Candidate => "candidate",
        Class::Insufficient(_) => "too little to say",
        Class::Missing(_) => "missing",
    }
}

/// Where a class stands in a list for readers.
pub fn rank(class: &Class) -> u8 {
    match class {
        Class::Candidate => 0,
        Class::Missing(_) => 1,
        Class::Insufficient(_) => 2,
        Class::NotShown => 3,
        Class::EqualNormalised => 4,
        Class::Identical => 5,
    }
}

/// Findings by class, in words.
pub fn classes(counts: &ClassCounts) -> String {
    let named = [
        (counts.identical, "identical"),
        (counts.equal_normalised, "equal but for form"),
        (counts.not_shown, "without a difference shown"),
        (counts.candidate, "candidates"),
        (counts.insufficient, "too little to say"),
        (counts.missing, "missing"),
    ];
    let said: Vec<String> =
        named.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

/// A class with its reason, or with what tells the regions apart.
pub fn found(row: &Headline<'_>) -> String {
    match row.class.reason() {
        Some(why) => format!("{}: {why}", class(&row.class)),
        None if row.class != Class::Candidate => class(&row.class).to_owned(),
        None => format!("{}: {}", class(&row.class), telling(row.said, row.refusal, row.regions)),
    }
}

/// What a finding is made of, where the token limit cut off an answer of it.
pub fn beginnings(finding: &Finding) -> Option<String> {
    let chars = finding.beginnings_chars?;
    Some(format!("by the first {chars} characters of each answer, as one was cut off at the token limit"))
}

/// What tells two regions apart, in a few words.
pub fn telling(said: Option<&Said>, refusal: Option<RefusalSplit>, regions: [&str; 2]) -> String {
    let [first, second] = regions;
    let mut told = Vec::new();
    match refusal {
        Some(RefusalSplit::FirstOnly) => told.push(format!("only {first} refuses")),
        Some(RefusalSplit::SecondOnly) => told.push(format!("only {second} refuses")),
        _ => {}
    }
    if let Some(said) = said {
        for (region, words) in [(first, &said.first), (second, &said.second)] {
            if !words.is_empty() {
                let few: Vec<&str> = words.iter().take(WORDS_MAX).map(String::as_str).collect();
                let more = if words.len() > WORDS_MAX { " …" } else { "" };
                told.push(format!("only {region} says: {}{more}", few.join(" ")));
            }
        }
    }
    if told.is_empty() {
        "no single word, and no refusal, on all of one side alone".to_owned()
    } else {
        told.join("; ")
    }
}

/// The rarest trial of a pair, in words.
pub fn trial(trials: &[Trial]) -> Option<String> {
    let rarest = trials.iter().min_by_key(|trial| trial.chance)?;
    let (what, p, adjusted) =
        (study::measure(rarest.measure), study::chance(rarest.chance), study::chance(rarest.adjusted));
    Some(format!("{what}: p {p}, adjusted {adjusted}"))
}

/// What is known of refusals in a region.
pub fn refusals(refusals: &Refusals) -> String {
    let named = [
        (refusals.answered, "no refusal found"),
        (refusals.refused, "refused"),
        (refusals.deflected, "deflected"),
        (refusals.withheld, "withheld by the vendor's filter"),
        (refusals.not_measured, "not measured"),
    ];
    let said: Vec<String> =
        named.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(", ") }
}

/// One target in a line.
pub fn tally(target: &TargetReport) -> String {
    let sim = if target.sim { ", simulated" } else { "" };
    let mut line = format!(
        "{} ({}{sim}): {} of {} cells answered{}",
        target.name,
        target.surface,
        target.cells.answered,
        target.cells.total(),
        target.cells.endings_in_words()
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

/// Who answered: region and operator.
pub fn who(report: &Report, answer: &AnswerRef) -> String {
    let region = region(report, answer.region);
    match &answer.operator {
        Operator::Vouched(name) => format!("{region} ({name})"),
        Operator::Volunteer => format!("{region} (a volunteer)"),
    }
}

/// A region's name.
pub fn region(report: &Report, index: u32) -> &str {
    report.regions.get(index as usize).map_or("?", String::as_str)
}

/// The names of a finding's two regions.
pub fn regions<'a>(report: &'a Report, finding: &Finding) -> [&'a str; 2] {
    [region(report, finding.first), region(report, finding.second)]
}

/// Parts per million as a percentage with one place.
pub fn percent(ppm: u32) -> String {
    format!("{}.{}%", ppm / 10_000, ppm / 1_000 % 10)
}

/// Lowest, middle and highest as percentages.
pub fn spread(spread: &Spread) -> String {
    if spread.lowest_ppm == spread.highest_ppm {
        return percent(spread.median_ppm);
    }
    format!(
        "{} ({} to {})",
        percent(spread.median_ppm),
        percent(spread.lowest_ppm),
        percent(spread.highest_ppm)
    )
}

/// Lowest, middle and highest of counts.
pub fn range(range: &Range) -> String {
    if range.lowest == range.highest {
        return range.median.to_string();
    }
    format!("{} ({} to {})", range.median, range.lowest, range.highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_per_million_read_as_percent() {
        assert_eq!(
            (percent(1_000_000), percent(934_999), percent(0)),
            ("100.0%".into(), "93.4%".into(), "0.0%".into())
        );
        let wide = Spread { lowest_ppm: 100_000, median_ppm: 200_000, highest_ppm: 300_000 };
        assert_eq!(spread(&wide), "20.0% (10.0% to 30.0%)");
        assert_eq!(range(&Range { lowest: 3, median: 3, highest: 3 }), "3");
    }

    #[test]
    fn what_was_not_measured_is_never_called_no_refusal() {
        let unread = Refusals { not_measured: 4, ..Refusals::default() };
        assert_eq!(refusals(&unread), "4 not measured");
        let mixed = Refusals { answered: 1, refused: 2, withheld: 1, ..Refusals::default() };
        assert_eq!(refusals(&mixed), "1 no refusal found, 2 refused, 1 withheld by the vendor's filter");
    }
}
