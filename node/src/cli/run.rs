//! `vantage run`: the node, until it is stopped.

use super::args::RunArgs;
use super::data;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use crate::{NodeError, RunOptions};
use std::path::Path;
use vantage_daemon::config::{self, Config, ConfigError};

/// Carries the command out.
pub(super) fn run(args: &RunArgs) -> CliResult<Exit> {
    let config = load(args)?;
    let data_dir = config.data.clone();
    crate::run(config, RunOptions { json: args.json }).map_err(|error| refuse(error, &data_dir))?;
    Ok(Exit::Done)
}

fn load(args: &RunArgs) -> CliResult<Config> {
    let file = match &args.config {
        Some(file) => file.clone(),
        None => data::dir(&args.data)?.join(config::FILE),
    };
    let mut config = Config::load(&file).map_err(wrong)?;
    if let (Some(dir), Some(_)) = (&args.data.dir, &args.config) {
        config.data = dir.clone();
    }
    Ok(config)
}

/// A mistake in the configuration is the operator's: wrong usage.
pub(super) fn wrong(error: ConfigError) -> CliError {
    let mut place = error.file.display().to_string();
    if let Some(line) = error.line {
        place += &format!(", line {line}");
    }
    if let Some(key) = &error.key {
        place += &format!(", {key}");
    }
    CliError::usage(format!("the configuration is not valid: {}", error.what)).at(place).advise(error.help)
}

fn refuse(error: NodeError, data_dir: &Path) -> CliError {
    match error {
        NodeError::Config(error) => wrong(error),
        full if full.is_full() => CliError::full(full)
            .at(format!("the node of {}", data_dir.display()))
            .advise("make room below the data directory, then start it again: it goes on where it was"),
        other => CliError::failed(other)
            .at(format!("the node of {}", data_dir.display()))
            .advise("put right what is named, then start it again"),
    }
}
