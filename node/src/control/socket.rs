//! The socket's file: never open to others, not even for a moment.

use super::protocol::SOCKET;
use crate::private_file;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Directory, open to its owner alone, in which the socket is made before it gets its place.
const STAGING: &str = ".c";

/// A listening control socket. Its file goes away with it.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: UnixListener,
    path: PathBuf,
}

/// The socket could not be made.
#[derive(Debug, thiserror::Error)]
#[error("control socket {path}: {source}; its path must be shorter than about 100 bytes and on a local disk")]
pub struct SocketError {
    /// Where it was to be.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Socket {
    /// Makes the socket of a data directory whose lock the caller holds: a socket that is there is a dead one.
    pub fn bind(data: &Path) -> Result<Self, SocketError> {
        let path = data.join(SOCKET);
        let listener = bind(data, &path).map_err(|source| SocketError { path: path.clone(), source })?;
        Ok(Self { listener, path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The next start removes it if this fails.
        let _ = fs::remove_file(&self.path);
    }
}

fn bind(data: &Path, path: &Path) -> io::Result<UnixListener> {
    let staging = data.join(STAGING);
    private_file::make_dir(&staging)?;
    fs::set_permissions(&staging, fs::Permissions::from_mode(0o700))?;
    let staged = staging.join("s");
    match fs::remove_file(&staged) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&staged)?;
    fs::set_permissions(&staged, fs::Permissions::from_mode(0o600))?;
    fs::rename(&staged, path)?;
    fs::remove_dir(&staging)?;
    Ok(listener)
}
