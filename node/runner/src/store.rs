//! Where models live on disk: one directory each, complete or absent.
//!
//! ```text
//! <store>/<name>/original.gguf    the file as published, pinned by hash
//! <store>/<name>/weights.gguf     the same as F32, what the engine loads
//! <store>/<name>/model.json       the record: hashes, sizes, source, licence
//! <store>/.<name>.lock            held while a model is pulled
//! <store>/.<name>.staging/        a pull under way; left by a killed one, wiped by the next
//! <store>/.<name>.<hash>.part     what has come from the hub of the file with this hash; the next pull goes on with it
//! ```
//!
//! Durability: files and directories are synced before the directory gets its final name by one rename, so a killed
//! pull or a power cut leaves either the whole model or none. Concurrency: any number of processes may open a model;
//! pulls of one name exclude each other by an advisory file lock, and the second finds the work done.

mod hub;
mod pull;
mod record;

pub use hub::{Fetch, Fetched};
pub use pull::{Progress, PullError, PullSource};
pub use record::{OpenError, PulledModel};

use crate::hash::ModelHash;
use crate::spec::{ModelSpec, check_name};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A directory of models.
#[derive(Debug, Clone)]
pub struct ModelStore {
    dir: PathBuf,
    python: PathBuf,
}

/// A model and its state in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// Model name.
    pub name: String,
    /// SHA-256 of the original file: as recorded, or as pinned where it is not pulled.
    pub sha256: Option<ModelHash>,
    /// Size of the original file.
    pub size_bytes: Option<u64>,
    /// SPDX licence of the weights.
    pub licence: Option<String>,
    /// What the store holds of it.
    pub state: ModelState,
}

/// What a store holds of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ModelState {
    /// Known, not pulled.
    Absent,
    /// Ready to load.
    Ready {
        /// SHA-256 of the converted weights.
        weights_sha256: ModelHash,
        /// Bytes on disk, original and weights.
        disk_bytes: u64,
    },
    /// There, but not usable; pull it again.
    Broken {
        /// What is wrong.
        reason: String,
    },
}

impl ModelStore {
    /// A store in `dir`, which is made when something is pulled. `pip` is run by `python3` from the path.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), python: PathBuf::from("python3") }
    }

    /// The same store with another Python interpreter for `pip`.
    pub fn with_python(self, python: impl Into<PathBuf>) -> Self {
        Self { python: python.into(), ..self }
    }

    /// The store's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The model named `name`, after a look at the record and the sizes of its files. The engine hashes the weights
    /// when it loads them; [`Self::verify`] hashes everything.
    pub fn open(&self, name: &str) -> Result<PulledModel, OpenError> {
        check_name(name)?;
        let model = PulledModel::read(&self.dir, name)?;
        match ModelSpec::find(name) {
            Ok(spec) => model.check_pin(&spec)?,
            Err(_unknown) => (),
        }
        Ok(model)
    }

    /// The model named `name`, after hashing both of its files. `progress` gets bytes done and in total.
    pub fn verify(&self, name: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<PulledModel, OpenError> {
        let model = self.open(name)?;
        model.verify(progress)?;
        Ok(model)
    }

    /// All known models and all that the store holds, by name.
    pub fn list(&self) -> Vec<ModelInfo> {
        let known = ModelSpec::known();
        let mut names: BTreeSet<String> = known.iter().map(|spec| spec.name.clone()).collect();
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        names.extend(
            entries
                .filter_map(|entry| entry.file_name().into_string().ok())
                .filter(|name| check_name(name).is_ok()),
        );
        names.into_iter().map(|name| self.info(&known, name)).collect()
    }

    fn info(&self, known: &[ModelSpec], name: String) -> ModelInfo {
        let spec = known.iter().find(|spec| spec.name == name);
        match self.open(&name) {
            Ok(model) => ModelInfo {
                sha256: Some(model.model_sha256()),
                size_bytes: Some(model.record.size_bytes),
                licence: Some(model.record.licence.clone()),
                state: ModelState::Ready {
                    weights_sha256: model.weights_sha256(),
                    disk_bytes: model.record.size_bytes.saturating_add(model.record.weights_size_bytes),
                },
                name,
            },
            Err(error) => ModelInfo {
                sha256: spec.map(|spec| spec.sha256),
                size_bytes: spec.map(|spec| spec.size_bytes),
                licence: spec.map(|spec| spec.licence.clone()),
                state: match error {
                    OpenError::NotPulled { .. } => ModelState::Absent,
                    other => ModelState::Broken { reason: other.to_string() },
                },
                name,
            },
        }
    }
}

#[cfg(test)]
mod tests;
