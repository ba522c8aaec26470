//! Pages of logs and proofs from the store, against a log that is kept beside it.

use super::*;
use vantage_protocol::attester::{NotShown, PAGE_LEAVES_MAX};
use vantage_protocol::keys::{LogKey, WitnessKey};
use vantage_protocol::leaf::Cert;
use vantage_protocol::log::{
    Checkpoint, Cosignature, Origin, Policy, SignedCheckpoint, TlogProof, Tree, leaf_hash,
};

const OTHER: NodeId = NodeId([7; 32]);

/// A log as its node has it.
struct Log {
    origin: Origin,
    leaves: Vec<Vec<u8>>,
    tree: Tree,
}

impl Log {
    fn of(node: NodeId) -> Self {
        Self { origin: Origin::new(&NET, 0, node), leaves: Vec::new(), tree: Tree::new() }
    }

    /// So many further leaves; `seed` tells them from those of another history.
    fn say(&mut self, count: u64, seed: &str) -> Vec<Vec<u8>> {
        let from = self.tree.size();
        let leaves: Vec<Vec<u8>> = (from..from + count).map(|n| format!("{seed} {n}").into_bytes()).collect();
        leaves.iter().for_each(|leaf| self.tree.push(leaf_hash(leaf)));
        self.leaves.extend(leaves.iter().cloned());
        leaves
    }

    /// Its head, with the witness's cosignature or without.
    fn head(&self, cosigned: bool) -> SignedCheckpoint {
        let checkpoint =
            Checkpoint { origin: self.origin.clone(), size: self.tree.size(), root: self.tree.root() };
        let mut head = checkpoint.sign(&LogKey::from_seed(&[3; 32]));
        if cosigned {
            let cosignature = Cosignature::make(&head.checkpoint, &witness(), 1_750_000_000);
            head.add(&witness_origin(), &witness().public(), cosignature).unwrap();
        }
        head
    }
}

fn witness() -> WitnessKey {
    WitnessKey::from_seed(&[4; 32])
}

fn witness_origin() -> Origin {
    Origin::new(&NET, 0, NODE)
}

fn policy() -> Policy {
    Policy::new(vec![(NODE, witness_origin(), witness().public())], 1)
}

fn write(store: &Store, records: impl IntoIterator<Item = Record>) {
    let mut batch = Batch::default();
    records.into_iter().for_each(|record| batch.record(&record));
    store.commit(batch).unwrap();
}

fn leaves(node: NodeId, start: u64, leaves: &[Vec<u8>]) -> Record {
    Record::Leaves { node, start, leaves: leaves.iter().cloned().map(Into::into).collect() }
}

/// Everything that is asked of it is what the log says; leaves below `certified` are proven under a head of that size.
fn assert_shows(store: &Store, log: &Log, certified: &SignedCheckpoint) {
    let node = log.origin.node;
    let size = log.leaves.len() as u64;
    assert_eq!(store.log_size(&node).unwrap(), size);
    for (start, count) in [(0, 1), (0, 1000), (3, 9), (size - 1, 5), (size, 5), (u64::MAX, u32::MAX)] {
        let expected = log.leaves.iter().skip(usize::try_from(start).unwrap_or(usize::MAX));
        let expected: Vec<_> = expected.take(count.min(PAGE_LEAVES_MAX) as usize).cloned().collect();
        assert_eq!(store.leaves(&node, start, count).unwrap(), expected, "{start} {count}");
    }
    let mut below = Tree::new();
    log.leaves.iter().take(certified.checkpoint.size as usize).for_each(|leaf| below.push(leaf_hash(leaf)));
    for index in 0..size {
        let shown = store.proof(&node, index, &policy()).unwrap();
        if index >= certified.checkpoint.size {
            assert_eq!(shown, Err(NotShown::NotCertified { node, index }));
            continue;
        }
        let (at, cert) = shown.unwrap();
        let leaf = log.leaves[index as usize].clone();
        assert_eq!((at.author, at.index, at.hash), (node, index, leaf_hash(&leaf)));
        TlogProof::parse(&cert.proof).unwrap().verify_inclusion(&leaf).unwrap();
        assert_eq!(cert, Cert::under(certified, &policy(), &below, index, leaf).unwrap());
    }
    let beyond = store.proof(&node, size, &policy()).unwrap();
    assert_eq!(beyond, Err(NotShown::NoLeaf { node, index: size, held: size }));
}

#[test]
fn pages_and_proofs_are_those_of_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (mut own, mut other) = (Log::of(NODE), Log::of(OTHER));
    assert_eq!(store.proof(&OTHER, 0, &policy()).unwrap(), Err(NotShown::NoLog(OTHER)));
    assert_eq!((store.log_size(&OTHER).unwrap(), store.leaves(&OTHER, 0, 9).unwrap()), (0, vec![]));
    // leaves of both stand between each other, some alone and some together
    write(&store, own.say(5, "own").into_iter().map(|leaf| Record::OwnLeaf(leaf.into())));
    write(&store, [leaves(OTHER, 0, &other.say(150, "other"))]);
    write(&store, [Record::Head(own.head(false).to_note()), note(1)]);
    write(&store, own.say(8, "own").into_iter().map(|leaf| Record::OwnLeaf(leaf.into())));
    let own_head = own.head(true);
    write(&store, [Record::Head(own_head.to_note())]);
    write(&store, own.say(2, "own").into_iter().map(|leaf| Record::OwnLeaf(leaf.into())));
    let (bare, start) = (other.head(false), other.tree.size());
    write(&store, [Record::Head(bare.to_note()), leaves(OTHER, start, &other.say(1, "other"))]);
    let other_head = other.head(true);
    write(&store, [Record::Head(other_head.to_note())]);
    assert_shows(&store, &own, &own_head);
    assert_shows(&store, &other, &other_head);
    drop(store);
    assert_shows(&open(dir.path()), &other, &other_head);
}

#[test]
fn what_was_taken_back_is_shown_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut log = Log::of(OTHER);
    write(&store, [leaves(OTHER, 0, &log.say(12, "first"))]);
    let early = log.head(true);
    write(&store, [Record::Head(early.to_note()), leaves(OTHER, 12, &log.say(8, "wrong"))]);
    write(&store, [Record::Head(log.head(true).to_note()), Record::Rewind { node: OTHER, size: 12 }]);
    let mut log = Log::of(OTHER);
    log.say(12, "first");
    assert_shows(&store, &log, &early);
    write(&store, [leaves(OTHER, 12, &log.say(3, "right"))]);
    assert_shows(&store, &log, &early);
}

#[test]
fn the_index_is_made_anew_where_it_is_missing_or_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::of(OTHER);
    let store = open(dir.path());
    write(&store, [leaves(OTHER, 0, &log.say(12, "first")), note(1)]);
    let head = log.head(true);
    write(&store, [Record::Head(head.to_note()), Record::Head(head.to_note()), note(2)]);
    // records of which another program left no index
    let forget = |transaction: &redb::WriteTransaction| {
        transaction.delete_table(index::LEAVES)?;
        transaction.delete_table(index::HEADS)?;
        transaction.open_table(META)?.insert("indexed", 1u64.to_be_bytes().as_slice())?;
        transaction.open_table(META)?.insert("written_by", b"0.0.1".as_slice())?;
        Ok(())
    };
    store.write(forget).unwrap();
    drop(store);
    let store = open(dir.path());
    assert_shows(&store, &log, &head);
    // records that are dropped move those behind them
    assert!(store.compact_records(false).unwrap().0 > 0);
    assert_shows(&store, &log, &head);
    write(&store, [leaves(OTHER, 12, &log.say(3, "more"))]);
    assert_shows(&store, &log, &head);
}
