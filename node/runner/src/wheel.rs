//! Reading one file out of a Python wheel, which is a zip archive; nothing is ever unpacked by the archive's own paths.

use crate::gguf::one_line;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// Why a wheel is of no use.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// Not a zip archive, or a broken one.
    #[error("the wheel cannot be read: {reason}")]
    Archive {
        /// What is wrong.
        reason: String,
    },
    /// The archive has no such file.
    #[error("the wheel holds no file {path}")]
    Missing {
        /// The file looked for.
        path: String,
    },
    /// The file inside is damaged.
    #[error("the file {path} in the wheel cannot be read: {reason}")]
    Entry {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

impl WheelError {
    pub(crate) fn unreadable(path: &str, error: &io::Error) -> Self {
        Self::Entry { path: path.to_owned(), reason: one_line(&error.to_string()) }
    }
}

/// Calls `read` with the contents of the file named exactly `path`. How much to take is up to `read`: what the archive
/// says about sizes is not believed.
pub(crate) fn with_entry<T>(
    wheel: &Path,
    path: &str,
    read: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, WheelError> {
    let broken = |error: &dyn std::fmt::Display| WheelError::Archive { reason: one_line(&error.to_string()) };
    let file = File::open(wheel).map_err(|error| broken(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(&error))?;
    let mut entry = match archive.by_name(path) {
        Ok(entry) if entry.is_file() => entry,
        Ok(_) | Err(zip::result::ZipError::FileNotFound) => {
            return Err(WheelError::Missing { path: path.to_owned() });
        }
        Err(error) => {
            return Err(WheelError::Entry { path: path.to_owned(), reason: one_line(&error.to_string()) });
        }
    };
    Ok(read(&mut entry))
}

#[cfg(test)]
mod tests;
