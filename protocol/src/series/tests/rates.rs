//! How often series alarm: without a reason, with one, and where somebody may choose.

use super::world::{Lcg, answer, id, job};
use crate::series::{Entry, follow};

/// As many pairs of jobs as a series has in which nothing changes, and jobs of one in which something does.
const JOBS: u32 = 30;
const SERIES: u64 = 400;
/// How often the prompts of a suite are refused, millionths: most hardly ever, some at times.
const REFUSED: [u32; 6] = [20_000, 50_000, 100_000, 150_000, 250_000, 400_000];

fn base(prompt: u32) -> u32 {
    REFUSED[prompt as usize % REFUSED.len()]
}

/// A series in which refusals rise by `rise` millionths in each job held against another; `order` says for each job against which.
fn series(seed: u64, order: impl Iterator<Item = Option<u32>>, rise: u32) -> Vec<Entry> {
    let mut chance = Lcg(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..)
        .zip(order)
        .map(|(number, calibration)| {
            let rise = if calibration.is_some() { rise } else { 0 };
            answer(job(number, calibration), &["acme", "beta"], 2, &mut chance, |_, prompt, _| {
                base(prompt) + rise
            })
        })
        .collect()
}

/// The links after which a series first alarms.
fn alarmed_at(entries: &[Entry]) -> Option<usize> {
    let found = follow(entries, id(entries.len() as u32 - 1)).unwrap();
    assert_eq!(found.void, None);
    found.lines[0].alarm.map(|alarm| alarm.link + 1)
}

/// Calibration jobs first, then those held against them.
fn first_all() -> impl Iterator<Item = Option<u32>> {
    (0..JOBS).map(|number| number.checked_sub(JOBS / 2))
}

/// One after the other.
fn in_turn() -> impl Iterator<Item = Option<u32>> {
    (0..2 * JOBS).map(|number| (number % 2 == 1).then(|| number - 1))
}

/// 30 prompts, 2 operators with 2 answers each; 60 jobs make 30 pairs.
#[test]
fn without_a_change_one_series_in_twenty_alarms_at_most() {
    let long = || (0..2 * JOBS).map(|number| number.checked_sub(JOBS));
    let alarms = (0..SERIES).filter(|seed| alarmed_at(&series(*seed, long(), 0)).is_some()).count();
    let in_turn = (0..SERIES).filter(|seed| alarmed_at(&series(*seed, in_turn(), 0)).is_some()).count();
    println!("alarms in {SERIES} series: {alarms}; with calibration jobs in turn: {in_turn}");
    // 20 are promised at most, and the design counted 0 to 2%
    assert!(alarms <= 8 && in_turn <= 8, "{alarms} and {in_turn} of {SERIES}");
}

#[test]
fn ten_points_more_refusals_are_found_after_two_or_three_jobs() {
    let mut found: Vec<usize> =
        (0..200).map(|seed| alarmed_at(&series(seed, first_all(), 100_000)).unwrap_or(usize::MAX)).collect();
    found.sort_unstable();
    let median = found[found.len() / 2];
    println!("alarm after {median} jobs in the median, nine of ten after {}", found[found.len() * 9 / 10]);
    assert!((2..=3).contains(&median), "the median alarm is after {median} jobs");
    // it is a median: of ten series one takes until the ninth
    assert!(found[found.len() * 9 / 10] <= 10, "nine of ten after {}", found[found.len() * 9 / 10]);
}

/// Why the oldest unused calibration job is the one that counts: whoever may take the oddest of many alarms more often than is promised.
#[test]
fn whoever_may_choose_among_calibration_jobs_finds_what_is_not_there() {
    const CALIBRATIONS: usize = 100;
    const HELD: usize = 12;
    let mut alarms = 0;
    for seed in 0..100_u64 {
        let order = (0..CALIBRATIONS + HELD).map(|number| (number >= CALIBRATIONS).then_some(0));
        let entries = series(seed, order, 0);
        let refused = |entry: &Entry| -> u32 {
            let told = entry.tallies.told.range((1, 0, 0)..(2, 0, 0)).flat_map(|(_, told)| told.values());
            told.map(|told| told.declined.yes_of(32)).sum()
        };
        let (calibrations, held) = entries.split_at(CALIBRATIONS);
        let mut calibrations: Vec<&Entry> = calibrations.iter().collect();
        calibrations.sort_by_key(|entry| refused(entry));
        // as if those with the fewest refusals were all there ever were
        let mut shown: Vec<Entry> = calibrations.into_iter().take(HELD).chain(held).cloned().collect();
        for (at, entry) in (0_u32..).zip(&mut shown) {
            entry.job = id(at);
            entry.series.predecessor = at.checked_sub(1).map(id);
            entry.series.calibration = at.checked_sub(HELD as u32).map(id);
        }
        alarms += usize::from(alarmed_at(&shown).is_some());
    }
    println!("alarms in 100 series where calibration jobs were chosen: {alarms}");
    // 5 are promised at most, and more than 10 would come of that in one of 80 runs
    assert!(alarms > 10, "{alarms} of 100");
}
