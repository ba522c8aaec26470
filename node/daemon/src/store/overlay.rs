//! A database's file as it is, with whatever is written kept in memory: a look that repairs what a crash has left, as a
//! start would, and changes nothing.

use redb::StorageBackend;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that are kept together.
const PAGE: usize = 4096;
/// Most pages in memory, 256 MiB. A guess: far more than a repair writes.
const PAGES_MAX: usize = 65_536;

/// The file below, what was written above.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    above: Mutex<Above>,
}

#[derive(Debug)]
struct Above {
    len: u64,
    /// So much of the file still counts.
    below: u64,
    pages: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    /// Over a file that is open for reading.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, above: Mutex::new(Above { len, below: len, pages: BTreeMap::new() }) })
    }

    fn above(&self) -> MutexGuard<'_, Above> {
        self.above.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page as it is now.
    fn page(&self, above: &Above, number: u64) -> io::Result<Vec<u8>> {
        if let Some(page) = above.pages.get(&number) {
            return Ok(page.clone());
        }
        let (mut page, start) = (vec![0; PAGE], number * PAGE as u64);
        let held = above.below.saturating_sub(start).min(PAGE as u64) as usize;
        self.file.read_exact_at(&mut page[..held], start)?;
        Ok(page)
    }
}

/// The pages that a stretch of bytes lies in: number, where it begins in the page, how many bytes.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let end = offset + length as u64;
    let mut at = offset;
    std::iter::from_fn(move || {
        let (number, from) = (at / PAGE as u64, (at % PAGE as u64) as usize);
        let bytes = (end - at).min((PAGE - from) as u64) as usize;
        at += bytes as u64;
        (bytes > 0).then_some((number, from, bytes))
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.above().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let above = self.above();
        if offset.saturating_add(out.len() as u64) > above.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut done = 0;
        for (number, from, bytes) in parts(offset, out.len()) {
            let page = self.page(&above, number)?;
            out[done..done + bytes].copy_from_slice(&page[from..from + bytes]);
            done += bytes;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut above = self.above();
        above.pages.retain(|number, _| number * (PAGE as u64) < len);
        if let Some(last) = above.pages.get_mut(&(len / PAGE as u64)) {
            last[(len % PAGE as u64) as usize..].fill(0);
        }
        above.below = above.below.min(len);
        above.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut above = self.above();
        let mut done = 0;
        for (number, from, bytes) in parts(offset, data.len()) {
            let mut page = self.page(&above, number)?;
            page[from..from + bytes].copy_from_slice(&data[done..done + bytes]);
            done += bytes;
            above.pages.insert(number, page);
        }
        if above.pages.len() > PAGES_MAX {
            return Err(io::Error::other(
                "its repair is too large for a look: start the node, which repairs it",
            ));
        }
        above.len = above.len.max(offset + data.len() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_read_back_and_the_file_stays() {
        let mut file = tempfile::tempfile().unwrap();
        let before: Vec<u8> = (0..10_000u32).map(|n| n as u8).collect();
        io::Write::write_all(&mut file, &before).unwrap();
        let overlay = Overlay::new(file.try_clone().unwrap()).unwrap();
        overlay.write(4000, &[7; 5000]).unwrap();
        let mut out = vec![0; 10_000];
        overlay.read(0, &mut out).unwrap();
        assert_eq!(
            (&out[..4000], &out[4000..9000], &out[9000..]),
            (&before[..4000], &[7; 5000][..], &before[9000..])
        );
        overlay.set_len(5000).unwrap();
        overlay.set_len(12_000).unwrap();
        let mut out = vec![1; 12_000];
        overlay.read(0, &mut out).unwrap();
        assert_eq!((&out[4000..5000], &out[5000..]), (&[7; 1000][..], &[0; 7000][..]));
        assert!(overlay.read(1, &mut out).is_err());
        let mut whole = vec![0; 10_000];
        file.read_exact_at(&mut whole, 0).unwrap();
        assert_eq!(whole, before);
    }
}
