//! Where a drift comes from, as far as counting can tell.

use super::entry::Entry;
use super::moves::{Moves, What, Whom};
use crate::compare::infer::Evidence;
use crate::study::Line;
use crate::target::Target;

/// Where a drift comes from. The first that fits, over the *run-up* of the alarm: all pairs of jobs since the product was lowest.
///
/// A part of the answers is said to **move along** with the whole if its prompts, all pairs together, are evidence of some change
/// (more than one), and the share of yeses moves in the whole's direction by more than half as much; to **stay** if neither holds.
/// With less than a quarter of the whole's answers, or where one holds and the other does not, nothing is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// What is ours changed: in some pair, an open model that takes the likeliest token gave other bytes for the same request, to
    /// most operators.
    Pipeline,
    /// Other operators answered: those that stand in both jobs of a pair, taken by themselves, stay.
    Population,
    /// The target changed: among operators that stand in both jobs it moves along, and the mean of the job's other targets that
    /// draw their answers stays.
    Vendor,
    /// None of these can be shown.
    Unknown,
}

impl Cause {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Pipeline => "pipeline",
            Cause::Population => "population",
            Cause::Vendor => "vendor",
            Cause::Unknown => "unknown",
        }
    }

    /// Of a line that alarms. A pair is a job and its calibration job.
    pub(super) fn of(line: &Line, run_up: &[(&Entry, &Entry)]) -> Self {
        if run_up.iter().any(|(job, calibration)| job.other_bytes_than(calibration) == Some(true)) {
            return Cause::Pipeline;
        }
        let of_target = |whom| {
            let all = run_up.iter().map(|(job, calibration)| {
                Moves::between(job, calibration, &[&line.target], What { whom, ..What::of(line) })
            });
            all.fold(Moves::default(), Moves::and)
        };
        let (everyone, unchanged) = (of_target(Whom::Everyone), of_target(Whom::Unchanged));
        match moves_along(&unchanged, &everyone) {
            Some(false) => Cause::Population,
            Some(true) if moves_along(&others(line, run_up), &unchanged) == Some(false) => Cause::Vendor,
            _ => Cause::Unknown,
        }
    }
}

impl<'l> What<'l> {
    /// What a line follows.
    pub(super) fn of(line: &'l Line) -> Self {
        Self { measure: line.measure, region: line.region.as_deref(), whom: Whom::Everyone }
    }
}

/// The mean of the other targets, among operators that stand in both jobs. Those that give the same bytes each time are no target's
/// equals: they show whether the pipeline changed.
fn others(line: &Line, run_up: &[(&Entry, &Entry)]) -> Moves {
    let of_pair = |(job, calibration): &(&Entry, &Entry)| {
        let draws = |target: &&Target| {
            let at = job.target(target);
            **target != line.target && !job.tallies.bytes.keys().any(|(equal, _)| Some(*equal) == at)
        };
        let targets: Vec<&Target> = job.targets.iter().filter(draws).collect();
        Moves::between(job, calibration, &targets, What { whom: Whom::Unchanged, ..What::of(line) })
    };
    run_up.iter().map(of_pair).fold(Moves::default(), Moves::and)
}

/// Whether a part moves along with the whole; none where that cannot be told.
fn moves_along(part: &Moves, whole: &Moves) -> Option<bool> {
    if 4 * part.answers < whole.answers || whole.gained == 0 {
        return None;
    }
    let direction = i128::from(whole.gained.signum());
    let share = |moves: &Moves, of: &Moves| direction * i128::from(moves.gained) * i128::from(of.answers);
    let is_far = 2 * share(part, whole) > share(whole, part);
    let is_evident = part.evidence() > Evidence::default();
    (is_far == is_evident).then_some(is_far)
}
