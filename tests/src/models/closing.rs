//! Closing a job with early reveal (PROTOCOL section 3 "Close"; invariants I2 and I3).
//!
//! Two executors. The honest one has one (slot, executor) pair of a job; the attacker has `pairs` of them, builds its log
//! as it likes, shows different branches to different witnesses, and can copy what the honest one has revealed. An honest
//! witness cosigns one branch of a log, only ever extends it, and never dates backwards. The honest executor reveals once
//! every assigned pair has a certified statement, or once q members were seen dating after the deadline.

mod branch;

pub use branch::{Kind, Leaf, Leaves, Signed, Witness};

use super::Committee;
use branch::{LEAVES_MAX, LOGS_MAX, lists};
use stateright::{Model, Property};

/// When a job counts as closed for commits. All but [`Close::PerPair`] are mutants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Close {
    /// The rule: every assigned (slot, executor) has a certified statement, or the deadline was seen to pass.
    PerPair,
    /// Every slot has one. An accomplice that is not assigned has a certified commit naming the attacker's slot, from the start.
    PerSlot,
    /// Every executor has one, for whichever of its slots.
    PerExecutor,
    /// Only the deadline closes: slow, and safe.
    DeadlineOnly,
    /// Only the statements close: no way out when one never comes.
    StatementsOnly,
}

/// Which of several statements of a pair has effect. All but [`Effective::LowestIndex`] are mutants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effective {
    /// The rule: the one at the lowest index.
    LowestIndex,
    /// The last one.
    HighestIndex,
    /// A commit, even after a decline.
    CommitBeatsDecline,
}

/// What shows that the deadline has passed. All but [`Passed::QuorumOfMembers`] are mutants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Passed {
    /// The rule: the committee witness keys of q different members, dated after it.
    QuorumOfMembers,
    /// The executor's own clock.
    OwnClock,
    /// q keys of any kind: a member's committee key and its key for foreign logs both count.
    QuorumOfKeys,
}

/// One configuration of the model.
#[derive(Clone, Debug)]
pub struct Closing {
    /// Who cosigns.
    pub committee: Committee,
    /// (slot, executor) pairs of the attacker.
    pub pairs: u8,
    /// What the attacker's leaves may say.
    pub kinds: &'static [Kind],
    /// Leaves in a log of the attacker, at most 3.
    pub leaves: usize,
    /// Logs the attacker runs, at most 2.
    pub logs: usize,
    /// Mutant: statements in the second log count. It stands for honest witnesses signing two branches of one log, too.
    pub second_log_counts: bool,
    /// Mutant: honest witnesses may date on time after having dated late.
    pub backdates: bool,
    /// When the job closes.
    pub close: Close,
    /// Which statement has effect.
    pub effective: Effective,
    /// What shows that the deadline has passed.
    pub passed: Passed,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The honest members, sorted.
    pub witnesses: Vec<Witness>,
    /// The honest executor's own commit has its q cosignatures.
    pub certified: bool,
    /// The honest executor has revealed.
    pub revealed: bool,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The honest executor's commit is certified.
    Certify,
    /// The attacker shows a witness a head that extends what it holds, and the witness cosigns.
    Cosign {
        /// Index of the witness.
        witness: usize,
        /// Index of the log.
        log: usize,
        /// What is appended.
        add: Leaves,
        /// How the cosignature is dated.
        dated: Signed,
    },
    /// A witness's clock passes the deadline.
    Pass(usize),
    /// The honest executor reveals.
    Reveal,
}

impl Closing {
    /// Statements the attacker can make now.
    fn alphabet(&self, revealed: bool) -> Vec<Leaf> {
        let kinds = self.kinds.iter().filter(|&&kind| revealed || kind != Kind::Copied);
        kinds.flat_map(|&kind| (0..self.pairs).map(move |pair| Leaf { pair, kind })).collect()
    }

    /// Heads of one log of the attacker that can show q cosignatures of the same head.
    fn certified(&self, state: &State, log: usize, on_time_only: bool) -> Vec<Leaves> {
        let mut heads: Vec<(Leaves, usize)> = Vec::with_capacity(8);
        for witness in &state.witnesses {
            for head in witness.branches[log].heads(on_time_only) {
                match heads.iter_mut().find(|(seen, _)| *seen == head) {
                    Some((_, signers)) => *signers += 1,
                    None => heads.push((head, 1)),
                }
            }
        }
        heads
            .into_iter()
            .filter(|&(_, signers)| self.committee.reached(signers))
            .map(|(head, _)| head)
            .collect()
    }

    fn effective_in(&self, head: &Leaves, pair: u8) -> Option<Leaf> {
        let mut named = head.iter().flatten().copied().filter(|leaf| leaf.pair == pair);
        match self.effective {
            Effective::LowestIndex => named.next(),
            Effective::HighestIndex => named.next_back(),
            Effective::CommitBeatsDecline => {
                named.clone().find(|leaf| leaf.kind != Kind::Decline).or_else(|| named.next())
            }
        }
    }

    /// Every statement that somebody, shown some certified head, would take for the effective one of the pair.
    fn effective(&self, state: &State, pair: u8, on_time_only: bool) -> Vec<Leaf> {
        let logs = if self.second_log_counts { self.logs } else { 1 };
        let heads = (0..logs).flat_map(|log| self.certified(state, log, on_time_only));
        let mut leaves: Vec<Leaf> = heads.filter_map(|head| self.effective_in(&head, pair)).collect();
        leaves.sort();
        leaves.dedup();
        leaves
    }

    /// Whether the honest executor may reveal when `helping` faulty members give late dates.
    fn may_reveal(&self, state: &State, helping: usize) -> bool {
        let late = state.witnesses.iter().filter(|w| w.late).count() + helping;
        let passed = match self.passed {
            Passed::QuorumOfMembers => late >= self.committee.quorum,
            Passed::OwnClock => true,
            Passed::QuorumOfKeys => 2 * late >= self.committee.quorum,
        };
        let has_statement = |pair| !self.effective(state, pair, false).is_empty();
        let stated = match self.close {
            Close::PerPair | Close::StatementsOnly => (0..self.pairs).all(has_statement),
            Close::PerExecutor => (0..self.pairs).any(has_statement),
            Close::PerSlot => true,
            Close::DeadlineOnly => false,
        };
        (state.certified && stated) || (passed && self.close != Close::StatementsOnly)
    }

    fn copy_is_certified(&self, state: &State, on_time_only: bool) -> bool {
        let copied = |head: &Leaves| head.iter().flatten().any(|leaf| leaf.kind == Kind::Copied);
        self.certified(state, 0, on_time_only).iter().any(copied)
    }
}

impl Model for Closing {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        assert!(
            self.leaves <= LEAVES_MAX && self.logs <= LOGS_MAX,
            "the configuration exceeds the state's arrays"
        );
        let witnesses = vec![Witness::default(); self.committee.honest()];
        vec![State { witnesses, certified: false, revealed: false }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        if !state.certified {
            steps.push(Step::Certify);
        }
        if !state.revealed && self.may_reveal(state, self.committee.faulty) {
            steps.push(Step::Reveal);
        }
        let alphabet = self.alphabet(state.revealed);
        for (i, witness) in state.witnesses.iter().enumerate() {
            if i > 0 && state.witnesses[i - 1] == *witness {
                continue; // equal members: one of them is enough
            }
            if !witness.late {
                steps.push(Step::Pass(i));
            }
            for log in 0..self.logs {
                for add in lists(&alphabet, self.leaves - witness.branches[log].len()) {
                    if !witness.late || self.backdates {
                        steps.push(Step::Cosign { witness: i, log, add, dated: Signed::OnTime });
                    }
                    if witness.late {
                        steps.push(Step::Cosign { witness: i, log, add, dated: Signed::Late });
                    }
                }
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut state = state.clone();
        match step {
            Step::Certify => state.certified = true,
            Step::Reveal => state.revealed = true,
            Step::Pass(i) => state.witnesses[i].late = true,
            Step::Cosign { witness, log, add, dated } => {
                state.witnesses[witness].branches[log].extend(&add, dated);
            }
        }
        state.witnesses.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "a: no effective on-time commit is fixed after the reveal (I3)",
                |m: &Closing, s: &State| {
                    let fresh =
                        |pair| m.effective(s, pair, true).iter().all(|leaf| leaf.kind != Kind::Copied);
                    (0..m.pairs).all(fresh)
                },
            ),
            Property::always("b: at most one effective statement per pair (I2)", |m: &Closing, s: &State| {
                (0..m.pairs).all(|pair| m.effective(s, pair, false).len() <= 1)
            }),
            // Pass stays possible until all honest members are late: that is where every fair run of the honest ends.
            Property::always(
                "c: faulty members silent, the honest executor can reveal in the end",
                |m: &Closing, s: &State| {
                    s.revealed || s.witnesses.iter().any(|w| !w.late) || m.may_reveal(s, 0)
                },
            ),
            Property::sometimes("w: revealed while no honest member is late", |_: &Closing, s: &State| {
                s.revealed && s.witnesses.iter().all(|w| !w.late)
            }),
            // I3 must speak of effective commits: a copy may well be certified on time, it just has no effect.
            Property::sometimes("x: a copy is certified on time", |m: &Closing, s: &State| {
                m.copy_is_certified(s, true)
            }),
            Property::sometimes("y: a copy is certified, and nothing on time", |m: &Closing, s: &State| {
                m.copy_is_certified(s, false) && m.certified(s, 0, true).is_empty()
            }),
            Property::sometimes("z: honest witnesses hold rival branches", |_: &Closing, s: &State| {
                let mut firsts = s.witnesses.iter().filter_map(|w| w.branches[0].first());
                firsts.next().is_some_and(|one| firsts.any(|other| other != one))
            }),
        ]
    }
}
