//! Where downloaded programs are kept, and the check that they are the pinned ones.

use crate::BedError;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Names the directory of downloaded programs.
const TOOLS_VAR: &str = "VANTAGE_TOOLS";

/// The directory of downloaded programs: `$VANTAGE_TOOLS`, else `~/.cache/vantage/tools`, beside the models.
pub(crate) fn tools() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set(TOOLS_VAR).unwrap_or_else(|| {
        set("HOME").unwrap_or_else(|| PathBuf::from(".")).join(".cache").join("vantage").join("tools")
    })
}

/// Waits until no other process installs what `name` names; released when the file is dropped.
pub(crate) fn lock(dir: &Path, name: &str) -> Result<File, BedError> {
    let path = dir.join(format!(".{name}.lock"));
    fs::create_dir_all(dir).map_err(BedError::io(dir))?;
    let file = File::create(&path).map_err(BedError::io(&path))?;
    file.lock().map_err(BedError::io(&path))?;
    Ok(file)
}

/// SHA-256 of a file, in hex.
pub(crate) fn sha256(path: &Path) -> Result<String, BedError> {
    let mut file = File::open(path).map_err(BedError::io(path))?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut chunk).map_err(BedError::io(path))? {
            0 => return Ok(hex(&hash.finalize())),
            count => hash.update(chunk.get(..count).unwrap_or_default()),
        }
    }
}

/// Refuses a file that is not the pinned one.
pub(crate) fn check(path: &Path, what: &str, expected: &'static str) -> Result<(), BedError> {
    let found = sha256(path)?;
    match found == expected {
        true => Ok(()),
        false => Err(BedError::WrongHash { what: what.to_owned(), expected, found }),
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// So many random bytes, in hex: keys and subnets of one test.
pub(crate) fn random_hex<const N: usize>() -> Result<String, BedError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(BedError::Random)?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_the_pinned_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        check(&path, "file", abc).unwrap();
        fs::write(&path, "abd").unwrap();
        let refused = check(&path, "file", abc).unwrap_err().to_string();
        assert!(refused.contains("not the pinned one"), "{refused}");
    }
}
