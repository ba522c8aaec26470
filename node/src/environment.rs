//! Environment variables. An empty one is an unset one.

use std::ffi::OsString;
use std::path::PathBuf;

/// The value of a variable.
pub(crate) fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's home directory.
pub(crate) fn home() -> Option<PathBuf> {
    set("HOME").map(PathBuf::from).or_else(std::env::home_dir).filter(|home| !home.as_os_str().is_empty())
}

/// Whether the user wants no colours (<https://no-color.org>).
pub(crate) fn is_colourless() -> bool {
    set("NO_COLOR").is_some()
}
