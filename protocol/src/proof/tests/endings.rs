//! Whole jobs whose answers end in every way, from receipts to the verdict. Verifiers classify for themselves: what an
//! executor calls an answer is none if its finish says otherwise.

use super::outcomes::judged;
use super::world::{Plot, World};
use crate::compare::{Absent, Class, Shortage};
use crate::proof::{Summary, Verdict};
use crate::receipt::Receipts;

/// A job in two regions to this target, its receipts changed before they are committed to.
fn job(target: &'static str, receipts: fn(&mut Receipts)) -> Verdict {
    let verdict = judged(&World::new(&Plot { target, receipts, ..Plot::default() }));
    assert_eq!(verdict.summary, Summary::Sealed, "{:?}", verdict.reasons);
    assert!(verdict.comparison.attested, "members and verifier compare alike");
    verdict
}

/// What the second region's receipts give as the reason why generation ended.
fn in_us(receipts: &mut Receipts, finish: Option<&str>) {
    if receipts.slot == 1 {
        receipts.cells.iter_mut().for_each(|cell| cell.finish = finish.map(str::to_owned));
    }
}

fn classes(verdict: &Verdict) -> Vec<Class> {
    verdict.report.as_ref().unwrap().headlines().map(|row| row.class).collect()
}

/// What an executor makes of its receipts.
type Edit = fn(&mut Receipts);

#[test]
fn torn_answers_enter_no_comparison_whoever_calls_them_answers() {
    let torn: [(&'static str, Edit); 8] = [
        ("compat:lab/m", |receipts| in_us(receipts, Some("error"))),
        ("compat:lab/m", |receipts| in_us(receipts, Some("Network_Error"))),
        ("compat:lab/m", |receipts| in_us(receipts, Some("a word of tomorrow"))),
        ("compat:lab/m", |receipts| in_us(receipts, Some("content_filter"))),
        ("sim:openai", |receipts| in_us(receipts, Some("STOP"))),
        ("sim:openai", |receipts| in_us(receipts, None)),
        ("sim:anthropic", |receipts| {
            receipts.cells.iter_mut().for_each(|cell| cell.finish = Some("end_turn".into()));
            in_us(receipts, Some("pause_turn"));
        }),
        ("sim:gemini", |receipts| {
            receipts.cells.iter_mut().for_each(|cell| cell.finish = Some("STOP".into()));
            in_us(receipts, Some("OTHER"));
        }),
    ];
    for (target, receipts) in torn {
        let verdict = job(target, receipts);
        let cells = verdict.cells.as_ref().unwrap();
        assert_eq!((cells.answered, cells.bad.get("finish"), cells.total()), (2, Some(&2), 4), "{target}");
        assert_eq!(classes(&verdict), [Class::Missing(Absent::Second); 2]);
        assert!(verdict.lines().iter().any(|line| line.contains("2 answered, 2 bad (finish)")));
    }
}

#[test]
fn cut_answers_are_answers_and_counted_apart() {
    let verdict = job("compat:lab/m", |receipts| in_us(receipts, Some("MAX_TOKENS")));
    let cells = verdict.cells.as_ref().unwrap();
    assert_eq!((cells.answered, cells.cut, cells.untold), (4, 2, 0));
    assert_eq!(classes(&verdict), [Class::Insufficient(Shortage::FewOperators); 2]);
    assert!(verdict.report.unwrap().headlines().all(|row| row.beginnings_chars.is_some()));
}

#[test]
fn answers_of_a_compatible_endpoint_without_a_finish_are_labelled_with_its_name() {
    let label = |verdict: &Verdict| verdict.labels.iter().find(|l| l.starts_with("ending untold: ")).cloned();
    let verdict = job("compat:lab/m", |receipts| in_us(receipts, None));
    let cells = verdict.cells.as_ref().unwrap();
    assert_eq!((cells.answered, cells.cut, cells.untold), (4, 0, 2));
    let told = label(&verdict).unwrap();
    assert!(told.contains("compat:lab/m (2 answers"), "{told}");
    assert_eq!(label(&job("compat:lab/m", |_| {})), None);
}
