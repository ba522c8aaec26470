//! What a run came to.

use super::cast::START_S;
use super::invariants::violations;
use super::scenario::Scenario;
use super::world::World;
use serde::Serialize;
use std::collections::BTreeMap;
use vantage_protocol::attester::OutcomeView;
use vantage_protocol::id::{Hash, JobId};
use vantage_protocol::proof::{Trust, Verdict, verify};

/// A finished run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Hash over everything that happened: equal seeds of equal scenarios give equal ones.
    pub trace: Hash,
    /// How members broke the rules.
    pub strategies: Vec<String>,
    /// Jobs that were ordered.
    pub jobs: usize,
    /// Jobs that every honest node sees SEALED.
    pub all_sealed: usize,
    /// Honest nodes that see a job SEALED, over all jobs.
    pub sealed: usize,
    /// Honest nodes that see it BOUNDED.
    pub bounded: usize,
    /// Honest nodes that are up and see no outcome.
    pub undecided: usize,
    /// Cells with an answer, by the first honest member's bundle as a stranger verifies it.
    pub answered: u64,
    /// Cells of the jobs, by the same.
    pub cells: u64,
    /// Events and effects.
    pub events: u64,
    /// The same by kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Times at which an honest node noticed a forked log.
    pub forks: u64,
    /// Times at which an honest node held its own clock to be ahead.
    pub clock_alarms: u64,
    /// Simulated time, milliseconds.
    pub virtual_ms: u64,
    /// Which invariants were broken, and where. Empty is what is wanted.
    pub violations: Vec<String>,
}

/// Runs a scenario to its end and checks every invariant.
pub fn run(scenario: &Scenario) -> Outcome {
    let mut world = World::new(scenario);
    world.run();
    Outcome::of(&world)
}

/// The same, with a trace to read.
pub fn trace(scenario: &Scenario) -> (Outcome, Vec<String>) {
    let mut world = World::traced(scenario);
    world.run();
    (Outcome::of(&world), world.trace.text().to_vec())
}

impl Outcome {
    /// What a finished world came to.
    pub fn of(world: &World) -> Self {
        let strategies = world.scenario.adversaries.iter().map(|(_, strategy)| strategy.word()).collect();
        let mut outcome = Self {
            seed: world.scenario.seed,
            trace: world.trace.hash(),
            strategies,
            jobs: world.jobs.len(),
            all_sealed: 0,
            sealed: 0,
            bounded: 0,
            undecided: 0,
            answered: 0,
            cells: 0,
            events: world.trace.lines(),
            kinds: world.trace.kinds().clone(),
            forks: world.ear.forks,
            clock_alarms: world.ear.clock_alarms,
            virtual_ms: world.now_ms - START_S * 1000,
            violations: violations(world),
        };
        world.jobs.iter().for_each(|job| outcome.count(world, job));
        outcome
    }

    fn count(&mut self, world: &World, job: &JobId) {
        let before = self.bounded + self.undecided;
        for attester in world.nodes.iter().filter(|n| n.is_honest()).filter_map(|n| n.attester.as_ref()) {
            match attester.job(job).and_then(|view| view.outcome) {
                Some(OutcomeView::Sealed { .. }) => self.sealed += 1,
                Some(OutcomeView::Bounded) => self.bounded += 1,
                None => self.undecided += 1,
            }
        }
        self.all_sealed += usize::from(self.bounded + self.undecided == before);
        if let Some(verdict) = stranger(world, job) {
            self.answered += verdict.cells.as_ref().map_or(0, |cells| cells.answered);
            self.cells += verdict.cells_total;
        }
    }
}

/// A stranger's verdict on the first honest member's bundle.
fn stranger(world: &World, job: &JobId) -> Option<Verdict> {
    world.nodes.iter().take(world.scenario.members).filter(|n| n.is_honest()).find_map(|node| {
        let bundle = node.attester.as_ref()?.job(job)?.bundle?;
        let trust = Trust::Hash(world.cast.genesis.net());
        Some(verify(bundle, &|cid| node.disk.serve(cid).map(<[u8]>::to_vec), &trust))
    })
}
