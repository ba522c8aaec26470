//! What produced an answer: recorded with every generation, since only answers of equal facts may be compared byte
//! by byte.

use crate::hash::ModelHash;
use serde::{Deserialize, Serialize};

/// Name of the engine.
pub(crate) const ENGINE: &str = "candle";
/// Version of the engine; pinned exactly in this crate's manifest, a test compares the two.
pub(crate) const ENGINE_VERSION: &str = "0.11.1";

/// Engine, weights and processor behind an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineFacts {
    /// Engine name: `candle`.
    pub engine: String,
    /// Exact engine version.
    pub version: String,
    /// Model name, as in [`crate::ModelSpec::name`].
    pub model: String,
    /// SHA-256 of the original model file.
    pub model_sha256: ModelHash,
    /// SHA-256 of the converted weights, hashed again when they were loaded.
    pub weights_sha256: ModelHash,
    /// What the weights were, and what they are computed as: `Q4_1 as F32`.
    pub quantisation: String,
    /// Architecture, system, C library, and the features that matter: `x86_64 linux gnu: avx avx2 fma`.
    pub cpu: String,
    /// Threads that candle was set up for: 1 in a [`crate::Runner`].
    pub threads: u32,
}

/// Describes this process's processor and platform. The C library is named because `exp`, `sin` and `cos` come from it.
pub(crate) fn cpu() -> String {
    let libc = if cfg!(target_env = "gnu") {
        "gnu"
    } else if cfg!(target_env = "musl") {
        "musl"
    } else {
        "other"
    };
    let mut text = format!("{} {} {libc}:", std::env::consts::ARCH, std::env::consts::OS);
    let features = features();
    if features.is_empty() {
        text.push_str(" baseline");
    }
    for feature in features {
        text.push(' ');
        text.push_str(feature);
    }
    text
}

/// Threads that candle will plan for in this process: the larger of its two settings, both from the environment.
pub(crate) fn threads() -> u32 {
    let rayon = candle_core::utils::get_num_threads();
    let candle = std::env::var("CANDLE_NUM_THREADS").ok().and_then(|text| text.parse().ok()).unwrap_or(rayon);
    u32::try_from(rayon.max(candle)).unwrap_or(u32::MAX)
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    [
        ("avx", std::is_x86_feature_detected!("avx")),
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("fma", std::is_x86_feature_detected!("fma")),
        ("f16c", std::is_x86_feature_detected!("f16c")),
        ("avx512f", std::is_x86_feature_detected!("avx512f")),
    ]
    .into_iter()
    .filter_map(|(name, present)| present.then_some(name))
    .collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("fp16", std::arch::is_aarch64_feature_detected!("fp16")),
        ("dotprod", std::arch::is_aarch64_feature_detected!("dotprod")),
        ("i8mm", std::arch::is_aarch64_feature_detected!("i8mm")),
    ]
    .into_iter()
    .filter_map(|(name, present)| present.then_some(name))
    .collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_the_manifest_pins() {
        let manifest = include_str!("../Cargo.toml");
        for package in ["candle-core", "candle-transformers"] {
            let line = manifest.lines().find(|line| line.starts_with(package)).unwrap();
            assert!(line.contains(&format!("\"={ENGINE_VERSION}\"")), "{line}");
        }
    }

    #[test]
    fn the_processor_is_described() {
        let cpu = cpu();
        assert!(cpu.starts_with(std::env::consts::ARCH) && !cpu.ends_with(':'), "{cpu}");
    }
}
