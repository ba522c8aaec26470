//! Making a data directory of a backup: whole and checked, or not at all.

use super::BackupError;
use super::archive::hash_of;
use super::manifest::{BYTES_MAX, Manifest, VERSION};
use crate::plain_file;
use crate::private_file::{self, beside};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use vantage_protocol::id::Hash;
use vantage_protocol::proof::file_kind;

/// Bytes that are read at once, and of which the kind of a file is told.
const CHUNK_BYTES: usize = 64 * 1024;
/// Where a tar archive says what it is, and how.
const TAR_AT: std::ops::Range<usize> = 257..262;
const TAR: &[u8] = b"ustar";
/// What to do about a file that is damaged, and about one that is something else.
const ANOTHER: &str = "take another backup";
const NAME_ANOTHER: &str = "name a file that `vantage backup` wrote";

/// Unpacks a backup into a data directory that does not exist yet or is empty. Every part is checked against the
/// manifest before the directory is there. A node that runs in it asks its peers before it signs.
pub fn restore(backup: &Path, data: &Path) -> Result<Manifest, BackupError> {
    if !is_free(data).map_err(|source| BackupError::io(data, source))? {
        return Err(BackupError::Exists { path: data.to_owned() });
    }
    let staged = beside(data, "restoring");
    if staged.exists() {
        // what a crash has left; no node can have run in it
        fs::remove_dir_all(&staged).map_err(|source| BackupError::io(&staged, source))?;
    }
    let unpacked = unpack(backup, &staged);
    if unpacked.is_err() {
        // the error that counts is the first one
        let _ = fs::remove_dir_all(&staged);
    }
    let manifest = unpacked?;
    let placed = fs::rename(&staged, data).and_then(|()| private_file::sync_parent(data));
    placed.map_err(|source| BackupError::io(data, source))?;
    Ok(manifest)
}

/// Not there, or an empty directory.
pub(super) fn is_free(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn unpack(backup: &Path, staged: &Path) -> Result<Manifest, BackupError> {
    let damaged = |why: String| BackupError::Damaged { path: backup.to_owned(), why, help: ANOTHER };
    let failed = |source: io::Error| match source.kind() {
        // the system's own
        _ if source.raw_os_error().is_some() => BackupError::io(backup, source),
        // the archive's
        io::ErrorKind::UnexpectedEof => damaged("it breaks off".into()),
        _ => damaged("what it says of its parts is damaged".into()),
    };
    let file = plain_file::open(backup).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidInput => BackupError::NoFile { path: backup.to_owned(), source },
        _ => BackupError::io(backup, source),
    })?;
    let mut file = io::BufReader::with_capacity(CHUNK_BYTES, file);
    let begin = file.fill_buf().map_err(|source| BackupError::io(backup, source))?;
    if let Some((why, help)) = other_than_tar(begin) {
        return Err(BackupError::Damaged { path: backup.to_owned(), why, help });
    }
    let mut tar = tar::Archive::new(file);
    let mut entries = tar.entries().map_err(failed)?;
    let first = entries.next().ok_or_else(|| damaged("nothing is in it".into()))?.map_err(failed)?;
    let manifest = read_manifest(first).map_err(damaged)?;
    private_file::make_dir(staged).map_err(|source| BackupError::io(staged, source))?;
    for part in &manifest.parts {
        let missing = || damaged(format!("{} is missing", part.name));
        let mut entry = entries.next().ok_or_else(missing)?.map_err(failed)?;
        let path = staged.join(&part.name);
        if entry.path_bytes().as_ref() != part.name.as_bytes()
            || entry.header().entry_type() != tar::EntryType::Regular
        {
            return Err(missing());
        }
        let found = place(&mut entry, &path).map_err(|source| BackupError::io(&path, source))?;
        if found != (part.bytes, part.sha256) {
            return Err(damaged(format!("{} has another hash or length than its manifest says", part.name)));
        }
    }
    if entries.next().is_some() {
        return Err(damaged("it holds more than its manifest says".into()));
    }
    sync_dirs(staged).map_err(|source| BackupError::io(staged, source))?;
    Ok(manifest)
}

/// What a file is that is no tar archive, as a backup is one, and what to do.
fn other_than_tar(begin: &[u8]) -> Option<(String, &'static str)> {
    if begin.get(TAR_AT) == Some(TAR) {
        return None;
    }
    Some(match file_kind(begin) {
        Some(kind) if kind.starts_with("compressed") || kind.ends_with("archive") => {
            (format!("it is {kind}"), "unpack it, and name the backup that is in it")
        }
        Some(kind) => (format!("it is {kind}"), NAME_ANOTHER),
        None => ("it is no tar archive, as each backup is one".to_owned(), NAME_ANOTHER),
    })
}

fn read_manifest(entry: tar::Entry<'_, impl Read>) -> Result<Manifest, String> {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let mut json = Vec::new();
    entry.take(BYTES_MAX).read_to_end(&mut json).map_err(|error| error.to_string())?;
    let hash = Hash(Sha256::digest(&json).into());
    if !Manifest::is_name(&name) {
        let name: String = name.chars().take(80).collect();
        return Err(format!(
            "it is a tar archive of something else: {name} stands where its manifest should"
        ));
    }
    if name != Manifest::name(&hash) {
        return Err("its manifest has another hash than its name says".into());
    }
    let manifest: Manifest = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    if manifest.backup != VERSION {
        return Err(format!(
            "it has layout {}, this program knows layout {VERSION}: use the version that wrote it ({})",
            manifest.backup, manifest.written_by
        ));
    }
    if !manifest.parts.iter().any(|part| part.name == crate::store::FILE) {
        return Err("the node's memory is not in it".into());
    }
    match manifest.bad_name() {
        Some(name) => Err(format!("{name:?} has no place in a data directory, or stands twice")),
        None => Ok(manifest),
    }
}

/// Writes a file of mode 0600, synced; tells what was written.
fn place(entry: &mut impl Read, path: &Path) -> io::Result<(u64, Hash)> {
    if let Some(parent) = path.parent() {
        private_file::make_dir(parent)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut copying = Copying { from: entry, to: io::BufWriter::new(file) };
    let found = hash_of(&mut copying)?;
    copying.to.flush()?;
    copying.to.get_ref().sync_all()?;
    Ok(found)
}

/// Writes down what is read through it.
struct Copying<'a, R> {
    from: &'a mut R,
    to: io::BufWriter<File>,
}

impl<R: Read> Read for Copying<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(into)?;
        self.to.write_all(&into[..n])?;
        Ok(n)
    }
}

/// Makes the entries of a directory and of all below it durable.
pub(super) fn sync_dirs(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_dirs(&entry.path())?;
        }
    }
    File::open(dir)?.sync_all()
}
