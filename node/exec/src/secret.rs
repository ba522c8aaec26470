//! An API key: never shown, wiped from memory when dropped, and looked for in whatever a server sends back.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::trace::{Trace, WINDOW};

/// What stands in evidence where a key stood.
pub const REDACTED: &str = "[redacted:key]";

/// Shortest key accepted, in bytes. A guess: a shorter one would be "found" in honest answers.
pub const KEY_LEN_MIN: usize = 8;

/// Longest key accepted, in bytes. A guess: the longest vendor keys known are under 200.
pub const KEY_LEN_MAX: usize = 4096;

/// How vendors' keys begin, as their references show them: what all keys of a vendor share tells nothing of one. Where
/// several fit, the longest counts.
const PUBLIC_PREFIXES: [&str; 37] = [
    "AIza", // Google
    "AQ.",
    "api-",
    "cpk_",     // Chutes
    "csk-",     // Cerebras
    "esecret_", // Anyscale
    "fw_",      // Fireworks
    "fw-",
    "gho_", // GitHub
    "ghp_",
    "github_pat_",
    "gsk_",  // Groq
    "hf_",   // Hugging Face
    "jina_", // Jina
    "key-",
    "nvapi-", // NVIDIA
    "pplx-",  // Perplexity
    "r8_",    // Replicate
    "sk_",
    "sk-", // OpenAI, DeepSeek, Moonshot, DashScope and others
    "sk-admin-",
    "sk-ant-", // Anthropic
    "sk-ant-admin01-",
    "sk-ant-api03-",
    "sk-ant-oat01-",
    "sk-ant-sid01-",
    "sk-None-",
    "sk-or-", // OpenRouter
    "sk-or-v1-",
    "sk-proj-",
    "sk-sim-", // our simulated vendors
    "sk-svcacct-",
    "syn_",    // Synthetic
    "tgp_v1_", // Together
    "tok-",
    "vck_", // Vercel
    "xai-", // xAI
];

/// An API key. `Debug` and `Display` print `***`.
#[derive(Clone)]
pub struct Secret {
    key: Zeroizing<String>,
    trace: Arc<Trace>,
}

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
            _ => Ok(Self { trace: Arc::new(Trace::of(private(&key).as_bytes())), key }),
        }
    }

    /// The key itself, for the one header that carries it.
    pub fn expose(&self) -> &str {
        &self.key
    }

    /// Whether a part of the key stands in `bytes`: any eight characters in a row of what follows its vendor's public
    /// prefix, in any letter case, bare, in hexadecimal, in base64, behind escapes, or in several of those at once.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.trace.is_in(bytes)
    }
}

/// What is private in a key: what follows its public prefix, or, where that is shorter than a window, the key's last
/// window. Of a token of three parts (`eyJ….….…`) the first is the same for everybody.
fn private(key: &str) -> &str {
    let is_token = key.starts_with("eyJ") && key.split('.').count() == 3;
    let header = key.find('.').filter(|_| is_token).map(|dot| dot + 1);
    let prefixes =
        PUBLIC_PREFIXES.iter().filter(|prefix| key.starts_with(**prefix)).map(|prefix| prefix.len());
    let begins = header.or(prefixes.max()).unwrap_or(0);
    key.get(begins.min(key.len().saturating_sub(WINDOW))..).unwrap_or(key)
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

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-test-a1B2c3D4e5F6";

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
    fn windows_are_counted_after_the_public_prefix() {
        for (key, begins) in [
            ("sk-a1B2c3D4e5F6", "a1B2c3D4e5F6"),
            ("sk-proj-a1B2c3D4e5F6", "a1B2c3D4e5F6"),
            ("sk-ant-api03-a1B2c3D4e5F6", "a1B2c3D4e5F6"),
            ("AIzaSyA1B2c3D4e5F6", "SyA1B2c3D4e5F6"),
            ("a1B2c3D4e5F6", "a1B2c3D4e5F6"),
            ("sk-proj-a1B2", "oj-a1B2"),
            ("sk-proj-", "sk-proj-"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.a1B2c3D4", "eyJpc3MiOiJhIn0.a1B2c3D4"),
        ] {
            assert!(
                private(key).ends_with(begins) && private(key).len() >= WINDOW,
                "{key}: {}",
                private(key)
            );
            assert!(begins.len() < WINDOW || private(key) == begins, "{key}: {}", private(key));
        }
        let key = Secret::new("sk-proj-a1B2c3D4e5F6").unwrap();
        assert!(!key.is_in(b"keys begin with sk-proj- and sk-proj-a1B2c3D"));
        assert!(key.is_in(b"...a1B2c3D4...") && key.is_in(b"sk-****C3d4E5f6"));
    }

    #[test]
    fn prefixes_are_printable_and_stand_once() {
        let mut sorted = PUBLIC_PREFIXES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), PUBLIC_PREFIXES.len());
        assert!(sorted.iter().all(|prefix| prefix.bytes().all(|byte| byte.is_ascii_graphic())));
    }
}
