//! Between bitswap and the rest: fetches in, provider lookups and dials out.

use bytes::Bytes;
use cid::Cid;
use libp2p::PeerId;
use tokio::sync::oneshot;

use super::Driver;

impl Driver {
    pub(super) fn fetch(&mut self, _cid: Cid, _hints: Vec<PeerId>, _block: oneshot::Sender<Bytes>) {}
    pub(super) fn blocks_added(&mut self, _cids: &[Cid]) {}
    pub(super) fn peer_unreachable(&mut self, _peer: PeerId) {}
    pub(super) fn sources_found(&mut self, _cid: Cid, _providers: Vec<PeerId>, _last: bool) {}
}
