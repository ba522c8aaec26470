//! Where the blocks come from that we serve.

use bytes::Bytes;
use cid::Cid;

/// The blocks that may be served to anybody.
///
/// Both calls run on tokio's blocking threads, a bounded number at a time ([`crate::limits::BLOCK_READS_MAX`]), so
/// they may read from disk. They answer for *public* blocks only: whatever they find is sent to whoever asks. The
/// CID comes from a stranger and may be of any version, codec and hash.
pub trait BlockSource: Send + Sync + 'static {
    /// The block's bytes, if it is here and public.
    fn get(&self, cid: &Cid) -> Option<Bytes>;
    /// The block's length in bytes, if it is here and public.
    fn has(&self, cid: &Cid) -> Option<usize>;
}

/// Serves nothing: for entry points and visitors.
#[derive(Clone, Copy, Debug)]
pub struct NoBlocks;

impl BlockSource for NoBlocks {
    fn get(&self, _: &Cid) -> Option<Bytes> {
        None
    }

    fn has(&self, _: &Cid) -> Option<usize> {
        None
    }
}
