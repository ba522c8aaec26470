//! An API key: never shown, wiped from memory when dropped, and looked for in whatever a server sends back.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// What stands in evidence where the key stood.
pub const REDACTED: &str = "[redacted:key]";

/// Shortest key accepted, in bytes. A guess: a shorter one would be "found" in honest answers.
pub const KEY_LEN_MIN: usize = 8;

/// Longest key accepted, in bytes. A guess: the longest vendor keys known are under 200.
pub const KEY_LEN_MAX: usize = 4096;

/// An API key. `Debug` and `Display` print `***`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Why a text cannot be a key. It never shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Shorter than [`KEY_LEN_MIN`].
    #[error("has {0} bytes, a key has at least {KEY_LEN_MIN}; where no key is needed, say key = \"none\"")]
    TooShort(usize),
    /// Longer than [`KEY_LEN_MAX`].
    #[error("has {0} bytes, a key has at most {KEY_LEN_MAX}: is it the right file?")]
    TooLong(usize),
    /// Something that cannot stand in an HTTP header.
    #[error("holds a blank or a character outside printable ASCII: it must be the bare key on one line")]
    NotPrintable,
}

impl Secret {
    /// Takes a key, without blanks around it.
    pub fn new(key: impl Into<String>) -> Result<Self, SecretError> {
        let text = Zeroizing::new(key.into());
        let key = Zeroizing::new(text.trim().to_owned());
        match key.len() {
            len if len < KEY_LEN_MIN => Err(SecretError::TooShort(len)),
            len if len > KEY_LEN_MAX => Err(SecretError::TooLong(len)),
            _ if !key.bytes().all(|byte| byte.is_ascii_graphic()) => Err(SecretError::NotPrintable),
            _ => Ok(Self(key)),
        }
    }

    /// The key itself, for the one header that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `bytes` with every occurrence of the key replaced by [`REDACTED`]; `None` if it does not occur.
    ///
    /// Found are the key in any letter case, its base64 forms, and the key behind JSON escapes; in this last case
    /// the places cannot be told and all of `bytes` is replaced.
    pub fn redact(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let key = self.0.as_bytes();
        let forms = [
            Zeroizing::new(self.0.to_string()),
            Zeroizing::new(STANDARD_NO_PAD.encode(key)),
            Zeroizing::new(URL_SAFE_NO_PAD.encode(key)),
        ];
        let mut redacted = None;
        for form in &forms {
            let source = redacted.as_deref().unwrap_or(bytes);
            if let Some(cleaned) = replace_ignoring_case(source, form.as_bytes()) {
                redacted = Some(cleaned);
            }
        }
        let plain = Zeroizing::new(without_json_escapes(redacted.as_deref().unwrap_or(bytes)));
        if forms.iter().any(|form| find_ignoring_case(&plain, form.as_bytes()).is_some()) {
            return Some(REDACTED.as_bytes().to_vec());
        }
        redacted
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `bytes` with masked keys such as `sk-ab***yz` replaced by [`REDACTED`]; `None` if there are none.
///
/// Vendors quote a refused key with its ends in clear, which is a part of the key all the same.
pub(crate) fn redact_masked(bytes: &[u8]) -> Option<Vec<u8>> {
    let in_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"*-_.".contains(byte);
    let mut cleaned = Vec::with_capacity(bytes.len());
    let mut found = false;
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let len = rest.iter().take_while(|byte| in_token(byte)).count();
        let (token, tail) = rest.split_at(len.max(1));
        if in_token(&first) && token.windows(3).any(|three| three == b"***") {
            cleaned.extend_from_slice(REDACTED.as_bytes());
            found = true;
        } else {
            cleaned.extend_from_slice(token);
        }
        rest = tail;
    }
    found.then_some(cleaned)
}

fn find_ignoring_case(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len().max(1)).position(|window| window.eq_ignore_ascii_case(needle))
}

fn replace_ignoring_case(bytes: &[u8], needle: &[u8]) -> Option<Vec<u8>> {
    let mut at = find_ignoring_case(bytes, needle)?;
    let mut cleaned = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let (before, found) = rest.split_at(at);
        cleaned.extend_from_slice(before);
        cleaned.extend_from_slice(REDACTED.as_bytes());
        rest = found.get(needle.len()..).unwrap_or_default();
        match find_ignoring_case(rest, needle) {
            Some(next) => at = next,
            None => break,
        }
    }
    cleaned.extend_from_slice(rest);
    Some(cleaned)
}

/// `bytes` with the JSON escapes of ASCII characters undone (`\u0041`, `\/`), valid JSON or not.
fn without_json_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'\\' {
            if let Some(character) = unicode_escape(tail) {
                plain.push(character);
                rest = tail.get(5..).unwrap_or_default();
                continue;
            }
            if let Some((&escaped, after)) = tail.split_first() {
                plain.push(escaped);
                rest = after;
                continue;
            }
        }
        plain.push(byte);
        rest = tail;
    }
    plain
}

/// The ASCII character that `u00XX` at the start of `bytes` stands for.
fn unicode_escape(bytes: &[u8]) -> Option<u8> {
    let digits = bytes.strip_prefix(b"u")?.get(..4)?;
    let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    u8::try_from(code).ok().filter(u8::is_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-test-a1B2c3D4e5F6";

    fn redacted(text: &str) -> Option<String> {
        let cleaned = Secret::new(KEY).unwrap().redact(text.as_bytes());
        cleaned.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = Secret::new(format!("  {KEY}\n")).unwrap();
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
        assert_eq!(secret.expose(), KEY);
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_without_showing_it() {
        for (text, error) in [
            ("short", SecretError::TooShort(5)),
            ("two words here", SecretError::NotPrintable),
            ("sk-with-\u{e9}-accent", SecretError::NotPrintable),
        ] {
            let refused = Secret::new(text).unwrap_err();
            assert_eq!(refused, error);
            assert!(!format!("{refused} {refused:?}").contains(text));
        }
        assert_eq!(Secret::new("k".repeat(5000)).unwrap_err(), SecretError::TooLong(5000));
    }

    #[test]
    fn every_occurrence_is_replaced_and_nothing_else() {
        assert_eq!(redacted("an honest answer"), None);
        assert_eq!(redacted(&format!("a {KEY} b {KEY}")).unwrap(), "a [redacted:key] b [redacted:key]");
        assert_eq!(redacted(&KEY.to_uppercase()).unwrap(), REDACTED);
        let encoded = base64::engine::general_purpose::STANDARD.encode(KEY);
        assert!(redacted(&format!("Basic {encoded}")).unwrap().starts_with("Basic [redacted:key]"));
    }

    #[test]
    fn a_key_behind_json_escapes_takes_everything_with_it() {
        let escaped: String = KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        assert_eq!(redacted(&format!("{{\"a\":\"{escaped}\"}}")).unwrap(), REDACTED);
        assert_eq!(redacted("\\u00e9 \\u12 \\"), None);
    }

    #[test]
    fn masked_keys_are_redacted() {
        let text = b"Incorrect API key provided: sk-ab****wxyz. See the page.";
        let cleaned = redact_masked(text).unwrap();
        assert_eq!(cleaned, b"Incorrect API key provided: [redacted:key] See the page.");
        assert_eq!(redact_masked(b"**bold** text, a-b_c.d"), None);
    }
}
