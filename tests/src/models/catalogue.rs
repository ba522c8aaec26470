//! Every configuration that is checked, and exactly what its visit must find.

use super::Committee;
use super::check::{Outcome, counterexamples, visit};
use super::closing::{Close, Closing, Effective, Kind, Passed};
use super::finality::{Deadline, Early, Finality};
use Kind::{Copied, Decline, Other, Own};

const FOUR: Committee = Committee::of(4);
const SEVEN: Committee = Committee::of(7);
const TEN: Committee = Committee::of(10);

/// A configuration of one of the models.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Closing with early reveal.
    Closing(Closing),
    /// Ack and Final with early Final.
    Finality(Finality),
}

/// A configuration and what its visit must find.
#[derive(Clone, Debug)]
pub struct Case {
    /// The configuration in words.
    pub name: &'static str,
    /// The configuration.
    pub subject: Subject,
    /// Different states; `None` where every property is decided early, so that the number depends on the threads.
    pub states: Option<usize>,
    /// Letters of the properties that must fail, and no others: empty for the rule itself.
    pub violated: &'static str,
    /// Letters of the situations that must never be met, and no others.
    pub unreached: &'static str,
    /// Takes minutes and gigabytes.
    pub large: bool,
}

impl Case {
    fn new(name: &'static str, subject: Subject) -> Self {
        Case { name, subject, states: None, violated: "", unreached: "", large: false }
    }

    fn closing(name: &'static str, closing: Closing) -> Self {
        Case::new(name, Subject::Closing(closing))
    }

    fn finality(name: &'static str, finality: Finality) -> Self {
        Case::new(name, Subject::Finality(finality))
    }

    fn states(self, states: usize) -> Self {
        Case { states: Some(states), ..self }
    }

    fn violates(self, violated: &'static str) -> Self {
        Case { violated, ..self }
    }

    fn never(self, unreached: &'static str) -> Self {
        Case { unreached, ..self }
    }

    fn large(self) -> Self {
        Case { large: true, ..self }
    }

    /// The model's name.
    pub fn model(&self) -> &'static str {
        match self.subject {
            Subject::Closing(_) => "closing",
            Subject::Finality(_) => "finality",
        }
    }

    /// Whether this is a rule with a mistake in it, which must be caught.
    pub fn is_mutant(&self) -> bool {
        !self.violated.is_empty()
    }

    /// Visits every state.
    pub fn run(&self) -> Outcome {
        match &self.subject {
            Subject::Closing(model) => visit(model),
            Subject::Finality(model) => visit(model),
        }
    }

    /// A shortest run into each violation of `outcome`.
    pub fn counterexamples(&self, outcome: &Outcome) -> Vec<(&'static str, Vec<String>)> {
        match &self.subject {
            Subject::Closing(model) => counterexamples(model, outcome),
            Subject::Finality(model) => counterexamples(model, outcome),
        }
    }

    /// Where `outcome` is not what this case demands; empty when it is.
    pub fn differences(&self, outcome: &Outcome) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, wanted: &str, found: &str| {
            if wanted != found {
                differences.push(format!(
                    "{} ({}): {what} {wanted:?} expected, {found:?} found",
                    self.name,
                    self.model()
                ));
            }
        };
        compare("violated properties", self.violated, &outcome.violated);
        compare("situations never met", self.unreached, &outcome.unreached);
        if let Some(states) = self.states {
            compare("states", &states.to_string(), &outcome.states.to_string());
        }
        differences
    }
}

/// Every case: the rules, then their mutants, model by model.
pub fn cases() -> Vec<Case> {
    [closing_holds(), closing_mutants(), finality_holds(), finality_mutants()].concat()
}

fn closing_rule() -> Closing {
    Closing {
        committee: FOUR,
        pairs: 1,
        kinds: &[Own, Other, Copied, Decline],
        leaves: 2,
        logs: 1,
        second_log_counts: false,
        backdates: false,
        close: Close::PerPair,
        effective: Effective::LowestIndex,
        passed: Passed::QuorumOfMembers,
    }
}

fn closing_holds() -> Vec<Case> {
    let rule = closing_rule();
    let pairs = Closing { pairs: 2, kinds: &[Own, Copied], ..rule.clone() };
    let longer = Closing { kinds: &[Own, Copied], leaves: 3, ..rule.clone() };
    let longer_declines = Closing { kinds: &[Own, Copied, Decline], ..longer.clone() };
    let logs = Closing { kinds: &[Own, Copied, Decline], leaves: 1, logs: 2, ..rule.clone() };
    let seven = Closing { committee: SEVEN, leaves: 1, ..rule.clone() };
    let seven_two = Closing { committee: SEVEN, kinds: &[Own, Copied], ..rule.clone() };
    let seven_declines = Closing { kinds: &[Decline, Copied], ..seven_two.clone() };
    let seven_all = Closing { kinds: &[Own, Copied, Decline], ..seven_two.clone() };
    let slow = Closing { close: Close::DeadlineOnly, ..one_leaf() };
    vec![
        Case::closing("n=4, 1 pair, 2 leaves (own, other, copied, decline)", rule).states(562_893),
        Case::closing("n=4, 2 pairs, 2 leaves (own, copied)", pairs).states(296_204).never("x"),
        Case::closing("n=4, 1 pair, 3 leaves (own, copied)", longer).states(604_351),
        Case::closing("n=4, 1 pair, two logs of 1 leaf (own, copied, decline)", logs)
            .states(74_530)
            .never("x"),
        Case::closing("n=7, 1 pair, 1 leaf (own, other, copied, decline)", seven).states(17_355).never("x"),
        Case::closing("n=7, 1 pair, 2 leaves (own, copied)", seven_two).states(597_579),
        Case::closing("n=7, 1 pair, 2 leaves (decline, copied)", seven_declines).states(597_579),
        Case::closing("n=4, slow but safe: the deadline alone closes", slow).states(190).never("wx"),
        Case::closing("n=4, 1 pair, 3 leaves (own, copied, decline)", longer_declines)
            .states(23_231_412)
            .large(),
        Case::closing("n=7, 1 pair, 2 leaves (own, copied, decline)", seven_all).states(24_535_500).large(),
    ]
}

/// A log of one leaf is enough for many attacks.
fn one_leaf() -> Closing {
    Closing { kinds: &[Own, Copied], leaves: 1, ..closing_rule() }
}

fn closing_mutants() -> Vec<Case> {
    let (rule, one) = (closing_rule(), one_leaf());
    let per_slot = Closing { close: Close::PerSlot, ..one.clone() };
    let per_executor = Closing { close: Close::PerExecutor, pairs: 2, leaves: 2, ..one.clone() };
    let declined = Closing { effective: Effective::CommitBeatsDecline, ..rule.clone() };
    let highest = Closing { effective: Effective::HighestIndex, ..rule.clone() };
    let second_log = Closing { logs: 2, second_log_counts: true, ..one.clone() };
    let own_clock = Closing { passed: Passed::OwnClock, ..one.clone() };
    let two_keys = Closing { passed: Passed::QuorumOfKeys, ..one.clone() };
    let backdating = Closing { backdates: true, ..one.clone() };
    let no_deadline = Closing { close: Close::StatementsOnly, ..one };
    let too_many = Closing { committee: Committee { faulty: 2, ..FOUR }, ..rule };
    vec![
        Case::closing("mutant: closing per slot", per_slot).violates("a").states(250),
        Case::closing("mutant: closing per executor", per_executor).violates("a").states(314_396),
        Case::closing("mutant: a commit after a decline has effect", declined).violates("ab").states(562_893),
        Case::closing("mutant: the highest index has effect", highest).violates("ab").states(562_893),
        Case::closing("mutant: a second log counts", second_log).violates("ab").states(8_803),
        Case::closing("mutant: reveal on one's own clock", own_clock).violates("a").states(310),
        Case::closing("mutant: two keys of one member count as two", two_keys).violates("a").states(274),
        Case::closing("mutant: witnesses date backwards", backdating).violates("a").states(242),
        Case::closing("mutant: no way out by the deadline", no_deadline)
            .violates("c")
            .states(110)
            .never("xy"),
        Case::closing("mutant: 2 faulty members of 4", too_many).violates("abc"),
    ]
}

fn finality_rule() -> Finality {
    Finality {
        committee: FOUR,
        pairs: 3,
        bad: true,
        fast_clocks: None,
        early: Early::AllByMe,
        deadline: Deadline::QuorumOfMembers,
        ack_after_final: false,
        omits_last: false,
        private_verdicts: false,
    }
}

fn finality_holds() -> Vec<Case> {
    let rule = finality_rule();
    let four_pairs = Finality { pairs: 4, bad: false, ..rule.clone() };
    let seven = Finality { committee: SEVEN, pairs: 2, ..rule.clone() };
    let seven_three = Finality { committee: SEVEN, bad: false, ..rule.clone() };
    let ten = Finality { committee: TEN, pairs: 2, bad: false, ..rule.clone() };
    let timely = Finality { fast_clocks: Some(1), ..rule.clone() };
    let timely_seven = Finality { fast_clocks: Some(2), ..seven.clone() };
    vec![
        Case::finality("n=4, 3 pairs", rule).states(14_248),
        Case::finality("n=4, 4 pairs, none bad", four_pairs).states(26_450),
        Case::finality("n=7, 2 pairs", seven).states(26_259),
        Case::finality("n=7, 3 pairs, none bad", seven_three).states(201_663),
        Case::finality("n=10, 2 pairs, none bad", ten).states(90_992),
        Case::finality("n=4, 3 pairs, timely, 1 fast clock", timely).states(2_320).never("z"),
        Case::finality("n=7, 2 pairs, timely, 2 fast clocks", timely_seven).states(3_087).never("z"),
    ]
}

fn finality_mutants() -> Vec<Case> {
    let rule = Finality { pairs: 2, bad: false, ..finality_rule() };
    let own_clock = Finality { deadline: Deadline::OwnClock, fast_clocks: Some(1), ..rule.clone() };
    let too_fast = Finality { fast_clocks: Some(2), ..rule.clone() };
    let acks_on = Finality { ack_after_final: true, ..rule.clone() };
    let omits = Finality { omits_last: true, ..rule.clone() };
    let small_quorum = Finality { committee: Committee { quorum: 2, ..FOUR }, ..rule.clone() };
    let by_others = Finality { early: Early::AllByQuorum, fast_clocks: Some(1), ..rule.clone() };
    let no_deadline = Finality { deadline: Deadline::Never, ..rule.clone() };
    let private = Finality { private_verdicts: true, ..rule };
    vec![
        Case::finality("mutant: Final on one's own clock (timely, 1 fast clock)", own_clock)
            .violates("f")
            .states(186)
            .never("z"),
        Case::finality("limit: q-f fast clocks (timely)", too_fast).violates("f").states(433),
        Case::finality("mutant: acks after the Final", acks_on).violates("ace").states(1_748),
        Case::finality("mutant: the Final omits an ack", omits).violates("ace").states(1_050).never("y"),
        Case::finality("mutant: quorum of q-1", small_quorum).violates("abc").states(731).never("z"),
        Case::finality("mutant: early once others acknowledged (timely)", by_others)
            .violates("f")
            .states(195),
        Case::finality("mutant: no way out by the deadline", no_deadline)
            .violates("d")
            .states(220)
            .never("z"),
        Case::finality("mutant: verdicts that differ", private).violates("e").states(5_856),
    ]
}
