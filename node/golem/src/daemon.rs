//! The daemon's REST interface: one request out, one bounded reply back, a time limit on every call.
//!
//! Nothing is repeated here. What may be repeated is known to those who ask.

mod activity;
mod market;
mod payment;
mod shapes;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

pub use shapes::*;

/// Largest reply read, in bytes. The largest that is asked for is one command's result: captured output of at most
/// [`crate::OUTPUT_BYTES_MAX`] twice, each byte escaped to two on average.
pub const REPLY_BYTES_MAX: usize = 5 << 20;
/// How long to wait for a connection: the daemon is on this machine, or near. A guess.
const CONNECT_TIME: Duration = Duration::from_secs(3);
/// How much longer than the daemon a call waits for the daemon's own time limit. A guess.
const GRACE: Duration = Duration::from_secs(4);
/// How long a call takes that waits for nothing. A guess; a stopped provider was seen to hold one for 40 seconds.
const PLAIN: Duration = Duration::from_secs(15);
/// Longest part of an error text that is kept, in characters. A guess.
const TEXT_CHARS_MAX: usize = 160;

/// Shortest app-key that is looked for in what the daemon says, in bytes: yagna's have 32, and a letter stands in any text.
const APP_KEY_LEN_SOUGHT: usize = 8;

/// The key that the daemon knows its users by: never shown, sent in one header.
#[derive(Clone)]
pub struct AppKey(HeaderValue);

/// A text that can be no app-key. It never shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the app-key must be one line of printable ASCII, as `yagna app-key list` shows it")]
pub struct BadAppKey;

impl AppKey {
    /// Takes a key, without blanks around it.
    pub fn new(text: &str) -> Result<Self, BadAppKey> {
        let text = text.trim();
        if !(1..=256).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadAppKey);
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| BadAppKey)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A daemon, and the right to ask it for things.
#[derive(Clone, Debug)]
pub struct Daemon {
    client: Client,
    base: Url,
    key: AppKey,
}

/// Why the daemon's address is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDaemon {
    /// No address of a daemon. It is not quoted: there may be a password in it.
    #[error("it is no address of a daemon: write it as http://127.0.0.1:7465, without user name or password")]
    Address,
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nothing listens there, or the connection broke.
    #[error("the yagna daemon cannot be reached")]
    Unreachable {
        /// Whether the daemon may have heard the request.
        heard: bool,
    },
    /// No reply in time.
    #[error("the yagna daemon did not answer in time")]
    Silent,
    /// The app-key is not known there.
    #[error("the yagna daemon refuses the app-key")]
    AppKey,
    /// The daemon waited as long as it was asked to, and nothing happened (408, 504).
    #[error("nothing happened within the time given")]
    NotYet,
    /// No such thing (404), or not any more (410).
    #[error("the daemon knows no such thing: {0}")]
    Gone(String),
    /// Any other status.
    #[error("the daemon says {status}: {text}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said, shortened, without control characters.
        text: String,
    },
    /// A reply that cannot be read: too large, or of another shape.
    #[error("the daemon's reply cannot be used: {0}")]
    Nonsense(String),
}

impl Trouble {
    /// Whether the same question may have an answer later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent | Self::NotYet => true,
            // what is not implemented will not be in a minute
            Self::Refused { status, .. } => *status >= 500 && *status != 501,
            Self::AppKey | Self::Gone(_) | Self::Nonsense(_) => false,
        }
    }
}

impl Daemon {
    /// Nothing is sent yet.
    pub fn new(address: &str, key: &AppKey) -> Result<Self, BadDaemon> {
        let base: Url = address.parse().map_err(|_| BadDaemon::Address)?;
        let plain = base.username().is_empty() && base.password().is_none() && base.query().is_none();
        if !matches!(base.scheme(), "http" | "https") || !plain || base.path() != "/" || !base.has_host() {
            return Err(BadDaemon::Address);
        }
        let builder = Client::builder()
            .user_agent(concat!("vantage/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, key.0.clone())]))
            .connect_timeout(CONNECT_TIME)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .retry(reqwest::retry::never());
        // Certificates are only loaded where they are needed: slim containers have none.
        let builder = if base.scheme() == "https" { builder } else { builder.tls_certs_only([]) };
        let client = builder.build().map_err(|error| BadDaemon::Client(error.to_string()))?;
        Ok(Self { client, base, key: key.clone() })
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        self.base.as_str()
    }

    /// Whether the app-key, which is as good as the money, travels to another machine for all to read.
    pub fn is_in_clear(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        self.base.scheme() == "http" && !is_here
    }

    /// Who we are to it.
    pub async fn me(&self) -> Result<Identity, Trouble> {
        self.get("me", &[]).await
    }

    /// Its version.
    pub async fn version(&self) -> Result<VersionInfo, Trouble> {
        self.get("version/get", &[]).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, Trouble> {
        read(&self.send(Method::GET, path, query, None::<&()>, PLAIN).await?)
    }

    /// A question that the daemon holds back for up to `wait`.
    async fn wait<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        wait: Duration,
    ) -> Result<T, Trouble> {
        read(&self.send(Method::GET, path, query, None::<&()>, wait + GRACE).await?)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        body: &impl Serialize,
        wait: Duration,
    ) -> Result<T, Trouble> {
        read(&self.send(Method::POST, path, query, Some(body), wait + GRACE).await?)
    }

    /// A request whose reply says nothing beyond its status.
    async fn tell(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&impl Serialize>,
        wait: Duration,
    ) -> Result<(), Trouble> {
        self.send(method, path, query, body, wait + GRACE).await.map(|_| ())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&impl Serialize>,
        limit: Duration,
    ) -> Result<Vec<u8>, Trouble> {
        let mut url = self.base.join(path).map_err(|error| Trouble::Nonsense(error.to_string()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(key, value)| (*key, value.as_str())));
        }
        let mut request = self.client.request(method, url).timeout(limit);
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(|error| trouble(&error))?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
            if bytes.len() + chunk.len() > REPLY_BYTES_MAX {
                return Err(Trouble::Nonsense(format!("it is longer than {REPLY_BYTES_MAX} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        match status {
            200..=299 => Ok(bytes),
            401 | 403 => Err(Trouble::AppKey),
            408 | 504 => Err(Trouble::NotYet),
            404 | 410 => Err(Trouble::Gone(self.message(&bytes))),
            _ => Err(Trouble::Refused { status, text: self.message(&bytes) }),
        }
    }

    /// What an error reply says, without the app-key, should it quote the request.
    fn message(&self, bytes: &[u8]) -> String {
        let key = self.key.0.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default();
        let said = said(bytes);
        match std::str::from_utf8(key) {
            Ok(key) if key.len() >= APP_KEY_LEN_SOUGHT => plain(&said.replace(key, "[redacted:key]")),
            _ => plain(&said),
        }
    }
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() && !error.is_connect() {
        return Trouble::Silent;
    }
    Trouble::Unreachable { heard: !error.is_connect() }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|error| Trouble::Nonsense(plain(&error.to_string())))
}

/// What an error reply says: its field `message` or `detail`, or all of it. A web page is not the daemon's word.
fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    if begin.starts_with('<') || ["<html", "<body", "<!doctype"].iter().any(|tag| text.contains(tag)) {
        return "with a web page, as a proxy or another program at this address would".to_owned();
    }
    let value: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let said = ["message", "detail"].iter().find_map(|field| value.get(field)?.as_str());
    said.map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), str::to_owned)
}

/// Text from outside: bounded, without control characters.
pub(crate) fn plain(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Ids from outside stand in paths and journals: letters, digits and dashes, of bounded length.
pub(crate) fn check_id(id: &str) -> Result<&str, Trouble> {
    let fits = (1..=200).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(id) } else { Err(Trouble::Nonsense(format!("{:?} is no id", plain(id)))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_key_is_never_shown() {
        let key = AppKey::new(" s3cret-key\n").unwrap();
        let daemon = Daemon::new("http://127.0.0.1:7465", &key).unwrap();
        assert!(!format!("{key:?} {daemon:?}").contains("s3cret"));
        assert!(AppKey::new("two words").is_err() && AppKey::new("").is_err());
    }

    #[test]
    fn addresses_are_bare() {
        let key = AppKey::new("k").unwrap();
        for bad in ["127.0.0.1:7465", "ftp://h/", "http://u:p@h/", "http://h/path", "http://h/?q", "x", ""] {
            assert!(Daemon::new(bad, &key).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_travels_in_clear_is_told() {
        let key = AppKey::new("k").unwrap();
        let is_in_clear = |address: &str| Daemon::new(address, &key).unwrap().is_in_clear();
        for here in
            ["http://127.0.0.1:7465", "http://localhost:7465", "http://[::1]:7465", "https://far.example"]
        {
            assert!(!is_in_clear(here), "{here}");
        }
        for there in ["http://far.example:7465", "http://10.0.0.7:7465", "http://localhost.example"] {
            assert!(is_in_clear(there), "{there}");
        }
    }

    #[test]
    fn errors_are_bounded_and_plain() {
        let daemon = Daemon::new("http://127.0.0.1:7465", &AppKey::new("0123456789abcdef").unwrap()).unwrap();
        assert_eq!(daemon.message(br#"{"message":"no\nway"}"#), "no way");
        assert_eq!(daemon.message(br#"{"message":null}"#), r#"{"message":null}"#);
        assert_eq!(daemon.message(&[b'x'; 9000]).len(), TEXT_CHARS_MAX);
        let echoed = daemon.message(br#"{"message":"Bearer 0123456789abcdef is not known"}"#);
        assert_eq!(echoed, "Bearer [redacted:key] is not known");
        for page in ["\n<html><body>Internal</body></html>", "\u{feff}<!DOCTYPE html>", "502\n<HTML lang=en>"]
        {
            assert!(daemon.message(page.as_bytes()).contains("web page"), "{page}");
        }
        let refused = |status| Trouble::Refused { status, text: String::new() };
        assert!(refused(500).may_pass() && refused(502).may_pass() && !refused(501).may_pass());
        assert!(check_id("../me").is_err() && check_id("a?b").is_err() && check_id("").is_err());
    }

    #[tokio::test]
    async fn nobody_there_is_told_apart() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let daemon = Daemon::new(&address, &AppKey::new("k").unwrap()).unwrap();
        assert_eq!(daemon.me().await, Err(Trouble::Unreachable { heard: false }));
    }
}
