//! Where leaves and heads stand among the records, so that pages of a log and proofs are read without asking the core.
//! It follows from the records alone and is made anew where it is missing.

use super::{META, RECORDS};
use redb::{ReadableTable as _, ReadableTableMetadata as _, TableDefinition, WriteTransaction};
use std::collections::BTreeMap;
use vantage_protocol::attester::Record;
use vantage_protocol::id::{Hash, NodeId};
use vantage_protocol::log::{SignedCheckpoint, leaf_hash};
use vantage_protocol::wire;

/// Record, place in it and RFC 6962 hash of a leaf.
type LeafPlace = (u64, u32, &'static [u8; 32]);

/// Where leaves are, by node and index.
pub(super) const LEAVES: TableDefinition<(&[u8; 32], u64), LeafPlace> = TableDefinition::new("leaf_index");
/// The latest record of a head, by node and size.
pub(super) const HEADS: TableDefinition<(&[u8; 32], u64), u64> = TableDefinition::new("head_index");
/// Under this name META holds how many records are indexed.
const INDEXED: &str = "indexed";

/// What a record means for the index.
#[derive(Debug)]
pub(super) enum Entry {
    /// The next leaf of the node's own log.
    Own(Hash),
    /// Leaves of another log.
    Leaves { node: NodeId, start: u64, hashes: Vec<Hash> },
    /// A head.
    Head { node: NodeId, size: u64 },
    /// Leaves from here on are forgotten.
    Rewind { node: NodeId, size: u64 },
    /// Nothing.
    None,
}

impl Entry {
    pub(super) fn of(record: &Record) -> Self {
        match record {
            Record::OwnLeaf(bytes) => Self::Own(leaf_hash(bytes)),
            Record::Leaves { node, start, leaves } => {
                let hashes = leaves.iter().map(|bytes| leaf_hash(bytes)).collect();
                Self::Leaves { node: *node, start: *start, hashes }
            }
            Record::Head(note) => SignedCheckpoint::parse(note).map_or(Self::None, |head| Self::Head {
                node: head.checkpoint.origin.node,
                size: head.checkpoint.size,
            }),
            Record::Rewind { node, size } => Self::Rewind { node: *node, size: *size },
            _ => Self::None,
        }
    }
}

/// Adds records, which stand from `first` on.
pub(super) fn add<'a>(
    transaction: &WriteTransaction,
    first: u64,
    entries: impl Iterator<Item = &'a Entry>,
) -> Result<(), redb::Error> {
    let mut meta = transaction.open_table(META)?;
    let own: Option<[u8; 32]> = meta.get("node")?.and_then(|node| node.value().try_into().ok());
    let mut leaves = transaction.open_table(LEAVES)?;
    let mut heads = transaction.open_table(HEADS)?;
    let mut next = first;
    for (at, entry) in (first..).zip(entries) {
        next = at + 1;
        match entry {
            Entry::Own(hash) => {
                let Some(own) = own else { continue };
                let last = leaves.range((&own, 0)..=(&own, u64::MAX))?.next_back().transpose()?;
                let index = last.map_or(0, |(key, _)| key.value().1 + 1);
                leaves.insert((&own, index), (at, 0, &hash.0))?;
            }
            Entry::Leaves { node, start, hashes } => {
                for ((index, place), hash) in (*start..).zip(0u32..).zip(hashes) {
                    leaves.insert((&node.0, index), (at, place, &hash.0))?;
                }
            }
            Entry::Head { node, size } => drop(heads.insert((&node.0, *size), at)?),
            Entry::Rewind { node, size } => {
                leaves.retain_in((&node.0, *size)..=(&node.0, u64::MAX), |_, _| false)?;
                heads.retain_in((&node.0, size.saturating_add(1))..=(&node.0, u64::MAX), |_, _| false)?;
            }
            Entry::None => {}
        }
    }
    meta.insert(INDEXED, next.to_be_bytes().as_slice())?;
    Ok(())
}

/// Whether all records are indexed. Makes the tables, so that there is something to read.
pub(super) fn is_whole(transaction: &WriteTransaction) -> Result<bool, redb::Error> {
    transaction.open_table(LEAVES)?;
    transaction.open_table(HEADS)?;
    let records = transaction.open_table(RECORDS)?.len()?;
    let indexed = transaction.open_table(META)?.get(INDEXED)?.map(|count| count.value().to_vec());
    Ok(indexed.as_deref().map_or(records == 0, |count| count == records.to_be_bytes()))
}

/// Follows records that were taken out: those behind them have moved up. What was taken out is superseded, so nothing leads
/// there.
pub(super) fn renumber(transaction: &WriteTransaction, gone: &BTreeMap<u64, u64>) -> Result<(), redb::Error> {
    let gone: Vec<u64> = gone.keys().copied().collect();
    let moved = |record: u64| record - gone.partition_point(|before| *before < record) as u64;
    let mut leaves = transaction.open_table(LEAVES)?;
    let mut places = Vec::new();
    for entry in leaves.iter()? {
        let (key, place) = entry?;
        let ((node, index), (record, at, hash)) = (key.value(), place.value());
        if moved(record) != record {
            places.push((*node, index, moved(record), at, *hash));
        }
    }
    for (node, index, record, at, hash) in places {
        leaves.insert((&node, index), (record, at, &hash))?;
    }
    let mut heads = transaction.open_table(HEADS)?;
    let mut places = Vec::new();
    for entry in heads.iter()? {
        let (key, record) = entry?;
        places.push((*key.value().0, key.value().1, moved(record.value())));
    }
    for (node, size, record) in places {
        heads.insert((&node, size), record)?;
    }
    let records = transaction.open_table(RECORDS)?.len()?;
    transaction.open_table(META)?.insert(INDEXED, records.to_be_bytes().as_slice())?;
    Ok(())
}

/// Makes it anew. A record that cannot be read is left out: the replay that follows names it.
pub(super) fn rebuild(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.delete_table(LEAVES)?;
    transaction.delete_table(HEADS)?;
    let mut entries = Vec::new();
    for record in transaction.open_table(RECORDS)?.iter()? {
        let (_, bytes) = record?;
        entries.push(wire::decode::<Record>(bytes.value()).map_or(Entry::None, |record| Entry::of(&record)));
    }
    add(transaction, 0, entries.iter())
}
