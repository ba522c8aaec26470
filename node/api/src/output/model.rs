//! `vantage model`.

use serde::Serialize;
use utoipa::ToSchema;

/// What `vantage model list` shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ModelsListed {
    /// Where models are kept.
    pub dir: String,
    /// Known and stored models.
    pub models: Vec<ModelListed>,
}

/// What `vantage model pull` did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ModelPulled {
    /// The model as it is now.
    pub model: Option<ModelListed>,
    /// Where models are kept.
    pub dir: String,
}

/// An open model and its state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ModelListed {
    /// Name, as behind `open:`.
    pub name: String,
    /// SHA-256 of the original file, hex: as recorded, or as pinned where it is not pulled.
    pub sha256: Option<String>,
    /// Size of the original file, bytes.
    pub size_bytes: Option<u64>,
    /// SPDX licence of the weights.
    pub licence: Option<String>,
    /// What is stored of it.
    pub state: ModelState,
}

/// What is stored of a model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ModelState {
    /// Known, not pulled.
    Absent,
    /// Ready to load.
    Ready {
        /// SHA-256 of the converted weights, hex.
        weights_sha256: String,
        /// Bytes on disk, original and weights.
        disk_bytes: u64,
    },
    /// There, but not usable: pull it again.
    Broken {
        /// What is wrong.
        reason: String,
    },
}
