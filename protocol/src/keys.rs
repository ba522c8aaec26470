//! Ed25519 keys: strict verification, and one type per role so that no key is used twice.

use crate::id::{NodeId, Signature};
use core::fmt;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why 32 bytes are no acceptable public key, or a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a canonical point, or a point of small or mixed order.
    #[error("not an acceptable Ed25519 key: it is non-canonical, of small or of mixed order")]
    BadKey,
    /// The signature is not by this key over these bytes.
    #[error("the signature does not verify")]
    BadSignature,
}

/// A registered Ed25519 public key: canonical, torsion-free, not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Accepts only canonical encodings of points of the prime-order group.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::BadKey)?;
        let point = key.to_edwards();
        let canonical = point.compress().to_bytes() == *bytes;
        if !canonical || key.is_weak() || !point.is_torsion_free() {
            return Err(KeyError::BadKey);
        }
        Ok(Self(key))
    }

    /// The 32-byte encoding.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// This key as a node id: only root keys are node ids.
    pub fn node_id(&self) -> NodeId {
        NodeId(self.to_bytes())
    }

    /// `verify_strict`: what we accept, every other careful verifier accepts.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| KeyError::BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}…)", crate::id::hex(&self.to_bytes()[..4]))
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.to_bytes().cmp(&other.to_bytes())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.node_id().serialize(s)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bytes = NodeId::deserialize(d)?;
        Self::from_bytes(&bytes.0).map_err(de::Error::custom)
    }
}

/// A signing key of one role. Never printed; zeroed when dropped.
macro_rules! role_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SigningKey);

        impl $name {
            /// Derives the key from its 32-byte secret seed.
            pub fn from_seed(seed: &[u8; 32]) -> Self {
                Self(SigningKey::from_bytes(seed))
            }

            /// The public half.
            pub fn public(&self) -> PublicKey {
                PublicKey(self.0.verifying_key())
            }

            /// Signs bytes that already carry their domain label.
            pub(crate) fn sign(&self, message: &[u8]) -> Signature {
                Signature(self.0.sign(message).to_bytes())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(secret)"))
            }
        }
    };
}

role_key!(
    /// A node's identity. Signs its keyset once and can then be kept offline.
    RootKey
);
role_key!(
    /// The libp2p and iroh identity.
    TransportKey
);
role_key!(
    /// Signs the node's own checkpoints (note algorithm 0x01).
    LogKey
);
role_key!(
    /// Cosigns checkpoints, its own included (note algorithm 0x04).
    WitnessKey
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_mixed_and_non_canonical_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::BadKey));
        // y = p + 1: the identity again, written with a non-reduced y
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xee;
        unreduced[31] = 0x7f;
        assert_eq!(PublicKey::from_bytes(&unreduced), Err(KeyError::BadKey));
        // a good point plus the point of order two
        let good = LogKey::from_seed(&[7; 32]).public();
        let two = ed25519_dalek::VerifyingKey::from_bytes(&{
            let mut y = [0xff; 32];
            y[0] = 0xec;
            y[31] = 0x7f;
            y
        })
        .unwrap();
        let mixed = (good.0.to_edwards() + two.to_edwards()).compress().to_bytes();
        assert_eq!(PublicKey::from_bytes(&mixed), Err(KeyError::BadKey));
    }

    #[test]
    fn a_signature_holds_only_for_its_message() {
        let key = LogKey::from_seed(&[7; 32]);
        let signature = key.sign(b"a");
        assert!(key.public().verify(b"a", &signature).is_ok());
        assert!(key.public().verify(b"b", &signature).is_err());
    }
}
