//! The data directory: where it is, and what stands in it.

use super::args::DataArg;
use super::error::{CliError, CliResult};
use super::file;
use std::path::PathBuf;
use vantage_daemon::config::{self, raw};
use vantage_daemon::environment;
use vantage_daemon::ledger::{PriceError, Prices};

/// Default, below the home directory (XDG base directories).
const DEFAULT: &str = ".local/share/vantage";
/// Longest configuration that is read. A guess: many vendors.
const CONFIG_BYTES_MAX: u64 = 256 * 1024;

/// The data directory that is meant: `--data`, `VANTAGE_DATA`, or below the home directory.
pub(super) fn dir(arg: &DataArg) -> CliResult<PathBuf> {
    if let Some(dir) = &arg.dir {
        return Ok(dir.clone());
    }
    match environment::home() {
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
    let models = configured(arg)?.and_then(|(dir, raw)| Some(dir.join(raw.open.models?)));
    Ok(models.unwrap_or_else(config::checked::default_models))
}

/// The prices that a node on this directory goes by; without a configuration, those that come with the program.
pub(super) fn prices(arg: &DataArg) -> CliResult<Prices> {
    let refuse = |error: PriceError| CliError::usage(error).at("the prices").advise("correct the list");
    let Some((dir, raw)) = configured(arg)? else { return Prices::new([], None).map_err(refuse) };
    let path = raw.budget.prices.map(|path| dir.join(path));
    let text = path.as_ref().map(|path| file::read_text(path, CONFIG_BYTES_MAX)).transpose()?;
    Prices::new(&raw.vendors, path.as_deref().zip(text.as_deref())).map_err(refuse)
}

/// The data directory and what its configuration says, if it has one.
fn configured(arg: &DataArg) -> CliResult<Option<(PathBuf, raw::Config)>> {
    let dir = dir(arg)?;
    let path = dir.join(config::FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = file::read_text(&path, CONFIG_BYTES_MAX)?;
    let raw = raw::Config::parse(&path, &text).map_err(|error| {
        CliError::usage(format!("the configuration is not valid: {error}"))
            .at(path.display())
            .advise("correct it")
    })?;
    Ok(Some((dir, raw)))
}
