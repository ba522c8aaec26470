//! The format of a data directory: which one it has, and how it becomes the one that this program knows.
//!
//! ```text
//! 1   meta (format, net, node, announced), records, blocks, private, cells, calls
//! 2   and: taken (slots taken on, and when), pruned (jobs whose blocks were given up), meta.clock_s (latest time that
//!     the node has acted on), meta.written_by (version of the program), days, jobs, open (the ledger), ordered (jobs
//!     ordered under a key; a store without it has none)
//! 3   and: glm_open, glm_days, glm_jobs (the ledger for Golem; an older program would forget what is open there)
//! ```
//!
//! A migration is one transaction: a crash in the middle leaves the old format as it was, and the next start begins
//! anew. A newer format is refused, never guessed at: what an older program does not know it would forget.

use super::glm;
use super::ledger::{self, CALLS, JOBS};
use super::{BLOCKS, CELLS, META, ORDERED, PRIVATE, PRUNED, RECORDS, Store, StoreError, TAKEN};
use redb::{ReadableTable as _, WriteTransaction};
use vantage_protocol::attester::Record;
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::wire;

/// Format of everything in the store.
pub const FORMAT: u64 = 3;
/// The oldest format that is brought up to date.
const OLDEST: u64 = 1;
/// This program, as a later one names it.
const PROGRAM: &str = concat!("vantage ", env!("CARGO_PKG_VERSION"));

/// What the table `meta` says of the store.
#[derive(Default)]
struct Found {
    format: Option<u64>,
    net: Option<Vec<u8>>,
    node: Option<Vec<u8>>,
    written_by: Option<String>,
}

impl Store {
    /// Makes a new store's tables, brings an older format up to date, and refuses what is of another network or node
    /// or of a format that this program does not know. `in_migration` is called in the middle of it, before anything
    /// counts.
    pub(super) fn check(
        &self,
        net: &NetId,
        node: &NodeId,
        in_migration: &mut dyn FnMut(),
    ) -> Result<(), StoreError> {
        let found = self.write(found)?;
        let path = self.path.clone();
        for (what, found, ours) in [("net", &found.net, &net.0), ("node", &found.node, &node.0)] {
            if found.as_ref().is_some_and(|found| found != ours) {
                return Err(StoreError::Foreign { path, what: what.to_owned() });
            }
        }
        match found.format {
            Some(format) if !(OLDEST..=FORMAT).contains(&format) => {
                let by = found.written_by.unwrap_or_else(|| "another version of the program".to_owned());
                return Err(StoreError::Format { path, found: format, known: FORMAT, by });
            }
            Some(FORMAT) if found.written_by.as_deref() == Some(PROGRAM) => return Ok(()),
            _ => {}
        }
        if let Some(format) = found.format.filter(|format| *format < FORMAT) {
            tracing::info!(from = format, to = FORMAT, "the data directory is brought up to date");
        }
        self.write(|transaction| {
            make_tables(transaction)?;
            if found.format == Some(OLDEST) {
                from_1(transaction)?;
                in_migration();
            }
            let mut meta = transaction.open_table(META)?;
            meta.insert("format", FORMAT.to_be_bytes().as_slice())?;
            meta.insert("net", net.0.as_slice())?;
            meta.insert("node", node.0.as_slice())?;
            meta.insert("written_by", PROGRAM.as_bytes())?;
            Ok(())
        })
    }
}

fn found(transaction: &WriteTransaction) -> Result<Found, redb::Error> {
    let meta = transaction.open_table(META)?;
    let bytes = |key: &str| -> Result<Option<Vec<u8>>, redb::Error> {
        Ok(meta.get(key)?.map(|value| value.value().to_vec()))
    };
    let format = bytes("format")?.map(|b| b.try_into().map(u64::from_be_bytes).unwrap_or_default());
    let written_by = bytes("written_by")?.map(|b| String::from_utf8_lossy(&b).into_owned());
    Ok(Found { format, net: bytes("net")?, node: bytes("node")?, written_by })
}

fn make_tables(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(RECORDS)?;
    transaction.open_table(BLOCKS)?;
    transaction.open_table(PRIVATE)?;
    transaction.open_table(CELLS)?;
    ledger::make_tables(transaction)?;
    glm::make_tables(transaction)?;
    transaction.open_table(TAKEN)?;
    transaction.open_table(PRUNED)?;
    transaction.open_table(ORDERED)?;
    Ok(())
}

/// Format 1 did not write down by which time the node had acted, nor which slots it had taken on. Both can be told from
/// what it did write: the times of its cosignatures, and the receipts and calls of slots.
fn from_1(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    let mut clock_s = 0;
    for entry in transaction.open_table(RECORDS)?.iter()? {
        let (_, bytes) = entry?;
        if let Ok(Record::Witnessed { time_s, .. }) = wire::decode::<Record>(bytes.value()) {
            clock_s = clock_s.max(time_s);
        }
    }
    transaction.open_table(META)?.insert("clock_s", clock_s.to_be_bytes().as_slice())?;
    let mut taken = transaction.open_table(TAKEN)?;
    for entry in transaction.open_table(CELLS)?.iter()? {
        let (key, _) = entry?;
        let (job, slot, _, _) = key.value();
        taken.insert((job, slot), clock_s)?;
    }
    let mut jobs = transaction.open_table(JOBS)?;
    for entry in transaction.open_table(CALLS)?.iter()? {
        let (key, value) = entry?;
        let ((job, slot), (vendor, _, used)) = (key.value(), value.value());
        taken.insert((job, slot), clock_s)?;
        // the ledger goes on from the calls that were counted; what they cost nobody wrote down
        let before = jobs.get((job, vendor))?.map_or((0, 0, 0, 0), |kept| kept.value());
        jobs.insert((job, vendor), (before.0 + u64::from(used), before.1, before.2, before.3))?;
    }
    Ok(())
}
