//! Moving a node to another directory, so that at no moment two can run.

use super::archive::hash_of;
use super::restore::{is_free, sync_dirs};
use super::retired::{RETIRED, Retired};
use super::{BackupError, refuse_retired};
use crate::clock;
use crate::lock::DataLock;
use crate::private_file::{self, beside};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What belongs to a process and not to the node.
const LEFT_BEHIND: [&str; 4] = ["lock", vantage_api::SOCKET, vantage_api::READY, RETIRED];

/// Moves a stopped node: copies everything, checks the copy, retires the old directory, and only then lets the new one
/// run. After a crash the same call finishes what was begun. Returns the bytes that were copied; nothing is removed
/// from the old directory.
///
/// ```text
/// copy to TO.moving, marked as arriving  ->  source: moved to TO  ->  TO.moving becomes TO  ->  its mark goes
/// ```
pub fn relocate(from: &Path, to: &Path) -> Result<u64, BackupError> {
    let from = fs::canonicalize(from).map_err(|source| BackupError::io(from, source))?;
    let to = absolute(to)?;
    if to.starts_with(&from) {
        return Err(BackupError::Inside { to });
    }
    let _lock = DataLock::take(&from)?;
    let staged = beside(&to, "moving");
    let arriving = Retired::Arriving { from: from.clone() };
    let bytes = match Retired::of(&from)? {
        // begun before: the copy is whole, the source is retired, what follows is left to do
        Some(Retired::Moved { to: before, .. })
            if before == to && is_unfinished(&staged, &to, &arriving)? =>
        {
            0
        }
        Some(_) => {
            refuse_retired(&from)?;
            0
        }
        None => copy_all(&from, &to, &staged, &arriving)?,
    };
    Retired::Moved { to: to.clone(), at_s: clock::now_ms() / 1000 }.put(&from)?;
    let failed = |source| BackupError::io(&to, source);
    if staged.exists() {
        fs::rename(&staged, &to).and_then(|()| private_file::sync_parent(&to)).map_err(failed)?;
    }
    fs::remove_file(to.join(RETIRED)).and_then(|()| sync_dirs(&to)).map_err(failed)?;
    Ok(bytes)
}

/// Whether a move was broken off between the source's retirement and its end.
fn is_unfinished(staged: &Path, to: &Path, arriving: &Retired) -> Result<bool, BackupError> {
    Ok(Retired::of(staged)?.as_ref() == Some(arriving) || Retired::of(to)?.as_ref() == Some(arriving))
}

fn copy_all(from: &Path, to: &Path, staged: &Path, arriving: &Retired) -> Result<u64, BackupError> {
    if !is_free(to).map_err(|source| BackupError::io(to, source))? {
        return Err(BackupError::Exists { path: to.to_owned() });
    }
    if staged.exists() {
        // what a crash has left: the source was not retired, so this copy never ran
        fs::remove_dir_all(staged).map_err(|source| BackupError::io(staged, source))?;
    }
    private_file::make_dir(staged).map_err(|source| BackupError::io(staged, source))?;
    arriving.put(staged)?;
    let copied = copy_dir(from, staged, true)?;
    sync_dirs(staged).map_err(|source| BackupError::io(staged, source))?;
    Ok(copied)
}

/// Copies a directory with everything below it; each file is synced, read again and compared.
fn copy_dir(from: &Path, to: &Path, top: bool) -> Result<u64, BackupError> {
    let failed = |source| BackupError::io(from, source);
    let mut copied = 0;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if top && LEFT_BEHIND.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        // a link may lead elsewhere from the new place, or to what goes with the old one: what it leads to is copied
        let kind = fs::metadata(&source).map_err(|error| BackupError::io(&source, error))?;
        if kind.is_dir() {
            if !top && entry.file_type().map_err(failed)?.is_symlink() {
                let why = "a link to a directory below another one: replace it by what it leads to";
                return Err(BackupError::io(&source, io::Error::other(why)));
            }
            private_file::make_dir(&target).map_err(|source| BackupError::io(&target, source))?;
            copied += copy_dir(&source, &target, false)?;
        } else if kind.is_file() {
            copied += copy_file(&source, &target).map_err(|error| BackupError::io(&source, error))?;
        }
    }
    Ok(copied)
}

/// Permissions come along.
fn copy_file(from: &Path, to: &Path) -> io::Result<u64> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()?;
    let (source, copy) = (hash_of(&mut File::open(from)?)?, hash_of(&mut File::open(to)?)?);
    if source != copy {
        return Err(io::Error::other("the copy differs from what was read: is the disk failing?"));
    }
    Ok(copy.0)
}

/// The destination may not exist yet, its parent must.
fn absolute(path: &Path) -> Result<PathBuf, BackupError> {
    let failed = |source| BackupError::io(path, source);
    let path = std::path::absolute(path).map_err(failed)?;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(failed(io::Error::other("no name of a directory")));
    };
    Ok(fs::canonicalize(parent).map_err(|source| BackupError::io(parent, source))?.join(name))
}
