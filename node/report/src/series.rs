//! A series of jobs as a document of its own, and its words: what each line's evidence has grown to, and on which contents it rests.

use crate::page::{self, shown};
use crate::study;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use vantage_protocol::compare::escape_line;
use vantage_protocol::moment::utc;
use vantage_protocol::series::{Alarm, Cause, Followed, LineFollowed, Link, Place, Role};

/// Width of a plot, and of the part that holds its figures, in its own units.
const WIDTH: i64 = 720;
const FIGURES: i64 = 70;
/// Height of a plot, and of the part below it.
const HEIGHT: i64 = 220;
const BELOW: i64 = 24;
/// One in the fixed point of logarithms.
const ONE: i64 = 1 << 32;

/// What a cause means, in words.
pub fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::Pipeline => "the own engine's bytes changed: look there first",
        Cause::Population => "among the operators that stand in both jobs nothing moved: others answered",
        Cause::Vendor => {
            "the target moved among unchanged operators, and the mean of the other targets did not"
        }
        Cause::Unknown => {
            "neither the pipeline nor the population nor the target alone can be shown to have changed"
        }
    }
}

/// What a line follows, in words. Names in it come from outside.
pub fn about(line: &LineFollowed) -> String {
    let region = line.line.region.as_ref().map_or("all regions".to_owned(), Clone::clone);
    format!("{}: {} in {region}", line.line.target, study::measure(line.line.measure))
}

/// How a series stands, in a sentence. Names in it come from outside.
pub fn summary(followed: &Followed) -> String {
    let held = followed.jobs.iter().filter(|place| matches!(place.role, Role::Held { .. })).count();
    let alarms = followed.lines.iter().filter(|line| line.alarm.is_some()).count();
    let lines = followed.lines.len();
    let mut told = format!(
        "{} jobs, {held} of them held against a calibration job; {alarms} of {lines} {} alarmed at {} times",
        followed.jobs.len(),
        if lines == 1 { "line" } else { "lines" },
        followed.threshold
    );
    if let Some(void) = &followed.void {
        told += &format!("; void from job {} on: {}", void.at.short(), void.why);
    }
    told
}

/// When a job was cosigned, in words.
pub fn dated(place: &Place) -> String {
    place.dated_s.map_or("-".to_owned(), |[earliest_s, _]| utc(earliest_s))
}

/// What is said of an alarm, in words.
pub fn alarm(followed: &Followed, line: &LineFollowed, alarm: &Alarm) -> String {
    let job = |link: usize| {
        let place = line.links.get(link).and_then(|link| followed.jobs.get(link.job));
        place.map_or("?".to_owned(), |place| place.job.short())
    };
    format!(
        "ALARM at job {}, risen since job {}; cause: {}, {}",
        job(alarm.link),
        job(alarm.since),
        alarm.cause.word(),
        meaning(alarm.cause)
    )
}

/// A page on one series or several. Equal series give equal bytes.
pub fn html(all: &[Followed]) -> String {
    let name = all.first().map_or("series", |followed| followed.name.as_str());
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(page::POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { "Series: " (escape_line(name)) }
                style { (PreEscaped(page::STYLE)) }
            }
            body {
                header { p.kind { "Vantage · drift over a series" } h1 { (shown(name)) } }
                main {
                    @for followed in all { (part(followed)) }
                    (legend())
                }
                footer { p { "Made from sealed contents alone: whoever has the same bundles gets the same bytes." } }
            }
        }
    };
    body.into_string()
}

fn part(followed: &Followed) -> Markup {
    let (word, tone) = match (followed.alarms(), &followed.void) {
        (true, _) => ("ALARM", "bad"),
        (false, Some(_)) => ("VOID", "warn"),
        (false, None) => ("NO ALARM", "good"),
    };
    html! {
        section.verdict.(tone) {
            p.word { (word) }
            p { (shown(&followed.name)) ": " (shown(&summary(followed))) "." }
            dl.parts {
                dt { "author" } dd { (followed.author) }
                dt { "suite" } dd { (followed.suite) }
                @if let Some(next) = &followed.next {
                    dt { "the next job names" }
                    dd { "predecessor " (next.predecessor) ", "
                        @match next.calibration {
                            Some(job) => { "calibration " (job) }
                            None => { "no calibration job: none is unused, so it is one itself" }
                        }
                    }
                }
            }
        }
        @for line in &followed.lines { (line_part(followed, line)) }
        section { h2 { "Jobs" } (jobs(followed)) }
    }
}

fn line_part(followed: &Followed, line: &LineFollowed) -> Markup {
    html! {
        section {
            h2 { (shown(&about(line))) }
            @if let Some(found) = &line.alarm { p.absent { (alarm(followed, line, found)) "." } }
            @if line.links.is_empty() { p { "No job is held against another yet." } }
            @else {
                (plot(followed, line))
                div.scroll { table {
                    thead { tr {
                        @for head in ["job", "of", "held against", "up / down / tied", "answers", "yeses gained", "own engine", "evidence",
                            "product", "rests on the contents"] { th scope="col" { (head) } }
                    } }
                    tbody { @for link in &line.links { (row(followed, link)) } }
                } }
            }
        }
    }
}

fn row(followed: &Followed, link: &Link) -> Markup {
    let place = |at: usize| followed.jobs.get(at);
    let id = |at: usize| place(at).map_or("?".to_owned(), |place| place.job.short());
    let cid = |at: usize| place(at).map_or("?".to_owned(), |place| place.content.to_string());
    let moves = &link.moves;
    html! {
        tr {
            td { (id(link.job)) }
            td { (place(link.job).map_or("-".to_owned(), dated)) }
            td { (id(link.against)) }
            td { (moves.up) " / " (moves.down) " / " (moves.tied) }
            td { (moves.answers) "+" (moves.answers) }
            td { (moves.gained) }
            td { (engine(link.other_bytes)) }
            td { (link.evidence) }
            td.bad[link.alarm] { (link.product) @if link.alarm { " ALARM" } }
            td { (cid(link.job)) " and " (cid(link.against)) }
        }
    }
}

/// What became of the own engine's bytes, in words.
pub fn engine(other_bytes: Option<bool>) -> &'static str {
    match other_bytes {
        None => "not asked",
        Some(false) => "same bytes",
        Some(true) => "other bytes",
    }
}

fn jobs(followed: &Followed) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { @for head in ["job", "of", "role", "content"] { th scope="col" { (head) } } } }
            tbody { @for place in &followed.jobs { tr {
                td { (place.job) }
                td { (dated(place)) }
                td { (place.role.word()) @if let Role::Held { against } = place.role { " against " (against.short()) } }
                td { (place.content) }
            } } }
        } }
    }
}

/// The product over the jobs, in doublings, and the threshold.
fn plot(followed: &Followed, line: &LineFollowed) -> Markup {
    let threshold = log2_of(followed.threshold);
    let heights: Vec<i64> =
        core::iter::once(0).chain(line.links.iter().map(|link| link.product.log2())).collect();
    let top = heights.iter().copied().max().unwrap_or(0).max(threshold) + ONE;
    let bottom = heights.iter().copied().min().unwrap_or(0).min(0) - ONE;
    let y = |log2: i64| {
        let share = i128::from(top - log2) * i128::from(HEIGHT) / i128::from(top - bottom);
        i64::try_from(share).unwrap_or(HEIGHT)
    };
    let step = |at: usize| FIGURES + (WIDTH - FIGURES - 8) * at as i64 / (heights.len() as i64 - 1).max(1);
    let points: Vec<String> =
        heights.iter().enumerate().map(|(at, height)| format!("{},{}", step(at), y(*height))).collect();
    let mut marks = format!("<polyline class=\"product\" points=\"{}\"/>", points.join(" "));
    for (at, link) in line.links.iter().enumerate() {
        let (x, y) = (step(at + 1), y(link.product.log2()));
        let kind = if link.alarm { "bad" } else { "plain" };
        marks += &format!("<circle class=\"{kind}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
    }
    let rule = |kind: &str, at: i64| {
        format!("<line class=\"{kind}\" x1=\"{FIGURES}\" x2=\"{WIDTH}\" y1=\"{at}\" y2=\"{at}\"/>")
    };
    marks += &rule("zero", y(0));
    marks += &rule("threshold", y(threshold));
    let last = line.links.last().map_or("-".to_owned(), |link| link.product.to_string());
    html! {
        figure {
            svg.series viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + BELOW)) role="img"
                aria-label="The product over the jobs, by doublings; the table below has the figures" {
                (PreEscaped(marks))
                text x="0" y=(y(0) + 4) { "once" }
                text x="0" y=(y(threshold) + 4) { (followed.threshold) " times" }
                text x=(FIGURES) y=(HEIGHT + BELOW - 6) { "before the first" }
                text x=(WIDTH) y=(HEIGHT + BELOW - 6) text-anchor="end" { (line.links.len()) " jobs" }
            }
            figcaption { "How much a bet on a change has grown, doubling by doubling; now " (last) " times. At the dashed line it alarms." }
        }
    }
}

/// The base-2 logarithm of a whole number in the same fixed point, near enough to draw it.
fn log2_of(number: u64) -> i64 {
    let whole = i64::from(63 - number.max(1).leading_zeros());
    let rest = (i128::from(number.max(1)) * i128::from(ONE)) >> whole;
    // from one to two a straight line is off by less than a tenth
    whole * ONE + i64::try_from(rest).unwrap_or(ONE) - ONE
}

fn legend() -> Markup {
    html! {
        section {
            h2 { "How to read this" }
            p { "Each job is held against a calibration job that no other job was held against: its prompts go up, down or neither. \
                With n that moved, its evidence is 2" sup { "n" } " / ((n + 1) C(n, up)), and the product of all is what stands. \
                Where nothing changes, the product of any line ever reaches the threshold in at most one series of twenty. It says \
                that answers changed, never that one of the two is right." }
            p { "Not shown: that the author has no other job after the same one (its log shows that); why answers changed; drift of \
                what no line follows; that answers are true." }
        }
    }
}
