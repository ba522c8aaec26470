//! The store as the network sees it: public blocks, and nothing else.

use super::Store;
use super::blocks::Eyes;
use bytes::Bytes;
use std::sync::Arc;
use vantage_net::BlockSource;
use vantage_protocol::id::Hash;

/// SHA2-256 in the multihash table.
const SHA2_256: u64 = 0x12;

/// Serves public blocks to anybody, whatever the codec that is asked for; private ones are not there.
#[derive(Clone, Debug)]
pub struct PublicBlocks(pub Arc<Store>);

impl BlockSource for PublicBlocks {
    fn get(&self, cid: &vantage_net::Cid) -> Option<Bytes> {
        self.0.block_for(Eyes::Anybody, &digest(cid)?).map(Bytes::from)
    }

    fn has(&self, cid: &vantage_net::Cid) -> Option<usize> {
        self.0.length_for(Eyes::Anybody, &digest(cid)?).and_then(|bytes| usize::try_from(bytes).ok())
    }
}

fn digest(cid: &vantage_net::Cid) -> Option<Hash> {
    let hash = cid.hash();
    if hash.code() != SHA2_256 {
        return None;
    }
    Some(Hash(hash.digest().try_into().ok()?))
}
