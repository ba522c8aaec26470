//! Order and gaps: where a product stands, and where it ends.

use super::world::{Lcg, answer, id, job, line};
use crate::cid::Cid;
use crate::compare::infer::Evidence;
use crate::compare::{Operator, Told};
use crate::id::NodeId;
use crate::params::SERIES_JOBS_MAX;
use crate::series::{Entry, Followed, NotFollowed, Role, Why, follow, heads};
use crate::study::{Coding, Measure, Reading};

/// Calibration jobs 0 and 1, then 2 against 0 and 3 against 1; in job 2 all of 30 prompts are up, in job 3 half of ten.
fn four() -> Vec<Entry> {
    let plan = [(0, None), (1, None), (2, Some(0)), (3, Some(1))];
    let yes = |number: u32, prompt: u32| match number {
        2 => true,
        1 => prompt < 5,
        3 => (5..10).contains(&prompt),
        _ => false,
    };
    let filled = |(number, calibration): (u32, Option<u32>)| {
        let rate = |_: u32, prompt: u32, _: &str| if yes(number, prompt) { 1_000_000 } else { 0 };
        answer(job(number, calibration), &["acme"], 2, &mut Lcg(1), rate)
    };
    plan.map(filled).to_vec()
}

fn of(entries: &[Entry]) -> Followed {
    follow(entries, id(3)).unwrap()
}

#[test]
fn evidence_multiplies_in_the_order_of_the_chain() {
    let entries = four();
    let found = of(&entries);
    assert_eq!((found.void.clone(), found.threshold, found.jobs.len()), (None, 20, 4));
    assert_eq!(found.jobs[2].role, Role::Held { against: id(0) });
    let links = &found.lines[0].links;
    let moves =
        links.iter().map(|link| (link.moves.up, link.moves.down, link.moves.tied)).collect::<Vec<_>>();
    assert_eq!(moves, [(30, 0, 0), (5, 5, 20)]);
    assert_eq!((links[0].job, links[0].against, links[1].job, links[1].against), (2, 0, 3, 1));
    assert_eq!(links[0].evidence, Evidence::of_moves(30, 0));
    assert_eq!(links[1].product, Evidence::of_moves(30, 0).and(&Evidence::of_moves(5, 5)));
    assert_eq!((links[0].moves.answers, links[0].moves.gained), (60, 60));
    assert!(found.alarms() && links.iter().all(|link| link.alarm));
    assert_eq!(found.next.unwrap().predecessor, id(3));
    assert_eq!(found.next.unwrap().calibration, None);
    let mut turned = entries;
    turned.reverse();
    assert_eq!(of(&turned), found, "the order in which they are given plays no part");
    assert_eq!(heads(&turned), [id(3)]);
    // an earlier head shows the series as it stood
    assert_eq!(follow(&turned, id(2)).unwrap().lines[0].links, links[..1]);
    assert_eq!(follow(&turned, id(1)).unwrap().next.unwrap().calibration, Some(id(0)));
}

/// A job may be held against the very one that it follows: what is named twice is used once.
#[test]
fn a_predecessor_may_be_the_calibration_job() {
    let mut entries = four();
    for (entry, calibration) in entries.iter_mut().zip([None, Some(0), None, Some(2)]) {
        entry.series.calibration = calibration.map(id);
    }
    let found = of(&entries);
    assert_eq!((found.void, found.lines[0].links.len()), (None, 2));
}

#[test]
fn a_gap_voids_the_product_from_there_on() {
    let whole = four();
    for (gone, at, links) in [(0, 1, 0), (1, 2, 0), (2, 3, 0)] {
        let mut entries = whole.clone();
        entries.remove(gone);
        let found = of(&entries);
        let void = found.void.clone().unwrap();
        assert_eq!((void.at, void.why), (id(at), Why::Missing { job: id(gone as u32) }));
        assert_eq!((found.lines[0].links.len(), found.next, found.alarms()), (links, None, false));
    }
    let mut entries = whole.clone();
    entries[3].sealed = false;
    let found = of(&entries);
    assert_eq!(found.void.as_ref().map(|void| (void.at, &void.why)), Some((id(3), &Why::NotSealed)));
    assert_eq!(found.lines[0].links.len(), 1, "what stood before stands");
    assert!(found.alarms());
    entries.push(whole[3].clone());
    assert_eq!(of(&entries).void, None, "another bundle shows the same job SEALED");
    let mut entries = whole;
    entries[0].sealed = false;
    assert!(of(&entries).jobs.iter().all(|place| place.role == Role::Void));
}

#[test]
fn a_calibration_job_is_the_oldest_unused_one_before() {
    let why = |number: usize, calibration| {
        let mut entries = four();
        entries[number].series.calibration = Some(id(calibration));
        of(&entries).void.map(|void| (void.at, void.why))
    };
    assert_eq!(why(3, 0), Some((id(3), Why::Used { calibration: id(0), by: id(2) })));
    assert_eq!(why(3, 2), Some((id(3), Why::NoCalibration { calibration: id(2) })));
    assert_eq!(why(2, 1), Some((id(2), Why::PassedOver { oldest: id(0) })));
    assert_eq!(why(2, 3), Some((id(2), Why::NotBefore { calibration: id(3) })), "later than the job");
    assert_eq!(why(2, 9), Some((id(2), Why::NotBefore { calibration: id(9) })), "none of the series");
    assert_eq!(why(1, 1), Some((id(1), Why::NotBefore { calibration: id(1) })), "not even itself");
}

#[test]
fn a_series_stays_the_same() {
    let why = |edit: fn(&mut Entry)| {
        let mut entries = four();
        edit(&mut entries[2]);
        let found = of(&entries);
        match found.void.map(|void| (void.at, void.why)) {
            Some((at, Why::Changed { what })) if at == id(2) => what,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(why(|job| job.author = NodeId([8; 32])), "author");
    assert_eq!(why(|job| job.series.name = "daily".into()), "name");
    assert_eq!(why(|job| job.series.lines.push(line(Measure::Refusals, "openai/b"))), "list of lines");
    assert!(why(|job| job.suite = Cid::raw(b"other")).starts_with("suite"));
    // codings play a part where they are read
    let coding = Coding { prompt: "sum".into(), read: Reading::YesNo };
    let mut entries = four();
    entries[2].codings.push(coding);
    assert_eq!(of(&entries).void, None);
    entries.iter_mut().for_each(|job| job.series.lines[0].measure = Measure::Coded);
    assert!(matches!(of(&entries).void.map(|void| void.why), Some(Why::Changed { .. })));
}

#[test]
fn two_jobs_that_follow_the_same_one_are_seen_where_both_are_given() {
    let mut entries = four();
    let mut other = entries[3].clone();
    other.job = id(9);
    other.sealed = false;
    entries.push(other.clone());
    let found = of(&entries);
    assert_eq!(found.void.map(|void| (void.at, void.why)), Some((id(3), Why::Forked { other: id(9) })));
    assert_eq!(heads(&entries), [id(3), id(9)]);
    // somebody else may name any job
    entries[4].author = NodeId([8; 32]);
    assert_eq!(of(&entries).void, None);
    // a second beginning under the same name is one, too
    other.series.predecessor = None;
    entries[4] = other;
    assert_eq!(of(&entries).void.map(|void| void.at), Some(id(0)));
}

#[test]
fn what_cannot_be_followed_is_refused() {
    assert_eq!(follow(&four(), id(9)), Err(NotFollowed::Unknown { job: id(9) }));
    let long: Vec<Entry> = (0..=SERIES_JOBS_MAX as u32).map(|number| job(number, None)).collect();
    assert!(follow(&long, id(SERIES_JOBS_MAX as u32 - 1)).is_ok());
    assert_eq!(follow(&long, id(SERIES_JOBS_MAX as u32)), Err(NotFollowed::TooLong));
    // ids that name each other in a circle, which no hash gives
    let mut circle = four();
    circle[0].series.predecessor = Some(id(3));
    assert!(of(&circle).void.is_some());
}

/// An operator is held against itself, whoever else there is, with as many answers on both sides.
#[test]
fn both_sides_have_as_many_answers() {
    let told = |yes: &[bool]| Told { declined: yes.iter().copied().collect(), ..Told::default() };
    let with = |number, calibration, who: &[(Operator, &[bool])]| {
        let mut entry = job(number, calibration);
        let place = entry.tallies.told.entry((1, 0, 0)).or_default();
        place.extend(who.iter().map(|(operator, yes)| (operator.clone(), told(yes))));
        entry
    };
    let named = |name: &str| Operator::Vouched(name.to_owned());
    let moves = |before: &[(Operator, &[bool])], after: &[(Operator, &[bool])]| {
        let entries = [with(0, None, before), with(1, Some(0), after)];
        let moves = follow(&entries, id(1)).unwrap().lines[0].links[0].moves;
        (moves.answers, moves.gained)
    };
    let (yes, no) = (true, false);
    // of four answers against two the first two count
    assert_eq!(moves(&[(named("a"), &[no, no])], &[(named("a"), &[no, yes, yes, yes])]), (2, 1));
    // one that always says yes and has fewer answers now does not make the others look as if they had moved
    let before = [(named("a"), &[yes, yes, yes, yes][..]), (named("b"), &[no, no, no, no])];
    assert_eq!(moves(&before, &[(named("a"), &[yes]), (named("b"), &[no, no, no, no])]), (5, 0));
    // others are held against others; who a volunteer is nobody knows
    assert_eq!(moves(&[(named("a"), &[no, no])], &[(named("b"), &[yes])]), (1, 1));
    assert_eq!(moves(&[(Operator::Volunteer, &[no, no])], &[(named("b"), &[yes, yes])]), (2, 2));
    assert_eq!(moves(&[(named("a"), &[no])], &[]), (0, 0));
    // a region that the other job does not have has nothing to stand against
    let mut entries = [with(0, None, &before), with(1, Some(0), &before)];
    entries[1].regions[0] = "ap".into();
    assert_eq!(follow(&entries, id(1)).unwrap().lines[0].links[0].moves.answers, 0);
}
