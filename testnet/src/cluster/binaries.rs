//! The programs under test, built once: one helper for demo and tests alike.

use std::path::PathBuf;
use vantage_launch::{Profile, Progress};

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// `vantage`.
    pub node: PathBuf,
    /// `vantage-bootstrap`.
    pub bootstrap: PathBuf,
    /// `vantage-runner`: the program of task images.
    pub runner: PathBuf,
}

/// Why there are no programs.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// They could not be built.
    #[error(transparent)]
    Build(#[from] vantage_launch::BuildError),
    /// The build went through, but a program is not where it should be.
    #[error("{0} is not there after the build")]
    Missing(PathBuf),
}

/// Builds node and bootstrap, unless they are up to date, in the profile that tests use too.
pub fn build() -> Result<Binaries, BuildError> {
    build_in(Profile::Dev)
}

/// The same in the profile `release`, for benchmarks.
pub fn build_release() -> Result<Binaries, BuildError> {
    build_in(Profile::Release)
}

fn build_in(profile: Profile) -> Result<Binaries, BuildError> {
    let built = vantage_launch::build(profile, Progress::Quiet)?;
    let binaries = Binaries {
        node: built.join("vantage"),
        bootstrap: built.join("vantage-bootstrap"),
        runner: built.join("vantage-runner"),
    };
    for path in [&binaries.node, &binaries.bootstrap, &binaries.runner] {
        if !path.is_file() {
            return Err(BuildError::Missing(path.clone()));
        }
    }
    Ok(binaries)
}
