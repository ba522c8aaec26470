//! A model that is in the store: its record, its files, and the checks that they belong together.

use crate::hash::ModelHash;
use crate::spec::{ModelSource, ModelSpec, NameError};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The file as published.
pub(super) const ORIGINAL: &str = "original.gguf";
/// The file the engine loads.
pub(super) const WEIGHTS: &str = "weights.gguf";
/// The record.
pub(super) const RECORD: &str = "model.json";
/// Longest record; a real one has under 1 KiB.
const RECORD_BYTES_MAX: u64 = 16 * 1024;
/// Format of the record and of the conversion; another one is pulled anew.
pub(super) const RECORD_VERSION: u32 = 1;

/// A model on disk, ready for [`crate::Engine::load`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledModel {
    store: PathBuf,
    weights: PathBuf,
    original: PathBuf,
    pub(super) record: Record,
}

/// What is known of a model in the store; `model.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) source: ModelSource,
    pub(super) licence: String,
    pub(super) sha256: ModelHash,
    pub(super) size_bytes: u64,
    pub(super) weights_sha256: ModelHash,
    pub(super) weights_size_bytes: u64,
    pub(super) quantisation: String,
}

/// Why a model cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The name is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The store does not hold it.
    #[error("model {name} is not in {store}: run `vantage model pull {name}`")]
    NotPulled {
        /// Model name.
        name: String,
        /// Directory of the store.
        store: String,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The record is not readable.
    #[error("{path} is damaged ({reason}): pull the model again")]
    Record {
        /// The record's file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has another size than recorded.
    #[error("{path} has {found} bytes instead of {expected}: pull the model again")]
    WrongSize {
        /// The file.
        path: String,
        /// Recorded size.
        expected: u64,
        /// Size on disk.
        found: u64,
    },
    /// A file has another hash than recorded or pinned.
    #[error("{path} was altered: expected sha256 {expected}, found {found}; pull the model again")]
    Altered {
        /// The file.
        path: String,
        /// Recorded or pinned hash.
        expected: ModelHash,
        /// Hash found.
        found: ModelHash,
    },
}

impl PulledModel {
    /// Model name, as in [`ModelSpec::name`].
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Directory of the store that holds it.
    pub fn store_dir(&self) -> &Path {
        &self.store
    }

    /// The converted weights.
    pub fn weights_path(&self) -> &Path {
        &self.weights
    }

    /// The original file.
    pub fn original_path(&self) -> &Path {
        &self.original
    }

    /// SHA-256 of the original file.
    pub fn model_sha256(&self) -> ModelHash {
        self.record.sha256
    }

    /// SHA-256 of the converted weights.
    pub fn weights_sha256(&self) -> ModelHash {
        self.record.weights_sha256
    }

    /// What the weights were and what they are computed as: `Q4_1 as F32`.
    pub fn quantisation(&self) -> &str {
        &self.record.quantisation
    }

    /// SPDX licence of the weights.
    pub fn licence(&self) -> &str {
        &self.record.licence
    }

    /// Reads the record of `name` and compares the sizes of its files.
    pub(super) fn read(store: &Path, name: &str) -> Result<Self, OpenError> {
        let dir = store.join(name);
        let path = dir.join(RECORD);
        let record = match File::open(&path) {
            Ok(file) => read_record(file, &path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !dir.exists() => {
                return Err(OpenError::NotPulled {
                    name: name.to_owned(),
                    store: store.display().to_string(),
                });
            }
            Err(source) => return Err(io_error(&path, source)),
        };
        if record.name != name || record.version != RECORD_VERSION {
            let reason = format!("it is of {:?}, version {}", record.name, record.version);
            return Err(OpenError::Record { path: path.display().to_string(), reason });
        }
        let model = Self {
            store: store.to_owned(),
            weights: dir.join(WEIGHTS),
            original: dir.join(ORIGINAL),
            record,
        };
        for (path, expected) in model.files().map(|(path, size_bytes, _)| (path, size_bytes)) {
            let found = path.metadata().map_err(|source| io_error(path, source))?.len();
            if found != expected {
                return Err(OpenError::WrongSize { path: path.display().to_string(), expected, found });
            }
        }
        Ok(model)
    }

    /// The record says what the table of known models says.
    pub(super) fn check_pin(&self, spec: &ModelSpec) -> Result<(), OpenError> {
        let pinned_weights = spec.weights_sha256.unwrap_or(self.record.weights_sha256);
        for (path, expected, found) in [
            (&self.original, spec.sha256, self.record.sha256),
            (&self.weights, pinned_weights, self.record.weights_sha256),
        ] {
            if expected != found {
                return Err(OpenError::Altered { path: path.display().to_string(), expected, found });
            }
        }
        Ok(())
    }

    /// Hashes both files.
    pub(super) fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), OpenError> {
        let total = self.record.size_bytes.saturating_add(self.record.weights_size_bytes);
        let mut before = 0u64;
        for (path, size_bytes, expected) in self.files() {
            let found = ModelHash::of_file(path, &mut |done| progress(before.saturating_add(done), total))
                .map_err(|source| io_error(path, source))?;
            if found != expected {
                return Err(OpenError::Altered { path: path.display().to_string(), expected, found });
            }
            before = before.saturating_add(size_bytes);
        }
        Ok(())
    }

    fn files(&self) -> [(&Path, u64, ModelHash); 2] {
        [
            (&self.original, self.record.size_bytes, self.record.sha256),
            (&self.weights, self.record.weights_size_bytes, self.record.weights_sha256),
        ]
    }
}

fn read_record(file: File, path: &Path) -> Result<Record, OpenError> {
    let mut text = Vec::new();
    file.take(RECORD_BYTES_MAX).read_to_end(&mut text).map_err(|source| io_error(path, source))?;
    serde_json::from_slice(&text)
        .map_err(|error| OpenError::Record { path: path.display().to_string(), reason: error.to_string() })
}

fn io_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.display().to_string(), source }
}
