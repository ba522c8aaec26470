//! The database's file, watched for one thing: that it met a full disk.

use redb::{BackendError, StorageBackend};
use std::io;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an error says that the disk, or this user's share of it, is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// A storage that remembers that it was full. After a failed write the database fails whatever comes next, in every
/// thread, without saying why; so the reason is noted before the database hears of the failure.
#[derive(Debug)]
pub(super) struct Watched<B> {
    inner: B,
    met_full: Arc<AtomicBool>,
}

impl<B> Watched<B> {
    /// Watches a storage; the flag is set once it was full, and stays so.
    pub(super) fn new(inner: B, met_full: Arc<AtomicBool>) -> Self {
        Self { inner, met_full }
    }

    fn watch<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.inspect_err(|error| {
            self.met_full.fetch_or(is_full(error), Ordering::Release);
        })
    }
}

impl<B: StorageBackend> StorageBackend for Watched<B> {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.watch(self.inner.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.watch(self.inner.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.watch(self.inner.write(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::backends::InMemoryBackend;

    /// Takes so many bytes and no more.
    #[derive(Debug)]
    struct Narrow(InMemoryBackend, u64, io::ErrorKind);

    impl StorageBackend for Narrow {
        fn len(&self) -> io::Result<u64> {
            self.0.len()
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.0.read(offset, out)
        }
        fn set_len(&self, len: u64) -> io::Result<()> {
            if len > self.1 { Err(self.2.into()) } else { self.0.set_len(len) }
        }
        fn sync_data(&self) -> io::Result<()> {
            self.0.sync_data()
        }
        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            self.0.write(offset, data)
        }
    }

    #[test]
    fn a_full_storage_is_remembered_and_other_trouble_is_not() {
        for (kind, full) in [
            (io::ErrorKind::StorageFull, true),
            (io::ErrorKind::QuotaExceeded, true),
            (io::ErrorKind::PermissionDenied, false),
        ] {
            let met_full = Arc::new(AtomicBool::new(false));
            let storage = Watched::new(Narrow(InMemoryBackend::new(), 64, kind), met_full.clone());
            storage.set_len(64).unwrap();
            storage.write(0, &[7; 64]).unwrap();
            assert!(!met_full.load(Ordering::Acquire));
            assert_eq!(storage.set_len(65).unwrap_err().kind(), kind);
            assert_eq!(met_full.load(Ordering::Acquire), full, "{kind}");
        }
    }
}
