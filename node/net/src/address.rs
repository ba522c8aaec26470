//! Which addresses may be dialled and published, and the book of those known.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use crate::error::NetError;
use crate::limits::{ADDRESS_BOOK_PEERS_MAX, ADDRESSES_PER_PEER_MAX};

/// Longest address taken from others, in bytes; a guess: IPv6, QUIC and a peer id are 62.
const ADDRESS_BYTES_MAX: usize = 128;

/// Whether strangers on the internet could reach this address: a global IP address or a DNS name.
pub fn is_global(addr: &Multiaddr) -> bool {
    match addr.iter().next() {
        Some(Protocol::Ip4(ip)) => is_global_v4(ip),
        Some(Protocol::Ip6(ip)) => is_global_v6(ip),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) | Protocol::Dnsaddr(name)) => {
            name != "localhost"
        }
        _ => false,
    }
}

/// Whether an address learned from others may be remembered, dialled and passed on.
pub(crate) fn is_usable(addr: &Multiaddr, allow_private: bool) -> bool {
    let direct = addr.iter().all(|p| !matches!(p, Protocol::P2pCircuit));
    let spoken = addr.iter().any(|p| matches!(p, Protocol::Tcp(_) | Protocol::QuicV1));
    let named = !matches!(ip(addr), Some(ip) if ip.is_unspecified());
    addr.len() <= ADDRESS_BYTES_MAX && direct && spoken && named && (allow_private || is_global(addr))
}

/// Refuses an entry point that no node could dial: one that does not say which peer lives there, is of a transport that is
/// not built in, or is private where that is not allowed.
pub fn check_bootstrap(addr: &Multiaddr, allow_private: bool) -> Result<(), NetError> {
    let (_, bare) = split_peer(addr).ok_or_else(|| NetError::Bootstrap { addr: addr.clone() })?;
    if !is_dialled(&bare) {
        return Err(NetError::BootstrapTransport { addr: addr.clone() });
    }
    if !allow_private && !is_global(&bare) {
        return Err(NetError::PrivateBootstrap { addr: addr.clone() });
    }
    Ok(())
}

/// Whether an address, with or without a peer id at its end, is of a transport that is built in: TCP or QUIC, of an IP
/// address or a name; or a name that stands for addresses.
pub fn is_dialled(addr: &Multiaddr) -> bool {
    let bare = without_peer(addr);
    let mut parts = bare.iter();
    let host = parts.next();
    match (host, parts.next(), parts.next(), parts.next()) {
        (Some(Protocol::Dnsaddr(_)), None, _, _) => true,
        (
            Some(
                Protocol::Ip4(_)
                | Protocol::Ip6(_)
                | Protocol::Dns(_)
                | Protocol::Dns4(_)
                | Protocol::Dns6(_),
            ),
            Some(transport),
            quic,
            None,
        ) => {
            matches!((transport, quic), (Protocol::Tcp(_), None) | (Protocol::Udp(_), Some(Protocol::QuicV1)))
        }
        _ => false,
    }
}

/// The IP address that an address begins with.
pub(crate) fn ip(addr: &Multiaddr) -> Option<IpAddr> {
    match addr.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    }
}

/// Splits `…/p2p/<peer id>` into the peer and the rest.
pub(crate) fn split_peer(addr: &Multiaddr) -> Option<(PeerId, Multiaddr)> {
    let mut addr = addr.clone();
    match addr.pop()? {
        Protocol::P2p(peer) => Some((peer, addr)),
        _ => None,
    }
}

/// The same address without a trailing `/p2p/<peer id>`.
pub(crate) fn without_peer(addr: &Multiaddr) -> Multiaddr {
    split_peer(addr).map_or_else(|| addr.clone(), |(_, addr)| addr)
}

/// Address space by RFC 6890 and its updates, as the standard library's unstable `is_global` has it.
fn is_global_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol_assignments = a == 192 && b == 0 && c == 0;
    let benchmarking = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 240
        || shared
        || protocol_assignments
        || benchmarking
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast())
}

fn is_global_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_global_v4(v4);
    }
    let documentation = ip.segments().starts_with(&[0x2001, 0xdb8]);
    !(documentation
        || ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local())
}

/// Addresses by peer, bounded in both; the peer learned first is forgotten first.
#[derive(Debug, Default)]
pub(crate) struct AddressBook {
    addresses: HashMap<PeerId, VecDeque<Multiaddr>>,
    order: VecDeque<PeerId>,
}

impl AddressBook {
    /// Remembers an address, newest first.
    pub(crate) fn add(&mut self, peer: PeerId, addr: Multiaddr) {
        if !self.addresses.contains_key(&peer) {
            if self.order.len() >= ADDRESS_BOOK_PEERS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.addresses.remove(&oldest);
            }
            self.order.push_back(peer);
        }
        let known = self.addresses.entry(peer).or_default();
        known.retain(|a| *a != addr);
        known.push_front(addr);
        known.truncate(ADDRESSES_PER_PEER_MAX);
    }

    /// What is known of a peer, newest first.
    pub(crate) fn of(&self, peer: &PeerId) -> Vec<Multiaddr> {
        self.addresses.get(peer).into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn private_addresses_are_not_global() {
        for text in [
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/10.1.2.3/tcp/1",
            "/ip4/100.64.0.1/tcp/1",
            "/ip4/169.254.169.254/tcp/80",
            "/ip4/192.168.0.1/udp/1/quic-v1",
            "/ip4/0.0.0.0/tcp/1",
            "/ip6/::1/tcp/1",
            "/ip6/fd00::1/tcp/1",
            "/ip6/fe80::1/tcp/1",
            "/ip6/::ffff:10.0.0.1/tcp/1",
            "/dns/localhost/tcp/1",
            "/memory/7",
        ] {
            assert!(!is_global(&addr(text)), "{text}");
        }
        for text in ["/ip4/8.8.8.8/tcp/1", "/ip6/2606:4700::1/udp/1/quic-v1", "/dns4/example.org/tcp/1"] {
            assert!(is_global(&addr(text)), "{text}");
        }
    }

    #[test]
    fn relayed_and_unspoken_addresses_are_not_usable() {
        assert!(is_usable(&addr("/ip4/8.8.8.8/tcp/1"), false));
        assert!(!is_usable(&addr("/ip4/127.0.0.1/tcp/1"), false));
        assert!(is_usable(&addr("/ip4/127.0.0.1/tcp/1"), true));
        assert!(!is_usable(&addr("/ip4/0.0.0.0/tcp/1"), true));
        assert!(!is_usable(&addr("/ip4/8.8.8.8/tcp/1/p2p-circuit"), true));
        assert!(!is_usable(&addr("/ip4/8.8.8.8/udp/1"), true));
    }

    #[test]
    fn an_entry_point_names_its_peer_and_can_be_dialled() {
        let peer = PeerId::random();
        let check = |text: &str, allow_private| check_bootstrap(&addr(text), allow_private);
        for text in [
            "/ip4/8.8.8.8/tcp/1",
            "/dns4/boot.example.org/tcp/1",
            "/dns6/boot.example.org/udp/1/quic-v1",
            "/dnsaddr/example.org",
        ] {
            assert!(check(&format!("{text}/p2p/{peer}"), false).is_ok(), "{text}");
            assert!(matches!(check(text, false), Err(NetError::Bootstrap { .. })), "{text}");
        }
        for text in ["/ip4/8.8.8.8/udp/1", "/ip4/8.8.8.8/tcp/1/ws", "/dns4/a.example/udp/1/quic", "/memory/1"]
        {
            let refused = check(&format!("{text}/p2p/{peer}"), true);
            assert!(matches!(refused, Err(NetError::BootstrapTransport { .. })), "{text}");
        }
        let circuit = format!("/ip4/8.8.8.8/tcp/1/p2p/{peer}/p2p-circuit");
        assert!(matches!(check(&circuit, true), Err(NetError::Bootstrap { .. })));
        let private = format!("/ip4/10.0.0.1/tcp/1/p2p/{peer}");
        assert!(matches!(check(&private, false), Err(NetError::PrivateBootstrap { .. })));
        assert!(check(&private, true).is_ok());
    }

    #[test]
    fn the_book_is_bounded_in_peers_and_addresses() {
        let mut book = AddressBook::default();
        let first = PeerId::random();
        for port in 1..=20u16 {
            book.add(first, addr(&format!("/ip4/8.8.8.8/tcp/{port}")));
        }
        assert_eq!(book.of(&first).len(), ADDRESSES_PER_PEER_MAX);
        assert_eq!(book.of(&first)[0], addr("/ip4/8.8.8.8/tcp/20"));
        for _ in 0..ADDRESS_BOOK_PEERS_MAX {
            book.add(PeerId::random(), addr("/ip4/8.8.8.8/tcp/1"));
        }
        assert!(book.of(&first).is_empty());
        assert_eq!(book.addresses.len(), ADDRESS_BOOK_PEERS_MAX);
    }
}
