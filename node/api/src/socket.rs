//! Where a node's socket is, and how it is reached.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// Name of the socket in the data directory.
pub const SOCKET: &str = "control.sock";

/// Longest path that every system takes for a socket, bytes: macOS has room for 104, Linux for 108, each with a NUL.
pub const PATH_BYTES_MAX: usize = 103;

/// A way to a socket that fits a socket's address however long its directory's path is: then it leads through the open
/// directory, and only as long as this lives.
#[derive(Debug)]
pub struct Reach {
    path: PathBuf,
    _dir: Option<File>,
}

impl Reach {
    /// The way to a socket in a directory.
    pub fn to(dir: &Path, name: &str) -> io::Result<Self> {
        let path = dir.join(name);
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self { path, _dir: None });
        }
        let dir = File::open(dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()));
        Ok(Self { path, _dir: Some(dir) })
    }

    /// What to bind or connect to.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
