//! Each cause is found where it was planted.

use super::world::{Lcg, answer, bytes, id, job, layout};
use crate::compare::{Operator, Told};
use crate::series::{Cause, Entry, follow};

/// Calibration jobs, and as many held against them.
const EACH: u32 = 8;
const SERIES: u64 = 40;

/// What is planted, from half of the jobs held against others on.
struct Planted {
    /// Operators of a job.
    operators: fn(bool) -> &'static [&'static str],
    /// How often a target refuses an operator, millionths.
    rate: fn(bool, u32, &str) -> u32,
    /// Bytes of the open model.
    engine: fn(bool) -> &'static [u8],
}

const STEADY: Planted =
    Planted { operators: |_| &["acme", "beta", "gamma"], rate: |_, _, _| 150_000, engine: |_| b"engine" };

/// Causes of the first alarm, by how often each was found in 40 series; and how many did not alarm.
fn causes(planted: &Planted) -> ([u64; 4], u64) {
    let (mut found, mut silent) = ([0; 4], 0);
    for seed in 0..SERIES {
        let mut chance = Lcg(seed);
        let entries: Vec<Entry> = layout(EACH)
            .map(|(number, calibration)| {
                let late = number >= EACH + EACH / 2;
                let rate = |target, _, name: &str| (planted.rate)(late, target, name);
                let filled =
                    answer(job(number, calibration), (planted.operators)(late), 2, &mut chance, rate);
                bytes(filled, (planted.engine)(late))
            })
            .collect();
        match follow(&entries, id(2 * EACH - 1)).unwrap().lines[0].alarm {
            None => silent += 1,
            Some(alarm) => found[alarm.cause as usize] += 1,
        }
    }
    (found, silent)
}

const fn at(cause: Cause) -> usize {
    cause as usize
}

#[test]
fn the_vendor_changes_one_model() {
    let late_model = |late, target, _: &str| if late && target == 1 { 400_000 } else { 150_000 };
    let (found, silent) = causes(&Planted { rate: late_model, ..STEADY });
    assert!(found[at(Cause::Vendor)] >= 32 && silent == 0, "{found:?}, {silent} silent");
    assert_eq!(found[at(Cause::Pipeline)], 0);
    assert!(found[at(Cause::Population)] <= 2, "{found:?}");
}

#[test]
fn everything_moves_and_nobody_is_blamed() {
    let all = |late, _, _: &str| if late { 400_000 } else { 150_000 };
    let (found, silent) = causes(&Planted { rate: all, ..STEADY });
    assert!(found[at(Cause::Unknown)] >= 36 && silent == 0, "{found:?}, {silent} silent");
}

#[test]
fn other_operators_come() {
    // two of three leave, and those who come are refused more often
    let (found, silent) = causes(&Planted {
        operators: |late| if late { &["acme", "delta", "epsilon"] } else { &["acme", "beta", "gamma"] },
        rate: |_, _, name| if matches!(name, "delta" | "epsilon") { 500_000 } else { 150_000 },
        ..STEADY
    });
    assert!(found[at(Cause::Population)] >= 32 && silent == 0, "{found:?}, {silent} silent");
    assert_eq!(found[at(Cause::Vendor)], 0, "{found:?}");
}

#[test]
fn nearly_everybody_is_replaced() {
    // of nine operators one stays: too few to tell whether the target moved
    const OLD: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    const NEW: [&str; 9] = ["a", "m", "n", "o", "p", "q", "r", "s", "t"];
    let (found, _) = causes(&Planted {
        operators: |late| if late { &NEW } else { &OLD },
        rate: |late, _, _| if late { 400_000 } else { 150_000 },
        ..STEADY
    });
    // but for a run-up that chance began while all were still there
    assert!(found[at(Cause::Unknown)] >= 36 && found[at(Cause::Vendor)] == 0, "{found:?}");
}

#[test]
fn the_own_engine_gives_other_bytes() {
    let all = |late, target, _: &str| if late && target == 1 { 400_000 } else { 150_000 };
    let engine = |late| if late { &b"another"[..] } else { b"engine" };
    let (found, _) = causes(&Planted { rate: all, engine, ..STEADY });
    assert_eq!(found[at(Cause::Pipeline)], SERIES, "{found:?}");
}

/// What changed before the run-up of an alarm is not its cause.
#[test]
fn an_engine_that_changed_long_before_is_no_cause() {
    let mut chance = Lcg(5);
    let entries: Vec<Entry> = layout(EACH)
        .map(|(number, calibration)| {
            let rate = |target, _, _: &str| if number > EACH + 5 && target == 1 { 900_000 } else { 150_000 };
            let filled = answer(job(number, calibration), &["acme", "beta"], 2, &mut chance, rate);
            if number == EACH { bytes(filled, b"another") } else { filled }
        })
        .collect();
    let found = follow(&entries, id(2 * EACH - 1)).unwrap();
    let (links, alarm) = (&found.lines[0].links, found.lines[0].alarm.unwrap());
    assert_eq!((links[0].other_bytes, links[1].other_bytes), (Some(true), Some(false)));
    assert!(alarm.since > 0 && alarm.link >= 6, "{alarm:?}");
    assert_eq!(alarm.cause, Cause::Vendor);
}

/// One operator of three with another engine is a matter of that operator.
#[test]
fn most_operators_say_which_bytes_there_are() {
    let mut chance = Lcg(5);
    let mut entries: Vec<Entry> = layout(1)
        .map(|(number, calibration)| {
            answer(job(number, calibration), &["acme"], 2, &mut chance, |_, _, _| 150_000)
        })
        .collect();
    let seen = |entries: &[Entry]| follow(entries, id(1)).unwrap().lines[0].links[0].other_bytes;
    assert_eq!(seen(&entries), Some(false));
    let tie = entries[1].tallies.bytes.get_mut(&(0, 4)).unwrap();
    tie.insert(crate::cid::Cid::raw(b"as many got these"));
    assert_eq!(seen(&entries), Some(false), "some of the most are the same");
    let one = entries[1].tallies.bytes.get_mut(&(0, 4)).unwrap();
    *one = [crate::cid::Cid::raw(b"others")].into();
    assert_eq!(seen(&entries), Some(true), "one prompt suffices");
    entries[0].tallies.bytes.clear();
    assert_eq!(seen(&entries), None);
}

/// Without another target that draws its answers nothing speaks for the vendor.
#[test]
fn a_target_alone_is_never_the_vendors() {
    let mut entries: Vec<Entry> = layout(1).map(|(number, calibration)| job(number, calibration)).collect();
    for (entry, yes) in entries.iter_mut().zip([false, true]) {
        for prompt in 0..30 {
            let told = Told { declined: [yes, yes].into_iter().collect(), ..Told::default() };
            let place = entry.tallies.told.entry((1, prompt, 0)).or_default();
            place.insert(Operator::Vouched("acme".into()), told);
        }
    }
    assert_eq!(follow(&entries, id(1)).unwrap().lines[0].alarm.unwrap().cause, Cause::Unknown);
}
