//! Large blocks as files, because a database copies them about.

use super::{Batch, StoreError};
use crate::private_file;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use vantage_protocol::hash::sha256;
use vantage_protocol::id::Hash;

/// Blocks from this size on are files: redb doubles what it holds (measured, see the decision on the store).
pub(super) const FILE_BYTES_MIN: usize = 64 * 1024;
/// Largest block that is read back, bytes: a bundle's certs may be two blocks long.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The directory.
pub const DIR: &str = "blocks";

/// `blocks/<two hex digits>/<64 hex digits>`.
#[derive(Debug)]
pub(super) struct BlockFiles {
    dir: PathBuf,
    /// Held while files are written: two commits may hold the same block.
    writing: Mutex<()>,
}

impl BlockFiles {
    pub(super) fn open(data: &Path) -> Result<Self, StoreError> {
        let dir = data.join(DIR);
        let made = private_file::make_dir(&dir).and_then(|()| private_file::sync_parent(&dir));
        made.map_err(|source| StoreError::io(&dir, source))?;
        Ok(Self { dir, writing: Mutex::new(()) })
    }

    /// Writes a batch's large blocks, durable when it returns. Files that are there and whole are left.
    pub(super) fn write_large(&self, _alone: &MutexGuard<'_, ()>, batch: &Batch) -> Result<(), StoreError> {
        for (digest, bytes) in batch.large() {
            let path = self.path(digest);
            if fs::read(&path).is_ok_and(|found| sha256(&found) == *digest) {
                // It may be an orphan of a crash: the directory is synced all the same.
                private_file::sync_parent(&path).map_err(|source| StoreError::io(&path, source))?;
                continue;
            }
            self.write(&path, bytes).map_err(|source| StoreError::io(&path, source))?;
        }
        Ok(())
    }

    /// Nobody else writes or removes files while this is held.
    pub(super) fn alone(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a block's file, if it has one.
    pub(super) fn remove(&self, _alone: &MutexGuard<'_, ()>, digest: &Hash) -> io::Result<()> {
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn read(&self, digest: &Hash, bytes: u64) -> io::Result<Vec<u8>> {
        if bytes > FILE_BYTES_MAX {
            return Err(io::Error::other(format!("{bytes} bytes, no block is that long")));
        }
        let mut block = Vec::with_capacity(bytes as usize);
        File::open(self.path(digest))?.take(bytes + 1).read_to_end(&mut block)?;
        Ok(block)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(shard) = path.parent()
            && !shard.is_dir()
        {
            private_file::make_dir(shard)?;
            private_file::sync_parent(shard)?;
        }
        private_file::replace(path, bytes)
    }

    pub(super) fn path(&self, digest: &Hash) -> PathBuf {
        let name = digest.to_string();
        let shard = name.get(..2).unwrap_or("00");
        self.dir.join(shard).join(&name)
    }
}
