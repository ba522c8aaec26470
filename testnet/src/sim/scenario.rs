//! What a simulation is to go through. Together with its seed it fixes every event.

use super::rogue::Strategy;
use vantage_protocol::params::CLOCK_AHEAD_S_MAX;

/// A world and its troubles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// Draws keys, delays, drops, crashes, salts.
    pub seed: u64,
    /// Committee members.
    pub members: usize,
    /// Volunteers.
    pub volunteers: usize,
    /// Members that break the rules, each by a strategy.
    pub byzantine: usize,
    /// Their strategy; none draws one from the seed.
    pub strategy: Option<Strategy>,
    /// Messages lost, of a thousand.
    pub drop_permille: u32,
    /// Messages delivered twice, of a thousand.
    pub duplicate_permille: u32,
    /// Shortest and longest delay of a message, milliseconds.
    pub delay_ms: (u64, u64),
    /// Crashes, each followed by a restart.
    pub crashes: u32,
    /// Honest members that crash during the job and never come back.
    pub lost_members: usize,
    /// Times at which one node is cut off from the others for a while.
    pub partitions: u32,
    /// Bound of clock errors, milliseconds.
    pub skew_ms: u64,
    /// One member's clock runs so far ahead, milliseconds.
    pub fast_clock_ms: u64,
    /// Bytes of another network are sent to everybody.
    pub foreign: bool,
    /// Regions of the job, at most 4.
    pub regions: usize,
    /// Prompts of the suite.
    pub prompts: usize,
    /// Replicas of a (region, target).
    pub replicas: u32,
    /// Repeats of a prompt.
    pub repeats: u32,
    /// Slots that are declined, of a thousand.
    pub decline_permille: u32,
    /// Cells that fail, of a thousand.
    pub fail_permille: u32,
    /// Gap between deadlines, seconds.
    pub gap_s: u64,
    /// A bug planted in every honest node's shell, to show that the checks find it.
    pub bug: Option<Bug>,
}

/// Bugs of the shell that the invariants must catch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// Records are kept in memory only: a crash loses them.
    SkipPersist,
    /// Messages leave before the records that they rest on are kept.
    SendFirst,
}

impl Scenario {
    /// No faults at all: four members, one volunteer, two regions, two replicas.
    pub fn calm(seed: u64) -> Self {
        Self {
            seed,
            members: 4,
            volunteers: 1,
            byzantine: 0,
            strategy: None,
            drop_permille: 0,
            duplicate_permille: 0,
            delay_ms: (5, 40),
            crashes: 0,
            lost_members: 0,
            partitions: 0,
            skew_ms: 0,
            fast_clock_ms: 0,
            foreign: false,
            regions: 2,
            prompts: 2,
            replicas: 2,
            repeats: 1,
            decline_permille: 0,
            fail_permille: 0,
            gap_s: 10,
            bug: None,
        }
    }

    /// The troubles of the gate: drops, delays, duplicates, crashes, skewed clocks, foreign bytes, and
    /// in every other seed one member that breaks the rules.
    pub fn rough(seed: u64) -> Self {
        Self {
            volunteers: 1 + (seed / 2 % 2) as usize,
            byzantine: (seed % 2) as usize,
            drop_permille: 100,
            duplicate_permille: 50,
            delay_ms: (5, 400),
            crashes: 1 + (seed / 4 % 2) as u32,
            partitions: (seed / 8 % 2) as u32,
            skew_ms: 1500,
            fast_clock_ms: if seed % 16 == 6 { 90_000 } else { 0 },
            foreign: true,
            decline_permille: 60,
            fail_permille: 60,
            prompts: 2 + (seed / 3 % 2) as usize,
            ..Self::calm(seed)
        }
    }

    /// Members that may be faulty: floor((n - 1) / 3), none below four.
    pub fn faults(&self) -> usize {
        self.members.saturating_sub(1) / 3
    }

    /// Members that are: rogues, the dead, and one whose clock is beyond the bound.
    pub fn faulty(&self) -> usize {
        let fast = self.fast_clock_ms > CLOCK_AHEAD_S_MAX * 1000;
        self.byzantine + self.lost_members + usize::from(fast)
    }
}
