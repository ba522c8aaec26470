//! The format of a data directory.
//!
//! ```text
//! 1 to 3   of networks of edition 1: 1 was released, 2 and 3 stood between releases
//! 4        meta (format, net, node, announced, clock_s, written_by), records, blocks, private, cells, calls, taken, pruned,
//!          ordered, days, jobs, open (the ledger), glm_open, glm_days, glm_jobs (the ledger for Golem); and, made anew from the
//!          records where they are missing: leaf_index, head_index, job_views, job_view_places
//! ```
//!
//! A network ends with its edition, and with it what its nodes remember: older formats are refused and left as they are.
//! So is a newer one, never guessed at: what an older program does not know it would forget.

use super::{BLOCKS, CELLS, META, ORDERED, PRIVATE, PRUNED, RECORDS, Store, StoreError, TAKEN};
use super::{glm, index, ledger, views};
use redb::{ReadTransaction, WriteTransaction};
use std::path::Path;
use vantage_protocol::id::{NetId, NodeId};

/// Format of everything in the store.
pub const FORMAT: u64 = 4;
/// The last format of a network of edition 1.
const LAST_OF_EDITION_1: u64 = 3;
/// This program, as a later one names it.
const PROGRAM: &str = concat!("vantage ", env!("CARGO_PKG_VERSION"));

/// What the table `meta` says of the store.
#[derive(Default)]
pub(super) struct Found {
    format: Option<u64>,
    net: Option<Vec<u8>>,
    node: Option<Vec<u8>>,
    written_by: Option<String>,
}

impl Store {
    /// Makes a new store's tables, and refuses what is of another network or node or of another format; and one that
    /// says nothing of itself where a node has run.
    pub(super) fn check(&self, net: &NetId, node: &NodeId, has_run: bool) -> Result<(), StoreError> {
        let found = self.write(|transaction| read_meta(&transaction.open_table(META)?))?;
        found.refuse(&self.path, Some((net, node)), has_run)?;
        if found.is_ours() {
            return self.write(make_for_readers);
        }
        self.write(|transaction| {
            make_tables(transaction)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert("format", FORMAT.to_be_bytes().as_slice())?;
            meta.insert("net", net.0.as_slice())?;
            meta.insert("node", node.0.as_slice())?;
            meta.insert("written_by", PROGRAM.as_bytes())?;
            drop(meta);
            // another program may have written records without following them in the index
            views::create(transaction)?;
            index::rebuild(transaction)
        })
    }
}

impl Found {
    /// The format; none where nothing was written yet.
    pub(super) fn format(&self) -> Option<u64> {
        self.format
    }

    /// Whether this program made all tables.
    pub(super) fn is_ours(&self) -> bool {
        self.format == Some(FORMAT) && self.written_by.as_deref() == Some(PROGRAM)
    }

    /// Refuses a store of another format, network or node; and one that says nothing of itself where a node has run.
    pub(super) fn refuse(
        &self,
        path: &Path,
        ours: Option<(&NetId, &NodeId)>,
        has_run: bool,
    ) -> Result<(), StoreError> {
        let path = path.to_owned();
        match self.format {
            Some(found) if found <= LAST_OF_EDITION_1 => return Err(StoreError::Edition { path, found }),
            Some(found) if found != FORMAT => {
                let by = self.written_by.clone();
                let by = by.unwrap_or_else(|| "another version of the program".to_owned());
                return Err(StoreError::Format { path, found, known: FORMAT, by });
            }
            None if has_run => return Err(StoreError::Lost { path, what: "holds nothing of any node" }),
            _ => {}
        }
        let Some((net, node)) = ours else { return Ok(()) };
        for (what, found, ours) in [("net", &self.net, &net.0), ("node", &self.node, &node.0)] {
            if found.as_ref().is_some_and(|found| found != ours) {
                return Err(StoreError::Foreign { path, what: what.to_owned() });
            }
        }
        Ok(())
    }
}

/// What the table `meta` says.
pub(super) fn read_meta(
    meta: &impl redb::ReadableTable<&'static str, &'static [u8]>,
) -> Result<Found, redb::Error> {
    let bytes = |key: &str| -> Result<Option<Vec<u8>>, redb::Error> {
        Ok(meta.get(key)?.map(|value| value.value().to_vec()))
    };
    let format = bytes("format")?.map(|b| b.try_into().map(u64::from_be_bytes).unwrap_or_default());
    let written_by = bytes("written_by")?.map(|b| String::from_utf8_lossy(&b).into_owned());
    Ok(Found { format, net: bytes("net")?, node: bytes("node")?, written_by })
}

/// Whether all tables are there and of their types, as a start needs them.
pub(super) fn look_at_tables(transaction: &ReadTransaction) -> Result<(), redb::Error> {
    transaction.open_table(RECORDS)?;
    transaction.open_table(BLOCKS)?;
    transaction.open_table(PRIVATE)?;
    transaction.open_table(CELLS)?;
    ledger::look_at_tables(transaction)?;
    glm::look_at_tables(transaction)?;
    transaction.open_table(TAKEN)?;
    transaction.open_table(PRUNED)?;
    transaction.open_table(ORDERED)?;
    Ok(())
}

/// What readers need and the records do not: made where it is missing.
fn make_for_readers(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    views::create(transaction)?;
    if index::is_whole(transaction)? { Ok(()) } else { index::rebuild(transaction) }
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
