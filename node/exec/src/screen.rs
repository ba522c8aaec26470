//! What stands between an API's answer and what is published of it: no part of the key passes, and no address.

use crate::address::{self, Kind};
use crate::form;
use crate::name;
use crate::secret::{REDACTED, Secret};

/// The screen of one vendor's answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen<'a> {
    secrets: &'a [Secret],
    /// The model that was asked for; empty for none.
    asked: &'a str,
}

impl<'a> Screen<'a> {
    /// The screen for whoever is called with these secrets, and asked for this model, which is in the job.
    pub(crate) fn new(secrets: &'a [Secret], asked: &'a str) -> Self {
        Self { secrets, asked }
    }

    /// Whether a part of a key stands there.
    pub(crate) fn finds_key(&self, bytes: &[u8]) -> bool {
        self.secrets.iter().any(|secret| secret.is_in(bytes))
    }

    /// The value of the header with this name. With a part of a key in it nothing of it is left, and neither if it does not
    /// have the form that the header's values have.
    pub(crate) fn header(&self, name: &str, value: &[u8]) -> String {
        if self.finds_key(value) {
            return REDACTED.to_owned();
        }
        let text = String::from_utf8_lossy(value);
        match (name, form::header(name, &text)) {
            (_, None) => form::OTHER.to_owned(),
            ("via", Some(value)) => via(&value),
            ("openai-model", Some(value)) => self.name(&value),
            (_, Some(value)) => self.text(&value).unwrap_or(value),
        }
    }

    /// A code as it is kept; none with a part of a key in it.
    pub(crate) fn code(&self, code: &str) -> Option<String> {
        (!self.finds_key(code.as_bytes())).then(|| form::code(code))
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

    /// The name of a model: without addresses, of a file its name alone, and nothing of it if it is neither the one that was
    /// asked for nor has the form of public names.
    pub(crate) fn name(&self, name: &str) -> String {
        let without = |name: &str| self.text(name).unwrap_or_else(|| name.to_owned());
        if name::is_asked(name, self.asked) {
            return without(name);
        }
        let name = without(file_name(name));
        // what stands for an address is no mark of another form
        if name::is_public(&name.replace("[ip]", "ip")) { name } else { form::OTHER.to_owned() }
    }
}

/// Directories that no vendor's name of a model begins with or holds, in lower case.
const DIRECTORIES: [&str; 12] = [
    "data",
    "desktop",
    "documents",
    "downloads",
    "home",
    "mnt",
    "root",
    "srv",
    "tmp",
    "user",
    "users",
    "var",
];

/// Of the name of a file its last segment: a local server may call a model by its file, and the directories above it tell
/// whose machine it is.
fn file_name(name: &str) -> &str {
    let starts = ["/", "~", "./", "../", "file:", "\\"];
    let is_drive = name.as_bytes().get(1) == Some(&b':');
    let mut segments = name.split(['/', '\\']);
    let is_file = starts.iter().any(|start| name.starts_with(start))
        || is_drive
        || name.contains('\\')
        || segments.any(|segment| DIRECTORIES.contains(&segment.to_ascii_lowercase().as_str()));
    if !is_file {
        return name;
    }
    let mut segments = name.rsplit(['/', '\\']);
    // a directory's own name may be the user's
    segments.next().filter(|last| last.contains(['.', '-'])).unwrap_or(form::OTHER)
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
        let screen = Screen::new(&[], "ft:gpt-4o:acme::id");
        for (name, kept) in [
            // tidy: so they are on any machine
            ("/home/alice/models/q.gguf", "q.gguf"),
            // tidy: so it is on any machine
            ("/Users/alice/q.gguf", "q.gguf"),
            ("c:\\users\\alice\\q.gguf", "q.gguf"),
            // tidy: so it is on any machine
            ("C:/Users/alice/q.gguf", "q.gguf"),
            ("\\\\alices-nas\\share\\q.gguf", "q.gguf"),
            ("/data/users/alice/model.gguf", "model.gguf"),
            ("data/users/alice/model.gguf", "model.gguf"),
            ("models/home/alice/model.gguf", "model.gguf"),
            ("~alice/q.gguf", "q.gguf"),
            ("file:///srv/alice/Qwen2.5-7B", "Qwen2.5-7B"),
            ("../alice/q.gguf", "q.gguf"),
            // tidy: so it is on any machine
            ("/home/alice", "[other]"),
            // tidy: so it is on any machine
            ("/home/alice/", "[other]"),
            // tidy: so it is on any machine
            ("/home/alice/192.0.2.1", "[ip]"),
            ("ft:gpt-4o:org-a1B2c3D4::x", "[other]"),
            ("accounts/jdoe-9f3a/models/llama", "[other]"),
            ("jdoe@example.org/llama", "[other]"),
            ("m-192.0.2.1", "m-[ip]"),
        ] {
            assert_eq!(screen.name(name), kept, "{name}");
        }
        for name in [
            "gpt-4.1-mini",
            "Qwen/Qwen2.5-7B-Instruct",
            "accounts/fireworks/models/llama-v3p1-8b-instruct",
            "@cf/meta/llama-3.1-8b-instruct",
            "models/gemini-2.5-flash",
            "ft:gpt-4o:acme::id",
        ] {
            assert_eq!(screen.name(name), name);
        }
    }

    #[test]
    fn a_header_with_a_part_of_the_key_is_gone() {
        let key = Secret::new("sk-a1B2c3D4e5F6").unwrap();
        let secrets = [key];
        let screen = Screen::new(&secrets, "");
        for name in ["server", "via", "x-request-id"] {
            assert_eq!(screen.header(name, b"1.1 a1B2c3D4"), REDACTED);
        }
        assert_eq!(screen.header("server", b"edge 192.0.2.1"), "[other]");
        assert_eq!(screen.header("x-request-id", b"req_1"), "req_1");
        // tidy: so it is on any machine
        assert_eq!(screen.header("openai-model", b"/home/alice/q.gguf"), "q.gguf");
        assert_eq!((screen.code("c3D4e5F6"), screen.code("ip-10-0-0-1").as_deref()), (None, Some("other")));
        assert_eq!(screen.code("invalid_api_key").as_deref(), Some("invalid_api_key"));
    }
}
