//! Addresses of landmarks: plain HTTP, nothing else, so that no more than a socket is needed.

use super::TripFailure;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Longest address, bytes. A guess.
const URL_BYTES_MAX: usize = 512;
/// Port of plain HTTP.
const HTTP: u16 = 80;

/// An address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// As it is written, with a port if there is one.
    authority: String,
    host: String,
    port: u16,
    /// From the first slash on.
    path: String,
}

/// Whether this can be the address of a landmark: `http://`, a host and perhaps a port and a path, without a user and
/// without a fragment, at most 512 bytes.
pub fn is_landmark_url(url: &str) -> bool {
    Address::parse(url).is_some()
}

impl Address {
    pub(super) fn parse(url: &str) -> Option<Self> {
        if url.len() > URL_BYTES_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return None;
        }
        let rest = url.strip_prefix("http://")?;
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let (host, port) = match authority.strip_prefix('[') {
            Some(inside) => {
                let (host, after) = inside.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, after)
            }
            None => {
                let at = authority.find(':').unwrap_or(authority.len());
                let (host, after) = authority.split_at(at);
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                if host.is_empty() || !host.bytes().all(plain) {
                    return None;
                }
                (host, after)
            }
        };
        let port = match port.strip_prefix(':') {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok()?,
            None if port.is_empty() => HTTP,
            _ => return None,
        };
        (port != 0).then(|| Self { authority: authority.to_owned(), host: host.to_owned(), port, path })
    }

    /// Where it is, in time. The system's resolver knows no limit, so it is asked on a thread of its own, which ends with
    /// the program at the latest.
    pub(super) fn resolve(&self, limit: Instant) -> Result<SocketAddr, TripFailure> {
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return Ok(SocketAddr::new(ip, self.port));
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        let (host, port) = (self.host.clone(), self.port);
        let asked = thread::Builder::new().name("resolver".to_owned()).spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // nobody may wait any more
            let _ = sender.send(found.unwrap_or_default());
        });
        asked.map_err(|_| TripFailure::Unresolved)?;
        match receiver.recv_timeout(limit.saturating_duration_since(Instant::now())) {
            // virtual machines of providers have version 4
            Ok(found) => {
                let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
                first.copied().ok_or(TripFailure::Unresolved)
            }
            Err(RecvTimeoutError::Timeout) => Err(TripFailure::Timeout),
            Err(RecvTimeoutError::Disconnected) => Err(TripFailure::Unresolved),
        }
    }

    /// The request of a round. Time and round make it another one than any before, so that no cache has its answer.
    pub(super) fn request(&self, round: u32) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let sign = if self.path.contains('?') { '&' } else { '?' };
        format!(
            "GET {}{sign}vantage-probe={now}-{round} HTTP/1.1\r\nhost: {}\r\nuser-agent: vantage-probe\r\n\
             cache-control: no-store\r\nconnection: close\r\n\r\n",
            self.path, self.authority
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_addresses_are_taken_apart() {
        let parts = |url: &str| Address::parse(url).map(|a| (a.host, a.port, a.path));
        let of = |host: &str, port, path: &str| Some((host.to_owned(), port, path.to_owned()));
        assert_eq!(parts("http://landmark.example"), of("landmark.example", 80, "/"));
        assert_eq!(parts("http://landmark.example:8080/a?b=c"), of("landmark.example", 8080, "/a?b=c"));
        assert_eq!(parts("http://192.0.2.1?x"), of("192.0.2.1", 80, "/?x"));
        assert_eq!(parts("http://[2001:db8::1]:81/"), of("2001:db8::1", 81, "/"));
        let long = format!("http://a/{}", "b".repeat(URL_BYTES_MAX));
        for bad in [
            "",
            "http://",
            "http:///x",
            "https://a/",
            "ftp://a/",
            "a",
            "http://u@a/",
            "http://u:p@a/",
            "http://a:0/",
            "http://a:/",
            "http://a:+1/",
            "http://a:65536/",
            "http://a/#f",
            "http://a b/",
            "http://a/\r\nx: y",
            "http://[::1/",
            "http://[a]/",
            "http://[::1]x/",
            "http://ä/",
            long.as_str(),
        ] {
            assert_eq!(parts(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn each_request_is_another_one() {
        let address = Address::parse("http://a:81/x?y=z").unwrap();
        let (one, two) = (address.request(0), address.request(1));
        assert_ne!(one, two);
        assert!(one.starts_with("GET /x?y=z&vantage-probe=") && one.contains("\r\nhost: a:81\r\n"), "{one}");
        assert!(one.ends_with("\r\n\r\n"));
    }
}
