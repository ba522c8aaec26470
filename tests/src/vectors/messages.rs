//! What travels between nodes.

use super::Vector;
use super::blocks::{bundle, certs, content};
use super::decode::wired;
use super::leaves::committed_log;
use super::world::{JOB_S, World, tree, world};
use serde_bytes::ByteBuf;
use vantage_protocol::cid::Cid;
use vantage_protocol::leaf::Leaf;
use vantage_protocol::log::{AddCheckpoint, Cosignature};
use vantage_protocol::message::{
    CertsAnswer, CertsRequest, Heads, LogAnswer, LogRequest, ProvenLeaf, WitnessAnswer, WitnessRequest,
};
use vantage_protocol::wire;

pub(super) fn vectors() -> Vec<Vector> {
    let w = world();
    [gossip(w), witness(w), log(w), stream_certs(w)].concat()
}

fn bytes(leaves: &[Leaf]) -> Vec<ByteBuf> {
    leaves.iter().map(|leaf| ByteBuf::from(leaf.encode())).collect()
}

fn gossip(w: &World) -> Vec<Vector> {
    let log = committed_log(w);
    let tree = tree(&log);
    let path = tree.inclusion(2, tree.size()).expect("the commit is in the tree");
    let proven = ProvenLeaf { index: 2, leaf: ByteBuf::from(log[2].encode()), path };
    let note = w.head(w.executor().0, &log, 3, JOB_S + 40).to_note();
    let heads = |leaves| Heads { net: w.net, sent_s: JOB_S + 41, note: note.clone(), leaves };
    vec![
        wired("gossip", "head", "A cosigned head alone.", &heads(Vec::new())),
        wired("gossip", "head-and-leaf", "A cosigned head and a leaf below it.", &heads(vec![proven])),
    ]
}

/// The request to cosign the third leaf of a log after its first two.
pub(super) fn add_checkpoint(w: &World) -> AddCheckpoint {
    let log = committed_log(w);
    let proof = tree(&log).consistency(2, 3).expect("an older head");
    AddCheckpoint { old: 2, proof, checkpoint: w.head(w.executor().0, &log, 0, JOB_S + 40) }
}

fn witness(w: &World) -> Vec<Vector> {
    let log = committed_log(w);
    let to = w.members[0].id;
    let first =
        AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: w.head(w.executor().0, &log[..1], 0, JOB_S) };
    let request = |add: &AddCheckpoint, leaves| WitnessRequest { net: w.net, to, add: add.to_text(), leaves };
    let checkpoint = w.head(w.executor().0, &log, 0, JOB_S + 40).checkpoint;
    let cosignature = Cosignature::make(&checkpoint, &w.members[0].witness, JOB_S + 40);
    let refused = WitnessAnswer { status: 400, size: None, retry_s: None, cosignature: None, why: None };
    let why = |why: &str| Some(why.to_owned());
    let answer = |name, about, answer: WitnessAnswer| wired("witness-answer", name, about, &answer);
    vec![
        wired(
            "witness-request",
            "first",
            "First contact: the keyset comes along.",
            &request(&first, bytes(&log[..1])),
        ),
        wired("witness-request", "next", "One more leaf.", &request(&add_checkpoint(w), bytes(&log[2..]))),
        answer(
            "200",
            "Cosigned.",
            WitnessAnswer { status: 200, cosignature: Some(cosignature), ..refused.clone() },
        ),
        answer(
            "409",
            "Another size was cosigned.",
            WitnessAnswer { status: 409, size: Some(3), ..refused.clone() },
        ),
        answer(
            "422",
            "The proof does not hold.",
            WitnessAnswer { status: 422, why: why("the proof does not hold"), ..refused.clone() },
        ),
        answer(
            "503",
            "Not yet.",
            WitnessAnswer { status: 503, retry_s: Some(2), why: why("leaves are missing"), ..refused },
        ),
    ]
}

fn log(w: &World) -> Vec<Vector> {
    let (executor, leaves) = (w.executor().0, committed_log(w));
    let note = w.head(executor, &leaves, 3, JOB_S + 40).to_note();
    let keyset = ByteBuf::from(leaves[0].encode());
    let request = |name, about, request: LogRequest| wired("log-request", name, about, &request);
    let answer = |name, about, answer: LogAnswer| wired("log-answer", name, about, &answer);
    vec![
        request("heads", "The first page of heads.", LogRequest::Heads { net: w.net, after: None }),
        request("heads-after", "The next page.", LogRequest::Heads { net: w.net, after: Some(executor.id) }),
        request(
            "range",
            "Leaves of one log.",
            LogRequest::Range { net: w.net, node: executor.id, start: 1, count: 100 },
        ),
        request(
            "head",
            "The head that shows a leaf in time.",
            LogRequest::Head { net: w.net, node: executor.id, index: 2, by_s: Some(JOB_S + 60) },
        ),
        answer("head", "A head by itself.", LogAnswer::Head { note: note.clone() }),
        answer(
            "heads",
            "A head with its keyset.",
            LogAnswer::Heads { heads: vec![(note.clone(), keyset)], more: true },
        ),
        answer(
            "range",
            "A head and two leaves.",
            LogAnswer::Range { note: note.clone(), leaves: bytes(&leaves[1..]) },
        ),
        request(
            "longest",
            "How much of this log was seen?",
            LogRequest::Longest { net: w.net, node: executor.id },
        ),
        answer("longest", "The largest head held.", LogAnswer::Longest { note: Some(note), witnessed: 3 }),
        answer("longest-none", "Never seen.", LogAnswer::Longest { note: None, witnessed: 0 }),
        answer("unknown", "Not held.", LogAnswer::Unknown),
    ]
}

fn stream_certs(w: &World) -> Vec<Vector> {
    let request = CertsRequest { net: w.net, content: Cid::dag_cbor(&wire::encode(&content(w))) };
    let found = CertsAnswer { bundle: Some(bundle(w, true)), certs: Some(certs(w)) };
    let nothing = CertsAnswer { bundle: None, certs: None };
    vec![
        wired("certs-request", "content", "Proofs for a content id.", &request),
        wired("certs-answer", "found", "The bundle's root and its certs.", &found),
        wired("certs-answer", "nothing", "None are held.", &nothing),
    ]
}
