//! The data directory: where it is, and what stands in it.

use super::args::DataArg;
use super::error::{CliError, CliResult};
use super::file;
use crate::config::{self, raw};
use std::path::PathBuf;

/// Default, below the home directory (XDG base directories).
const DEFAULT: &str = ".local/share/vantage";
/// Longest configuration that is read. A guess: many vendors.
const CONFIG_BYTES_MAX: u64 = 256 * 1024;

/// The data directory that is meant: `--data`, `VANTAGE_DATA`, or below the home directory.
pub(super) fn dir(arg: &DataArg) -> CliResult<PathBuf> {
    if let Some(dir) = &arg.dir {
        return Ok(dir.clone());
    }
    match std::env::home_dir().filter(|home| !home.as_os_str().is_empty()) {
        Some(home) => Ok(home.join(DEFAULT)),
        None => Err(CliError::usage("there is no home directory to keep data in")
            .at("the environment variable HOME")
            .advise("name a data directory: --data DIR, or set VANTAGE_DATA")),
    }
}

/// The data directory as an argument for the commands that are suggested.
pub(super) fn argument(arg: &DataArg) -> String {
    arg.dir.as_ref().map_or(String::new(), |dir| format!(" --data {}", dir.display()))
}

/// The directory of models: what the configuration says, if there is one, else the default.
pub(super) fn models(arg: &DataArg) -> CliResult<PathBuf> {
    let dir = dir(arg)?;
    let path = dir.join(config::FILE);
    if !path.exists() {
        return Ok(config::checked::default_models());
    }
    let text = file::read_text(&path, CONFIG_BYTES_MAX)?;
    let raw: raw::Config = toml::from_str(&text).map_err(|error| {
        CliError::usage(format!("the configuration is not valid: {}", error.message()))
            .at(path.display())
            .advise("correct it; `vantage run` names the line")
    })?;
    Ok(raw.open.models.map_or_else(config::checked::default_models, |models| dir.join(models)))
}
