//! I8: assignment and report are recomputable from the content alone, and every bundle verifies.

use super::Evidence;
use crate::sim::node::Node;
use std::collections::BTreeMap;
use vantage_protocol::attester::{Blocks, OutcomeView, Phase};
use vantage_protocol::cid::Cid;
use vantage_protocol::content::Content;
use vantage_protocol::id::{JobId, NodeId};
use vantage_protocol::proof::{Summary, Trust, verify};
use vantage_protocol::statement::StatementList;
use vantage_protocol::wire;

/// Every honest node comes to the same assignment; nodes with a sealed job to the same content; and
/// a stranger with the genesis hash verifies each bundle with the blocks that its node serves.
pub(super) fn recomputable(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut assignments: BTreeMap<Vec<Option<NodeId>>, usize> = BTreeMap::new();
    let mut sealed: BTreeMap<Option<Cid>, usize> = BTreeMap::new();
    for (index, view) in &evidence.views {
        if view.phase != Phase::Waiting && view.phase != Phase::Refused {
            assignments.insert(view.slots.iter().map(|s| s.executor).collect(), *index);
        }
        if matches!(view.outcome, Some(OutcomeView::Sealed { .. })) && view.content.is_some() {
            sealed.insert(view.content, *index);
        }
        found.extend(verified(evidence, *index));
    }
    if assignments.len() > 1 {
        found.push(format!("I8: {} assignments", assignments.len()));
    }
    if sealed.len() > 1 {
        found.push(format!("I8: {} contents of one sealed job", sealed.len()));
    }
    found
}

/// A stranger's look at what a node publishes, and at what it provides for good.
fn verified(evidence: &Evidence<'_>, index: usize) -> Option<String> {
    let view = evidence.views.get(&index)?;
    let (outcome, bundle) = (view.outcome.as_ref()?, view.bundle?);
    let expected = match outcome {
        OutcomeView::Sealed { .. } => Summary::Sealed,
        OutcomeView::Bounded => Summary::Bounded,
    };
    let node = &evidence.world.nodes[index];
    match view.provided {
        _ if node.attester.is_none() => {}
        Some(root) if !node.provided.contains(&root) => {
            return Some(format!("I8: node {index} does not provide the bundle that it says it provides"));
        }
        None if expected == Summary::Sealed => {
            return Some(format!("I8: node {index} has a bundle of a sealed job and provides none"));
        }
        _ => {}
    }
    let first = view.provided.and_then(|first| looked_at(evidence, index, first, Summary::Sealed));
    first.or_else(|| looked_at(evidence, index, bundle, expected))
}

fn looked_at(evidence: &Evidence<'_>, index: usize, bundle: Cid, expected: Summary) -> Option<String> {
    let disk = &evidence.world.nodes[index].disk;
    let verdict = verify(
        bundle,
        &|cid| disk.serve(cid).map(<[u8]>::to_vec),
        &Trust::Hash(evidence.world.cast.genesis.net()),
    );
    // a bundle made before the last Final came in may still be bounded when the node sees more
    if verdict.summary == expected && verdict.comparison.recomputed.is_some() {
        return None;
    }
    let (is, reasons) = (verdict.summary.word(), verdict.reasons.join("; "));
    Some(format!("I8: the bundle of node {index} is {is}, not {}: {reasons}", expected.word()))
}

/// What a node shows as the content of a sealed job is of the sealed set, at any time: whoever fetches it then keeps it.
/// Checked while the world runs, since it may be put right before the end.
pub(in crate::sim) fn of_the_sealed_set(index: usize, node: &Node, jobs: &[JobId]) -> Option<String> {
    let attester = node.attester.as_ref()?;
    jobs.iter().find_map(|job| {
        let (OutcomeView::Sealed { root, .. }, content) = attester.ended(job)? else { return None };
        // a node may know the id before it holds the blocks
        let content: Content = wire::decode(&node.disk.get(&content?)?).ok()?;
        let list: StatementList = wire::decode(&node.disk.get(&content.list)?).ok()?;
        let other = list.root() != root;
        other.then(|| format!("I8: node {index} shows a content that is not of the sealed set"))
    })
}
