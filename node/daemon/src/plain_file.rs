//! Files from outside, opened so that nothing hangs: a pipe without a writer, a device or a directory under the name of a
//! file is told and not waited for.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Where a shell and the system show what a process has open: whoever names one means to be read from.
const OPEN_ALREADY: [&str; 4] = ["/dev/stdin", "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"];

/// Opens a regular file, through links; whatever else has the name is an error that says what it is.
pub fn open(path: &Path) -> io::Result<File> {
    let file = at_once(path)?;
    match other_kind(&file)? {
        None => Ok(file),
        Some(kind) => Err(other(kind)),
    }
}

/// The same, and what a shell hands over: standard input, or the pipe of a process substitution.
pub fn open_or_stream(path: &Path) -> io::Result<File> {
    let file = at_once(path)?;
    match other_kind(&file)? {
        None => Ok(file),
        Some(kind) if kind == DIRECTORY || !is_open_already(path) => Err(other(kind)),
        Some(_) => {
            let flags = rustix::fs::fcntl_getfl(&file)?;
            rustix::fs::fcntl_setfl(&file, flags - rustix::fs::OFlags::NONBLOCK)?;
            Ok(file)
        }
    }
}

/// All of a regular file, if it has at most so many bytes.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is longer than {bytes_max} bytes, more than are read"),
        ));
    }
    Ok(bytes)
}

const DIRECTORY: &str = "a directory";

/// Opens without waiting for a writer at the other end.
fn at_once(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// What an open file is that is no regular one.
fn other_kind(file: &File) -> io::Result<Option<&'static str>> {
    let kind = file.metadata()?.file_type();
    Ok(match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some(DIRECTORY),
        () if kind.is_fifo() => Some("a pipe"),
        () if kind.is_socket() => Some("a socket"),
        () => Some("a device"),
    })
}

fn other(kind: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("this is {kind}, and a file is read: name a file"))
}

fn is_open_already(path: &Path) -> bool {
    path.to_str().is_some_and(|path| OPEN_ALREADY.iter().any(|begin| path.starts_with(begin)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_no_file_is_told_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&fifo, &link).unwrap();
        for (path, kind) in [
            (fifo.as_path(), "a pipe"),
            (&link, "a pipe"),
            (dir.path(), "a directory"),
            (Path::new("/dev/zero"), "a device"),
            (Path::new("/dev/null"), "a device"),
        ] {
            for error in
                [open(path).unwrap_err(), open_or_stream(path).unwrap_err(), read(path, 9).unwrap_err()]
            {
                assert!(error.to_string().contains(kind), "{}: {error}", path.display());
            }
        }
        let file = dir.path().join("file");
        fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert!(read(&file, 4).unwrap_err().to_string().contains("longer than 4 bytes"));
    }
}
