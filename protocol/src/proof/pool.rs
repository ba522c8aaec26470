//! The blocks of one bundle in memory, each found in one step and decoded once.

use super::source::{Source, block};
use crate::cid::Cid;
use crate::receipt::Receipts;
use crate::wire::WireError;
use core::cell::RefCell;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Most leading bits of a digest that make a bucket: a table of 256 KiB, which stays in a cache.
const BUCKET_BITS_MAX: u32 = 16;

/// Blocks by their ids. Digests are spread evenly unless somebody ground them, so a bucket holds a few
/// blocks; one that holds many is searched by halves: whatever is put in, a look-up is O(log n).
pub(super) struct Pool<'a> {
    /// Sorted by digest, then codec.
    cids: Vec<Cid>,
    /// In the same order.
    bytes: Vec<Cow<'a, [u8]>>,
    /// Where each bucket begins, and the end of the last.
    starts: Vec<usize>,
    bits: u32,
    /// Receipts that were asked for, by place.
    receipts: RefCell<BTreeMap<usize, Kept>>,
}

/// What came of decoding some receipts.
type Kept = Result<Rc<Receipts>, WireError>;

impl<'a> Pool<'a> {
    /// Takes in blocks, each true to its id. One that stands again is the same, and taken once.
    pub(super) fn new(mut blocks: Vec<(Cid, Cow<'a, [u8]>)>) -> Self {
        let bits = blocks.len().checked_ilog2().unwrap_or(0).min(BUCKET_BITS_MAX);
        let starts = starts(blocks.iter().map(|(cid, _)| cid), bits);
        let mut order = order(&blocks, &starts, bits);
        for bucket in starts.windows(2) {
            let range = bucket.first().copied().unwrap_or(0)..bucket.last().copied().unwrap_or(0);
            if let Some(bucket) = order.get_mut(range) {
                bucket.sort_by_key(|at| (blocks.get(*at).map(|(cid, _)| rank(cid)), *at));
            }
        }
        let mut pool = Self {
            cids: Vec::with_capacity(blocks.len()),
            bytes: Vec::with_capacity(blocks.len()),
            starts,
            bits,
            receipts: RefCell::default(),
        };
        for at in order {
            let Some((cid, bytes)) = blocks.get_mut(at) else { continue };
            if pool.cids.last() == Some(cid) {
                continue;
            }
            pool.cids.push(*cid);
            pool.bytes.push(core::mem::take(bytes));
        }
        if pool.cids.len() < blocks.len() {
            // some stood again: what comes after them has moved up
            pool.starts = self::starts(pool.cids.iter(), bits);
        }
        pool
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.cids.len()
    }

    /// All ids.
    pub(super) fn cids(&self) -> &[Cid] {
        &self.cids
    }
}

impl Source for Pool<'_> {
    fn bytes(&self, cid: &Cid) -> Option<Cow<'_, [u8]>> {
        self.bytes.get(self.place(cid)?).map(|bytes| Cow::Borrowed(bytes.as_ref()))
    }

    fn receipts(&self, cid: &Cid) -> Option<Kept> {
        let place = self.place(cid)?;
        if let Some(kept) = self.receipts.borrow().get(&place) {
            return Some(kept.clone());
        }
        let read: Kept = block(self, cid)?.map(Rc::new);
        self.receipts.borrow_mut().insert(place, read.clone());
        Some(read)
    }

    fn place(&self, cid: &Cid) -> Option<usize> {
        let bucket = bucket(cid, self.bits);
        let (start, end) = (*self.starts.get(bucket)?, *self.starts.get(bucket + 1)?);
        let found = self.cids.get(start..end)?.binary_search_by_key(&rank(cid), rank);
        found.ok().map(|at| start + at)
    }
}

/// The order within a pool.
fn rank(cid: &Cid) -> ([u8; 32], crate::cid::Codec) {
    (cid.digest.0, cid.codec)
}

fn bucket(cid: &Cid, bits: u32) -> usize {
    let head = cid.digest.0.first_chunk().map_or(0, |head| u32::from_be_bytes(*head));
    head.checked_shr(u32::BITS - bits).unwrap_or(0) as usize
}

/// Where each bucket of these begins, and the end of the last.
fn starts<'a>(cids: impl Iterator<Item = &'a Cid>, bits: u32) -> Vec<usize> {
    let mut starts = vec![0; (1 << bits) + 1];
    for cid in cids {
        if let Some(count) = starts.get_mut(bucket(cid, bits) + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

/// Numbers of the blocks, bucket after bucket.
fn order(blocks: &[(Cid, Cow<'_, [u8]>)], starts: &[usize], bits: u32) -> Vec<usize> {
    let mut next = starts.to_vec();
    let mut order = vec![0; blocks.len()];
    for (at, (cid, _)) in blocks.iter().enumerate() {
        let Some(free) = next.get_mut(bucket(cid, bits)) else { continue };
        if let Some(slot) = order.get_mut(*free) {
            *slot = at;
        }
        *free += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cid::Codec;
    use crate::id::Hash;

    fn pool<'a>(cids: &[Cid]) -> Pool<'a> {
        let number = |at: usize| Cow::Owned(at.to_be_bytes().to_vec());
        Pool::new(cids.iter().enumerate().map(|(at, cid)| (*cid, number(at))).collect())
    }

    fn holds_all(cids: &[Cid]) {
        let pool = pool(cids);
        assert_eq!(pool.len(), cids.len());
        for (at, cid) in cids.iter().enumerate() {
            assert_eq!(pool.bytes(cid).unwrap().as_ref(), at.to_be_bytes(), "{at} of {}", cids.len());
        }
        assert!(pool.bytes(&Cid::raw(b"not in it")).is_none());
        let places: std::collections::BTreeSet<_> = cids.iter().map(|cid| pool.place(cid).unwrap()).collect();
        assert_eq!((places.len(), places.last().copied()), (cids.len(), cids.len().checked_sub(1)));
    }

    #[test]
    fn every_block_is_found_whatever_the_size() {
        for size in (0u32..40).chain([255, 256, 257, 70_000]) {
            holds_all(&(0..size).map(|i| Cid::raw(&i.to_be_bytes())).collect::<Vec<_>>());
        }
    }

    /// Ids that somebody ground until their digests began alike, and twins that differ in codec.
    #[test]
    fn ground_digests_and_twins_are_found() {
        let digest = |i: u32| {
            let mut digest = [0xff; 32];
            digest[28..].copy_from_slice(&i.to_be_bytes());
            Hash(digest)
        };
        let cid = |i: u32| Cid { codec: [Codec::Raw, Codec::DagCbor][i as usize % 2], digest: digest(i / 2) };
        holds_all(&(0..3000).rev().map(cid).collect::<Vec<_>>());
    }

    #[test]
    fn a_block_that_stands_again_is_taken_once() {
        let cids: Vec<Cid> = [1, 2, 3, 2, 4].iter().map(|i: &u8| Cid::raw(&[*i])).collect();
        let pool = pool(&cids);
        assert_eq!(pool.len(), 4);
        assert!(cids.iter().all(|cid| pool.bytes(cid).is_some()));
    }
}
