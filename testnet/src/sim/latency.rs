//! How long a job takes without faults, beside the one-way delays that it cannot do without.

use super::cast::START_S;
use super::event::Index;
use super::scenario::Scenario;
use super::world::World;
use serde::Serialize;
use std::collections::BTreeMap;
use vantage_protocol::attester::{Effect, Notice};
use vantage_protocol::id::JobId;

/// The longest chain of messages of which each waits for the one before, from the order to the author's
/// sight of a SEALED job, for an author that is no member: what, and one-way delays.
const PATH: [(&str, u64); 8] = [
    ("job to witnesses, suite asked for and received, cosigned", 4),
    ("job gossiped", 1),
    ("suite and executor list to executors", 2),
    ("commit to witnesses, cosigned, gossiped", 3),
    ("reveal to witnesses, cosigned, gossiped", 3),
    ("receipts to members, then answers", 4),
    ("ack and Final to witnesses, cosigned, gossiped", 3),
    ("statement list to the author", 2),
];

/// Times of one fault-free job, milliseconds of simulated time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Latency {
    /// From the order to the author's node seeing the job SEALED with its content.
    pub job_ms: u64,
    /// How long the slot that was done last took.
    pub execution_ms: u64,
    /// One-way delays on the critical path.
    pub path_delays: u64,
    /// Each of them.
    pub one_way_ms: u64,
    /// All of them: the time below which this protocol cannot go.
    pub critical_path_ms: u64,
    /// `job_ms` less `execution_ms`.
    pub beyond_ms: u64,
    /// From the order until every node has it SEALED and every member publishes it.
    pub everywhere_ms: u64,
    /// When each step was first and last taken, after the order.
    pub steps: BTreeMap<&'static str, (u64, u64)>,
}

/// When things happened, by the world's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Milestones {
    steps: BTreeMap<(&'static str, Index), (u64, u64)>,
    slots: BTreeMap<(JobId, u32), (u64, Option<u64>)>,
}

impl Milestones {
    pub(super) fn effect(&mut self, now_ms: u64, node: Index, effect: &Effect) {
        let step = match effect {
            Effect::Submitted { result: Ok(_), .. } => "ordered",
            Effect::Execute(e) => {
                self.slots.entry((e.job, e.slot)).or_insert((now_ms, None));
                "execution begins"
            }
            Effect::Notice(Notice::JobSeen { .. }) => "job certified",
            Effect::Notice(Notice::Said { typ, .. }) => match *typ {
                "commit" | "reveal" | "ack" | "final" => typ,
                _ => return,
            },
            Effect::Notice(Notice::Outcome { sealed: true, content: Some(_), .. }) => "sealed",
            Effect::Provide(_) => "published",
            _ => return,
        };
        let (_, last) = self.steps.entry((step, node)).or_insert((now_ms, now_ms));
        *last = now_ms;
    }

    pub(super) fn executed(&mut self, now_ms: u64, job: JobId, slot: u32) {
        if let Some((_, end)) = self.slots.get_mut(&(job, slot)) {
            *end = Some(now_ms);
        }
    }

    /// First time at any node, and the last of the nodes' first times.
    fn span(&self, step: &str) -> Option<(u64, u64)> {
        let firsts = self.steps.iter().filter(|((s, _), _)| *s == step).map(|(_, (first, _))| *first);
        firsts.fold(None, |span, at| {
            let (first, last) = span.unwrap_or((at, at));
            Some((first.min(at), last.max(at)))
        })
    }
}

/// Runs one job without faults and measures it. Every message takes the mean of the scenario's delays;
/// whatever else it has of troubles is left out. Errors say why there is nothing to measure: over twelve
/// nodes gossip takes several hops, and the path is not counted here.
pub fn latency(scenario: &Scenario) -> Result<Latency, String> {
    let one_way_ms = (scenario.delay_ms.0 + scenario.delay_ms.1) / 2;
    let calm = Scenario {
        members: scenario.members,
        executors: scenario.executors,
        delay_ms: (one_way_ms, one_way_ms),
        regions: scenario.regions,
        targets: scenario.targets,
        prompts: scenario.prompts,
        replicas: scenario.replicas,
        repeats: scenario.repeats,
        cell_ms: scenario.cell_ms,
        gap_s: scenario.gap_s.max(60),
        ..Scenario::calm(scenario.seed)
    };
    calm.check()?;
    if calm.nodes() > 12 || calm.executors == 0 {
        return Err("latency is counted for at most 12 nodes, with an author that is no member".into());
    }
    let mut world = World::new(&calm);
    world.run();
    let found = super::invariants::violations(&world);
    if let Some(why) = found.first() {
        return Err(why.clone());
    }
    let miles = &world.milestones;
    let (ordered, _) = miles.span("ordered").ok_or("the order was not taken")?;
    let author = miles.steps.get(&("sealed", world.author)).ok_or("the author sees no SEALED job")?;
    let (_, everywhere) = miles.span("published").ok_or("nobody published")?;
    let (_, sealed) = miles.span("sealed").ok_or("nobody sees the job SEALED")?;
    let last_slot = miles.slots.values().filter_map(|(begin, end)| Some(((*end)?, *begin))).max();
    let (end, begin) = last_slot.ok_or("nothing was executed")?;
    let (job_ms, execution_ms) = (author.0 - ordered, end - begin);
    let path_delays = PATH.iter().map(|(_, delays)| delays).sum::<u64>();
    let steps =
        ["job certified", "execution begins", "commit", "reveal", "ack", "final", "sealed", "published"];
    let steps = steps.into_iter().filter_map(|step| {
        let (first, last) = miles.span(step)?;
        Some((step, (first.saturating_sub(ordered), last.saturating_sub(ordered))))
    });
    debug_assert!(ordered > START_S * 1000);
    Ok(Latency {
        job_ms,
        execution_ms,
        path_delays,
        one_way_ms,
        critical_path_ms: path_delays * one_way_ms,
        beyond_ms: job_ms.saturating_sub(execution_ms),
        everywhere_ms: everywhere.max(sealed) - ordered,
        steps: steps.collect(),
    })
}
