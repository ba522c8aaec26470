//! I9: what a quorum acknowledged is held, and served, by at least f + 1 honest members.

use super::Evidence;
use super::finality::Words;
use std::collections::BTreeSet;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::Hash;
use vantage_protocol::leaf::Statement;
use vantage_protocol::receipt::Receipts;
use vantage_protocol::statement::Reveal;
use vantage_protocol::wire;

/// Looks on the disks of honest members for every block behind every reveal that a quorum found ok.
pub(super) fn acknowledged(evidence: &Evidence<'_>) -> Vec<String> {
    let scenario = &evidence.world.scenario;
    if scenario.faulty() > scenario.faults() {
        return Vec::new();
    }
    let needed = scenario.faults() + 1;
    let acked = Words::gather(evidence).quorum_acked(evidence.quorum);
    let mut found = Vec::new();
    for (hash, reveal) in acked.iter().filter_map(|hash| Some((hash, revealed(evidence, hash)?))) {
        let members = evidence.world.nodes.iter().take(scenario.members).filter(|n| n.is_honest());
        let holders = members.filter(|n| holds(&|cid| n.disk.serve(cid), reveal)).count();
        if holders < needed {
            found.push(format!(
                "I9: {} is acknowledged by a quorum and held by {holders} honest members, not {needed}",
                hash.short()
            ));
        }
    }
    found
}

fn revealed<'a>(evidence: &Evidence<'a>, hash: &Hash) -> Option<&'a Reveal> {
    match &evidence.library.leaf(hash)?.statement {
        Statement::Reveal(reveal) => Some(reveal),
        _ => None,
    }
}

/// Everything that a reveal links is there: proof, receipts, outputs, responses.
fn holds<'a>(served: &dyn Fn(&Cid) -> Option<&'a [u8]>, reveal: &Reveal) -> bool {
    let Some(receipts) = served(&reveal.receipts).and_then(|b| wire::decode::<Receipts>(b).ok()) else {
        return false;
    };
    let linked: BTreeSet<Cid> = receipts.links().chain([reveal.proof]).collect();
    linked.iter().all(|cid| served(cid).is_some())
}
