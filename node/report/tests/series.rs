//! A series as a page: what stands in it, and what of it comes from outside.

use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{Operator, Told};
use vantage_protocol::id::{JobId, NodeId};
use vantage_protocol::series::{Entry, Followed, follow};
use vantage_protocol::study::{Line, Measure, Series};
use vantage_report::series;

/// A calibration job, and one against it in which each of 30 prompts has so many more refusals.
fn followed(name: &str, more: usize) -> Followed {
    let entry = |number: u8, refused: usize| {
        let mut entry = Entry {
            job: JobId([number; 32]),
            content: Cid::raw(&[number]),
            sealed: true,
            author: NodeId([7; 32]),
            suite: Cid::raw(b"suite"),
            series: Series {
                name: name.into(),
                lines: vec![Line {
                    measure: Measure::Refusals,
                    target: "openai/a<b".parse().unwrap(),
                    region: None,
                }],
                predecessor: (number > 0).then_some(JobId([0; 32])),
                calibration: (number > 0).then_some(JobId([0; 32])),
            },
            codings: Vec::new(),
            targets: vec!["openai/a<b".parse().unwrap()],
            regions: vec!["eu".into()],
            dated_s: Some([1_750_000_000, 1_750_000_003]),
            tallies: Default::default(),
        };
        for prompt in 0..30 {
            let told = Told { declined: (0..2).map(|at| at < refused).collect(), ..Told::default() };
            let place = entry.tallies.told.entry((0, prompt, 0)).or_default();
            place.insert(Operator::Vouched("acme".into()), told);
        }
        entry
    };
    follow(&[entry(0, 0), entry(1, more)], JobId([1; 32])).unwrap()
}

#[test]
fn a_page_shows_product_alarm_and_what_they_rest_on() {
    let found = followed("weekly", 1);
    let page = series::html(std::slice::from_ref(&found));
    assert_eq!(page, series::html(std::slice::from_ref(&found)), "equal series, equal bytes");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("default-src 'none'"));
    for part in [
        "ALARM at job 0101010101010101",
        "cause: unknown",
        "30 / 0 / 0",
        "60+60",
        "34636833.032",
        "not asked",
        &Cid::raw(&[0]).to_string(),
        &Cid::raw(&[1]).to_string(),
        "class=\"threshold\"",
        "20 times",
        "no calibration job: none is unused",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(
        !page.contains("<script") && !page.contains("https:") && !page.contains("url("),
        "nothing runs, nothing is loaded"
    );
    assert!(
        series::summary(&found).contains("1 of 1 line alarmed at 20 times"),
        "{}",
        series::summary(&found)
    );
    let quiet = series::html(&[followed("weekly", 0)]);
    assert!(quiet.contains("NO ALARM") && quiet.contains("0 / 0 / 30") && quiet.contains("1.000"));
}

#[test]
fn names_from_outside_stay_text() {
    let hostile = "a<img src=x onerror=alert(1)>\u{202e}\"'&";
    let page = series::html(&[followed(hostile, 1)]);
    assert!(!page.contains("<img") && !page.contains('\u{202e}'), "{page}");
    assert!(page.contains("openai/a&lt;b"), "{page}");
    // every mark of the plot lies within it
    for point in page.split("cy=\"").skip(1) {
        let y: i64 = point.split('"').next().unwrap().parse().unwrap();
        assert!((0..=220).contains(&y), "{y}");
    }
}

#[test]
fn a_void_says_where_and_why() {
    let mut found = followed("weekly", 0);
    found.void = Some(vantage_protocol::series::Void {
        at: JobId([1; 32]),
        why: vantage_protocol::series::Why::NotSealed,
    });
    let page = series::html(&[found]);
    assert!(page.contains("VOID") && page.contains("not SEALED"), "{page}");
}
