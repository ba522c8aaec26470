//! How long the jobs of demos may take, and what to say where that was too short.

use clap::Args;
use std::collections::BTreeMap;
use vantage_api::{JobView, SlotState, SlotView};

/// Longest time for the answers, seconds: ten times what two free cores take. A job closes as soon as all executors have
/// committed, so that a generous deadline costs nothing.
const COMMIT_S: u64 = 1_800;
/// Time for reveals and for Finals, seconds each. They take a second or two, unless the machine is busy.
const STEP_S: u64 = 120;
/// Time for an outcome to be seen after the last deadline, seconds: a guess.
const GRACE_S: u64 = 60;
/// Slots that are named one by one; the rest is counted.
const NAMED_MAX: usize = 6;

/// Deadlines of one job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Args)]
pub struct Deadlines {
    /// Multiply every deadline of the job by N, for a machine that is slow or busy with other work
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=48))]
    pub patience: u64,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { patience: 1 }
    }
}

impl Deadlines {
    /// Time for the answers, seconds.
    pub fn commit_s(self) -> u64 {
        COMMIT_S * self.patience
    }

    /// Time for reveals, and again for Finals, seconds.
    pub fn step_s(self) -> u64 {
        STEP_S * self.patience
    }

    /// How long an outcome is waited for, seconds.
    pub fn total_s(self) -> u64 {
        self.commit_s() + 2 * self.step_s() + GRACE_S
    }

    /// What `vantage job submit` is told.
    pub(crate) fn arguments(self) -> [String; 6] {
        let (commit, step) = (format!("{}s", self.commit_s()), format!("{}s", self.step_s()));
        ["--commit".into(), commit, "--reveal".into(), step.clone(), "--final".into(), step]
    }

    /// Which deadline a job missed, who missed it, and what to do, going by a node's view of the job; none if every slot
    /// was revealed in time and a quorum agrees.
    pub(crate) fn missed(self, view: &JobView) -> Option<String> {
        let late = |states: [SlotState; 2]| -> Vec<String> {
            view.slots.iter().filter(|slot| states.contains(&slot.state)).map(slot_name).collect()
        };
        let (uncommitted, unrevealed) = (
            late([SlotState::Waiting, SlotState::CommittedLate]),
            late([SlotState::Committed, SlotState::RevealedLate]),
        );
        let what = if !uncommitted.is_empty() {
            format!("the commit deadline ({} s) passed without {}", self.commit_s(), listed(&uncommitted))
        } else if !unrevealed.is_empty() {
            format!("the reveal deadline ({} s) passed without {}", self.step_s(), listed(&unrevealed))
        } else if view.sealed().is_none() {
            format!("the final deadline ({} s) passed before a quorum said the same Final", self.step_s())
        } else {
            return None;
        };
        Some(format!("{what}; {}", self.advice()))
    }

    /// What to do where time was short.
    pub(crate) fn advice(self) -> String {
        format!(
            "run it again when the machine has less to do, or with --patience {}, which multiplies every deadline",
            (self.patience * 4).min(48)
        )
    }
}

fn slot_name(slot: &SlotView) -> String {
    format!("{} {} by {}", slot.region, slot.target, slot.operator.as_deref().unwrap_or("-"))
}

/// The slots by name, those of one name counted, and how many more there are.
fn listed(names: &[String]) -> String {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counted.entry(name).or_default() += 1;
    }
    let shown = counted.iter().take(NAMED_MAX).map(|(name, count)| match count {
        1 => (*name).to_owned(),
        count => format!("{name} ({count} slots)"),
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    match counted.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::sample::{sealed, view};

    #[test]
    fn a_missed_deadline_is_named_with_who_and_what_to_do() {
        let deadlines = Deadlines { patience: 2 };
        let said = |states: &[SlotState]| deadlines.missed(&view(states, None)).unwrap_or_default();
        let early = said(&[SlotState::Waiting, SlotState::Waiting, SlotState::Revealed]);
        assert!(early.contains("commit deadline (3600 s)") && early.contains("alder (2 slots)"), "{early}");
        assert!(early.contains("--patience 8"), "{early}");
        assert!(said(&[SlotState::Committed, SlotState::Revealed]).contains("reveal deadline (240 s)"));
        assert!(said(&[SlotState::RevealedLate]).contains("reveal deadline (240 s)"));
        assert!(said(&[SlotState::Revealed]).contains("final deadline (240 s)"));
    }

    #[test]
    fn a_sealed_job_missed_nothing() {
        let view = view(&[SlotState::Revealed, SlotState::Unassigned], Some(sealed()));
        assert_eq!(Deadlines::default().missed(&view), None);
    }

    #[test]
    fn many_slots_are_counted() {
        let names: Vec<String> = (0..9).map(|n| format!("slot {n}")).collect();
        assert!(listed(&names).ends_with("slot 5 and 3 more"));
    }
}
