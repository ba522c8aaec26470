//! Assignment: who takes which slot. Pure, equal everywhere, known to all once the job is certified
//! (without a beacon: `assignment: predictable`).

use crate::announce::Announce;
use crate::domain::Label;
use crate::genesis::Operator;
use crate::hash::labelled;
use crate::id::{Hash, JobId, NetId, NodeId};
use crate::job::Job;
use core::cmp::Reverse;
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

/// Assigns every slot: operators distinct over the replicas of a (region, target), nobody above the number of slots it announced. Of
/// the eligible executors one whose operator can answer from most of the job's regions; of those of the operator of lowest rank, which
/// is the same in all regions, so that the same operators stand in as many regions as possible; of those the one of lowest rank.
pub fn assign(net: &NetId, id: &JobId, job: &Job, candidates: &[Candidate]) -> Assignment {
    let seed = seed(net, id, job.beacon);
    let mut taken: BTreeMap<NodeId, u32> = BTreeMap::new();
    let mut operators: BTreeMap<(usize, usize), BTreeSet<&Operator>> = BTreeMap::new();
    let standing = standing(net, &seed, job, candidates);
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
            .min_by_key(|c| {
                let of_operator = standing.get(&(slot.target, &c.operator)).copied();
                (of_operator, rank(net, &seed, slot.index, &c.node))
            });
        if let Some(winner) = winner {
            used.insert(&winner.operator);
            *taken.entry(winner.node).or_default() += 1;
        }
        assignment.push(winner.map(|c| c.node));
    }
    assignment
}

/// Where an operator stands among those for a target: first who can answer from most regions, then by rank.
type Standing = (Reverse<usize>, Hash);

fn standing<'c>(
    net: &NetId,
    seed: &Hash,
    job: &Job,
    candidates: &'c [Candidate],
) -> BTreeMap<(usize, &'c Operator), Standing> {
    let mut regions: BTreeMap<(usize, &'c Operator), usize> = BTreeMap::new();
    for (index, asked) in job.targets.iter().enumerate() {
        for region in &job.regions {
            let covers =
                |candidate: &&Candidate| candidate.announce.covers(region, &asked.target, job.commit_by_s);
            let there: BTreeSet<&'c Operator> =
                candidates.iter().filter(covers).map(|candidate| &candidate.operator).collect();
            for operator in there {
                *regions.entry((index, operator)).or_default() += 1;
            }
        }
    }
    let ranked = |((index, operator), regions): ((usize, &'c Operator), usize)| {
        let (kind, name): (u8, &str) = match operator {
            Operator::Vouched(name) => (1, name),
            Operator::Volunteers => (0, ""),
        };
        let fields: [&[u8]; 4] = [&seed.0, &(index as u32).to_be_bytes(), &[kind], name.as_bytes()];
        ((index, operator), (Reverse(regions), labelled(Label::OperatorRank, net, &fields)))
    };
    regions.into_iter().map(ranked).collect()
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
