//! The keyset: leaf 0 of every log. Four keys, each vouching for all four.

use crate::domain::Label;
use crate::id::{NetId, NodeId, Signature};
use crate::keys::{KeyError, LogKey, PublicKey, RootKey, TransportKey, WitnessKey};
use crate::memo::Memo;
use serde::{Deserialize, Serialize};

/// A node's four public keys and the four signatures that bind them to one network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Keyset {
    /// Identity.
    pub root: PublicKey,
    /// libp2p and iroh identity.
    pub transport: PublicKey,
    /// Signs the node's checkpoints.
    pub log: PublicKey,
    /// Cosigns checkpoints.
    pub witness: PublicKey,
    /// Root's signature over all four keys.
    pub root_signature: Signature,
    /// Transport's signature over all four keys.
    pub transport_signature: Signature,
    /// Log's signature over all four keys.
    pub log_signature: Signature,
    /// Witness's signature over all four keys.
    pub witness_signature: Signature,
}

/// Why a keyset is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysetError {
    /// One key, one role.
    #[error("keyset: the same key stands for two roles")]
    SharedKey,
    /// A signature does not hold in this network.
    #[error("keyset: the {0} key's signature does not verify in this network")]
    BadSignature(&'static str),
}

impl Keyset {
    /// Makes a keyset. The root key is not needed again afterwards.
    pub fn make(
        net: &NetId,
        root: &RootKey,
        transport: &TransportKey,
        log: &LogKey,
        witness: &WitnessKey,
    ) -> Self {
        let message = message(net, [root.public(), transport.public(), log.public(), witness.public()]);
        Self {
            root: root.public(),
            transport: transport.public(),
            log: log.public(),
            witness: witness.public(),
            root_signature: root.sign(&message),
            transport_signature: transport.sign(&message),
            log_signature: log.sign(&message),
            witness_signature: witness.sign(&message),
        }
    }

    /// The node that this keyset belongs to.
    pub fn node(&self) -> NodeId {
        self.root.node_id()
    }

    /// Checks the four signatures and that no key has two roles.
    pub fn verify(&self, net: &NetId) -> Result<(), KeysetError> {
        self.check(net, PublicKey::verify)
    }

    /// The same, signatures that held before taken as known.
    pub fn verify_by(&self, net: &NetId, memo: &Memo) -> Result<(), KeysetError> {
        self.check(net, |key, message, signature| memo.verify(key, message, signature))
    }

    fn check(
        &self,
        net: &NetId,
        verify: impl Fn(&PublicKey, &[u8], &Signature) -> Result<(), KeyError>,
    ) -> Result<(), KeysetError> {
        let keys = [self.root, self.transport, self.log, self.witness];
        let mut sorted = keys;
        sorted.sort();
        if sorted.windows(2).any(|w| w[0] == w[1]) {
            return Err(KeysetError::SharedKey);
        }
        let message = message(net, keys);
        let signatures = [
            ("root", self.root, self.root_signature),
            ("transport", self.transport, self.transport_signature),
            ("log", self.log, self.log_signature),
            ("witness", self.witness, self.witness_signature),
        ];
        for (role, key, signature) in signatures {
            verify(&key, &message, &signature).map_err(|_| KeysetError::BadSignature(role))?;
        }
        Ok(())
    }
}

fn message(net: &NetId, keys: [PublicKey; 4]) -> Vec<u8> {
    let mut bytes = Label::Keyset.text().as_bytes().to_vec();
    bytes.push(0);
    bytes.extend(net.0);
    for key in keys {
        bytes.extend(key.to_bytes());
    }
    bytes
}
