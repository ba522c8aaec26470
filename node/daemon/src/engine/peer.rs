//! Between the core's transport keys and libp2p's peer ids, which embed them.

use vantage_net::{PeerId, peer_id_from_ed25519};
use vantage_protocol::attester::PeerKey;

/// What stands before the 32 bytes of an Ed25519 key in a peer id: identity multihash of 36 bytes, then libp2p's
/// protobuf of the key (libp2p's specification of peer ids).
const PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// The peer with this transport key; none if the bytes are no point of the curve.
pub fn peer_id(key: &PeerKey) -> Option<PeerId> {
    peer_id_from_ed25519(*key)
}

/// The transport key in a peer id; none for peers with other kinds of keys, which are never nodes.
pub fn peer_key(peer: &PeerId) -> Option<PeerKey> {
    peer.to_bytes().strip_prefix(&PREFIX)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_id_carries_its_key() {
        let peer = vantage_net::peer_id_from_seed([7; 32]).unwrap();
        let key = peer_key(&peer).unwrap();
        assert_eq!(peer_id(&key), Some(peer));
        assert_eq!(peer_key(&PeerId::random()).and_then(|key| peer_id(&key)), None, "a hash is no key");
    }
}
