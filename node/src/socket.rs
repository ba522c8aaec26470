//! The socket's file: never open to others, not even for a moment.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;
use vantage_api::{PATH_BYTES_MAX, Reach, SOCKET};
use vantage_daemon::private_file;

/// Directory, open to its owner alone, in which the socket is made before it gets its place.
pub(crate) const STAGING: &str = ".c";
/// The socket's name in it.
pub(crate) const STAGED: &str = "s";

/// A listening control socket. Its file goes away with it.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    file: SocketFile,
}

/// The socket's file, which goes away with this.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

/// The socket could not be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "control socket {path}: {source}; it needs a local disk, and where its path has over {PATH_BYTES_MAX} bytes a mounted \
     /proc: choose another data directory with --data, or `vantage move` to a shorter path"
)]
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
        Ok(Self { listener, file: SocketFile(path) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.file.0
    }

    /// The listener, and what removes the file in the end.
    pub(crate) fn into_parts(self) -> (UnixListener, SocketFile) {
        (self.listener, self.file)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // The next start removes it if this fails.
        let _ = fs::remove_file(&self.0);
    }
}

fn bind(data: &Path, path: &Path) -> io::Result<UnixListener> {
    let staging = data.join(STAGING);
    private_file::make_dir(&staging)?;
    fs::set_permissions(&staging, fs::Permissions::from_mode(0o700))?;
    let staged = staging.join(STAGED);
    match fs::remove_file(&staged) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(Reach::to(&staging, STAGED)?.path())?;
    fs::set_permissions(&staged, fs::Permissions::from_mode(0o600))?;
    fs::rename(&staged, path)?;
    fs::remove_dir(&staging)?;
    Ok(listener)
}
