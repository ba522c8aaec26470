//! Vectors as files.

use super::Vector;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use vantage_protocol::id::{hex, unhex};

/// Hex digits on one line.
const LINE: usize = 96;

/// Where the files are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Every vector found as files: path (`kind/name`), bytes and description.
///
/// # Errors
/// When a file is neither `<kind>/<name>.hex` nor `<kind>/<name>.json`, when one of the two is missing, or does not parse.
pub fn read(folder: &Path) -> Result<BTreeMap<String, (Vec<u8>, Value)>> {
    let mut bytes = BTreeMap::new();
    let mut descriptions = BTreeMap::new();
    for kind in entries(folder)? {
        for file in entries(&kind)? {
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let stem = file.strip_prefix(folder)?.with_extension("").to_string_lossy().replace('\\', "/");
            match file.extension().and_then(|ending| ending.to_str()) {
                Some("hex") => {
                    let digits: String = text.lines().collect();
                    let parsed = unhex(&digits).with_context(|| format!("{}: not hex", file.display()))?;
                    bytes.insert(stem, parsed);
                }
                Some("json") => {
                    let parsed = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
                    descriptions.insert(stem, parsed);
                }
                _ => bail!("{}: no vector has such a file", file.display()),
            }
        }
    }
    ensure!(bytes.keys().eq(descriptions.keys()), "each vector is a .hex and a .json file");
    Ok(bytes.into_iter().zip(descriptions.into_values()).map(|((path, b), d)| (path, (b, d))).collect())
}

/// Writes all vectors to `folder` and removes files of vectors that are no more.
pub fn write(folder: &Path, vectors: &[Vector]) -> Result<()> {
    if folder.exists() {
        for kind in entries(folder)? {
            for file in entries(&kind)? {
                fs::remove_file(file)?;
            }
            fs::remove_dir(kind)?;
        }
    }
    for vector in vectors {
        let path = folder.join(vector.path());
        fs::create_dir_all(folder.join(vector.kind))?;
        let digits = hex(&vector.bytes);
        let lines: Vec<&str> =
            (0..digits.len()).step_by(LINE).map(|at| &digits[at..digits.len().min(at + LINE)]).collect();
        fs::write(path.with_extension("hex"), lines.join("\n") + "\n")?;
        fs::write(path.with_extension("json"), serde_json::to_string_pretty(&vector.description())? + "\n")?;
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    Ok(entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<_>>()?)
}
