//! The programs under test, built once: one helper for demo and tests alike.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    /// Cargo could not be started.
    #[error("cargo did not start: {0}")]
    Cargo(std::io::Error),
    /// Cargo ended with an error; its output stands above.
    #[error("cargo build --workspace --bins failed; its output stands above")]
    Failed,
    /// The lock that keeps two builds apart could not be had.
    #[error("lock {0}: {1}")]
    Lock(PathBuf, std::io::Error),
    /// The build went through, but a program is not where it should be.
    #[error("{0} is not there after the build")]
    Missing(PathBuf),
}

/// Builds node and bootstrap, unless they are up to date, in the profile that tests use too: the
/// dependencies are optimised there. All programs together, since a part of the workspace would be built
/// with other features of the dependencies, libp2p among them, all over again. Processes that want them
/// at the same time wait for one another. Cargo's messages go to standard error.
pub fn build() -> Result<Binaries, BuildError> {
    build_in("dev", "debug")
}

/// The same in the profile `release`, for benchmarks.
pub fn build_release() -> Result<Binaries, BuildError> {
    build_in("release", "release")
}

fn build_in(profile: &str, folder: &str) -> Result<Binaries, BuildError> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let lock_path = target.join("testnet-build.lock");
    let locked = std::fs::create_dir_all(&target)
        .and_then(|()| File::create(&lock_path))
        .and_then(|file| file.lock().map(|()| file));
    let lock = locked.map_err(|e| BuildError::Lock(lock_path, e))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_one_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let status = command
        .current_dir(&workspace)
        .args(["build", "--quiet", "--locked", "--workspace", "--bins", "--profile", profile])
        .arg("--target-dir")
        .arg(&target)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status()
        .map_err(BuildError::Cargo)?;
    drop(lock);
    if !status.success() {
        return Err(BuildError::Failed);
    }
    let built = target.join(folder);
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

/// What `cargo run` and `cargo test` tell a program about its own package. Some build scripts (that of `ring`) watch
/// these variables: handed on, they would have it built again, and libp2p with it.
fn is_of_one_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}
