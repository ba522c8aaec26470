//! An API key: never shown, wiped from memory when dropped, and looked for in whatever a server sends back.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::guess::{beside, is_made_up, is_wordy};
use crate::trace::{Trace, WINDOW};

/// What stands in evidence where a key stood.
pub const REDACTED: &str = "[redacted:key]";

/// Fewest characters of a key behind its vendor's public prefix: a shorter one would be "found" in honest answers.
pub const KEY_LEN_MIN: usize = WINDOW;

/// Longest key accepted, in bytes. A guess: the longest vendor keys known are under 200.
pub const KEY_LEN_MAX: usize = 4096;

/// How vendors' keys begin, as their references show them: what all keys of a vendor share tells nothing of one. Where
/// several fit, the longest counts.
const PUBLIC_PREFIXES: [&str; 39] = [
    "ABSK", // Amazon Bedrock
    "AIza", // Google
    "AQ.",
    "api-",
    "bedrock-api-key-",
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
    #[error(
        "has {0} characters that tell it from other keys, a key has at least {KEY_LEN_MIN}; where no key is needed, say \
         key = \"none\""
    )]
    TooShort(usize),
    /// Made of words, of runs of the alphabet, of digits or of the keyboard, or of few characters.
    #[error(
        "is made of words, of rows of letters or digits, or of few different characters, so honest answers would be taken \
         for ones that give it away; where no key is checked, say key = \"none\", else choose one by chance, such as with \
         `openssl rand -hex 16`"
    )]
    Weak,
    /// Longer than [`KEY_LEN_MAX`].
    #[error("has {0} bytes, a key has at most {KEY_LEN_MAX}: is it the right file?")]
    TooLong(usize),
    /// Something that cannot stand in an HTTP header.
    #[error("holds a blank or a character outside printable ASCII: it must be the bare key on one line")]
    NotPrintable,
    /// Not the bare key: something was copied along with it, or in its stead.
    #[error("holds {0}")]
    NotBare(&'static str),
}

impl Secret {
    /// Takes a key, without blanks around it.
    pub fn new(key: impl Into<String>) -> Result<Self, SecretError> {
        let text = Zeroizing::new(key.into());
        let key = Zeroizing::new(text.trim().to_owned());
        if key.len() > KEY_LEN_MAX {
            return Err(SecretError::TooLong(key.len()));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::NotPrintable);
        }
        let told = private(&key).as_bytes();
        match beside(&key) {
            Some(why) => Err(SecretError::NotBare(why)),
            _ if told.len() < KEY_LEN_MIN => Err(SecretError::TooShort(told.len())),
            _ if is_made_up(told) => Err(SecretError::Weak),
            _ => Ok(Self { trace: Arc::new(Trace::of(told)), key }),
        }
    }

    /// A part of an address that may be a secret, whatever stands around it; `None` for one that honest answers hold.
    pub(crate) fn of_part(part: &str) -> Option<Self> {
        let told = private(part).as_bytes();
        let is_secret = (KEY_LEN_MIN..=KEY_LEN_MAX).contains(&told.len()) && !is_made_up(told);
        is_secret.then(|| Self { trace: Arc::new(Trace::of(told)), key: Zeroizing::new(part.to_owned()) })
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

/// What is private in a key: what follows its public prefix. Of a token of three parts (`eyJ….….…`) the first is the same
/// for everybody.
fn private(key: &str) -> &str {
    let is_token = key.starts_with("eyJ") && key.split('.').count() == 3;
    let header = key.find('.').filter(|_| is_token).map(|dot| dot + 1);
    key.get(header.or(prefix_len(key)).unwrap_or(0)..).unwrap_or_default()
}

/// The length of the longest public prefix that fits.
fn prefix_len(key: &str) -> Option<usize> {
    PUBLIC_PREFIXES.iter().filter(|prefix| key.starts_with(**prefix)).map(|prefix| prefix.len()).max()
}

/// How often a word changes between letters and digits, or to capitals: what is drawn by chance does so all the time.
pub(crate) fn changes(word: &[u8]) -> usize {
    let is_one = |[a, b]: &&[u8; 2]| {
        a.is_ascii_digit() != b.is_ascii_digit() || (!a.is_ascii_uppercase() && b.is_ascii_uppercase())
    };
    word.array_windows().filter(is_one).count()
}

/// Shortest part of an address that may be a secret, in bytes, and the shortest word in it that was drawn by chance.
const PART_LEN_MIN: usize = 16;
const DRAWN_LEN_MIN: usize = 8;

/// Whether a part of an address, such as a segment of its path, looks as if it were drawn by chance: it may be a key, or an
/// account's id that works like one. Names of models and versions change less often between letters and digits.
pub(crate) fn looks_secret(part: &str) -> bool {
    let is_long = part.len() >= PART_LEN_MIN;
    let mut words = part.split(|c: char| !c.is_ascii_alphanumeric());
    is_long && (words.any(is_drawn) || prefix_len(part).is_some_and(|len| len > 3))
}

/// Whether a word looks drawn by chance.
fn is_drawn(word: &str) -> bool {
    let changes = changes(word.as_bytes());
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_number = digits == word.len() && digits >= 12;
    word.len() >= DRAWN_LEN_MIN && (changes > word.len() / 5 || is_number || (word.len() >= 24 && digits > 0))
}

/// Longest value that an error quotes, in bytes.
const SHOWN_LEN_MAX: usize = 64;

/// Whether a text could be a key: it begins like one, or would be accepted as one.
pub fn may_be_key(text: &str) -> bool {
    let text = text.trim();
    let told = private(text).as_bytes();
    let is_text = told.iter().all(u8::is_ascii_graphic) && (KEY_LEN_MIN..=KEY_LEN_MAX).contains(&told.len());
    prefix_len(text).is_some_and(|len| len < text.len() && text.len() >= KEY_LEN_MIN)
        || (is_text && !is_wordy(told))
}

/// Whether the name of a variable or of a file, or a directory's, may be the key itself: it begins like one and goes on
/// like no word, or looks drawn by chance.
pub(crate) fn is_key_like(name: &str) -> bool {
    let begins = |name: &str| {
        let told = prefix_len(name).and_then(|len| name.get(len..)).unwrap_or_default().as_bytes();
        told.len() >= KEY_LEN_MIN && !is_wordy(told)
    };
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    let is_long = |word: &str| {
        word.len() >= PART_LEN_MIN
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && !is_wordy(word.as_bytes())
    };
    begins(name)
        || name.match_indices("sk-").any(|(at, _)| begins(name.get(at..).unwrap_or_default()))
        || words().any(|word| is_drawn(word) || is_long(word))
}

/// A value of a configuration as an error may quote it: bounded, and not if it could be a key in the wrong place.
pub fn shown(text: &str) -> String {
    if text.len() <= SHOWN_LEN_MAX && !may_be_key(text) {
        format!("{text:?}")
    } else {
        "(a text that is not shown, since it may be a key)".to_owned()
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
            ("sk-proj-a1B2", SecretError::TooShort(4)),
            ("sk-proj-", SecretError::TooShort(0)),
            ("not-needed", SecretError::Weak),
            ("password123", SecretError::Weak),
            ("sk-No_Key.Required", SecretError::Weak),
            ("token-abc123", SecretError::Weak),
            ("Qwen2-7b-2nd", SecretError::Weak),
            ("correct-horse-battery-staple-2026", SecretError::Weak),
            ("0000000000000001", SecretError::Weak),
            ("abcdefghijklmnopqrstuvwxyz", SecretError::Weak),
            ("sk-test-abcdefgh12345678", SecretError::Weak),
            ("\"sk-proj-a1B2c3D4e5F6\"", SecretError::NotBare(beside("\"").unwrap())),
            ("sk-proj-****************gUeA", SecretError::NotBare(beside("**").unwrap())),
            ("OPENAI_API_KEY=a1B2c3D4e5F6", SecretError::NotBare(beside("A=b").unwrap())),
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
            ("bedrock-api-key-a1B2c3D4e5F6", "a1B2c3D4e5F6"),
            ("ABSKa1B2c3D4e5F6", "a1B2c3D4e5F6"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.a1B2c3D4", "eyJpc3MiOiJhIn0.a1B2c3D4"),
        ] {
            assert_eq!(private(key), begins);
            assert!(Secret::new(key).is_ok(), "{key}");
        }
        let key = Secret::new("sk-proj-a1B2c3D4e5F6").unwrap();
        assert!(!key.is_in(b"keys begin with sk-proj- and sk-proj-a1B2c3D"));
        assert!(key.is_in(b"...a1B2c3D4...") && key.is_in(b"sk-****C3d4E5f6"));
    }

    #[test]
    fn parts_of_an_address_that_were_drawn_by_chance_are_told_from_names() {
        for part in [
            "0123456789abcdef0123456789abcdef",
            "9f2c1a7be04d4c3e",
            "123e4567-e89b-12d3-a456-426614174000",
            "Zq7Rt2mKp9Lx4Wv8BnC1",
            "sk-proj-Zq7Rt2mKp9Lx",
            "key=Zq7Rt2mKp9Lx4Wv8",
            "123456789012345678",
            "bot123456789:AAE-x1y2z3w4v5u6",
        ] {
            assert!(looks_secret(part), "{part}");
        }
        for part in [
            "v1",
            "openai",
            "compatible-mode",
            "deployments",
            "Qwen2.5-7B-Instruct-GPTQ-Int4",
            "llama-v3p1-8b-instruct",
            "gpt-4o-mini-2024-07-18",
            "text-generation-inference",
            "OpenAICompatibleEndpoint",
            "api-inference",
            "smollm2-135m-instruct-q8_0",
            "DeepSeek-R1-Distill-Llama-70B",
            "us-central1-aiplatform",
            "gemini-2.5-flash-lite",
            "my-company-gateway-production",
        ] {
            assert!(!looks_secret(part), "{part}");
        }
    }

    #[test]
    fn an_error_quotes_nothing_that_could_be_a_key() {
        for value in [
            "openai",
            "EU west",
            "x\u{1b}[2J",
            "us-central1",
            "my-lab.internal",
            "127.0.0.1",
            "sim:openai",
            "",
            "sk-",
        ] {
            assert_eq!(shown(value), format!("{value:?}"));
        }
        let long = "a b ".repeat(20);
        for value in [
            "sk-abcdefgh",
            "AIzaabcd",
            KEY,
            "9f2c1a7be04d4c3e",
            "1234567890",
            &format!(" {KEY}\n"),
            &long,
            "\"Zq7Rt2mKp9Lx4Wv8\"",
        ] {
            assert!(!shown(value).contains(value.trim()), "{value}");
        }
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
