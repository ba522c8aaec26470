//! Golem's daemon, out of the wheel that its makers publish. Nothing of the package is run to install it.

use crate::{BedError, cache};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zip::ZipArchive;

/// The package, its version, and the wheel's SHA-256.
const PACKAGE: &str = "golem-node==0.17.6";
const WHEEL_SHA256: &str = "51dbf3fcd0a9949b62cc748ad9adb8e684aad5288f2a8c24c4d70a819224e652";
/// The program in the wheel, and its SHA-256.
const ENTRY: &str = "golem_node-0.17.6.data/scripts/yagna";
const YAGNA_SHA256: &str = "791e94600123ab1becf462e29bfed769ee6bcd563701898d0602866493493709";
/// Its directory in the cache.
const FOLDER: &str = "golem-node-0.17.6";

/// Golem's daemon, installed.
#[derive(Clone, Debug)]
pub struct Yagna {
    program: PathBuf,
}

impl Yagna {
    /// Finds the daemon in the cache (`$VANTAGE_TOOLS`, else `~/.cache/vantage/tools`), or downloads it with
    /// `python3 -m pip` (40 MB, 149 MB unpacked). Either way its hash decides. Processes that want it at the same
    /// time wait for one another. Blocks.
    pub fn install() -> Result<Self, BedError> {
        Self::install_in(&cache::tools())
    }

    /// The same in a directory of the caller's choice.
    pub fn install_in(tools: &Path) -> Result<Self, BedError> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
            let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
            return Err(BedError::Machine { what: "Golem's daemon", os, arch });
        }
        let folder = tools.join(FOLDER);
        let program = folder.join("yagna");
        let _lock = cache::lock(tools, FOLDER)?;
        if program.is_file() && cache::check(&program, "yagna", YAGNA_SHA256).is_ok() {
            return Ok(Self { program });
        }
        let staging = tempfile::tempdir_in(tools).map_err(BedError::io(tools))?;
        let wheel = download(staging.path())?;
        cache::check(&wheel, PACKAGE, WHEEL_SHA256)?;
        let unpacked = staging.path().join("yagna");
        unpack(&wheel, &unpacked)?;
        cache::check(&unpacked, "yagna", YAGNA_SHA256)?;
        fs::set_permissions(&unpacked, fs::Permissions::from_mode(0o755)).map_err(BedError::io(&unpacked))?;
        fs::create_dir_all(&folder).map_err(BedError::io(&folder))?;
        fs::rename(&unpacked, &program).map_err(BedError::io(&program))?;
        Ok(Self { program })
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

/// Lets `pip` bring the wheel into a directory.
fn download(dir: &Path) -> Result<PathBuf, BedError> {
    let failed = |why: String| BedError::Download { what: PACKAGE.to_owned(), why };
    let wheels = dir.join("wheels");
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"])
        .args(["--disable-pip-version-check", "--progress-bar=off", "--retries=2", "--timeout=60", "--dest"])
        .arg(&wheels)
        .arg(PACKAGE)
        .env("TMPDIR", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|e| failed(format!("python3 did not start: {e}; install Python 3 with pip")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        return Err(failed(last[last.len().saturating_sub(3)..].join("; ")));
    }
    let entries = fs::read_dir(&wheels).map_err(BedError::io(&wheels))?;
    let mut files = entries.flatten().map(|entry| entry.path());
    match (files.next(), files.next()) {
        (Some(wheel), None) => Ok(wheel),
        _ => Err(failed("pip brought no wheel, or more than one".to_owned())),
    }
}

/// Takes the one program out of the wheel, never by the archive's own paths.
fn unpack(wheel: &Path, program: &Path) -> Result<(), BedError> {
    let broken = |error: zip::result::ZipError| BedError::Io(wheel.to_owned(), io::Error::other(error));
    let file = File::open(wheel).map_err(BedError::io(wheel))?;
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    let mut entry = archive.by_name(ENTRY).map_err(broken)?;
    let mut out = File::create(program).map_err(BedError::io(program))?;
    io::copy(&mut entry, &mut out).map_err(BedError::io(program))?;
    Ok(())
}
