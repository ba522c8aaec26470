//! What readers get without asking the core: pages of a log, and proofs.

use super::index::{HEADS, LEAVES};
use super::{RECORDS, Store, StoreError};
use redb::ReadTransaction;
use vantage_protocol::attester::{NotShown, PAGE_LEAVES_MAX, Record};
use vantage_protocol::id::{Hash, NodeId};
use vantage_protocol::leaf::{Cert, LeafRef};
use vantage_protocol::log::{Policy, SignedCheckpoint, Tree};
use vantage_protocol::wire;

/// Heads over a leaf that are looked at for one that a quorum has cosigned: as many as the core looks at.
const HEADS_LOOKED_MAX: usize = 1024;

impl Store {
    /// Leaves of a log that are held.
    pub fn log_size(&self, node: &NodeId) -> Result<u64, StoreError> {
        self.read(|transaction| size(transaction, node))
    }

    /// Canonical bytes of leaves from `start` on, at most `count` and [`PAGE_LEAVES_MAX`].
    pub fn leaves(&self, node: &NodeId, start: u64, count: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let end = start.saturating_add(count.min(PAGE_LEAVES_MAX).into());
        self.read(|transaction| {
            let index = transaction.open_table(LEAVES)?;
            let mut page = Vec::new();
            for entry in index.range((&node.0, start)..(&node.0, end))? {
                let (record, place, _) = entry?.1.value();
                let Some(bytes) = leaf(transaction, record, place)? else { break };
                page.push(bytes);
            }
            Ok(page)
        })
    }

    /// A leaf with its proof under the first head that a quorum of `policy` has cosigned, and where it stands.
    pub fn proof(
        &self,
        node: &NodeId,
        index: u64,
        policy: &Policy,
    ) -> Result<Result<(LeafRef, Cert), NotShown>, StoreError> {
        self.read(|transaction| {
            let held = size(transaction, node)?;
            if held == 0 {
                return Ok(Err(NotShown::NoLog(*node)));
            }
            let leaves = transaction.open_table(LEAVES)?;
            let Some((record, place, hash)) = leaves.get((&node.0, index))?.map(|entry| {
                let (record, place, hash) = entry.value();
                (record, place, Hash(*hash))
            }) else {
                return Ok(Err(NotShown::NoLeaf { node: *node, index, held }));
            };
            let Some(head) = first_certified(transaction, node, index, policy)? else {
                return Ok(Err(NotShown::NotCertified { node: *node, index }));
            };
            let mut tree = Tree::new();
            for entry in leaves.range((&node.0, 0)..(&node.0, head.checkpoint.size))? {
                tree.push(Hash(*entry?.1.value().2));
            }
            let bytes = leaf(transaction, record, place)?;
            let cert = bytes.and_then(|bytes| Cert::under(&head, policy, &tree, index, bytes));
            let at = LeafRef { author: *node, index, hash };
            Ok(cert.map_or(Err(NotShown::NotCertified { node: *node, index }), |cert| Ok((at, cert))))
        })
    }
}

/// Leaves of a log.
fn size(transaction: &ReadTransaction, node: &NodeId) -> Result<u64, redb::Error> {
    let index = transaction.open_table(LEAVES)?;
    let last = index.range((&node.0, 0)..=(&node.0, u64::MAX))?.next_back().transpose()?;
    Ok(last.map_or(0, |(key, _)| key.value().1 + 1))
}

/// The bytes of a leaf in its record.
fn leaf(transaction: &ReadTransaction, record: u64, place: u32) -> Result<Option<Vec<u8>>, redb::Error> {
    let records = transaction.open_table(RECORDS)?;
    let record = records.get(record)?.and_then(|bytes| wire::decode::<Record>(bytes.value()).ok());
    Ok(match record {
        Some(Record::OwnLeaf(bytes)) => Some(bytes.into_vec()),
        Some(Record::Leaves { mut leaves, .. }) => {
            let place = place as usize;
            (place < leaves.len()).then(|| leaves.swap_remove(place).into_vec())
        }
        _ => None,
    })
}

/// The smallest head over a leaf that a quorum has cosigned.
fn first_certified(
    transaction: &ReadTransaction,
    node: &NodeId,
    index: u64,
    policy: &Policy,
) -> Result<Option<SignedCheckpoint>, redb::Error> {
    let heads = transaction.open_table(HEADS)?;
    let records = transaction.open_table(RECORDS)?;
    let above = (&node.0, index.saturating_add(1))..=(&node.0, u64::MAX);
    for entry in heads.range(above)?.take(HEADS_LOOKED_MAX) {
        let at = entry?.1.value();
        let record = records.get(at)?.and_then(|bytes| wire::decode::<Record>(bytes.value()).ok());
        let Some(Record::Head(note)) = record else { continue };
        let Ok(head) = SignedCheckpoint::parse(&note) else { continue };
        if policy.check(&head).is_ok() {
            return Ok(Some(head));
        }
    }
    Ok(None)
}
