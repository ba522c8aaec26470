//! One secret seed: random, from its file, as text.

use super::{KeysError, io_error};
use crate::{plain_file, private_file};
use std::io::{self, Read as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Hex digits of a seed.
const DIGITS: usize = 64;

/// 32 secret bytes, wiped when dropped.
pub(super) struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// A new one from the system.
    pub(super) fn random() -> Result<Self, KeysError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|error| KeysError::Random(error.to_string()))?;
        Ok(Self(bytes))
    }

    /// Reads a key file that only this user may read, and the superuser.
    pub(super) fn load(path: &Path, user: u32) -> Result<Self, KeysError> {
        let file = match plain_file::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeysError::Missing { path: path.to_owned() });
            }
            Err(source) => return Err(io_error(path, source)),
        };
        if let Some(mode) = private_file::open_to_others(&file).map_err(|source| io_error(path, source))? {
            return Err(KeysError::Mode { path: path.to_owned(), mode });
        }
        if let Some(who) =
            private_file::owned_by_another(&file, user).map_err(|source| io_error(path, source))?
        {
            return Err(KeysError::Owner { path: path.to_owned(), who });
        }
        if let Some(dir) = private_file::open_directory(path).map_err(|source| io_error(path, source))? {
            return Err(KeysError::Directory { path: path.to_owned(), dir });
        }
        // Room for all that may be read, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(Vec::with_capacity(DIGITS + 8));
        file.take(DIGITS as u64 + 2).read_to_end(&mut text).map_err(|source| io_error(path, source))?;
        Self::parse(text.strip_suffix(b"\n").unwrap_or(&text))
            .ok_or_else(|| KeysError::NotAKey { path: path.to_owned() })
    }

    /// The file's content.
    pub(super) fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(DIGITS + 1));
        for byte in self.0.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
        }
        text.push('\n');
        text
    }

    /// The secret itself.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The secret itself, handed over.
    pub(super) fn into_bytes(self) -> Zeroizing<[u8; 32]> {
        self.0
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let digit = |c: u8| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        };
        if text.len() != DIGITS {
            return None;
        }
        let mut bytes = Zeroizing::new([0; 32]);
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }
}
