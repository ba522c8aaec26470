//! I4, I5, I6: acks, Finals, sealed sets.

use super::super::mirror::Branch;
use super::Evidence;
use std::collections::{BTreeMap, BTreeSet};
use vantage_protocol::attester::Blocks;
use vantage_protocol::id::{Hash, NodeId};
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::statement::{AckVerdict, Final, StatementList};
use vantage_protocol::wire;

/// What is certified of the members' last words, over all that honest nodes hold.
pub(super) struct Words {
    /// First Final of each member.
    finals: BTreeMap<NodeId, Final>,
    /// Members that acknowledged a statement ok before their Final.
    ok: BTreeMap<Hash, BTreeSet<NodeId>>,
}

impl Words {
    pub(super) fn gather(evidence: &Evidence<'_>) -> Self {
        let mut words = Words { finals: BTreeMap::new(), ok: BTreeMap::new() };
        for member in evidence.world.cast.genesis.committee.iter().map(|m| m.root.node_id()) {
            if let Some(longest) = evidence.branches(&member).max_by_key(|b| b.certified()) {
                words.add(evidence, member, longest);
            }
        }
        words
    }

    fn add(&mut self, evidence: &Evidence<'_>, member: NodeId, branch: &Branch) {
        for (_, _, leaf) in branch.statements(evidence.library) {
            match &leaf.statement {
                Statement::Ack(ack) if ack.job == evidence.job => {
                    for item in ack.items.iter().filter(|item| item.verdict == AckVerdict::Ok) {
                        self.ok.entry(item.statement.hash).or_default().insert(member);
                    }
                }
                Statement::Final(last) if last.job == evidence.job => {
                    self.finals.insert(member, last.clone());
                    return;
                }
                _ => {}
            }
        }
    }

    /// Statements that a quorum acknowledged ok.
    pub(super) fn quorum_acked(&self, quorum: usize) -> BTreeSet<Hash> {
        self.ok.iter().filter(|(_, who)| who.len() >= quorum).map(|(hash, _)| *hash).collect()
    }
}

/// The set behind a Final, if any honest node holds its list.
fn set(evidence: &Evidence<'_>, last: &Final) -> BTreeSet<Hash> {
    let honest = evidence.world.nodes.iter().filter(|n| n.is_honest());
    let block = honest.filter_map(|n| n.disk.get(&last.list)).next();
    let list = block.and_then(|bytes| wire::decode::<StatementList>(&bytes).ok());
    let list = list.filter(|l| l.root() == last.root && l.job == evidence.job);
    list.map(|l| l.statements.iter().map(|s| s.hash).collect()).unwrap_or_default()
}

/// I4: no quorum of Finals leaves out what a quorum acknowledged. I5: at most one set is sealed, and
/// it holds all that a quorum acknowledged.
pub(super) fn sealed_sets(evidence: &Evidence<'_>) -> Vec<String> {
    let words = Words::gather(evidence);
    let acked = words.quorum_acked(evidence.quorum);
    let sets: BTreeMap<NodeId, BTreeSet<Hash>> =
        words.finals.iter().map(|(member, last)| (*member, set(evidence, last))).collect();
    let mut found = Vec::new();
    for hash in &acked {
        let without = sets.values().filter(|set| !set.contains(hash)).count();
        if without >= evidence.quorum {
            found.push(format!(
                "I4: a quorum of Finals leaves out {}, which a quorum acknowledged",
                hash.short()
            ));
        }
    }
    let mut equal: BTreeMap<(u32, Hash), Vec<&NodeId>> = BTreeMap::new();
    for (member, last) in &words.finals {
        equal.entry((last.count, last.root)).or_default().push(member);
    }
    let sealed: Vec<_> = equal.values().filter(|members| members.len() >= evidence.quorum).collect();
    if sealed.len() > 1 {
        found.push(format!("I5: {} sets are sealed", sealed.len()));
    }
    for members in sealed {
        let held = members.iter().filter_map(|m| sets.get(m)).find(|set| !set.is_empty());
        if !acked.is_empty() && held.is_none_or(|set| !acked.is_subset(set)) {
            found.push("I5: the sealed set lacks what a quorum acknowledged".into());
        }
    }
    found
}

/// I6: with at most f members silent, every honest member has a certified Final, and every honest
/// node sees an outcome.
pub(super) fn quorum_reached(evidence: &Evidence<'_>) -> Vec<String> {
    let scenario = &evidence.world.scenario;
    if scenario.faulty() > scenario.faults() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, node) in evidence.world.nodes.iter().enumerate().filter(|(_, n)| n.is_honest() && !n.lost) {
        let Some(view) = evidence.views.get(&index) else {
            found.push(format!("I6: node {index} does not know the job"));
            continue;
        };
        if view.outcome.is_none() {
            found.push(format!("I6: node {index} sees no outcome: {:?}", view.phase));
        }
        let certified = |b: &Branch| {
            let about = |leaf: &Leaf| matches!(&leaf.statement, Statement::Final(f) if f.job == evidence.job);
            b.statements(evidence.library).any(|(_, _, leaf)| about(leaf))
        };
        let own = evidence.world.ear.mirrors.get(&index).and_then(|m| m.own());
        if index < scenario.members && view.outcome.is_none() && !own.is_some_and(certified) {
            found.push(format!("I6: member {} has no certified Final", node.identity.node.short()));
        }
    }
    found
}
