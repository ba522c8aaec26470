//! Reading blocks, checked against their hash.

use super::{BLOCKS, PRIVATE, Store};
use std::io;
use vantage_protocol::cid::Cid;
use vantage_protocol::hash::sha256;
use vantage_protocol::id::Hash;

use super::files::FILE_BYTES_MIN;

/// First byte of an entry whose block follows.
const INLINE: u8 = 0;
/// First byte of an entry whose block is a file; its length follows, eight bytes big-endian.
const FILE: u8 = 1;

/// What the table of blocks holds for a block.
pub(super) fn entry(bytes: &[u8]) -> Vec<u8> {
    let (kind, rest) = if bytes.len() >= FILE_BYTES_MIN {
        (FILE, (bytes.len() as u64).to_be_bytes().to_vec())
    } else {
        (INLINE, bytes.to_vec())
    };
    [vec![kind], rest].concat()
}

/// The length of a block, by what the table of blocks holds for it.
pub(super) fn length(entry: &[u8]) -> u64 {
    match entry.split_first() {
        Some((&INLINE, bytes)) => bytes.len() as u64,
        Some((&FILE, length)) => length.try_into().map_or(0, u64::from_be_bytes),
        _ => 0,
    }
}

/// Whether a block is a file of its own, by what the table of blocks holds for it.
pub(super) fn is_file(entry: &[u8]) -> bool {
    entry.first() == Some(&FILE)
}

/// Who may see a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Eyes {
    /// This node: private and public blocks.
    Own,
    /// Anybody: public blocks only.
    Anybody,
}

/// Where a block's bytes are.
enum Found {
    Inline(Vec<u8>),
    File { bytes: u64 },
}

impl Store {
    /// A block, private or public. One that cannot be read, or is damaged, is not there.
    pub fn block(&self, cid: &Cid) -> Option<Vec<u8>> {
        self.block_for(Eyes::Own, &cid.digest)
    }

    /// A public block.
    pub fn public_block(&self, cid: &Cid) -> Option<Vec<u8>> {
        self.block_for(Eyes::Anybody, &cid.digest)
    }

    pub(super) fn block_for(&self, eyes: Eyes, digest: &Hash) -> Option<Vec<u8>> {
        let bytes = match self.find(eyes, digest)? {
            Found::Inline(bytes) => bytes,
            Found::File { bytes } => match self.files.read(digest, bytes) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.damaged(digest, &error);
                    return None;
                }
            },
        };
        if sha256(&bytes) != *digest {
            self.damaged(digest, &io::Error::other("its bytes have another hash"));
            return None;
        }
        Some(bytes)
    }

    /// The length of a block, without reading it.
    pub(super) fn length_for(&self, eyes: Eyes, digest: &Hash) -> Option<u64> {
        self.find(eyes, digest).map(|found| match found {
            Found::Inline(bytes) => bytes.len() as u64,
            Found::File { bytes } => bytes,
        })
    }

    fn find(&self, eyes: Eyes, digest: &Hash) -> Option<Found> {
        let found = self.read(|transaction| {
            if eyes == Eyes::Anybody && transaction.open_table(PRIVATE)?.get(&digest.0)?.is_some() {
                return Ok(None);
            }
            let blocks = transaction.open_table(BLOCKS)?;
            let entry = blocks.get(&digest.0)?;
            Ok(entry.and_then(|entry| match entry.value().split_first()? {
                (&INLINE, bytes) => Some(Found::Inline(bytes.to_vec())),
                (&FILE, length) => Some(Found::File { bytes: u64::from_be_bytes(length.try_into().ok()?) }),
                _ => None,
            }))
        });
        found.unwrap_or_else(|error| {
            tracing::error!(%error, "a block could not be looked up");
            None
        })
    }

    fn damaged(&self, digest: &Hash, error: &io::Error) {
        tracing::error!(block = %digest, %error, "a block in the store is damaged or gone: it counts as missing");
    }
}
