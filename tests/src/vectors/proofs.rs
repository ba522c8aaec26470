//! What convinces a stranger: bundle files, and evidence against a node.

use super::Vector;
use super::blocks::{bundle, certs, content, list, receipts};
use super::decode::wired;
use super::leaves::{committed_log, decline, last_word, statements};
use super::world::{JOB_S, Node, World, tree, world};
use serde_json::Map;
use vantage_protocol::cid::Cid;
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::proof::{Car, Evidence};
use vantage_protocol::statement::{Ack, AckItem, AckVerdict};
use vantage_protocol::wire;

pub(super) fn vectors() -> Vec<Vector> {
    let w = world();
    let mut all = evidence(w);
    all.push(file(w));
    all
}

/// A file with some of a bundle's blocks, and one that nothing links.
fn file(w: &World) -> Vector {
    let root = wire::encode(&bundle(w, false));
    let blocks = [
        wire::encode(&content(w)),
        wire::encode(&certs(w)),
        wire::encode(&list(w)),
        wire::encode(&w.suite),
        wire::encode(&receipts(w)),
        root.clone(),
    ];
    let stray = b"a block that nothing links".to_vec();
    let blocks = blocks.into_iter().map(|block| (Cid::dag_cbor(&block), block));
    let car = Car { root: Cid::dag_cbor(&root), blocks: blocks.chain([(Cid::raw(&stray), stray)]).collect() };
    let about = "The root first, then depth first by links, then what nothing links.";
    let (kind, name, rust) = ("car", "incomplete", "Header");
    Vector { kind, name, about, bytes: car.to_bytes(), derived: Map::new(), decode: same_blocks, rust }
        .derive("root", car.root.to_string())
}

/// Blocks may stand in any order, so a file is not the one encoding of its set: what comes back is the same set, of the
/// same length, and nothing between or behind the blocks.
fn same_blocks(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let car = Car::parse(bytes).map_err(|error| error.to_string())?;
    let again = car.to_bytes();
    let same = Car::parse(&again).as_ref() == Ok(&car) && again.len() == bytes.len();
    Ok(if same { bytes.to_vec() } else { again })
}

fn evidence(w: &World) -> Vec<Vector> {
    let member = &w.members[2];
    let log = [member.keyset(&w.net), last_word(w, false), ack(w, member), last_word(w, true)];
    let cert = |end: usize| w.cert(member, &log[..end], JOB_S + 150);
    let convicts = |name, about, evidence: &Evidence| {
        let accused = evidence.verify(&w.genesis, &keysets(w)).expect("the evidence convicts");
        wired("evidence", name, about, evidence).derive("accused", accused.to_string())
    };
    // two branches of one log: the commit, and a decline in its place
    let (executor, branch) = (w.executor().0, committed_log(w));
    let mut other = branch.clone();
    other[2] = Leaf { author: executor.id, ..decline(w) };
    other.push(w.announce(executor));
    let note = |leaves: &[Leaf]| w.head(executor, leaves, 0, JOB_S + 40).to_note();
    let inconsistent = Evidence::Inconsistent {
        earlier: note(&branch),
        later: note(&other),
        root: tree(&other[..3]).root(),
        proof: tree(&other).consistency(3, 4).expect("an older head"),
    };
    let fork = Evidence::Fork { first: note(&branch), second: note(&other[..3]) };
    vec![
        convicts("fork", "Two heads of one size with different roots.", &fork),
        convicts(
            "inconsistent",
            "A head that extends another tree than an earlier head shows.",
            &inconsistent,
        ),
        convicts(
            "ack-after-final",
            "An ack behind the member's Final.",
            &Evidence::AckAfterFinal { last: cert(2), ack: cert(3) },
        ),
        convicts(
            "two-finals",
            "Two Finals on one job.",
            &Evidence::TwoFinals { first: cert(2), second: cert(4) },
        ),
    ]
}

fn ack(w: &World, member: &Node) -> Leaf {
    let [reveal, _] = statements(w);
    let items = vec![AckItem { statement: reveal, verdict: AckVerdict::Ok }];
    member.says(&w.net, Statement::Ack(Ack { job: w.job_id, items }))
}

fn keysets(w: &World) -> Vec<Keyset> {
    w.members
        .iter()
        .chain([&w.volunteer])
        .map(|node| Keyset::make(&w.net, &node.root, &node.transport, &node.log, &node.witness))
        .collect()
}
