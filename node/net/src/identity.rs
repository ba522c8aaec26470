//! From Ed25519 keys to peer ids.

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};

/// The peer id of the node whose keyset names this transport key; `None` if the bytes are not a point of the curve.
pub fn peer_id_from_ed25519(public: [u8; 32]) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(&public).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

/// The peer id of the node that runs with this transport seed.
pub fn peer_id_from_seed(transport_seed: [u8; 32]) -> Option<PeerId> {
    Some(keypair(transport_seed)?.public().to_peer_id())
}

/// The transport key pair of a seed; `None` only if the library refuses a length of 32.
pub(crate) fn keypair(transport_seed: [u8; 32]) -> Option<Keypair> {
    Keypair::ed25519_from_bytes(transport_seed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_public_key_name_the_same_peer() {
        let pair = keypair([7; 32]).unwrap();
        let public = pair.public().try_into_ed25519().unwrap().to_bytes();
        assert_eq!(peer_id_from_ed25519(public), peer_id_from_seed([7; 32]));
        assert!(peer_id_from_ed25519(public).is_some());
    }

    #[test]
    fn bytes_off_the_curve_name_nobody() {
        let mut public = [0xff; 32];
        public[0] = 2;
        public[31] = 0x7f;
        let off_curve = (0..=255u8).filter(|b| {
            public[1] = *b;
            peer_id_from_ed25519(public).is_none()
        });
        assert!(off_curve.count() > 64, "about half of all strings are no point");
    }
}
