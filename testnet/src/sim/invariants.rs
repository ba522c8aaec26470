//! The invariants, checked over what honest nodes persisted, hold and show at the end of a run.
//!
//! I1 and I7 are in part checked on the spot, by [`Ear`](super::Ear); here is what takes all nodes.

mod content;
mod finality;
mod logs;

use super::event::Index;
use super::node::Node;
use super::world::World;
use std::collections::BTreeMap;
use vantage_protocol::attester::JobView;
use vantage_protocol::id::{JobId, NetId, NodeId};
use vantage_protocol::job::Job;
use vantage_protocol::leaf::Statement;

/// Everything that the checks look at.
pub(super) struct Evidence<'a> {
    world: &'a World,
    net: NetId,
    quorum: usize,
    job: JobId,
    /// Views of the job at honest nodes that are up.
    views: BTreeMap<Index, JobView>,
}

/// All violations of a finished run, those found on the way first.
pub fn violations(world: &World) -> Vec<String> {
    let mut found = world.violations.clone();
    found.extend(logs::one_branch(world));
    found.extend(logs::said_once(world));
    let Some(job) = world.job else {
        found.push("I6: no job was ever submitted".into());
        return found;
    };
    let honest = world.nodes.iter().enumerate().filter(|(_, n)| n.is_honest());
    let view = |(i, n): (Index, &Node)| Some((i, n.attester.as_ref()?.job(&job)?));
    let evidence = Evidence {
        world,
        net: world.cast.genesis.net(),
        quorum: world.cast.genesis.quorum(),
        job,
        views: honest.filter_map(view).collect(),
    };
    found.extend(logs::one_statement(&evidence));
    found.extend(logs::nothing_after_reveal(&evidence));
    found.extend(finality::sealed_sets(&evidence));
    found.extend(finality::quorum_reached(&evidence));
    found.extend(content::recomputable(&evidence));
    found
}

impl Evidence<'_> {
    /// Assigned (slot, executor) pairs as one node sees them.
    fn pairs(view: &JobView) -> Vec<(u32, NodeId)> {
        view.slots.iter().filter_map(|slot| Some((slot.index, slot.executor?))).collect()
    }

    /// The job's leaf, from any honest node's disk.
    fn job_leaf(&self) -> Option<Job> {
        let branches = self.world.ear.mirrors.values().flat_map(|m| m.logs.values());
        let statements = branches.flat_map(|b| b.statements(&self.net));
        statements.into_iter().find_map(|(_, hash, leaf)| match leaf.statement {
            Statement::Job(job) if hash.0 == self.job.0 => Some(job),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
