//! What happens when: a scenario's steps, written by hand or drawn from its seed.

use super::cast::START_S;
use super::dice::Dice;
use super::event::Index;
use super::plan::SUBMIT_MS;
use super::rogue::Strategy;
use super::scenario::Scenario;

/// Troubles begin this long before and end this long after the first job is ordered, milliseconds.
const TROUBLE_MS: (u64, u64) = (3_000, 25_000);
/// Who dies for good does so within this time after the order, milliseconds: a job without troubles
/// takes longer.
const DEATH_MS: u64 = 1_500;
/// A crashed node stays down for this long, milliseconds.
const DOWN_MS: (u64, u64) = (200, 5_000);
/// Messages of another network that a run is given.
const FOREIGN: u64 = 12;

/// One line of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When, milliseconds after the beginning.
    pub at_ms: u64,
    /// What.
    pub action: Action,
}

/// What a script can make happen. Nodes are counted from 0: members, then executors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// A node starts: for the first time, or again after a crash.
    Start {
        /// Which.
        node: Index,
    },
    /// A node orders the scenario's job.
    Submit {
        /// Which.
        node: Index,
    },
    /// Nodes of different groups do not reach each other. Those that no group names form one more.
    Partition {
        /// The groups.
        groups: Vec<Vec<Index>>,
        /// Heals by itself after this long, milliseconds.
        for_ms: Option<u64>,
    },
    /// All partitions end.
    Heal,
    /// A node loses power.
    Crash {
        /// Which.
        node: Index,
        /// After so many more effects: a crash may fall between any two.
        effects: u32,
        /// Starts again after this long, milliseconds; none: it stays down until it is started.
        down_ms: Option<u64>,
    },
    /// A node's clock is set off.
    Clock {
        /// Which.
        node: Index,
        /// How far from the true time, milliseconds.
        ms: i64,
    },
    /// A node hears bytes of another network.
    Foreign {
        /// Which.
        node: Index,
        /// Number of the message, counted round.
        message: u64,
    },
}

impl Action {
    /// The nodes that it names.
    pub fn nodes(&self) -> Vec<Index> {
        match self {
            Action::Start { node }
            | Action::Submit { node }
            | Action::Crash { node, .. }
            | Action::Clock { node, .. }
            | Action::Foreign { node, .. } => vec![*node],
            Action::Partition { groups, .. } => groups.concat(),
            Action::Heal => Vec::new(),
        }
    }
}

impl Step {
    /// A step at a time in milliseconds after the beginning.
    pub fn at(at_ms: u64, action: Action) -> Self {
        Self { at_ms, action }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let at = self.at_ms;
        if at > 86_400_000 {
            return Err(format!("the step at {at} ms lies beyond a day"));
        }
        match &self.action {
            Action::Partition { groups, for_ms } => {
                let mut nodes = groups.concat();
                nodes.sort_unstable();
                if nodes.is_empty() || nodes.windows(2).any(|w| w[0] == w[1]) {
                    return Err(format!("the partition at {at} ms names no node, or one twice"));
                }
                if for_ms.is_some_and(|ms| ms > 86_400_000) {
                    return Err(format!("the partition at {at} ms lasts over a day"));
                }
                Ok(())
            }
            Action::Crash { effects, .. } if *effects > 10_000 => {
                Err(format!("the crash at {at} ms waits for over 10000 effects"))
            }
            Action::Clock { ms, .. } if ms.unsigned_abs() > START_S * 1000 / 2 => {
                Err(format!("the clock at {at} ms is set off by decades"))
            }
            _ => Ok(()),
        }
    }
}

impl Scenario {
    /// The same run with every trouble written down: what was given by its number becomes steps and
    /// named adversaries. A run of either has the same trace.
    pub fn drawn(&self) -> Self {
        let mut dice = Dice::new(self.seed, 3);
        let mut drawn = Self {
            byzantine: 0,
            strategy: None,
            crashes: 0,
            lost_members: 0,
            partitions: 0,
            skew_ms: 0,
            fast_clock_ms: 0,
            foreign: false,
            ..self.clone()
        };
        for node in 0..self.byzantine {
            let any = Strategy::ALL[dice.below(Strategy::ALL.len() as u64) as usize];
            if !drawn.adversaries.iter().any(|(known, _)| *known == node) {
                drawn.adversaries.push((node, self.strategy.unwrap_or(any)));
            }
        }
        let mut steps = self.drawn_clocks(&mut dice);
        steps.extend(self.drawn_troubles(&mut dice, &drawn.adversaries));
        if self.foreign {
            steps.extend((0..FOREIGN).map(|_| {
                let (node, message) = (dice.below(self.nodes() as u64) as usize, dice.below(1 << 16));
                Step::at(dice.between(1_000, 25_000), Action::Foreign { node, message })
            }));
        }
        drawn.script.extend(steps);
        drawn.script.sort_by_key(|step| step.at_ms);
        drawn
    }

    fn drawn_clocks(&self, dice: &mut Dice) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.skew_ms > 0 {
            steps.extend((0..self.nodes()).map(|node| {
                let ms = dice.below(2 * self.skew_ms + 1) as i64 - self.skew_ms as i64;
                Step::at(0, Action::Clock { node, ms })
            }));
        }
        if self.fast_clock_ms > 0 {
            let node = dice.below(self.members as u64) as usize;
            steps.push(Step::at(0, Action::Clock { node, ms: self.fast_clock_ms as i64 }));
        }
        steps
    }

    fn drawn_troubles(&self, dice: &mut Dice, adversaries: &[(Index, Strategy)]) -> Vec<Step> {
        let orders = self.script.iter().filter(|s| matches!(s.action, Action::Submit { .. }));
        let order_ms = orders.map(|s| s.at_ms).min().unwrap_or(SUBMIT_MS);
        let (from, to) = (order_ms.saturating_sub(TROUBLE_MS.0), order_ms + TROUBLE_MS.1);
        let rogue = |node: &Index| adversaries.iter().any(|(rogue, _)| rogue == node);
        let honest: Vec<Index> = (0..self.nodes()).filter(|node| !rogue(node)).collect();
        let mut steps = Vec::new();
        for _ in 0..self.crashes {
            let node = honest[dice.below(honest.len() as u64) as usize];
            let at_ms = dice.between(from, to);
            let effects = dice.below(30) as u32;
            let down_ms = Some(dice.between(DOWN_MS.0, DOWN_MS.1));
            steps.push(Step::at(at_ms, Action::Crash { node, effects, down_ms }));
        }
        for _ in 0..self.partitions {
            let node = honest[dice.below(honest.len() as u64) as usize];
            let at_ms = dice.between(from, to);
            let for_ms = Some(dice.between(1_000, 8_000));
            steps.push(Step::at(at_ms, Action::Partition { groups: vec![vec![node]], for_ms }));
        }
        let members = honest.iter().copied().filter(|i| *i < self.members && *i != self.author());
        for node in members.take(self.lost_members) {
            let at_ms = dice.between(order_ms, order_ms + DEATH_MS);
            steps.push(Step::at(at_ms, Action::Crash { node, effects: 0, down_ms: None }));
        }
        steps
    }
}
