//! The node's log: to standard error, and to files that are rotated and counted.

use crate::places::{self, InTheWay};
use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};
use vantage_daemon::clock;
use vantage_daemon::config::upkeep::{Log, LogFormat, Rotation, filter as filter_of};
use vantage_daemon::environment;
use vantage_daemon::private_file;

/// What the names of log files begin and end with; between them stands the date.
const PREFIX: &str = "vantage";
const SUFFIX: &str = "log";

/// Entries of the directory that are looked at. A guess: far more than files are kept.
const ENTRIES_MAX: usize = 20_000;

/// Variable that says how much is logged, before the configuration.
const FILTER: &str = "RUST_LOG";

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
#[error("{path}: log files cannot be written: {why}")]
pub struct LogError {
    /// The directory.
    pub path: PathBuf,
    /// What the system said.
    pub why: String,
}

/// Refuses a directory in which no log file could be written: it is none, or something else has a log file's name.
pub fn refuse_dir(dir: &Path) -> Result<(), LogError> {
    let failed = |why: InTheWay| LogError { path: dir.to_owned(), why: why.to_string() };
    places::refuse_unwritable(dir).map_err(failed)?;
    let entries = fs::read_dir(dir).into_iter().flatten().take(ENTRIES_MAX).flatten();
    for path in entries.map(|entry| entry.path()).filter(|path| is_log(path)) {
        places::refuse_other_than_file(path).map_err(failed)?;
    }
    Ok(())
}

/// Whether a path has the name of a log file.
fn is_log(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Starts the log of this process. The guard writes out what waits when
/// it is dropped. A program that embeds the node may have a log of its own: then that one stays.
pub fn start(config: &Log, json: bool) -> Result<Option<WorkerGuard>, LogError> {
    let asked = environment::set(FILTER).map(|text| text.to_string_lossy().into_owned());
    // commas and blanks alone ask for nothing, and would silence everything
    let asked = asked.filter(|text| text.split(',').any(|part| !part.trim().is_empty()));
    let wrong = asked.as_deref().and_then(|text| filter_of(text).err());
    let filter = || match &asked {
        Some(text) if wrong.is_none() => EnvFilter::builder().parse_lossy(text),
        // checked with the configuration
        // the routing table warns every few minutes that nobody else is there, which `vantage status` tells better
        _ => EnvFilter::builder().parse_lossy(format!("libp2p_kad=error,{}", config.level)),
    };
    let colour = io::stderr().is_terminal() && !environment::is_colourless();
    let plain = layer().with_ansi(colour).with_writer(io::stderr);
    let stderr = if json { plain.json().boxed() } else { plain.boxed() };
    let (file, guard) = match &config.dir {
        Some(dir) => {
            let failed = |why: String| LogError { path: dir.clone(), why };
            refuse_dir(dir)?;
            private_file::make_dir(dir).map_err(|error| failed(error.to_string()))?;
            let files = rolling::Builder::new()
                .rotation(match config.rotation {
                    Rotation::Minutely => rolling::Rotation::MINUTELY,
                    Rotation::Hourly => rolling::Rotation::HOURLY,
                    Rotation::Daily => rolling::Rotation::DAILY,
                    Rotation::Never => rolling::Rotation::NEVER,
                })
                .filename_prefix(PREFIX)
                .filename_suffix(SUFFIX)
                .max_log_files(config.files_kept as usize)
                .build(dir)
                .map_err(|error| failed(error.to_string()))?;
            let files = Private { files, dir: dir.clone(), minute: None };
            let (writer, guard) = tracing_appender::non_blocking(files);
            let plain = layer().with_ansi(false).with_writer(writer);
            let layer = match config.format {
                LogFormat::Text => plain.boxed(),
                LogFormat::Json => plain.json().boxed(),
            };
            (Some(layer.with_filter(filter())), Some(guard))
        }
        None => (None, None),
    };
    let started = tracing_subscriber::registry().with(stderr.with_filter(filter())).with(file).try_init();
    if let Some(why) = &wrong {
        tracing::warn!(%why, level = config.level, "{FILTER} is not understood: the configuration's level is used");
    }
    Ok(guard.filter(|_| started.is_ok()))
}

/// Lines of the log. Whoever reads them may leave: a line that cannot be written is lost, and nothing panics for it.
fn layer<S>() -> tracing_subscriber::fmt::Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer().log_internal_errors(false)
}

/// Makes each new log file its owner's alone: the library gives no say in their mode. The directory is private anyway.
struct Private {
    files: rolling::RollingFileAppender,
    dir: PathBuf,
    /// The minute of the last look; no file begins twice in one.
    minute: Option<u64>,
}

impl Private {
    fn look(&mut self) -> io::Result<()> {
        let minute = Some(clock::now_ms() / 60_000);
        if std::mem::replace(&mut self.minute, minute) == minute {
            return Ok(());
        }
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
                fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o600))?;
            }
        }
        Ok(())
    }
}

impl Write for Private {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // it may be with this write that a new file begins
        let written = self.files.write(bytes)?;
        self.look()?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files.flush()
    }
}
