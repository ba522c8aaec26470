//! Ack and Final with early Final (PROTOCOL section 3 "ack", "final"; invariants I4, I5 and I6).
//!
//! `pairs` assigned pairs, each with one certified reveal or decline. A member acknowledges them (ok or bad) in any order
//! and then issues its one Final over those it acknowledged ok: early once it has itself acknowledged every pair, else only
//! after q members were seen dating after the deadline. Afterwards it acknowledges nothing. q equal Finals are SEALED.

use super::Committee;
use stateright::{Model, Property};

/// A set of pairs: bit j stands for pair j.
pub type Set = u8;

/// When a Final may come before the deadline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Early {
    /// The rule: this member itself has acknowledged every pair.
    AllByMe,
    /// Mutant: every pair is acknowledged by a quorum of whichever members.
    AllByQuorum,
}

/// What allows a Final with pairs missing. All but [`Deadline::QuorumOfMembers`] are mutants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deadline {
    /// The rule: q members were seen dating after it.
    QuorumOfMembers,
    /// The member's own clock.
    OwnClock,
    /// Nothing: wait for every pair, for ever.
    Never,
}

/// One configuration of the model.
#[derive(Clone, Debug)]
pub struct Finality {
    /// Who acknowledges and finalises.
    pub committee: Committee,
    /// Assigned pairs, at most 8.
    pub pairs: u8,
    /// Whether some reveals may be bad.
    pub bad: bool,
    /// `None`: clocks and deliveries are arbitrary. `Some(x)`: whatever there is to acknowledge reaches every honest
    /// member before the deadline by a true clock, and at most x honest clocks run fast; the full set must then be sealed.
    pub fast_clocks: Option<usize>,
    /// When a Final may come early.
    pub early: Early,
    /// What allows a Final with pairs missing.
    pub deadline: Deadline,
    /// Mutant: members acknowledge after their Final.
    pub ack_after_final: bool,
    /// Mutant: the Final leaves out the acknowledgement made last.
    pub omits_last: bool,
    /// Mutant: ok or bad is no pure function of the reveal (lateness counts, or there are two reveals of one commit).
    pub private_verdicts: bool,
}

/// An honest member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Member {
    /// Acknowledged ok.
    pub ok: Set,
    /// Acknowledged bad.
    pub bad: Set,
    /// The acknowledgement made last; kept only where a mutant omits it.
    pub last: Set,
    /// What its Final holds.
    pub last_word: Option<Set>,
    /// Its dates are after the deadline from now on.
    pub late: bool,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The honest members, sorted.
    pub members: Vec<Member>,
    /// Pairs whose reveal is bad.
    pub bad: Set,
}

/// One step. Members are named by their index in the state before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A member acknowledges a pair.
    Ack {
        /// Index of the member.
        member: usize,
        /// Index of the pair.
        pair: u8,
        /// Acknowledged ok, else bad.
        ok: bool,
    },
    /// A member's clock passes the deadline.
    Pass(usize),
    /// A member issues its Final.
    Final(usize),
}

impl Finality {
    fn all_pairs(&self) -> Set {
        ((1u16 << self.pairs) - 1) as Set
    }

    fn has_all(&self, member: &Member) -> bool {
        member.ok | member.bad == self.all_pairs()
    }

    /// Pairs that a quorum has acknowledged ok, faulty members included.
    fn acknowledged(&self, state: &State) -> Set {
        let signers = |pair: u8| state.members.iter().filter(|m| has(m.ok, pair)).count();
        (0..self.pairs)
            .filter(|&pair| self.committee.reached(signers(pair)))
            .fold(0, |set, pair| set | 1 << pair)
    }

    /// Whether this member may issue its Final when `helping` faulty members acknowledge and date late.
    fn may_finish(&self, state: &State, member: &Member, helping: usize) -> bool {
        let by_quorum = |pair| {
            let signers = state.members.iter().filter(|m| has(m.ok | m.bad, pair)).count();
            signers + helping >= self.committee.quorum
        };
        let early = match self.early {
            Early::AllByMe => self.has_all(member),
            Early::AllByQuorum => (0..self.pairs).all(by_quorum),
        };
        let late = state.members.iter().filter(|m| m.late).count() + helping;
        let passed = match self.deadline {
            Deadline::QuorumOfMembers => late >= self.committee.quorum,
            Deadline::OwnClock => member.late,
            Deadline::Never => false,
        };
        member.last_word.is_none() && (early || passed)
    }

    /// The union of each quorum of Finals. Finals of faulty members in it add nothing: the worst case.
    fn unions(&self, state: &State) -> Vec<Set> {
        let finals: Vec<Set> = state.members.iter().filter_map(|m| m.last_word).collect();
        let choices =
            (0u32..1 << finals.len()).filter(|choice| self.committee.reached(choice.count_ones() as usize));
        let chosen = |choice: u32| finals.iter().enumerate().filter(move |(i, _)| choice >> i & 1 == 1);
        choices.map(|choice| chosen(choice).fold(0, |union, (_, set)| union | set)).collect()
    }

    /// Sets with a quorum of equal Finals when `helping` faulty members sign any of them.
    fn sealed(&self, state: &State, helping: usize) -> Vec<Set> {
        let signers = |set| state.members.iter().filter(|m| m.last_word == Some(set)).count();
        (0..=self.all_pairs()).filter(|&set| signers(set) + helping >= self.committee.quorum).collect()
    }

    fn at_rest(&self, state: &State) -> bool {
        let mut steps = Vec::new();
        self.actions(state, &mut steps);
        steps.is_empty()
    }
}

fn has(set: Set, pair: u8) -> bool {
    set >> pair & 1 == 1
}

impl Model for Finality {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        // pairs are interchangeable: only how many are bad matters
        let bad_most = if self.bad { self.pairs } else { 0 };
        let members = vec![Member::default(); self.committee.honest()];
        (0..=bad_most)
            .map(|bad| State { members: members.clone(), bad: ((1u16 << bad) - 1) as Set })
            .collect()
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        let may_pass = self.fast_clocks.is_none_or(|fast| {
            state.members.iter().all(|m| m.last_word.is_some() || self.has_all(m))
                || state.members.iter().filter(|m| m.late).count() < fast
        });
        for (i, member) in state.members.iter().enumerate() {
            if i > 0 && state.members[i - 1] == *member {
                continue; // equal members: one of them is enough
            }
            if member.last_word.is_none() || self.ack_after_final {
                for pair in (0..self.pairs).filter(|&pair| !has(member.ok | member.bad, pair)) {
                    let truth = !has(state.bad, pair);
                    steps.push(Step::Ack { member: i, pair, ok: truth });
                    if self.private_verdicts {
                        steps.push(Step::Ack { member: i, pair, ok: !truth });
                    }
                }
            }
            if !member.late && may_pass {
                steps.push(Step::Pass(i));
            }
            if self.may_finish(state, member, self.committee.faulty) {
                steps.push(Step::Final(i));
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut state = state.clone();
        match step {
            Step::Ack { member, pair, ok } => {
                let member = &mut state.members[member];
                *(if ok { &mut member.ok } else { &mut member.bad }) |= 1 << pair;
                if self.omits_last {
                    member.last = 1 << pair;
                }
            }
            Step::Pass(i) => state.members[i].late = true,
            Step::Final(i) => state.members[i].last_word = Some(state.members[i].ok & !state.members[i].last),
        }
        state.members.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "a: what is q-acknowledged is in the union of any q Finals (I4)",
                |m: &Finality, s: &State| {
                    let acknowledged = m.acknowledged(s);
                    m.unions(s).iter().all(|union| acknowledged & union == acknowledged)
                },
            ),
            Property::always("b: at most one sealed set (I5)", |m: &Finality, s: &State| {
                m.sealed(s, m.committee.faulty).len() <= 1
            }),
            Property::always(
                "c: a sealed set holds all that is q-acknowledged (I5)",
                |m: &Finality, s: &State| {
                    let acknowledged = m.acknowledged(s);
                    m.sealed(s, m.committee.faulty).iter().all(|set| acknowledged & set == acknowledged)
                },
            ),
            // Pass stays possible until all honest members are late (but for timely runs): then each can issue its Final.
            Property::always(
                "d: faulty members silent, a Final quorum is reached (I6)",
                |m: &Finality, s: &State| {
                    let can = |member: &Member| member.last_word.is_some() || m.may_finish(s, member, 0);
                    m.committee.honest() >= m.committee.quorum
                        && (s.members.iter().any(|member| !member.late) || s.members.iter().all(can))
                },
            ),
            Property::always(
                "e: every honest member has every pair, so SEALED comes",
                |m: &Finality, s: &State| {
                    !m.at_rest(s)
                        || !s.members.iter().all(|member| m.has_all(member))
                        || m.sealed(s, 0).len() == 1
                },
            ),
            Property::always(
                "f: timely run, few fast clocks: the full set is SEALED",
                |m: &Finality, s: &State| {
                    m.fast_clocks.is_none() || !m.at_rest(s) || m.sealed(s, 0) == [m.all_pairs() & !s.bad]
                },
            ),
            Property::sometimes(
                "y: the full set is SEALED while no honest member is late",
                |m: &Finality, s: &State| {
                    s.bad == 0
                        && s.members.iter().all(|member| !member.late)
                        && m.sealed(s, 0) == [m.all_pairs()]
                },
            ),
            Property::sometimes("z: at rest and BOUNDED", |m: &Finality, s: &State| {
                m.at_rest(s) && m.sealed(s, m.committee.faulty).is_empty()
            }),
        ]
    }
}
