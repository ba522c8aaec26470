//! The transport key's file: 64 hex digits and a newline, for its owner alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};

const FILE_NAME: &str = "transport.key";
const OWNER_ONLY: u32 = 0o600;
const SEED_BYTES: usize = 32;
/// Longest key file read: its 64 digits and some whitespace.
const FILE_BYTES_MAX: u64 = 128;

/// Reads the seed from the directory, or makes one there.
pub fn load_or_create(dir: &Path) -> Result<[u8; SEED_BYTES]> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot create the data directory {}", dir.display()))?;
    let path = dir.join(FILE_NAME);
    // a pipe would be waited for, and a device has no end
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        bail!("{} is no file: a key file is read; move away what stands there", path.display());
    }
    match File::open(&path) {
        Ok(file) => read(file, &path),
        Err(error) if error.kind() == ErrorKind::NotFound => create(&path),
        Err(error) => Err(error).with_context(|| format!("cannot open the key file {}", path.display())),
    }
}

fn read(mut file: File, path: &Path) -> Result<[u8; SEED_BYTES]> {
    let shown = path.display();
    let mode = file.metadata().with_context(|| format!("cannot read {shown}"))?.permissions().mode() & 0o777;
    if mode & !OWNER_ONLY != 0 {
        bail!(
            "key file {shown} has mode {mode:03o}: others may have read it; chmod 600 it, or make a new key"
        );
    }
    let mut text = String::new();
    Read::by_ref(&mut file)
        .take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read the key file {shown}"))?;
    decode(text.trim()).with_context(|| {
        format!("key file {shown} does not hold 64 hex digits: restore it, or remove it to get a new peer id")
    })
}

fn create(path: &Path) -> Result<[u8; SEED_BYTES]> {
    let mut seed = [0; SEED_BYTES];
    getrandom::fill(&mut seed).context("the system gives no random bytes")?;
    let text: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write the key file {}", path.display()))?;
    Ok(seed)
}

fn decode(text: &str) -> Option<[u8; SEED_BYTES]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes = pairs.iter().map(|pair| {
        let digits = std::str::from_utf8(pair).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u8::from_str_radix(digits, 16).ok()
    });
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(load_or_create(dir.path()).unwrap_err().to_string().contains("is no file"));
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let nested = dir.path().join("a/b");
        let seed = load_or_create(&nested).unwrap();
        assert_ne!(seed, [0; SEED_BYTES]);
        assert_eq!(load_or_create(&nested).unwrap(), seed);
        let mode = fs::metadata(nested.join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
    }

    #[test]
    fn broken_and_open_key_files_are_refused_without_quoting_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        for text in ["", "abc", &"zz".repeat(32), &"ab".repeat(31), &"ab".repeat(33), &"+a".repeat(32)] {
            let _first = fs::remove_file(&path);
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let error = format!("{:#}", load_or_create(dir.path()).unwrap_err());
            assert!(error.contains("64 hex digits"), "{error}");
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
        fs::remove_file(&path).unwrap();
        load_or_create(dir.path()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = load_or_create(dir.path()).unwrap_err().to_string();
        assert!(error.contains("mode 640"), "{error}");
    }
}
