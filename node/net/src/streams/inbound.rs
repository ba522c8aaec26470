//! How many requests each peer has open with us.

use std::collections::HashMap;

use libp2p::PeerId;
use libp2p::request_response::InboundRequestId;

use super::Stream;

/// Requests that were read and are not answered yet, by peer.
#[derive(Debug, Default)]
pub(crate) struct InboundLoad {
    open: HashMap<(Stream, InboundRequestId), PeerId>,
    by_peer: HashMap<PeerId, usize>,
}

impl InboundLoad {
    /// Counts a request in, unless its peer has `max` open already.
    pub(crate) fn admit(&mut self, stream: Stream, id: InboundRequestId, peer: PeerId, max: usize) -> bool {
        let load = self.by_peer.entry(peer).or_default();
        if *load >= max {
            return false;
        }
        *load += 1;
        self.open.insert((stream, id), peer);
        true
    }

    /// Counts it out, once answered or failed.
    pub(crate) fn done(&mut self, stream: Stream, id: InboundRequestId) {
        let Some(peer) = self.open.remove(&(stream, id)) else { return };
        if let Some(load) = self.by_peer.get_mut(&peer) {
            *load = load.saturating_sub(1);
            if *load == 0 {
                self.by_peer.remove(&peer);
            }
        }
    }
}
