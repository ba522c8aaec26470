//! One build of all programs, for whoever needs them: the demo, the test networks, the tests.
//!
//! Cargo chooses the features of dependencies for what it is told to build. A part of the workspace would be built with
//! other features than the whole, libp2p and tokio among them, all over again. So there is one way to build: everything.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How the programs are built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// As `cargo test` builds them: what runs hot is optimised.
    Dev,
    /// For benchmarks and installation.
    Release,
}

impl Profile {
    /// The name that cargo knows it by, and the folder that it builds into.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Profile::Dev => ("dev", "debug"),
            Profile::Release => ("release", "release"),
        }
    }
}

/// Whether cargo tells what it is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// On standard error.
    Shown,
    /// Errors alone.
    Quiet,
}

/// Why there are no programs.
#[derive(Debug)]
pub enum BuildError {
    /// Cargo could not be started.
    Cargo(std::io::Error),
    /// Cargo ended with an error; its output stands above.
    Failed,
    /// The lock that keeps two builds apart could not be had.
    Lock(PathBuf, std::io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Cargo(e) => write!(f, "cargo did not start: {e}"),
            BuildError::Failed => {
                f.write_str("cargo build --workspace --bins failed; its output stands above")
            }
            BuildError::Lock(path, e) => write!(f, "lock {}: {e}", path.display()),
        }
    }
}

impl std::error::Error for BuildError {}

/// Builds all programs of the workspace, unless they are up to date; the folder that they are in. Processes that want
/// them at the same time wait for one another.
pub fn build(profile: Profile, progress: Progress) -> Result<PathBuf, BuildError> {
    let workspace = workspace();
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .filter(|dir| !dir.is_empty())
        .map_or_else(|| workspace.join("target"), PathBuf::from);
    let lock_path = target.join("testnet-build.lock");
    let locked = std::fs::create_dir_all(&target)
        .and_then(|()| File::create(&lock_path))
        .and_then(|file| file.lock().map(|()| file));
    let lock = locked.map_err(|e| BuildError::Lock(lock_path, e))?;
    let (name, folder) = profile.names();
    let mut command = clean(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if progress == Progress::Quiet {
        command.arg("--quiet");
    }
    let status = command
        .current_dir(&workspace)
        .args(["build", "--locked", "--workspace", "--bins", "--profile", name])
        .arg("--target-dir")
        .arg(&target)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(BuildError::Cargo)?;
    drop(lock);
    if status.success() { Ok(target.join(folder)) } else { Err(BuildError::Failed) }
}

/// A command without what `cargo run` and `cargo test` tell a program about its own package. Some build scripts (that of
/// `ring`) watch these variables: handed on, they would have it built again, and libp2p with it.
pub fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_one_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

/// Where the workspace is: two folders above this package.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

fn is_of_one_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_the_one_with_all_members() {
        let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]") && manifest.contains("\"testnet/launch\""));
    }

    #[test]
    fn nothing_of_this_package_reaches_a_build() {
        let cleaned = clean("cargo");
        let is_removed =
            |name: &str| cleaned.get_envs().any(|(found, value)| found == name && value.is_none());
        assert!(is_removed("CARGO_PKG_NAME") && is_removed("CARGO_MANIFEST_DIR") && !is_removed("PATH"));
    }
}
