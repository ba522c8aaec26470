//! What stands under the names that a node uses in its data directory. A start looks before it makes anything, and
//! `doctor` looks in the same way.

use crate::socket;
use vantage_daemon::keys::KEYSET;
use vantage_daemon::lock;

use rustix::fs::Access;
use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use vantage_api::{READY, SOCKET};
use vantage_daemon::private_file;
use vantage_daemon::store;

/// Entries of a directory that are looked at. A guess: `blocks` has 256 at most.
const ENTRIES_MAX: usize = 4096;

/// Something else than a node's own stands in its way.
#[derive(Debug, thiserror::Error)]
pub enum InTheWay {
    /// A thing of another kind.
    #[error(
        "{path} is {found}, and a node needs {wanted} there: move it away, or restore what belongs there"
    )]
    Kind {
        /// Where.
        path: PathBuf,
        /// What is there.
        found: &'static str,
        /// What should be.
        wanted: &'static str,
    },
    /// It may not be used.
    #[error("{path}: {source}; the user that the node runs as must be able to read and write it")]
    Closed {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What a node needs under a name.
#[derive(Clone, Copy)]
enum Wanted {
    /// A file, which it reads and writes.
    File,
    /// A directory, in which it makes files.
    Dir,
    /// Anything that it can put a file in the place of.
    Replaceable,
}

/// The first thing in a data directory that keeps a node from starting, if there is one.
pub fn refuse(data: &Path) -> Result<(), InTheWay> {
    in_the_way(data).into_iter().next().map_or(Ok(()), Err)
}

/// All things in a data directory that keep a node from starting. Nothing is changed, nothing waited for.
pub fn in_the_way(data: &Path) -> Vec<InTheWay> {
    let staging = data.join(socket::STAGING);
    let blocks = data.join(store::BLOCKS_DIR);
    let beside = |name: &str| data.join(name).with_extension(private_file::STAGED);
    let mut places = vec![
        (data.join(lock::FILE), Wanted::File),
        (data.join(store::FILE), Wanted::File),
        (data.join(SOCKET), Wanted::Replaceable),
        (data.join(READY), Wanted::Replaceable),
        (beside(READY), Wanted::Replaceable),
        (beside(KEYSET), Wanted::Replaceable),
        (staging.clone(), Wanted::Dir),
        (staging.join(socket::STAGED), Wanted::Replaceable),
        (blocks.clone(), Wanted::Dir),
    ];
    let shards = fs::read_dir(&blocks).into_iter().flatten().take(ENTRIES_MAX).flatten();
    places.extend(shards.filter(is_shard).map(|entry| (entry.path(), Wanted::Dir)));
    places.into_iter().filter_map(|(path, wanted)| look(path, wanted).err()).collect()
}

/// A directory into which the node writes, itself or the one in which it will be made.
pub fn refuse_unwritable(dir: &Path) -> Result<(), InTheWay> {
    let there = dir.ancestors().find(|place| fs::symlink_metadata(place).is_ok());
    match there {
        Some(there) => look(there.to_owned(), Wanted::Dir),
        None => Ok(()),
    }
}

/// Refuses what is no regular file under a name that is opened to be written.
pub fn refuse_other_than_file(path: PathBuf) -> Result<(), InTheWay> {
    look(path, Wanted::File)
}

fn look(path: PathBuf, wanted: Wanted) -> Result<(), InTheWay> {
    let closed = |path: PathBuf, source: io::Error| Err(InTheWay::Closed { path, source });
    let itself = match fs::symlink_metadata(&path) {
        Ok(itself) => itself.file_type(),
        Err(error) if is_absent(&error) => return Ok(()),
        Err(source) => return closed(path, source),
    };
    let (ok, words, access) = match wanted {
        Wanted::Replaceable => (!itself.is_dir(), "a file or nothing", None),
        // what a link leads to counts
        Wanted::File | Wanted::Dir => {
            let behind = match fs::metadata(&path) {
                Ok(behind) => behind.file_type(),
                Err(error) if is_absent(&error) => {
                    let wanted = if matches!(wanted, Wanted::Dir) { "a directory" } else { "a file" };
                    return Err(InTheWay::Kind { path, found: "a link to nowhere", wanted });
                }
                Err(source) => return closed(path, source),
            };
            match wanted {
                Wanted::Dir => (
                    behind.is_dir(),
                    "a directory",
                    Some(Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK),
                ),
                _ => (behind.is_file(), "a file", Some(Access::READ_OK | Access::WRITE_OK)),
            }
        }
    };
    if !ok {
        let found = kind(fs::metadata(&path).map_or(itself, |behind| behind.file_type()));
        return Err(InTheWay::Kind { path, found, wanted: words });
    }
    match access.map(|access| rustix::fs::access(&path, access)) {
        Some(Err(error)) => closed(path, error.into()),
        _ => Ok(()),
    }
}

/// What is not there; a name below a file is not, either, and whoever needs the directory says so.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_shard(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    name.len() == 2 && name.as_encoded_bytes().iter().all(u8::is_ascii_hexdigit)
}

fn kind(found: FileType) -> &'static str {
    match () {
        () if found.is_file() => "a file",
        () if found.is_dir() => "a directory",
        () if found.is_fifo() => "a pipe",
        () if found.is_socket() => "a socket",
        () if found.is_symlink() => "a link to nowhere",
        () => "a device",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn whatever_stands_in_the_way_is_told_and_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        assert!(in_the_way(&data.join("none")).is_empty() && in_the_way(data).is_empty());
        let mkfifo =
            |path: &Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        let (file, link) = (
            |path: &Path| fs::write(path, "x").unwrap(),
            |path: &Path| {
                symlink("/no/where", path).unwrap();
            },
        );
        let made = |path: &Path| fs::create_dir(path).unwrap();
        fs::create_dir(data.join("blocks")).unwrap();
        fs::create_dir(data.join(".c")).unwrap();
        type Obstacle<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);
        let all: [Obstacle<'_>; 15] = [
            ("blocks/ab", &file, "is a file"),
            ("blocks/cd", &link, "a link to nowhere"),
            ("lock", &made, "is a directory"),
            ("lock", &mkfifo, "is a pipe"),
            ("node.redb", &made, "is a directory"),
            ("node.redb", &mkfifo, "is a pipe"),
            ("node.redb", &link, "a link to nowhere"),
            ("node.redb", &|path| symlink("/dev/null", path).unwrap(), "a device"),
            ("control.sock", &made, "is a directory"),
            ("ready.json", &made, "is a directory"),
            ("ready.new", &made, "is a directory"),
            ("keyset.new", &made, "is a directory"),
            (".c/s", &made, "is a directory"),
            ("node.redb", &|path| symlink(path.parent().unwrap(), path).unwrap(), "is a directory"),
            ("lock", &|path| symlink("lock", path).unwrap(), "lock"),
        ];
        for (name, make, said) in all {
            let path = data.join(name);
            make(&path);
            let found = in_the_way(data);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            let error = refuse(data).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(name), "{said}: {error}");
            if fs::symlink_metadata(&path).unwrap().is_dir() {
                fs::remove_dir(&path).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
        }
        for (name, make) in [("blocks", &file as &dyn Fn(&Path)), ("blocks", &link), (".c", &mkfifo)] {
            let path = data.join(name);
            let _ = fs::remove_dir(&path).or_else(|_| fs::remove_file(&path));
            make(&path);
            assert_eq!(in_the_way(data).len(), 1, "{name}");
            fs::remove_file(&path).unwrap();
        }
        for name in ["ready.json", "ready.new", "control.sock"] {
            file(&data.join(name));
        }
        assert!(in_the_way(data).is_empty(), "what can be replaced is in nobody's way");
    }
}
