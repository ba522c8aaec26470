//! What a comparison may cost, in steps, and how the cost is shared out.
//!
//! A step is about 4 ns on one core of the 2020s, at worst; the weights below are fitted to timings
//! of hostile texts. Steps are counted from sizes before the work is done, never by a clock.

/// Steps that comparing one job may take: 2 s at worst. It is made within one call of the core, so
/// it holds a member up; see docs/decisions/0014.
pub const MAX_COST: u64 = READ + NEAR + REGISTERED + EXPLORED + BESIDE + DIFFS;

/// Steps for reading and normalising answers.
const READ: u64 = 70_000_000;
/// Steps for what grows as the texts do: words, sentences, refusals, similarities.
const NEAR: u64 = 180_000_000;
/// Steps for the chances of what a study plan registers.
const REGISTERED: u64 = 100_000_000;
/// Steps for the chances of everything else.
const EXPLORED: u64 = 90_000_000;
/// Steps for setting open models beside vendors.
const BESIDE: u64 = 20_000_000;
/// Steps for diffs.
const DIFFS: u64 = 40_000_000;

/// Reading one byte: normalising it, at worst.
pub(super) const READ_BYTE: u64 = 8;
/// The same of a text in ASCII, which takes no tables.
pub(super) const READ_ASCII_BYTE: u64 = 1;
/// Taking one character apart: into words, sentences and numbers, at worst.
pub(super) const PREPARE_CHAR: u64 = 32;
/// The same of a text in ASCII.
pub(super) const PREPARE_ASCII_CHAR: u64 = 8;
/// Looking at one word of one text in one pair of them.
pub(super) const NEAR_WORD: u64 = 6;
/// Looking at one word of one side in one pair of regions.
pub(super) const SPLIT_WORD: u64 = 8;
/// Whatever is looked at costs this once.
pub(super) const EACH: u64 = 64;

/// Some steps, and among how many they are still to be shared. What one does not use falls to those
/// after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purse {
    left: u64,
    sharers: u64,
}

impl Purse {
    pub(super) fn new(left: u64, sharers: u64) -> Self {
        Self { left, sharers }
    }

    /// The same, among so many.
    pub(super) fn among(self, sharers: u64) -> Self {
        Self { sharers, ..self }
    }

    /// What the next one may spend.
    pub(super) fn share(&self) -> u64 {
        self.left / self.sharers.max(1)
    }

    /// The next one's share as a purse of its own, among so many.
    pub(super) fn split(&self, sharers: u64) -> Self {
        Self::new(self.share(), sharers)
    }

    /// Takes what the next one has spent of the purse that it got.
    pub(super) fn take_back(&mut self, given: Self) {
        self.spend(self.share().saturating_sub(given.left));
    }

    /// What is left for all.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Takes what the next one has spent.
    pub(super) fn spend(&mut self, steps: u64) {
        self.left = self.left.saturating_sub(steps);
        self.sharers = self.sharers.saturating_sub(1);
    }
}

/// The purses of one comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) read: Purse,
    pub(super) near: Purse,
    pub(super) registered: Purse,
    pub(super) explored: Purse,
    pub(super) beside: Purse,
    pub(super) diffs: Purse,
}

impl Budget {
    /// For so many pairs of target and prompt.
    pub(super) fn new(groups: u64) -> Self {
        Self {
            read: Purse::new(READ, groups),
            near: Purse::new(NEAR, groups),
            registered: Purse::new(REGISTERED, 1),
            explored: Purse::new(EXPLORED, groups),
            beside: Purse::new(BESIDE, 1),
            diffs: Purse::new(DIFFS, 1),
        }
    }

    /// Steps spent so far.
    pub(super) fn spent(&self) -> u64 {
        let purses = [self.read, self.near, self.registered, self.explored, self.beside, self.diffs];
        MAX_COST - purses.iter().map(|purse| purse.left).sum::<u64>()
    }
}
