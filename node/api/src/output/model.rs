//! `vantage model`.

use serde::Serialize;
use utoipa::ToSchema;
use vantage_protocol::proof::Summary;

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

/// What `vantage model recompute` found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Recomputed {
    /// The verdict on the bundle.
    pub summary: Summary,
    /// Answers of open models in it.
    pub answers: usize,
    /// Those that were recomputed.
    pub cells: Vec<CellRecomputed>,
}

/// One answer that was computed again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CellRecomputed {
    /// Where it was answered.
    pub region: String,
    /// What was asked.
    pub target: String,
    /// The prompt's id.
    pub prompt: String,
    /// Which slot.
    pub slot: u32,
    /// Which repeat.
    pub repeat: u32,
    /// The seed of its draws, hex; none where the likeliest tokens were taken.
    pub seed: Option<String>,
    /// What came of it.
    pub outcome: Recomputation,
}

/// What came of computing an answer again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Recomputation {
    /// The same bytes.
    Same,
    /// Other bytes, by the same weights.
    Other {
        /// The beginning of what was recorded.
        recorded: String,
        /// The beginning of what was computed here.
        computed: String,
    },
    /// Nothing to compare: the answer is of other weights than those that are here.
    OtherWeights {
        /// SHA-256 of the weights by the executor's word, hex; none if it does not say.
        recorded: Option<String>,
        /// SHA-256 of the weights here, hex.
        here: String,
    },
    /// No answer could be computed here.
    Unanswered {
        /// Why not.
        reason: String,
    },
}
