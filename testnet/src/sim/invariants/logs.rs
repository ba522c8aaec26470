//! I1, I2, I3 and what of I7 shows in the logs.

use super::super::ear::Fixed;
use super::super::mirror::{Branch, Library};
use super::super::world::World;
use super::Evidence;
use std::collections::{BTreeMap, BTreeSet};
use vantage_protocol::id::{Hash, JobId, NodeId};
use vantage_protocol::leaf::Statement;
use vantage_protocol::log::leaf_hash;

/// I1: whatever two honest nodes hold certified of a log lies on one branch.
pub(super) fn one_branch(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mirrors = &world.ear.mirrors;
    let logs: BTreeSet<&NodeId> = mirrors.values().flat_map(|m| m.logs.keys()).collect();
    for log in logs {
        let branches: Vec<&Branch> = mirrors.values().filter_map(|m| m.logs.get(log)).collect();
        let heads: BTreeMap<(u64, Hash), ()> = branches
            .iter()
            .flat_map(|b| b.heads.values())
            .map(|h| ((h.checkpoint.size, h.checkpoint.root), ()))
            .collect();
        for branch in &branches {
            let beside = heads
                .keys()
                .find(|(size, root)| *size <= branch.certified() && branch.root_at(*size) != Some(*root));
            if let Some((size, _)) = beside {
                found.push(format!("I1: two branches of {} are certified, at {size}", log.short()));
                break;
            }
        }
    }
    found
}

/// I7: no honest node said twice what is to be said once, or said it on after its Final.
pub(super) fn said_once(world: &World, library: &Library) -> Vec<String> {
    let mut found = Vec::new();
    for (index, mirror) in &world.ear.mirrors {
        let Some(own) = mirror.own() else { continue };
        let leaves = own.leaves.iter().filter_map(|bytes| library.leaf(&leaf_hash(bytes)));
        let mut said: BTreeSet<(String, JobId, u32)> = BTreeSet::new();
        let mut acked: BTreeSet<Hash> = BTreeSet::new();
        let mut finished: BTreeSet<JobId> = BTreeSet::new();
        for (place, leaf) in leaves.enumerate() {
            let typ = leaf.statement.typ();
            let once = match &leaf.statement {
                Statement::Keyset(_) => place == 0,
                Statement::Commit(s) => said.insert(("stated".into(), s.job, s.slot)),
                Statement::Decline(s) => said.insert(("stated".into(), s.job, s.slot)),
                Statement::Reveal(s) => said.insert(("revealed".into(), s.job, s.slot)),
                Statement::Ack(s) => {
                    let fresh = s.items.iter().all(|item| acked.insert(item.statement.hash));
                    fresh && !finished.contains(&s.job)
                }
                Statement::Final(s) => finished.insert(s.job),
                Statement::Announce(_) | Statement::Job(_) | Statement::Finding(_) => true,
            };
            if !once {
                found.push(format!("I7: node {index} says {typ} again or too late, at {place}"));
            }
        }
    }
    found
}

/// The lowest-index certified commit or decline of a slot in a branch.
fn effective<'a>(evidence: &Evidence<'a>, branch: &Branch, slot: u32) -> Option<(u64, Hash, &'a Statement)> {
    let about = |statement: &Statement| match statement {
        Statement::Commit(s) => s.job == evidence.job && s.slot == slot,
        Statement::Decline(s) => s.job == evidence.job && s.slot == slot,
        _ => false,
    };
    let mut statements = branch.statements(evidence.library);
    statements.find(|(_, _, leaf)| about(&leaf.statement)).map(|(i, hash, leaf)| (i, hash, &leaf.statement))
}

/// I2: honest nodes that see an effective statement of a (slot, executor) see the same one.
pub(super) fn one_statement(evidence: &Evidence<'_>) -> Vec<String> {
    let pairs: BTreeSet<(u32, NodeId)> = evidence.views.values().flat_map(Evidence::pairs).collect();
    let mut found = Vec::new();
    for (slot, executor) in pairs {
        let branches = evidence.branches(&executor);
        let seen: BTreeSet<Hash> =
            branches.filter_map(|b| effective(evidence, b, slot)).map(|(_, hash, _)| hash).collect();
        if seen.len() > 1 {
            let executor = executor.short();
            found.push(format!("I2: {} statements of {executor} for slot {slot} are effective", seen.len()));
        }
    }
    found
}

/// I3: every effective commit that counts as on time was cosigned by an honest witness before the
/// first honest reveal.
pub(super) fn nothing_after_reveal(evidence: &Evidence<'_>) -> Vec<String> {
    let released = evidence.world.ear.released.get(&evidence.job);
    let (Some(released), Some(job)) = (released, evidence.job_leaf()) else { return Vec::new() };
    let fixed: Vec<&Fixed> = evidence.world.ear.fixed.iter().take_while(|f| f.order < *released).collect();
    let pairs: BTreeSet<(u32, NodeId)> = evidence.views.values().flat_map(Evidence::pairs).collect();
    let mut found = Vec::new();
    for (slot, executor) in pairs {
        let fixed: Vec<&Fixed> = fixed.iter().copied().filter(|f| f.log == executor).collect();
        for branch in evidence.branches(&executor) {
            let Some((index, _, Statement::Commit(_))) = effective(evidence, branch, slot) else { continue };
            if !on_time(branch, index, job.commit_by_s, evidence.quorum) {
                continue;
            }
            let before = fixed.iter().any(|f| f.size > index && branch.root_at(f.size) == Some(f.root));
            if !before {
                let executor = executor.short();
                found.push(format!(
                    "I3: {executor}'s commit for slot {slot} was fixed after an honest reveal"
                ));
                break;
            }
        }
    }
    found
}

/// A quorum of distinct keys cosigned a head over the leaf in time.
fn on_time(branch: &Branch, index: u64, by_s: u64, quorum: usize) -> bool {
    branch.heads.range(index + 1..).any(|(_, head)| {
        let lines = head.cosignatures.iter().filter(|line| line.cosignature.time <= by_s);
        lines.map(|line| &line.name).collect::<BTreeSet<_>>().len() >= quorum
    })
}
