//! Jobs of a series by hand.

use crate::cid::Cid;
use crate::compare::{Operator, Told};
use crate::id::{JobId, NodeId};
use crate::series::Entry;
use crate::study::{Line, Measure, Series};
use std::collections::BTreeSet;

pub const PROMPTS: u32 = 30;
/// What is followed, two others that draw their answers, and one that gives the same bytes.
pub const TARGETS: [&str; 4] = ["open:smollm2-135m", "openai/a", "openai/b", "sim:openai"];

/// A small linear congruential generator (constants of Knuth's MMIX), so that tests repeat.
pub struct Lcg(pub u64);

impl Lcg {
    pub fn ppm(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % 1_000_000) as u32
    }
}

pub fn id(number: u32) -> JobId {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    JobId(bytes)
}

pub fn line(measure: Measure, target: &str) -> Line {
    Line { measure, target: target.parse().unwrap(), region: None }
}

/// Job `number` follows the one before it; answers come with [`answer`].
pub fn job(number: u32, calibration: Option<u32>) -> Entry {
    Entry {
        job: id(number),
        content: Cid::raw(&number.to_be_bytes()),
        sealed: true,
        author: NodeId([7; 32]),
        suite: Cid::raw(b"suite"),
        series: Series {
            name: "weekly".into(),
            lines: vec![line(Measure::Refusals, TARGETS[1])],
            predecessor: number.checked_sub(1).map(id),
            calibration: calibration.map(id),
        },
        codings: Vec::new(),
        targets: TARGETS.map(|target| target.parse().unwrap()).to_vec(),
        regions: vec!["eu".into(), "us".into()],
        dated_s: Some([u64::from(number) * 86_400, u64::from(number) * 86_400 + 3]),
        tallies: Default::default(),
    }
}

/// Each of the operators answers each prompt so often, with a yes as often as `rate` has it, by target, prompt and operator, millionths.
pub fn answer(
    mut entry: Entry,
    operators: &[&str],
    answers: u32,
    chance: &mut Lcg,
    rate: impl Fn(u32, u32, &str) -> u32,
) -> Entry {
    for target in 1..TARGETS.len() as u32 {
        for prompt in 0..PROMPTS {
            for name in operators {
                let mut told = Told::default();
                (0..answers).for_each(|_| told.declined.push(chance.ppm() < rate(target, prompt, name)));
                let place = entry.tallies.told.entry((target, prompt, 0)).or_default();
                place.insert(Operator::Vouched((*name).to_owned()), told);
            }
        }
    }
    bytes(entry, b"engine")
}

/// The bytes of the open model are these.
pub fn bytes(mut entry: Entry, bytes: &[u8]) -> Entry {
    for prompt in 0..PROMPTS {
        let cid = Cid::raw(&[bytes, &prompt.to_be_bytes()].concat());
        entry.tallies.bytes.insert((0, prompt), BTreeSet::from([cid]));
    }
    entry
}

/// The layout of most tests: `calibrations` calibration jobs, then as many that are held against them.
pub fn layout(calibrations: u32) -> impl Iterator<Item = (u32, Option<u32>)> {
    (0..2 * calibrations).map(move |number| (number, number.checked_sub(calibrations)))
}
