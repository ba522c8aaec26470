//! Members that break the rules. Each runs the real core and tampers with what goes in and comes out:
//! so whatever it signs is as well-formed as what honest members sign.

mod leaves;
mod twin;
mod witness;

use super::event::{Event, Index};
use super::world::World;
use vantage_protocol::attester::{Effect, Input, Record, Stream};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{JobId, Salt};
use vantage_protocol::receipt::Receipt;

/// How a member breaks the rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Strategy {
    /// Says nothing from some moment on.
    Silent,
    /// Runs twice with the same keys, the second time from an older state, and shows each half of the
    /// network another one: its log forks.
    Fork,
    /// Commits to what others have revealed, and dates its own cosignature of that before the deadline.
    LateCopy,
    /// Declines a slot and then commits to it.
    DeclineThenCommit,
    /// Commits twice to a slot, and reveals the second.
    TwoCommits,
    /// Makes two Finals, of which the second stands for nothing.
    TwoFinals,
    /// Acknowledges again after its Final.
    AckAfterFinal,
    /// Calls everything bad.
    Slander,
    /// Commits and never reveals.
    Withhold,
    /// Reveals what it did not commit to.
    FalseReveal,
    /// Links a proof that proves nothing.
    FalseProof,
    /// Commits to receipts that lack cells, repeat them, or link outputs that nobody has.
    WrongReceipts,
    /// Cosigns whatever it is asked for, with dates far in the future and in the past.
    FalseTimes,
    /// Tells everybody that it has seen more of their logs than there is.
    LongerLog,
    /// Serves no block and no leaf.
    Hoard,
    /// Answers and gossips bytes that mean nothing.
    Garbage,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Strategy; 16] = [
        Strategy::Silent,
        Strategy::Fork,
        Strategy::LateCopy,
        Strategy::DeclineThenCommit,
        Strategy::TwoCommits,
        Strategy::TwoFinals,
        Strategy::AckAfterFinal,
        Strategy::Slander,
        Strategy::Withhold,
        Strategy::FalseReveal,
        Strategy::FalseProof,
        Strategy::WrongReceipts,
        Strategy::FalseTimes,
        Strategy::LongerLog,
        Strategy::Hoard,
        Strategy::Garbage,
    ];

    /// What it does, for people.
    pub fn about(self) -> &'static str {
        match self {
            Strategy::Silent => "Says nothing from some moment on.",
            Strategy::Fork => {
                "Runs twice with the same keys, the second time from an older state, and shows each half of the network another one: its log forks."
            }
            Strategy::LateCopy => {
                "Commits to what others have revealed, and dates its own cosignature of that before the deadline."
            }
            Strategy::DeclineThenCommit => "Declines a slot and then commits to it.",
            Strategy::TwoCommits => "Commits twice to a slot, and reveals the second.",
            Strategy::TwoFinals => "Makes two Finals, of which the second stands for nothing.",
            Strategy::AckAfterFinal => "Acknowledges again after its Final.",
            Strategy::Slander => "Calls everything bad.",
            Strategy::Withhold => "Commits and never reveals.",
            Strategy::FalseReveal => "Reveals what it did not commit to.",
            Strategy::FalseProof => "Links a proof that proves nothing.",
            Strategy::WrongReceipts => {
                "Commits to receipts that lack cells, repeat them, or link outputs that nobody has."
            }
            Strategy::FalseTimes => {
                "Cosigns whatever it is asked for, with dates far in the future and in the past."
            }
            Strategy::LongerLog => "Tells everybody that it has seen more of their logs than there is.",
            Strategy::Hoard => "Serves no block and no leaf.",
            Strategy::Garbage => "Answers and gossips bytes that mean nothing.",
        }
    }

    /// The strategy of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.word() == word)
    }

    /// The word for the command line and for scenario files.
    pub fn word(self) -> String {
        let name = format!("{self:?}");
        let mut word = String::new();
        for (i, c) in name.chars().enumerate() {
            if c.is_ascii_uppercase() && i > 0 {
                word.push('-');
            }
            word.push(c.to_ascii_lowercase());
        }
        word
    }
}

/// A member that breaks the rules.
#[derive(Clone, Debug)]
pub struct Rogue {
    /// How.
    pub strategy: Strategy,
    /// Since when it is silent, by the world's clock.
    silent_ms: Option<u64>,
    /// Slots that it has run and not committed to yet.
    kept: Vec<(JobId, u32, Salt)>,
}

/// How often a rogue looks at what it can do, milliseconds.
const SCHEME_MS: u64 = 300;

impl World {
    /// Makes the scenario's adversaries.
    pub(super) fn plan_rogues(&mut self) {
        for (node, strategy) in self.scenario.adversaries.clone() {
            let start_ms = self.now_ms;
            let silent_ms = (strategy == Strategy::Silent).then(|| start_ms + self.dice.below(20_000));
            self.nodes[node].rogue = Some(Rogue { strategy, silent_ms, kept: Vec::new() });
            self.schedule(start_ms + SCHEME_MS, node, Event::Scheme);
            if strategy == Strategy::Fork {
                self.add_twin(node);
            }
        }
    }

    /// Strategy of a node, if it is a rogue.
    pub(super) fn strategy(&self, node: Index) -> Option<Strategy> {
        self.nodes[node].rogue.as_ref().map(|r| r.strategy)
    }

    /// Whether a node gives its blocks away.
    pub(super) fn serves(&self, node: Index) -> bool {
        self.strategy(node) != Some(Strategy::Hoard) && !self.is_silent(node)
    }

    fn is_silent(&self, node: Index) -> bool {
        let since = self.nodes[node].rogue.as_ref().and_then(|r| r.silent_ms);
        since.is_some_and(|since| self.now_ms >= since)
    }

    /// What a rogue makes of an effect of its core: none to leave it alone, some to do this instead.
    pub(super) fn tamper(&mut self, node: Index, effect: &Effect) -> Option<Vec<Effect>> {
        let strategy = self.strategy(node)?;
        let speaks = matches!(
            effect,
            Effect::Gossip(_) | Effect::Reply { .. } | Effect::Ask { .. } | Effect::Relay { .. }
        );
        if speaks && self.is_silent(node) {
            return Some(Vec::new());
        }
        match (strategy, effect) {
            (Strategy::Withhold, Effect::Persist(Record::Salted { .. })) => Some(Vec::new()),
            (Strategy::LateCopy, Effect::Gossip(bytes)) => {
                self.backdated(node, bytes).map(|bytes| vec![Effect::Gossip(bytes)])
            }
            (Strategy::Garbage, Effect::Gossip(bytes)) => {
                let mut garbled = bytes.clone();
                let at = self.dice.below(garbled.len() as u64) as usize;
                garbled[at] ^= 1 << self.dice.below(8);
                Some(vec![Effect::Gossip(garbled), Effect::Gossip(self.dice.bytes32().to_vec())])
            }
            _ => None,
        }
    }

    /// What a rogue answers to a request itself: none to let its core answer, `Some(None)` for nothing.
    pub(super) fn rogue_answer(
        &mut self,
        node: Index,
        stream: Stream,
        bytes: &[u8],
    ) -> Option<Option<Vec<u8>>> {
        let strategy = self.strategy(node)?;
        if self.is_silent(node) {
            return Some(None);
        }
        match (strategy, stream) {
            (Strategy::FalseTimes, Stream::Witness) => self.false_time(node, bytes).map(Some),
            (Strategy::LongerLog, Stream::Witness) => Some(Some(witness::longer())),
            (Strategy::Hoard, Stream::Log | Stream::Certs) => Some(None),
            (Strategy::Garbage, _) => Some(Some(self.dice.bytes32().to_vec())),
            _ => None,
        }
    }

    /// A slot was run. A rogue may tell its core something else, or keep it to itself for now.
    pub(super) fn executed(&mut self, node: Index, job: JobId, slot: u32, salt: Salt, cells: Vec<Receipt>) {
        self.milestones.executed(self.now_ms, job, slot);
        let cells = match self.strategy(node) {
            Some(Strategy::WrongReceipts) => self.wrong(cells),
            Some(Strategy::LateCopy) => {
                if let Some(rogue) = &mut self.nodes[node].rogue {
                    rogue.kept.push((job, slot, salt));
                }
                return;
            }
            _ => cells,
        };
        self.input(node, Input::Executed { job, slot, salt, cells });
    }

    fn wrong(&mut self, mut cells: Vec<Receipt>) -> Vec<Receipt> {
        match self.dice.below(4) {
            0 => {
                cells.pop();
            }
            1 => cells.extend(cells.first().cloned()),
            2 => cells.reverse(),
            _ => {
                let nowhere = Cid::raw(&self.dice.bytes32());
                cells.iter_mut().filter(|c| c.output.is_some()).for_each(|c| c.output = Some(nowhere));
            }
        }
        cells
    }

    /// A rogue looks at what it can do now.
    pub(super) fn scheme(&mut self, node: Index) {
        if self.strategy(node) == Some(Strategy::LateCopy) {
            self.copy_reveal(node);
        }
        self.schedule(self.now_ms + SCHEME_MS, node, Event::Scheme);
    }
}
