//! The node's four keys on disk: one file each, mode 0600, 64 hex digits of secret seed.
//!
//! ```text
//! root.key       identity; signs the keyset once and may then be kept offline
//! transport.key  libp2p identity
//! log.key        signs the node's checkpoints
//! witness.key    cosigns
//! keyset.leaf    leaf 0 of the node's log in one network: public keys and their four signatures
//! ```
//!
//! [`create`] makes the keys, which belong to no network yet: a genesis may have to name them first. [`load`] signs the
//! keyset for a network the first time and from then on needs no root key.

mod seed;

use crate::{plain_file, private_file};
use seed::Seed;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use vantage_protocol::genesis::Genesis;
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::keys::{LogKey, PublicKey, RootKey, TransportKey, WitnessKey};
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::params::LEAF_BYTES_MAX;
use zeroize::Zeroizing;

/// Secret seed of the node's identity.
pub const ROOT_KEY: &str = "root.key";
/// Secret seed of the libp2p identity.
pub const TRANSPORT_KEY: &str = "transport.key";
/// Secret seed of the key that signs checkpoints.
pub const LOG_KEY: &str = "log.key";
/// Secret seed of the key that cosigns.
pub const WITNESS_KEY: &str = "witness.key";
/// The signed keyset, as leaf 0 of the node's log.
pub const KEYSET: &str = "keyset.leaf";

/// The public halves of a data directory's keys, as `init` shows them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublicKeys {
    /// Identity: what a genesis names.
    pub root: PublicKey,
    /// libp2p identity.
    pub transport: PublicKey,
    /// Signs checkpoints.
    pub log: PublicKey,
    /// Cosigns.
    pub witness: PublicKey,
}

/// All that a running node needs of its keys.
#[derive(Debug)]
pub struct Identity {
    /// Node id.
    pub node: NodeId,
    /// Secret seed of the transport key.
    pub transport_seed: Seed32,
    /// Signs checkpoints.
    pub log: LogKey,
    /// Cosigns.
    pub witness: WitnessKey,
    /// Leaf 0.
    pub keyset: Keyset,
    /// The file with the keyset, where it was signed just now and is not on disk yet.
    unkept: Option<PathBuf>,
}

impl Identity {
    /// Keeps a keyset that was signed just now. The node's store is there already: from now on a directory without it is
    /// one that has lost it.
    pub fn keep(&mut self, net: &NetId) -> Result<(), KeysError> {
        let Some(path) = &self.unkept else { return Ok(()) };
        let statement = Statement::Keyset(Box::new(self.keyset.clone()));
        let leaf = Leaf { net: *net, author: self.node, statement };
        private_file::replace(path, &leaf.encode()).map_err(|source| io_error(path, source))?;
        self.unkept = None;
        Ok(())
    }
}

/// A secret seed that never shows itself and is wiped when dropped.
pub struct Seed32(Zeroizing<[u8; 32]>);

impl Seed32 {
    /// The secret itself, for the network task.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Seed32 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed32(secret)")
    }
}

/// What is wrong with the keys of a data directory.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There are keys already.
    #[error(
        "{path} exists already: a key is never overwritten; choose another data directory or move it away"
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A key is not there.
    #[error("{path} is missing: run `vantage init` for a new node, or restore it from your backup")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The root key is needed to sign the keyset.
    #[error(
        "{path} is missing and there is no {KEYSET} beside it yet: put the root key back for one start, which signs the \
         keyset; afterwards it may be kept offline"
    )]
    RootNeeded {
        /// The file.
        path: PathBuf,
    },
    /// Others may read the file.
    #[error("{path} has mode {mode:04o}, others could read it: chmod 600 {path}; if they did, make new keys")]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is somebody else's, who could read and change it.
    #[error(
        "{path} belongs to user {who}, who could read and replace it: chown it to the user that the node runs as"
    )]
    Owner {
        /// The file.
        path: PathBuf,
        /// The owner's number.
        who: u32,
    },
    /// Others may put another file in its place.
    #[error("{path} lies in {dir}, where everybody may replace it: chmod go-w {dir}")]
    Directory {
        /// The file.
        path: PathBuf,
        /// Where it lies.
        dir: PathBuf,
    },
    /// The file holds something else.
    #[error("{path} is not a key: 64 lower-case hex digits are needed; restore it from your backup")]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The keyset is not one of this network, or not of these keys.
    #[error(
        "{path}: {why}; a data directory belongs to one network and one set of keys, make a new one for another"
    )]
    Keyset {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// The system has no randomness.
    #[error("the system's random source failed: {0}")]
    Random(String),
}

/// Makes the data directory and four new keys in it. Refuses to touch a directory that has any of them.
pub fn create(data_dir: &Path) -> Result<PublicKeys, KeysError> {
    private_file::make_dir(data_dir).map_err(|source| io_error(data_dir, source))?;
    for name in [ROOT_KEY, TRANSPORT_KEY, LOG_KEY, WITNESS_KEY, KEYSET] {
        let path = data_dir.join(name);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(KeysError::Exists { path });
        }
    }
    let fresh = |name: &str| -> Result<Seed, KeysError> {
        let path = data_dir.join(name);
        let seed = Seed::random()?;
        private_file::create(&path, seed.text().as_bytes()).map_err(|source| io_error(&path, source))?;
        private_file::sync_parent(&path).map_err(|source| io_error(&path, source))?;
        Ok(seed)
    };
    Ok(PublicKeys {
        root: RootKey::from_seed(fresh(ROOT_KEY)?.bytes()).public(),
        transport: TransportKey::from_seed(fresh(TRANSPORT_KEY)?.bytes()).public(),
        log: LogKey::from_seed(fresh(LOG_KEY)?.bytes()).public(),
        witness: WitnessKey::from_seed(fresh(WITNESS_KEY)?.bytes()).public(),
    })
}

/// Looks whether a key file is there, is a key, and is this user's alone.
pub fn inspect(path: &Path, user: u32) -> Result<(), KeysError> {
    Seed::load(path, user).map(drop)
}

/// Loads a node's keys for one network; the first time, signs its keyset with the root key, and [`Identity::keep`] writes
/// it down. They are this process's user's, or the superuser's.
pub fn load(data_dir: &Path, genesis: &Genesis) -> Result<Identity, KeysError> {
    load_for(data_dir, genesis, private_file::user().map_err(|source| io_error(data_dir, source))?)
}

/// The same keys as another user would load them, who runs the node.
pub fn load_for(data_dir: &Path, genesis: &Genesis, user: u32) -> Result<Identity, KeysError> {
    let transport_seed = Seed::load(&data_dir.join(TRANSPORT_KEY), user)?;
    let transport = TransportKey::from_seed(transport_seed.bytes());
    let log = LogKey::from_seed(Seed::load(&data_dir.join(LOG_KEY), user)?.bytes());
    let witness = WitnessKey::from_seed(Seed::load(&data_dir.join(WITNESS_KEY), user)?.bytes());
    let path = data_dir.join(KEYSET);
    let (keyset, unkept) = match read_keyset(data_dir, genesis)? {
        Some(keyset) => (keyset, None),
        None => (sign_keyset(data_dir, genesis, user, (&transport, &log, &witness))?, Some(path.clone())),
    };
    let fits = [
        ("transport", keyset.transport == transport.public()),
        ("log", keyset.log == log.public()),
        ("witness", keyset.witness == witness.public()),
    ];
    if let Some((role, _)) = fits.iter().find(|(_, fits)| !fits) {
        return Err(KeysError::Keyset { path, why: format!("it names another {role} key than {role}.key") });
    }
    let transport_seed = Seed32(transport_seed.into_bytes());
    Ok(Identity { node: keyset.node(), transport_seed, log, witness, keyset, unkept })
}

fn read_keyset(data_dir: &Path, genesis: &Genesis) -> Result<Option<Keyset>, KeysError> {
    let path = data_dir.join(KEYSET);
    let bytes = match plain_file::read(&path, LEAF_BYTES_MAX as u64) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io_error(&path, source)),
    };
    let refuse = |why: String| KeysError::Keyset { path: path.clone(), why };
    let leaf = Leaf::decode(&bytes, &genesis.net()).map_err(|error| refuse(error.to_string()))?;
    match leaf.statement {
        Statement::Keyset(keyset) if keyset.node() == leaf.author => {
            keyset.verify(&genesis.net()).map_err(|error| refuse(error.to_string()))?;
            Ok(Some(*keyset))
        }
        other => Err(refuse(format!("it holds a {} of {}", other.typ(), leaf.author.short()))),
    }
}

fn sign_keyset(
    data_dir: &Path,
    genesis: &Genesis,
    user: u32,
    (transport, log, witness): (&TransportKey, &LogKey, &WitnessKey),
) -> Result<Keyset, KeysError> {
    let root = match Seed::load(&data_dir.join(ROOT_KEY), user) {
        Ok(seed) => RootKey::from_seed(seed.bytes()),
        Err(KeysError::Missing { path }) => return Err(KeysError::RootNeeded { path }),
        Err(other) => return Err(other),
    };
    let path = data_dir.join(KEYSET);
    let keyset = Keyset::make(&genesis.net(), &root, transport, log, witness);
    keyset.verify(&genesis.net()).map_err(|error| KeysError::Keyset { path, why: error.to_string() })?;
    Ok(keyset)
}

fn io_error(path: &Path, source: io::Error) -> KeysError {
    KeysError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
