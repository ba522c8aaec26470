//! What a simulation is to go through. Together with its seed it fixes every event.

use super::event::Index;
use super::rogue::Strategy;
use super::script::{Action, Step};
use std::collections::BTreeSet;
use vantage_protocol::params::CLOCK_AHEAD_S_MAX;

/// A world and its troubles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// Draws keys, delays, drops, salts, and whatever troubles are given by their number only.
    pub seed: u64,
    /// Committee members: the first nodes. They execute, too.
    pub members: usize,
    /// Nodes beside the members that execute: volunteers. The last one orders the jobs.
    pub executors: usize,
    /// Members that break the rules: the first ones.
    pub byzantine: usize,
    /// Their strategy; none draws one for each from the seed.
    pub strategy: Option<Strategy>,
    /// Nodes that break the rules, each in its way.
    pub adversaries: Vec<(Index, Strategy)>,
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
    /// Regions of the job, at most 8.
    pub regions: usize,
    /// Targets of the job, at most 4.
    pub targets: usize,
    /// Prompts of the suite.
    pub prompts: usize,
    /// Replicas of a (region, target).
    pub replicas: u32,
    /// Repeats of a prompt.
    pub repeats: u32,
    /// Shortest and longest time that a cell takes, milliseconds.
    pub cell_ms: (u64, u64),
    /// Slots that are declined, of a thousand.
    pub decline_permille: u32,
    /// Cells that fail, of a thousand.
    pub fail_permille: u32,
    /// Gap between deadlines, seconds.
    pub gap_s: u64,
    /// What is to happen when, beside the troubles that are drawn.
    pub script: Vec<Step>,
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

impl Bug {
    /// All of them.
    pub const ALL: [Bug; 2] = [Bug::SkipPersist, Bug::SendFirst];

    /// The word for scenario files and the command line.
    pub fn word(self) -> &'static str {
        match self {
            Bug::SkipPersist => "skip-persist",
            Bug::SendFirst => "send-first",
        }
    }
}

impl Scenario {
    /// No faults at all: four members, one volunteer, two regions, two replicas.
    pub fn calm(seed: u64) -> Self {
        Self {
            seed,
            members: 4,
            executors: 1,
            byzantine: 0,
            strategy: None,
            adversaries: Vec::new(),
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
            targets: 1,
            prompts: 2,
            replicas: 2,
            repeats: 1,
            cell_ms: (50, 600),
            decline_permille: 0,
            fail_permille: 0,
            gap_s: 10,
            script: Vec::new(),
            bug: None,
        }
    }

    /// The troubles of the gate: drops, delays, duplicates, crashes, skewed clocks, foreign bytes, and
    /// in every other seed one member that breaks the rules. Deadlines are short: many jobs end before
    /// everybody has committed.
    pub fn rough(seed: u64) -> Self {
        Self {
            executors: 1 + (seed / 2 % 2) as usize,
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

    /// The same troubles with deadlines that leave time to come back: most cells are answered, so
    /// that judging, acknowledging and comparing are gone through, too.
    pub fn patient(seed: u64) -> Self {
        Self { gap_s: 45, repeats: 1 + (seed / 5 % 2) as u32, ..Self::rough(seed) }
    }

    /// What the gate runs: of three seeds one rough and two patient ones.
    pub fn small(seed: u64) -> Self {
        if seed.is_multiple_of(3) { Self::rough(seed) } else { Self::patient(seed) }
    }

    /// 22 members, of whom up to 7 break the rules, and 100 executors: six regions, two targets, two
    /// replicas, 24 slots.
    pub fn large(seed: u64) -> Self {
        Self {
            members: 22,
            executors: 100,
            byzantine: (seed * 3 % 8) as usize,
            drop_permille: 10,
            duplicate_permille: 10,
            delay_ms: (5, 150),
            crashes: 4,
            partitions: 2,
            skew_ms: 1500,
            foreign: true,
            regions: 6,
            targets: 2,
            decline_permille: 30,
            fail_permille: 30,
            gap_s: 15,
            ..Self::calm(seed)
        }
    }

    /// All nodes.
    pub fn nodes(&self) -> usize {
        self.members + self.executors
    }

    /// Who orders the jobs unless the script says so: the last node.
    pub fn author(&self) -> Index {
        self.nodes().saturating_sub(1)
    }

    /// Members that may be faulty: floor((n - 1) / 3), none below four.
    pub fn faults(&self) -> usize {
        self.members.saturating_sub(1) / 3
    }

    /// Members that are: those that break the rules, those that die, and those whose clock is beyond
    /// the bound. Of a scenario whose troubles are all [drawn](Self::drawn).
    pub fn faulty(&self) -> usize {
        let mut faulty: BTreeSet<Index> = self.adversaries.iter().map(|(node, _)| *node).collect();
        faulty.extend(self.lost());
        faulty.extend(self.script.iter().filter_map(|step| match step.action {
            Action::Clock { node, ms } if ms > (CLOCK_AHEAD_S_MAX * 1000) as i64 => Some(node),
            _ => None,
        }));
        faulty.into_iter().filter(|node| *node < self.members).count()
    }

    /// Nodes that go down and stay down.
    pub fn lost(&self) -> BTreeSet<Index> {
        let mut lost = BTreeSet::new();
        let mut script: Vec<&Step> = self.script.iter().collect();
        script.sort_by_key(|step| step.at_ms);
        for step in script {
            match step.action {
                Action::Crash { node, down_ms: None, .. } => drop(lost.insert(node)),
                Action::Start { node } => drop(lost.remove(&node)),
                _ => {}
            }
        }
        lost
    }

    /// What cannot be simulated. The error says which field is wrong and why.
    pub fn check(&self) -> Result<(), String> {
        let within = |what: &str, found: u64, min: u64, max: u64| {
            let good = (min..=max).contains(&found);
            if good { Ok(()) } else { Err(format!("{what}: {found} is not within {min} to {max}")) }
        };
        within("members", self.members as u64, 1, 22)?;
        within("executors", self.executors as u64, 0, 256)?;
        within("regions", self.regions as u64, 1, super::cast::REGIONS.len() as u64)?;
        within("targets", self.targets as u64, 1, super::plan::TARGETS.len() as u64)?;
        within("prompts", self.prompts as u64, 1, 64)?;
        within("replicas", self.replicas.into(), 1, 8)?;
        within("repeats", self.repeats.into(), 1, 8)?;
        within("gap_s", self.gap_s, 2, 24 * 3600)?;
        for (what, range) in [("delay_ms", self.delay_ms), ("cell_ms", self.cell_ms)] {
            within(what, range.1, range.0, 600_000)?;
        }
        for (what, share) in [
            ("drop", self.drop_permille),
            ("duplicate", self.duplicate_permille),
            ("decline", self.decline_permille),
            ("fail", self.fail_permille),
        ] {
            within(&format!("{what} (of a thousand)"), share.into(), 0, 900)?;
        }
        within("clock_skew_ms", self.skew_ms, 0, 3_600_000)?;
        within("fast_clock_ms", self.fast_clock_ms, 0, 86_400_000)?;
        let broken = self.byzantine + self.lost_members;
        if broken >= self.nodes() {
            return Err("somebody honest has to be left to order the job".into());
        }
        if self.byzantine > self.members {
            return Err(format!("byzantine: {} of {} members", self.byzantine, self.members));
        }
        let adversaries: BTreeSet<Index> = self.adversaries.iter().map(|(node, _)| *node).collect();
        if adversaries.len() != self.adversaries.len() {
            return Err("adversaries: a node is named twice".into());
        }
        let authors = self.script.iter().filter_map(|step| match step.action {
            Action::Submit { node } => Some(node),
            _ => None,
        });
        for author in authors.chain([self.author()]) {
            if adversaries.contains(&author) || author < self.byzantine {
                return Err(format!("node {author} orders a job: it cannot be an adversary"));
            }
        }
        let named = self.script.iter().flat_map(|step| step.action.nodes()).chain(adversaries);
        for node in named {
            if node >= self.nodes() {
                return Err(format!("node {node} does not exist: there are nodes 0 to {}", self.author()));
            }
        }
        if self.script.len() > 10_000 {
            return Err("script: over 10000 steps".into());
        }
        self.script.iter().try_for_each(Step::check)
    }
}
