use crate::attester::{Attester, Blocks, Call, Config, Effect, Input, Record};
use crate::cid::Cid;
use crate::genesis::{EDITION, Genesis, Member};
use crate::id::NodeId;
use crate::keys::{LogKey, RootKey, TransportKey, WitnessKey};
use crate::keyset::Keyset;
use crate::leaf::{Leaf, Statement};
use crate::log::{Checkpoint, Tree, leaf_hash};
use crate::message::{LogAnswer, LogRequest};
use crate::params::{LOGS_MAX, STRANGER_BYTES_MAX, STRANGER_SHARE_BYTES, STRANGERS_POOL_BYTES};
use crate::wire;
use serde_bytes::ByteBuf;

const NOW_MS: u64 = 1_800_000_000_000;

struct NoBlocks;

impl Blocks for NoBlocks {
    fn get(&self, _: &Cid) -> Option<Vec<u8>> {
        None
    }
}

fn keys(n: u16) -> (RootKey, TransportKey, LogKey, WitnessKey) {
    let seed = |kind: u8| {
        let mut seed = [kind; 32];
        seed[..2].copy_from_slice(&n.to_be_bytes());
        seed
    };
    (
        RootKey::from_seed(&seed(1)),
        TransportKey::from_seed(&seed(2)),
        LogKey::from_seed(&seed(3)),
        WitnessKey::from_seed(&seed(4)),
    )
}

/// The first of four members; nobody else is there.
fn member() -> Attester {
    let member = |n| Member { root: keys(n).0.public(), operator: format!("op{n}"), region: "eu".into() };
    let mut committee: Vec<Member> = (1..=4).map(member).collect();
    committee.sort_by_key(|m| m.root);
    let genesis = Genesis {
        v: EDITION,
        name: "follow".into(),
        founded_s: 1,
        test: true,
        gap_s_min: 2,
        output_bytes_max: 65536,
        founders: vec![],
        committee,
    };
    let (root, transport, log, witness) = keys(1);
    let keyset = Keyset::make(&genesis.net(), &root, &transport, &log, &witness);
    let mut node = Attester::new(Config { genesis, log, witness, keyset }).unwrap();
    done(&mut node, Input::Tick);
    node
}

/// What a node does about one input.
fn done(node: &mut Attester, input: Input) -> Vec<Effect> {
    let mut effects = node.hear(input, NOW_MS, &NoBlocks);
    effects.extend(node.drive(NOW_MS, &NoBlocks));
    effects
}

/// Leaf 0 of somebody's log, and the note of its head, which nobody has cosigned.
fn log_of(node: &Attester, n: u16) -> (NodeId, String, Vec<u8>) {
    let (root, transport, log, witness) = keys(n);
    let keyset = Keyset::make(&node.net, &root, &transport, &log, &witness);
    let author = keyset.node();
    let leaf = Leaf { net: node.net, author, statement: Statement::Keyset(Box::new(keyset)) }.encode();
    let mut tree = Tree::new();
    tree.push(leaf_hash(&leaf));
    let root = tree.root_at(1).unwrap();
    let head = Checkpoint { origin: node.origin_of(author), size: 1, root }.sign(&log);
    (author, head.to_note(), leaf)
}

fn follow(node: &mut Attester, n: u16) -> NodeId {
    let (author, _, leaf) = log_of(node, n);
    let view = node.open_log(author, &leaf).unwrap();
    node.insert_log(view);
    author
}

/// So many bytes of leaves.
fn weight(bytes: u64) -> Vec<ByteBuf> {
    vec![ByteBuf::from(vec![0; usize::try_from(bytes).unwrap()])]
}

#[test]
fn strangers_share_what_there_is_and_members_do_not_wait_for_it() {
    let mut node = member();
    let (small, large, committee) = (follow(&mut node, 10), follow(&mut node, 11), follow(&mut node, 2));
    let held = node.logs[&small].bytes();
    assert!(held > 0 && node.has_room(&large, &weight(STRANGER_BYTES_MAX - held)).is_ok());
    assert!(node.has_room(&large, &weight(STRANGER_BYTES_MAX - held + 1)).is_err());

    for n in 0..u16::try_from(STRANGERS_POOL_BYTES / STRANGER_BYTES_MAX).unwrap() {
        let greedy = follow(&mut node, 100 + n);
        node.logs.get_mut(&greedy).unwrap().weigh(STRANGER_SHARE_BYTES + STRANGER_BYTES_MAX);
    }
    let own_share = weight(STRANGER_SHARE_BYTES - held);
    assert!(node.has_room(&small, &own_share).is_ok(), "a share of its own is left to everybody");
    assert!(node.has_room(&small, &weight(STRANGER_SHARE_BYTES)).is_err(), "the pool is empty");
    assert!(node.has_room(&committee, &weight(2 * STRANGER_BYTES_MAX)).is_ok());
}

/// Hands the node what a peer tells when it is asked for its heads; returns what it asks for then, and what it keeps.
fn told(node: &mut Attester, heads: Vec<(String, ByteBuf)>, more: bool) -> (Vec<LogRequest>, Vec<Record>) {
    let peer = [7; 32];
    let asked = done(node, Input::PeerUp { peer });
    let call = asked.iter().find_map(|effect| match effect {
        Effect::Ask { call, bytes, .. } => wire::decode::<LogRequest>(bytes).ok().map(|_| *call),
        _ => None,
    });
    let call: Call = call.unwrap();
    let bytes = Some(wire::encode(&LogAnswer::Heads { heads, more }));
    let (mut requests, mut records) = (Vec::new(), Vec::new());
    for effect in done(node, Input::Answer { call, bytes }) {
        match effect {
            Effect::Ask { bytes, .. } => requests.extend(wire::decode::<LogRequest>(&bytes).ok()),
            Effect::Persist(record) => records.push(record),
            _ => {}
        }
    }
    (requests, records)
}

#[test]
fn whoever_makes_keys_fills_no_places() {
    let mut node = member();
    let before = node.logs.len();
    let mut logs: Vec<(NodeId, String, Vec<u8>)> = (10..50).map(|n| log_of(&node, n)).collect();
    logs.push(log_of(&node, 2));
    logs.sort_by_key(|(node, ..)| *node);
    let heads = logs.iter().map(|(_, note, leaf)| (note.clone(), ByteBuf::from(leaf.clone()))).collect();
    let (_, records) = told(&mut node, heads, false);
    assert_eq!(node.logs.len(), before + 1, "the member alone: nothing of the others is certified");
    let kept = records.iter().filter(|record| matches!(record, Record::Leaves { .. })).count();
    assert_eq!(kept, 1);
}

#[test]
fn a_page_without_a_head_is_the_last() {
    let mut node = member();
    let (requests, _) = told(&mut node, Vec::new(), true);
    assert!(!requests.iter().any(|request| matches!(request, LogRequest::Heads { .. })), "{requests:?}");
    let (author, note, leaf) = log_of(&node, 2);
    let (requests, _) = told(&mut node, vec![(note, ByteBuf::from(leaf))], true);
    let next = requests.iter().find_map(|request| match request {
        LogRequest::Heads { after, .. } => Some(*after),
        _ => None,
    });
    assert_eq!(next, Some(Some(author)));
}

#[test]
fn a_member_finds_a_place_when_strangers_have_all() {
    let mut node = member();
    let stranger = follow(&mut node, 10);
    let view = node.logs[&stranger].clone();
    for n in 0..LOGS_MAX {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&n.to_be_bytes());
        node.logs.entry(NodeId(id)).or_insert_with(|| view.clone());
    }
    let (stranger, member) = (log_of(&node, 11).0, log_of(&node, 2).0);
    assert!(!node.has_place(&stranger) && node.has_place(&member));
}

#[test]
fn ever_earlier_dates_do_not_fill_the_disk() {
    let mut node = member();
    let author = follow(&mut node, 2);
    let log = node.logs.get_mut(&author).unwrap();
    let kept = (0..1000).filter(|_| log.may_keep(1)).count();
    assert!((2 * 22..100).contains(&kept), "{kept}");
}
