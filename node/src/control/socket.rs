//! The socket's file: never open to others, not even for a moment.

use super::protocol::SOCKET;
use crate::private_file;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Directory, open to its owner alone, in which the socket is made before it gets its place.
pub(crate) const STAGING: &str = ".c";
/// The socket's name in it.
pub(crate) const STAGED: &str = "s";

/// Longest path that every system takes for a socket, bytes: macOS has room for 104, Linux for 108, each with a NUL.
const PATH_BYTES_MAX: usize = 103;

/// A listening control socket. Its file goes away with it.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: UnixListener,
    path: PathBuf,
}

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

/// A way to a socket that fits a socket's address however long its directory's path is: then it leads through the open
/// directory, and only as long as this lives.
pub(super) struct Reach {
    path: PathBuf,
    _dir: Option<File>,
}

impl Reach {
    /// The way to a socket in a directory.
    pub(super) fn to(dir: &Path, name: &str) -> io::Result<Self> {
        let path = dir.join(name);
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self { path, _dir: None });
        }
        let dir = File::open(dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()));
        Ok(Self { path, _dir: Some(dir) })
    }

    /// What to bind or connect to.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
