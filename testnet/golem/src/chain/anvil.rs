//! The program of the local chain, out of the package that its makers publish.

use crate::{BedError, cache};
use flate2::read::GzDecoder;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The package, its version, and the archive's SHA-256.
const PACKAGE: &str = "@foundry-rs/anvil-linux-amd64@1.7.1";
const ARCHIVE_SHA256: &str = "5727dd8f08f3bf6dde4ec1d9832e87c43f9315ef824bff1ab18486bf51bc7af3";
/// The program in the archive, and its SHA-256.
const ENTRY: &str = "package/bin/anvil";
const ANVIL_SHA256: &str = "10c1c727d6c1de973aeb160e59875b9a9a23464d6e74149ee8abb30b3500311b";
/// Its directory in the cache.
const FOLDER: &str = "anvil-1.7.1";

/// A development chain, installed.
#[derive(Clone, Debug)]
pub struct Anvil {
    pub(super) program: PathBuf,
}

impl Anvil {
    /// Finds the program in the cache (`$VANTAGE_TOOLS`, else `~/.cache/vantage/tools`), or downloads it with `npm`.
    /// Either way its hash decides; nothing of the package is run to install it. Processes that want it at the same
    /// time wait for one another. Blocks.
    pub fn install() -> Result<Self, BedError> {
        Self::install_in(&cache::tools())
    }

    /// The same in a directory of the caller's choice.
    pub fn install_in(tools: &Path) -> Result<Self, BedError> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
            let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
            return Err(BedError::Machine { what: "the pinned chain", os, arch });
        }
        let folder = tools.join(FOLDER);
        let program = folder.join("anvil");
        let _lock = cache::lock(tools, FOLDER)?;
        if program.is_file() && cache::check(&program, "anvil", ANVIL_SHA256).is_ok() {
            return Ok(Self { program });
        }
        let staging = tempfile::tempdir_in(tools).map_err(BedError::io(tools))?;
        let archive = download(staging.path())?;
        cache::check(&archive, PACKAGE, ARCHIVE_SHA256)?;
        let unpacked = staging.path().join("anvil");
        unpack(&archive, &unpacked)?;
        cache::check(&unpacked, "anvil", ANVIL_SHA256)?;
        fs::set_permissions(&unpacked, fs::Permissions::from_mode(0o755)).map_err(BedError::io(&unpacked))?;
        fs::create_dir_all(&folder).map_err(BedError::io(&folder))?;
        fs::rename(&unpacked, &program).map_err(BedError::io(&program))?;
        Ok(Self { program })
    }
}

/// Lets `npm` bring the archive into a directory.
fn download(dir: &Path) -> Result<PathBuf, BedError> {
    let failed = |why: String| BedError::Download { what: PACKAGE.to_owned(), why };
    let archives = dir.join("archives");
    fs::create_dir_all(&archives).map_err(BedError::io(&archives))?;
    let output = Command::new("npm")
        .args(["pack", "--silent", "--ignore-scripts", PACKAGE, "--pack-destination"])
        .arg(&archives)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(format!("npm did not start: {e}; install Node.js with npm")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        return Err(failed(last[last.len().saturating_sub(3)..].join("; ")));
    }
    let entries = fs::read_dir(&archives).map_err(BedError::io(&archives))?;
    let mut files = entries.flatten().map(|entry| entry.path());
    match (files.next(), files.next()) {
        (Some(archive), None) => Ok(archive),
        _ => Err(failed("npm brought no archive, or more than one".to_owned())),
    }
}

/// Takes the one program out of the archive, never by the archive's own paths.
fn unpack(archive: &Path, program: &Path) -> Result<(), BedError> {
    let broken = |e: io::Error| BedError::Io(archive.to_owned(), e);
    let file = File::open(archive).map_err(broken)?;
    let mut entries = tar::Archive::new(GzDecoder::new(file));
    for entry in entries.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if entry.path().map_err(broken)? == Path::new(ENTRY) {
            let mut out = File::create(program).map_err(BedError::io(program))?;
            io::copy(&mut entry, &mut out).map_err(BedError::io(program))?;
            return Ok(());
        }
    }
    Err(BedError::Download { what: PACKAGE.to_owned(), why: format!("it holds no {ENTRY}") })
}
