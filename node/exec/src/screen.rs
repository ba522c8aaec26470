//! What stands between an API's answer and what is published of it: no part of the key passes, and no address.

use crate::address::{self, Kind};
use crate::secret::{REDACTED, Secret};

/// The screen of one vendor's answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen<'a> {
    key: Option<&'a Secret>,
}

impl<'a> Screen<'a> {
    /// The screen for whoever is called with this key.
    pub(crate) fn new(key: Option<&'a Secret>) -> Self {
        Self { key }
    }

    /// Whether a part of the key stands there.
    pub(crate) fn finds_key(&self, bytes: &[u8]) -> bool {
        self.key.is_some_and(|key| key.is_in(bytes))
    }

    /// The value of the header with this name. With a part of the key in it nothing of it is left.
    pub(crate) fn header(&self, name: &str, value: &[u8]) -> String {
        if self.finds_key(value) {
            return REDACTED.to_owned();
        }
        let cleaned = address::redacted(value, Kind::Text);
        let text = String::from_utf8_lossy(cleaned.as_deref().unwrap_or(value));
        if name == "via" { via(&text) } else { text.into_owned() }
    }

    /// Whether a code may be kept: neither a part of the key stands in it nor a name made of an address.
    pub(crate) fn passes_code(&self, code: &str) -> bool {
        !self.finds_key(code.as_bytes()) && address::redacted(code.as_bytes(), Kind::Text).is_none()
    }

    /// A response without its addresses; `None` if it holds none.
    pub(crate) fn body(&self, body: &[u8]) -> Option<Vec<u8>> {
        address::redacted(body, Kind::Json)
    }

    /// Text without addresses, as it was read out of a response; `None` if it holds none: then the response has none that
    /// stands in pieces.
    pub(crate) fn text(&self, text: &str) -> Option<String> {
        let cleaned = address::redacted(text.as_bytes(), Kind::Text)?;
        Some(String::from_utf8_lossy(&cleaned).into_owned())
    }

    /// As [`text`](Self::text), for the name of something: without the name of a user, either.
    pub(crate) fn name(&self, name: &str) -> Option<String> {
        let cleaned = self.text(name);
        without_user(cleaned.as_deref().unwrap_or(name)).or(cleaned)
    }
}

/// Where directories of users lie: a local server may call a model by its file.
// tidy: so it is on any machine
const HOMES: [&str; 3] = ["/home/", "/Users/", "\\Users\\"];

/// A name without the user's in it; `None` if there is none.
fn without_user(name: &str) -> Option<String> {
    let (at, home) = HOMES.iter().find_map(|home| Some((name.find(home)?, home)))?;
    let (head, tail) = name.split_at_checked(at + home.len())?;
    let rest = tail.find(['/', '\\']).and_then(|end| tail.get(end..)).unwrap_or_default();
    Some(format!("{head}[user]{rest}"))
}

/// Names that public front ends give themselves in `via`. Any other name may be of a machine on the executor's side: its
/// own proxy, its provider's, its employer's.
const FRONT_ENDS: [&str; 9] =
    ["akamai", "caddy", "cloudflare", "cloudfront", "envoy", "fastly", "google", "varnish", "vegur"];

/// A `via` header without the names of machines: protocol and front end, where it is a known one.
fn via(value: &str) -> String {
    let hop = |hop: &str| {
        let mut words = hop.split_ascii_whitespace();
        let protocol = words.next().unwrap_or_default();
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        let is_front = |front: &&&str| name == ***front || name.ends_with(&format!(".{front}.net"));
        let front = FRONT_ENDS.iter().find(is_front).copied().unwrap_or("[host]");
        let version = protocol.strip_prefix("HTTP/").unwrap_or(protocol);
        let is_version =
            version.len() <= 4 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        format!("{} {front}", if is_version { protocol } else { "?" })
    };
    value.split(',').map(hop).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_names_front_ends_and_no_machines() {
        for (value, kept) in [
            ("1.1 google", "1.1 google"),
            ("1.1 google, 1.1 squid.home.example:3128 (squid/5.7)", "1.1 google, 1.1 [host]"),
            ("2.0 0123abcd.cloudfront.net (CloudFront)", "2.0 cloudfront"),
            ("HTTP/1.1 Varnish", "HTTP/1.1 varnish"),
            ("1.1 alices-laptop", "1.1 [host]"),
            ("gw.home", "? [host]"),
            ("", " [host]"),
        ] {
            assert_eq!(via(value), kept, "{value}");
        }
    }

    #[test]
    fn a_models_file_tells_no_user() {
        let screen = Screen::new(None);
        for home in HOMES {
            for (name, kept) in [
                (format!("{home}alice/models/q.gguf"), format!("{home}[user]/models/q.gguf")),
                (format!("file:{home}alice"), format!("file:{home}[user]")),
                (format!("{home}alice\\q.gguf"), format!("{home}[user]\\q.gguf")),
                (format!("{home}alice/192.0.2.1"), format!("{home}[user]/[ip]")),
            ] {
                assert_eq!(screen.name(&name), Some(kept));
            }
        }
        assert_eq!(screen.name("gpt-4.1-mini"), None);
    }

    #[test]
    fn a_header_with_a_part_of_the_key_is_gone() {
        let key = Secret::new("sk-a1B2c3D4e5F6").unwrap();
        let screen = Screen::new(Some(&key));
        for name in ["server", "via"] {
            assert_eq!(screen.header(name, b"1.1 a1B2c3D4"), REDACTED);
        }
        assert_eq!(screen.header("server", b"req_192.0.2.1"), "req_[ip]");
        assert_eq!(screen.header("server", b"req_1"), "req_1");
        assert!(!screen.passes_code("c3D4e5F6") && !screen.passes_code("ip-10-0-0-1"));
        assert!(screen.passes_code("invalid_api_key") && screen.passes_code("1113"));
    }
}
