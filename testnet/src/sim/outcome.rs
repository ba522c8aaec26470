//! What a run came to.

use super::cast::START_S;
use super::invariants::violations;
use super::rogue::Strategy;
use super::scenario::Scenario;
use super::world::World;
use serde::Serialize;
use std::collections::BTreeMap;
use vantage_protocol::attester::OutcomeView;
use vantage_protocol::id::Hash;
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
    /// Honest nodes that see the job SEALED.
    pub sealed: usize,
    /// Honest nodes that see it BOUNDED.
    pub bounded: usize,
    /// Honest nodes that are up and see no outcome.
    pub undecided: usize,
    /// Cells with an answer, by the first honest member's bundle as a stranger verifies it.
    pub answered: u64,
    /// Cells of the job, by the same.
    pub cells: u64,
    /// Events and effects.
    pub events: u64,
    /// The same by kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Times at which an honest node noticed a forked log.
    pub forks: u64,
    /// Simulated time, milliseconds.
    pub virtual_ms: u64,
    /// Which invariants were broken, and where. Empty is what is wanted.
    pub violations: Vec<String>,
}

/// Runs a scenario to its end and checks every invariant.
pub fn run(scenario: Scenario) -> Outcome {
    let mut world = World::new(scenario);
    world.run();
    Outcome::of(&world)
}

impl Outcome {
    /// What a finished world came to.
    pub fn of(world: &World) -> Self {
        let (mut sealed, mut bounded, mut undecided) = (0, 0, 0);
        for node in world.nodes.iter().filter(|n| n.is_honest()) {
            let Some(attester) = &node.attester else { continue };
            let view = world.job.and_then(|job| attester.job(&job));
            match view.and_then(|v| v.outcome) {
                Some(OutcomeView::Sealed { .. }) => sealed += 1,
                Some(OutcomeView::Bounded) => bounded += 1,
                None => undecided += 1,
            }
        }
        let verdict = stranger(world);
        let answered = verdict.as_ref().and_then(|v| v.cells.as_ref()).map_or(0, |cells| cells.answered);
        let strategies: Vec<Strategy> =
            world.nodes.iter().filter_map(|n| Some(n.rogue.as_ref()?.strategy)).collect();
        Self {
            seed: world.scenario.seed,
            trace: world.trace.hash(),
            strategies: strategies.into_iter().take(world.scenario.byzantine).map(Strategy::word).collect(),
            sealed,
            bounded,
            undecided,
            answered,
            cells: verdict.map_or(0, |v| v.cells_total),
            events: world.trace.lines(),
            kinds: world.trace.kinds().clone(),
            forks: world.ear.forks,
            virtual_ms: world.now_ms - START_S * 1000,
            violations: violations(world),
        }
    }
}

/// A stranger's verdict on the first honest member's bundle.
fn stranger(world: &World) -> Option<Verdict> {
    let job = world.job?;
    world.nodes.iter().take(world.scenario.members).filter(|n| n.is_honest()).find_map(|node| {
        let bundle = node.attester.as_ref()?.job(&job)?.bundle?;
        let trust = Trust::Hash(world.cast.genesis.net());
        Some(verify(bundle, &|cid| node.disk.serve(cid).map(<[u8]>::to_vec), &trust))
    })
}
