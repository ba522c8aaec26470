//! Who else may read a key's file, and where that is as it should be.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Names the directory into which systemd puts a service's credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// Bits of group and others.
const BEYOND_OWNER: u32 = 0o077;
/// Bits of group and others to write.
const WRITE: u32 = 0o022;
/// Bits of others.
const OTHERS: u32 = 0o007;

/// What is wrong with a file's mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// Group or others may write it.
    Write,
    /// Group or others may read it.
    Read,
}

impl fmt::Display for Openness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Write => "others could change it",
            Self::Read => "others could read it",
        })
    }
}

/// Who else has a file in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Group or others: its permission bits, and what they may do.
    Open(u32, Openness),
    /// Its owner, who is neither the user nor the superuser.
    Owner(u32),
}

/// What is wrong with the owner or the mode of an open file; none where they are right for a process of `user`, or for
/// this one.
///
/// A file of the user alone always is, and one of the superuser. One of another, or one that others may read, and not
/// write, is where it lies in a directory that was declared shared; or, but for its group alone, in systemd's directory
/// of this service, where the group's bits are the mask of an access list.
pub(super) fn fault(
    path: &Path,
    file: &File,
    shared: &[PathBuf],
    user: Option<u32>,
) -> io::Result<Option<Fault>> {
    let metadata = file.metadata()?;
    let mode = metadata.permissions().mode() & 0o7777;
    let user = match user {
        Some(user) => user,
        // whose process this is, as Linux tells it
        None => std::fs::metadata("/proc/self").map_or(metadata.uid(), |process| process.uid()),
    };
    let is_ours = [user, 0].contains(&metadata.uid());
    if is_ours && mode & BEYOND_OWNER == 0 {
        return Ok(None);
    }
    if mode & WRITE != 0 {
        return Ok(Some(Fault::Open(mode, Openness::Write)));
    }
    // where the file lies, behind all links; if that is another file by now it counts as nowhere
    let place = path.canonicalize()?;
    let there = place.metadata()?;
    let is_it = (there.dev(), there.ino()) == (metadata.dev(), metadata.ino());
    let lies_in = |dir: &Path| is_it && dir.canonicalize().is_ok_and(|dir| place.starts_with(dir));
    let delivered = shared.iter().any(|dir| lies_in(dir))
        || credentials().is_some_and(|dir| mode & OTHERS == 0 && is_closed(&dir) && lies_in(&dir));
    Ok(match is_ours {
        _ if delivered => None,
        true => Some(Fault::Open(mode, Openness::Read)),
        false => Some(Fault::Owner(metadata.uid())),
    })
}

/// Whether a file is as systemd delivers one to a service: readable by its owner's group alone, in a directory that is
/// closed to others.
pub(super) fn may_be_delivered(path: &Path, mode: u32) -> bool {
    mode & OTHERS == 0 && path.parent().is_some_and(is_closed)
}

/// The directory of credentials of this service; an empty variable is an unset one.
fn credentials() -> Option<PathBuf> {
    let dir = std::env::var_os(CREDENTIALS).filter(|dir| !dir.is_empty()).map(PathBuf::from)?;
    dir.is_absolute().then_some(dir)
}

/// Whether a directory is closed to all but its owner and its group.
fn is_closed(dir: &Path) -> bool {
    dir.metadata().is_ok_and(|dir| dir.permissions().mode() & OTHERS == 0)
}
