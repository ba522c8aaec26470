//! Where the checks get blocks from: a look-up of the caller's, or a pool held in memory.

use super::judge::Get;
use crate::cid::Cid;
use crate::receipt::Receipts;
use crate::wire::{self, Wire, WireError};
use std::borrow::Cow;
use std::rc::Rc;

/// Blocks by their ids. Only bytes that their id names are ever returned.
pub(super) trait Source {
    /// A block.
    fn bytes(&self, cid: &Cid) -> Option<Cow<'_, [u8]>>;

    /// The length of a block.
    fn length(&self, cid: &Cid) -> Option<u64> {
        self.bytes(cid).map(|bytes| bytes.len() as u64)
    }

    /// A block of receipts, decoded. They are most of what there is to decode: a source may keep
    /// them.
    fn receipts(&self, cid: &Cid) -> Option<Result<Rc<Receipts>, WireError>> {
        block(self, cid).map(|read| read.map(Rc::new))
    }

    /// The block's number among those of a source that numbers them from 0 on.
    fn place(&self, _cid: &Cid) -> Option<usize> {
        None
    }
}

/// Decodes the block behind an id, if it is held.
pub(super) fn block<T: Wire>(source: &(impl Source + ?Sized), cid: &Cid) -> Option<Result<T, WireError>> {
    source.bytes(cid).map(|bytes| wire::decode(&bytes))
}

/// A look-up of the caller's.
pub(super) struct Lookup<'a>(pub(super) Get<'a>);

impl Source for Lookup<'_> {
    fn bytes(&self, cid: &Cid) -> Option<Cow<'_, [u8]>> {
        (self.0)(cid).map(Cow::Owned)
    }
}
