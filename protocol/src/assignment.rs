//! Assignment: who takes which slot. Pure, equal everywhere, known to all once the job is certified
//! (without a beacon: `assignment: predictable`).

use crate::announce::Announce;
use crate::domain::Label;
use crate::genesis::Operator;
use crate::hash::labelled;
use crate::id::{Hash, JobId, NetId, NodeId};
use crate::job::Job;
use std::collections::{BTreeMap, BTreeSet};

/// An executor that a job's list names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Node id.
    pub node: NodeId,
    /// Who stands behind it.
    pub operator: Operator,
    /// Its announce.
    pub announce: Announce,
}

/// For each slot, in canonical order, who takes it; `None` is `unassigned`.
pub type Assignment = Vec<Option<NodeId>>;

/// Assigns every slot: among the eligible executors the one of lowest rank, operators distinct over
/// the replicas of a (region, target), nobody above the number of slots it announced.
pub fn assign(net: &NetId, id: &JobId, job: &Job, candidates: &[Candidate]) -> Assignment {
    let seed = seed(net, id, job.beacon);
    let mut taken: BTreeMap<NodeId, u32> = BTreeMap::new();
    let mut operators: BTreeMap<(usize, usize), BTreeSet<&Operator>> = BTreeMap::new();
    let mut assignment = Assignment::new();
    for slot in job.slots() {
        let (Some(region), Some(target)) = (job.regions.get(slot.region), job.targets.get(slot.target))
        else {
            assignment.push(None);
            continue;
        };
        let used = operators.entry((slot.region, slot.target)).or_default();
        let winner = candidates
            .iter()
            .filter(|c| c.announce.covers(region, &target.target, job.commit_by_s))
            .filter(|c| taken.get(&c.node).copied().unwrap_or(0) < c.announce.slots_max)
            .filter(|c| !used.contains(&c.operator))
            .min_by_key(|c| rank(net, &seed, slot.index, &c.node));
        if let Some(winner) = winner {
            used.insert(&winner.operator);
            *taken.entry(winner.node).or_default() += 1;
        }
        assignment.push(winner.map(|c| c.node));
    }
    assignment
}

/// The order in which executors run the cells of a slot: shuffled by the seed, so that time of day and prompt do not vary
/// together. It is the same in every slot, so that a prompt is asked everywhere at about the same time.
pub fn cell_order(net: &NetId, id: &JobId, job: &Job, cells: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let seed = seed(net, id, job.beacon);
    let mut ordered = cells.to_vec();
    ordered.sort_by_key(|(prompt, repeat)| {
        let fields: [&[u8]; 3] = [&seed.0, &prompt.to_be_bytes(), &repeat.to_be_bytes()];
        labelled(Label::CellOrder, net, &fields)
    });
    ordered
}

fn seed(net: &NetId, id: &JobId, beacon: Option<u64>) -> Hash {
    let beacon = beacon.map(u64::to_be_bytes);
    labelled(Label::AssignSeed, net, &[&id.0, beacon.as_ref().map_or(&[], |b| b.as_slice())])
}

fn rank(net: &NetId, seed: &Hash, slot: u32, node: &NodeId) -> Hash {
    labelled(Label::AssignRank, net, &[&seed.0, &slot.to_be_bytes(), &node.0])
}
