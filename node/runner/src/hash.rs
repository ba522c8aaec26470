//! SHA-256 of model files: the one hash that pins a model.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::str::FromStr;

/// Bytes read at a time when hashing; a guess that keeps system calls few.
const CHUNK_BYTES: usize = 1 << 20;

/// Defines 32 bytes that are printed and parsed as 64 lower-case hex digits.
macro_rules! hex_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps the 32 bytes.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = HashParseError;

            fn from_str(text: &str) -> Result<Self, HashParseError> {
                parse(text).map(Self).ok_or_else(|| HashParseError { found_chars: text.chars().count() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_bytes! {
    /// SHA-256 of a file's bytes; printed and parsed as 64 lower-case hex digits.
    ModelHash
}

hex_bytes! {
    /// What the draws of one answer come from; printed and parsed as 64 lower-case hex digits.
    Seed
}

impl ModelHash {
    /// Reads a hash written in the source, at compile time.
    ///
    /// # Panics
    /// In a constant, so while compiling: if `hex` is not 64 lower-case hex digits.
    pub(crate) const fn from_hex(hex: &str) -> Self {
        match parse(hex) {
            Some(bytes) => Self(bytes),
            None => panic!("not 64 lower-case hex digits"),
        }
    }

    /// Hashes a whole file; calls `progress` with the bytes done so far after every chunk.
    pub fn of_file(path: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut hasher = HashingWriter::new(io::sink());
        let mut chunk = vec![0u8; CHUNK_BYTES];
        loop {
            let count = file.read(&mut chunk)?;
            let Some(read) = chunk.get(..count).filter(|read| !read.is_empty()) else { break };
            hasher.write_all(read)?;
            progress(hasher.len_bytes());
        }
        Ok(hasher.finish().1)
    }
}

const fn parse(hex: &str) -> Option<[u8; 32]> {
    const fn digit(byte: u8) -> Option<u8> {
        match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        }
    }
    let digits = hex.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0u8; 32];
    let mut index = 0;
    while index < 32 {
        match (digit(digits[2 * index]), digit(digits[2 * index + 1])) {
            (Some(high), Some(low)) => bytes[index] = high << 4 | low,
            _ => return None,
        }
        index += 1;
    }
    Some(bytes)
}

/// The text is not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("64 lower-case hex digits are needed, as of a SHA-256; got {found_chars} characters")]
pub struct HashParseError {
    found_chars: usize,
}

/// Hashes and counts what passes through on its way to `inner`.
pub(crate) struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    len_bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), len_bytes: 0 }
    }

    pub(crate) fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    pub(crate) fn finish(self) -> (W, ModelHash) {
        (self.inner, ModelHash(self.hasher.finalize().into()))
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or(bytes));
        self.len_bytes = self.len_bytes.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "abc", FIPS 180-4 example.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn hashes_a_file_and_prints_what_it_parses() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let mut seen = 0;
        let hash = ModelHash::of_file(&path, &mut |done| seen = done).unwrap();
        assert_eq!((hash.to_string().as_str(), seen), (ABC, 3));
        assert_eq!(ABC.parse::<ModelHash>().unwrap(), hash);
        assert_eq!(serde_json::from_str::<ModelHash>(&serde_json::to_string(&hash).unwrap()).unwrap(), hash);
    }

    #[test]
    fn refuses_what_is_not_a_hash() {
        for bad in ["", "ab", &ABC[1..], &ABC.to_uppercase(), &format!("{ABC}0"), &ABC.replace('b', "g")] {
            assert!(bad.parse::<ModelHash>().is_err(), "{bad}");
        }
    }
}
