//! Environment variables. An empty one is an unset one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The value of a variable.
pub fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's home directory.
pub fn home() -> Option<PathBuf> {
    set("HOME").map(PathBuf::from).or_else(std::env::home_dir).filter(|home| !home.as_os_str().is_empty())
}

/// A path as it is shown: below the home directory it begins with `~`, so that what people paste tells no user's name.
pub fn shown(path: &Path) -> String {
    let below =
        home().and_then(|home| path.strip_prefix(home).ok().map(|below| format!("~/{}", below.display())));
    below.unwrap_or_else(|| path.display().to_string())
}

/// Whether the user wants no colours (<https://no-color.org>).
pub fn is_colourless() -> bool {
    set("NO_COLOR").is_some()
}
