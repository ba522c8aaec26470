//! Writing a backup: one tar file, its manifest first, each part with its hash.

use super::manifest::{Manifest, PLAIN, Part, VERSION};
use super::{BackupError, refuse_retired};
use crate::clock;
use crate::keys;
use crate::private_file::{self, beside};
use crate::store::{FILE, Store};
use sha2::{Digest as _, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use vantage_api::Written;
use vantage_protocol::id::Hash;

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// Missing large blocks that are named. A guess: what nobody reads further.
const BLOCKS_SHOWN_MAX: usize = 20;

/// Writes a backup of a store and the files beside it, durable and whole when this returns; nothing is overwritten. The
/// store may be in use: what is copied is how it stood at one moment. The root key is left out unless it is asked for.
pub fn write(store: &Store, data: &Path, out: &Path, root_key: bool) -> Result<Written, BackupError> {
    refuse_retired(data)?;
    if fs::symlink_metadata(out).is_ok() {
        return Err(BackupError::Exists { path: out.to_owned() });
    }
    if let Some(dir) = out.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.is_dir()) {
        return Err(BackupError::NoDirectory { path: dir.to_owned() });
    }
    let stage = Stage::new(out)?;
    let written = assemble(store, data, &stage.archive, &stage.database, root_key);
    let finished = written.and_then(|written| match private_file::publish(&stage.archive, out) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(BackupError::Exists { path: out.to_owned() })
        }
        Err(source) => Err(BackupError::io(out, source)),
        Ok(()) => Ok(written),
    });
    stage.clear()?;
    finished
}

/// What is not finished, in a directory beside the backup that was not there before: nothing in it is anybody else's, so
/// all of it may be removed.
struct Stage {
    dir: PathBuf,
    database: PathBuf,
    archive: PathBuf,
}

impl Stage {
    fn new(out: &Path) -> Result<Self, BackupError> {
        let dir = beside(out, "part");
        match DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(BackupError::Unfinished { path: dir })
            }
            Err(source) => Err(BackupError::io(&dir, source)),
            Ok(()) => Ok(Self { database: dir.join("snapshot"), archive: dir.join("archive"), dir }),
        }
    }

    fn clear(self) -> Result<(), BackupError> {
        remove(&self.database)?;
        remove(&self.archive)?;
        fs::remove_dir(&self.dir).map_err(|source| BackupError::io(&self.dir, source))
    }
}

fn assemble(
    store: &Store,
    data: &Path,
    staged: &Path,
    staged_db: &Path,
    root_key: bool,
) -> Result<Written, BackupError> {
    let (net, node) = store.whose()?;
    let snapshot = store.snapshot(staged_db)?;
    let mut sources: Vec<(String, PathBuf)> = vec![(FILE.to_owned(), snapshot.database)];
    for name in PLAIN.into_iter().filter(|name| root_key || *name != keys::ROOT_KEY) {
        let path = data.join(name);
        if path.is_file() {
            sources.push((name.to_owned(), path));
        }
    }
    // one that is damaged or gone counts as missing, in a backup too
    let mut blocks_missing = Vec::new();
    for (digest, path) in snapshot.files {
        let name = digest.to_string();
        let name = format!("blocks/{}/{name}", &name[..2]);
        if path.is_file() { sources.push((name, path)) } else { blocks_missing.push(name) }
    }
    let parts = sources.iter().map(|(name, path)| part(name, path)).collect::<Result<Vec<_>, _>>()?;
    let manifest = Manifest {
        backup: VERSION,
        written_by: concat!("vantage ", env!("CARGO_PKG_VERSION")).to_owned(),
        at_s: clock::now_ms() / 1000,
        node,
        net,
        root_key: parts.iter().any(|part| part.name == keys::ROOT_KEY),
        parts,
    };
    let failed = |source| BackupError::io(staged, source);
    let json = serde_json::to_vec(&manifest).map_err(io::Error::from).map_err(failed)?;
    let hash = Hash(Sha256::digest(&json).into());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(staged).map_err(failed)?;
    let mut tar = tar::Builder::new(io::BufWriter::with_capacity(CHUNK_BYTES, file));
    append(&mut tar, &Manifest::name(&hash), json.len() as u64, json.as_slice()).map_err(failed)?;
    for (part, (_, path)) in manifest.parts.iter().zip(&sources) {
        let source = File::open(path).map_err(|source| BackupError::io(path, source))?;
        append(&mut tar, &part.name, part.bytes, source.take(part.bytes)).map_err(failed)?;
    }
    let mut buffered = tar.into_inner().map_err(failed)?;
    buffered.flush().map_err(failed)?;
    let file = buffered.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut missing = manifest.missing(root_key);
    blocks_missing.truncate(BLOCKS_SHOWN_MAX);
    missing.extend(blocks_missing);
    Ok(Written { bytes, parts: manifest.parts.len() as u64, manifest: hash, missing })
}

fn append(
    tar: &mut tar::Builder<io::BufWriter<File>>,
    name: &str,
    bytes: u64,
    source: impl io::Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_entry_type(tar::EntryType::Regular);
    tar.append_data(&mut header, name, source)
}

fn part(name: &str, path: &Path) -> Result<Part, BackupError> {
    let failed = |source| BackupError::io(path, source);
    let (bytes, sha256) = hash_of(&mut File::open(path).map_err(failed)?).map_err(failed)?;
    Ok(Part { name: name.to_owned(), bytes, sha256 })
}

/// Length and SHA-256 of what is left to read.
pub(super) fn hash_of(source: &mut impl io::Read) -> io::Result<(u64, Hash)> {
    let (mut hasher, mut chunk, mut bytes) = (Sha256::new(), vec![0; CHUNK_BYTES], 0);
    loop {
        match source.read(&mut chunk)? {
            0 => return Ok((bytes, Hash(hasher.finalize().into()))),
            n => {
                hasher.update(&chunk[..n]);
                bytes += n as u64;
            }
        }
    }
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BackupError::io(path, error)),
        _ => Ok(()),
    }
}
