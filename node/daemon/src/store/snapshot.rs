//! A consistent copy of the store while it is in use.

use super::glm::{GLM_DAYS, GLM_JOBS, GLM_OPEN};
use super::ledger::{CALLS, DAYS, JOBS, OPEN};
use super::{BLOCKS, CELLS, META, ORDERED, PRIVATE, PRUNED, RECORDS, Store, StoreError, TAKEN, blocks};
use crate::private_file;
use redb::{
    Database, Durability, Key, ReadTransaction, ReadableTable as _, TableDefinition, Value, WriteTransaction,
};
use std::fs;
use std::path::{Path, PathBuf};
use vantage_protocol::attester::Record;
use vantage_protocol::id::Hash;
use vantage_protocol::wire;

/// What a copy consists of.
#[derive(Debug)]
pub struct Snapshot {
    /// The copied database: everything but large blocks.
    pub database: PathBuf,
    /// Digests of the large blocks that it names, and where their files are. Files never change; pruning may remove one.
    pub files: Vec<(Hash, PathBuf)>,
}

impl Store {
    /// Copies everything that is on disk at one moment to a new database, durable when this returns. Its last record
    /// is the mark of a restored backup: whoever runs on the copy asks its peers before it signs.
    pub fn snapshot(&self, to: &Path) -> Result<Snapshot, StoreError> {
        private_file::create(to, b"").map_err(|source| StoreError::io(to, source))?;
        let failed = |error| StoreError::database(to, error);
        // an empty file becomes a new database
        let copy = Database::create(to).map_err(|error| StoreError::database(to, error))?;
        let files = self.read(|from| copy_all(from, &copy)).map_err(|error| match error {
            StoreError::Database { source, .. } => failed(*source),
            other => other,
        })?;
        drop(copy);
        let synced = fs::File::open(to).and_then(|file| file.sync_all());
        synced.map_err(|source| StoreError::io(to, source))?;
        let files = files.into_iter().map(|digest| (digest, self.files.path(&digest))).collect();
        Ok(Snapshot { database: to.to_owned(), files })
    }
}

fn copy_all(from: &ReadTransaction, copy: &Database) -> Result<Vec<Hash>, redb::Error> {
    let mut to = copy.begin_write()?;
    to.set_durability(Durability::Immediate)?;
    to.set_quick_repair(true);
    table(META, from, &to)?;
    table(RECORDS, from, &to)?;
    table(BLOCKS, from, &to)?;
    table(PRIVATE, from, &to)?;
    table(CELLS, from, &to)?;
    table(CALLS, from, &to)?;
    table(DAYS, from, &to)?;
    table(JOBS, from, &to)?;
    table(OPEN, from, &to)?;
    table(GLM_OPEN, from, &to)?;
    table(GLM_DAYS, from, &to)?;
    table(GLM_JOBS, from, &to)?;
    table(TAKEN, from, &to)?;
    table(PRUNED, from, &to)?;
    table(ORDERED, from, &to)?;
    let mut files = Vec::new();
    {
        let mut records = to.open_table(RECORDS)?;
        let next = records.last()?.map_or(0, |(index, _)| index.value() + 1);
        records.insert(next, wire::encode(&Record::Restored).as_slice())?;
        for entry in to.open_table(BLOCKS)?.iter()? {
            let (digest, place) = entry?;
            if blocks::is_file(place.value()) {
                files.push(Hash(*digest.value()));
            }
        }
    }
    to.commit()?;
    Ok(files)
}

fn table<K: Key + 'static, V: Value + 'static>(
    definition: TableDefinition<'static, K, V>,
    from: &ReadTransaction,
    to: &WriteTransaction,
) -> Result<(), redb::Error> {
    let mut to = to.open_table(definition)?;
    for entry in from.open_table(definition)?.iter()? {
        let (key, value) = entry?;
        to.insert(key.value(), value.value())?;
    }
    Ok(())
}
