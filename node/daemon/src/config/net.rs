//! `[net]`: addresses, each checked as the network task checks it at the start.

use super::checked::Checker;
use super::raw;
use super::{ConfigError, Net};
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use vantage_exec::{may_be_key, shown};
use vantage_net::{Listening, Multiaddr, NetError, check_bootstrap, check_listen};

const LISTEN: &str = "net.listen";
const BOOTSTRAP: &str = "net.bootstrap";
/// What to do about an address that cannot be listened on.
const LISTEN_HELP: &str = "write it as /ip4/<address>/tcp/<port> or /ip4/<address>/udp/<port>/quic-v1";
/// What to do about an entry point that cannot be dialled.
const BOOTSTRAP_HELP: &str = "write the entry point as it prints its addresses: /dns4/<name>/tcp/<port>/p2p/<peer id>, or with /ip4/<address>, or \
     with /udp/<port>/quic-v1";

impl Checker<'_> {
    pub(super) fn net(&self, net: &raw::Net, metrics: Option<SocketAddr>) -> Result<Net, ConfigError> {
        let listen = self.addresses(LISTEN, &net.listen, LISTEN_HELP)?;
        if let Err((what, help)) = refuse_listen(&listen) {
            return self.wrong(LISTEN, what, help);
        }
        let tcp = listen.iter().filter_map(|addr| match Listening::of(addr) {
            Some(Listening::Tcp(socket)) => Some((addr, socket)),
            _ => None,
        });
        for (addr, socket) in tcp {
            if metrics.is_some_and(|metrics| Listening::meet(metrics, socket)) {
                let what = format!("{addr} is the port that [metrics] listen takes");
                return self.wrong(LISTEN, what, "choose another port for one of the two");
            }
        }
        let bootstrap = self.addresses(BOOTSTRAP, &net.bootstrap, BOOTSTRAP_HELP)?;
        if let Err((what, help)) = refuse_bootstrap(&bootstrap, net.allow_private) {
            return self.wrong(BOOTSTRAP, what, help);
        }
        let external = self.addresses("net.external", &net.external, LISTEN_HELP)?;
        Ok(Net { listen, external, bootstrap, allow_private: net.allow_private })
    }

    fn addresses(&self, key: &str, texts: &[String], help: &str) -> Result<Vec<Multiaddr>, ConfigError> {
        let address = |text: &String| match Multiaddr::from_str(text) {
            Ok(addr) if !addr.is_empty() => Ok(addr),
            _ => self.wrong(key, format!("{} is not an address", shown(text)), help),
        };
        texts.iter().map(address).collect()
    }
}

/// What is wrong with addresses to listen on, and what to do.
pub fn refuse_listen(addrs: &[Multiaddr]) -> Result<(), (String, &'static str)> {
    check_listen(addrs).map_err(|error| match error {
        NetError::Listen { addr, reason } => {
            (format!("{} cannot be listened on: {reason}", shown_address(&addr)), LISTEN_HELP)
        }
        other => (other.to_string(), LISTEN_HELP),
    })
}

/// What is wrong with entry points, and what to do.
pub fn refuse_bootstrap(addrs: &[Multiaddr], allow_private: bool) -> Result<(), (String, &'static str)> {
    let check = |addr: &Multiaddr| {
        check_bootstrap(addr, allow_private).map_err(|error| {
            let shown = shown_address(addr);
            match error {
                NetError::Bootstrap { .. } => (
                    format!(
                        "{shown} does not say which peer lives there: /p2p/<peer id> is missing at its end"
                    ),
                    BOOTSTRAP_HELP,
                ),
                NetError::PrivateBootstrap { .. } => (
                    format!("{shown} is private, and private addresses are not dialled"),
                    "name a public address, or set allow_private = true in a test network",
                ),
                _ => (format!("{shown} is of a transport that is not built in"), BOOTSTRAP_HELP),
            }
        })
    };
    addrs.iter().try_for_each(check)
}

/// An address without what may be a key in it. A peer id is none.
fn shown_address(addr: &Multiaddr) -> String {
    let text = addr.to_string();
    let parts: Vec<&str> = text.split('/').collect();
    let mut shown = parts.iter().enumerate().map(|(at, part)| {
        let is_public = part.parse::<IpAddr>().is_ok() || at > 0 && parts.get(at - 1) == Some(&"p2p");
        if !is_public && may_be_key(part) { "…" } else { part }
    });
    let first = shown.next().unwrap_or_default().to_owned();
    shown.fold(first, |text, part| text + "/" + part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_shown_and_what_may_be_a_key_in_it_is_not() {
        let peer = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
        for (text, shown) in [
            ("/ip4/203.0.113.7/tcp/4701", "/ip4/203.0.113.7/tcp/4701"),
            ("/ip6/2606:4700::1111/udp/4701/quic-v1", "/ip6/2606:4700::1111/udp/4701/quic-v1"),
            ("/dns4/boot.example.org/tcp/4701", "/dns4/boot.example.org/tcp/4701"),
            ("/dns4/sk-proj-a1B2c3D4e5F6g7H8/tcp/1", "/dns4/…/tcp/1"),
        ] {
            let error = refuse_bootstrap(&[text.parse().unwrap()], true).unwrap_err().0;
            assert!(error.starts_with(shown) && error.contains("/p2p/<peer id> is missing"), "{error}");
            let whole: Multiaddr = format!("{text}/p2p/{peer}").parse().unwrap();
            assert_eq!(shown_address(&whole), format!("{shown}/p2p/{peer}"));
        }
    }
}
