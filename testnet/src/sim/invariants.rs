//! The invariants, checked over what honest nodes persisted, hold and show at the end of a run.
//!
//! I1 and I7 are in part checked on the spot, by [`Ear`](super::Ear); here is what takes all nodes.

mod content;
mod encoding;
mod finality;
mod held;
mod logs;
mod verdicts;

pub(super) use content::of_the_sealed_set;

use super::event::Index;
use super::mirror::{Branch, Library};
use super::node::Node;
use super::world::World;
use std::collections::BTreeMap;
use vantage_protocol::attester::JobView;
use vantage_protocol::id::{Hash, JobId, NodeId};
use vantage_protocol::job::Job;
use vantage_protocol::leaf::Statement;

/// Everything that the checks look at.
pub(super) struct Evidence<'a> {
    world: &'a World,
    library: &'a Library,
    quorum: usize,
    job: JobId,
    /// Views of the job at honest nodes that are up.
    views: BTreeMap<Index, JobView>,
}

/// All violations of a finished run. What was seen to be wrong on the spot ended the run: then that is
/// all there is.
pub fn violations(world: &World) -> Vec<String> {
    if !world.violations.is_empty() {
        return world.violations.clone();
    }
    let library = Library::of(world.ear.mirrors.values(), &world.cast.genesis.net());
    let mut found = logs::one_branch(world);
    found.extend(logs::said_once(world, &library));
    found.extend(encoding::canonical(world));
    if world.jobs.is_empty() {
        found.push("I6: no job was ever submitted".into());
    }
    for job in &world.jobs {
        let evidence = Evidence::of(world, &library, *job);
        found.extend(logs::one_statement(&evidence));
        found.extend(logs::nothing_after_reveal(&evidence));
        found.extend(finality::sealed_sets(&evidence));
        found.extend(finality::quorum_reached(&evidence));
        found.extend(content::recomputable(&evidence));
        found.extend(held::acknowledged(&evidence));
        found.extend(verdicts::independent(&evidence));
    }
    found
}

impl<'a> Evidence<'a> {
    fn of(world: &'a World, library: &'a Library, job: JobId) -> Self {
        let honest = world.nodes.iter().enumerate().filter(|(_, n)| n.is_honest());
        let view = |(i, n): (Index, &Node)| Some((i, n.attester.as_ref()?.job(&job)?));
        let quorum = world.cast.genesis.quorum();
        Self { world, library, quorum, job, views: honest.filter_map(view).collect() }
    }

    /// Assigned (slot, executor) pairs as one node sees them.
    fn pairs(view: &JobView) -> Vec<(u32, NodeId)> {
        view.slots.iter().filter_map(|slot| Some((slot.index, slot.executor?))).collect()
    }

    /// The job's leaf, from any honest node's disk.
    fn job_leaf(&self) -> Option<&Job> {
        match &self.library.leaf(&Hash(self.job.0))?.statement {
            Statement::Job(job) => Some(job),
            _ => None,
        }
    }

    /// Honest nodes' accounts of a log.
    fn branches(&self, log: &NodeId) -> impl Iterator<Item = &'a Branch> + use<'a> {
        let log = *log;
        self.world.ear.mirrors.values().filter_map(move |m| m.logs.get(&log))
    }
}

#[cfg(test)]
mod tests;
