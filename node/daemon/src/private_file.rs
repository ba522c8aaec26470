//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Permission bits that give group or others anything.
const OTHERS: u32 = 0o077;
/// Everybody may write, and only owners may remove what is theirs.
const WRITTEN_BY_ALL: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// How the name of a file ends that will take another's place.
pub const STAGED: &str = "new";

/// Makes a directory of mode 0700, with its parents; one that exists is left as it is.
pub fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a new file of mode 0600 and syncs it; one that exists is an error.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts a file of mode 0600 in the place of another, whole or not at all, durable when it returns.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = path.with_extension(STAGED);
    match fs::remove_file(&staged) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create(&staged, bytes)?;
    fs::rename(&staged, path)?;
    sync_parent(path)
}

/// Gives a finished file its name, durable when this returns. A file that has that name already is an error, and stays.
pub fn publish(staged: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(staged, path) {
        Ok(()) => fs::remove_file(staged)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // some file systems have no links: there somebody else may come in between
        Err(_) if fs::symlink_metadata(path).is_ok() => return Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(staged, path)?,
    }
    sync_parent(path)
}

/// A name beside a file, for what is not finished.
pub fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    path.with_file_name(name)
}

/// Makes the directory entry of a file durable.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// The permission bits of an open file if group or others have any.
pub fn open_to_others(file: &File) -> io::Result<Option<u32>> {
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    Ok((mode & OTHERS != 0).then_some(mode))
}

/// The owner of an open file, if that is neither the user for whom it is looked at nor the superuser.
pub fn owned_by_another(file: &File, user: u32) -> io::Result<Option<u32>> {
    let owner = file.metadata()?.uid();
    Ok((owner != user && owner != 0).then_some(owner))
}

/// The directory of a file, if everybody may put another file in the file's place.
pub fn open_directory(path: &Path) -> io::Result<Option<PathBuf>> {
    let dir = match path.parent() {
        Some(dir) if dir.as_os_str().is_empty() => Path::new("."),
        Some(dir) => dir,
        None => return Ok(None),
    };
    let mode = fs::metadata(dir)?.permissions().mode();
    Ok((mode & WRITTEN_BY_ALL != 0 && mode & STICKY == 0).then(|| dir.to_owned()))
}

/// Whose process this is, as Linux tells it.
pub fn user() -> io::Result<u32> {
    Ok(fs::metadata("/proc/self")?.uid())
}
