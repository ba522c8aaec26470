//! Listening: on what this machine has. An address that it does not have is told and left out; nothing to listen on at
//! all, or a port that somebody has, ends the start.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use libp2p::Multiaddr;
use libp2p::core::transport::{ListenerId, TransportError};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{NetworkBehaviour, Swarm};

use crate::address::without_peer;
use crate::error::NetError;

/// A configured address that is not listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound {
    /// As it is configured.
    pub addr: Multiaddr,
    /// Why not.
    pub reason: String,
}

impl fmt::Display for Unbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.addr, self.reason)
    }
}

/// One that is, and whether it has told where.
#[derive(Debug)]
struct Bound {
    id: ListenerId,
    addr: Multiaddr,
    told: bool,
}

/// All configured addresses.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    bound: Vec<Bound>,
    unbound: Vec<Unbound>,
}

impl Listeners {
    /// Binds what can be had.
    pub(crate) fn begin<B: NetworkBehaviour>(
        swarm: &mut Swarm<B>,
        addrs: &[Multiaddr],
    ) -> Result<Self, NetError> {
        check_listen(addrs)?;
        // all before the first is bound, so that two of ours never meet
        addrs.iter().try_for_each(refuse_taken)?;
        let mut listeners = Self::default();
        for addr in addrs {
            let (reason, supported) = match swarm.listen_on(addr.clone()) {
                Ok(id) => {
                    listeners.bound.push(Bound { id, addr: addr.clone(), told: false });
                    continue;
                }
                // its own text says nothing
                Err(TransportError::Other(error)) => (error.to_string(), true),
                Err(TransportError::MultiaddrNotSupported(_)) => {
                    ("write it as /ip4/…/tcp/PORT or /ip4/…/udp/PORT/quic-v1".to_owned(), false)
                }
            };
            // the port is left out: one that somebody has is no reason to go on without
            if !supported || has_address(addr).is_ok() {
                return Err(NetError::Listen { addr: addr.clone(), reason });
            }
            tracing::warn!(%addr, reason, "not listened on: this machine does not have the address");
            listeners.unbound.push(Unbound { addr: addr.clone(), reason });
        }
        if listeners.bound.is_empty() && !listeners.unbound.is_empty() {
            return Err(NetError::Nowhere { tried: listeners.unbound });
        }
        Ok(listeners)
    }

    /// A listener has told where it is.
    pub(crate) fn told(&mut self, id: ListenerId) {
        self.bound.iter_mut().filter(|bound| bound.id == id).for_each(|bound| bound.told = true);
    }

    /// A listener has ended, and why.
    pub(crate) fn closed(&mut self, id: ListenerId, reason: &io::Result<()>) {
        let reason = reason.as_ref().err().map_or_else(|| "it has ended".to_owned(), ToString::to_string);
        for closed in self.bound.extract_if(.., |bound| bound.id == id) {
            tracing::warn!(addr = %closed.addr, reason, "listened on no more");
            self.unbound.push(Unbound { addr: closed.addr, reason: reason.clone() });
        }
    }

    /// The configured address of a listener.
    pub(crate) fn addr(&self, id: ListenerId) -> Option<&Multiaddr> {
        self.bound.iter().find(|bound| bound.id == id).map(|bound| &bound.addr)
    }

    /// Those that have not told an address: on their way, or without any interface of their kind.
    pub(crate) fn silent(&self) -> Vec<Multiaddr> {
        self.bound.iter().filter(|bound| !bound.told).map(|bound| bound.addr.clone()).collect()
    }

    /// Those that are not listened on.
    pub(crate) fn unbound(&self) -> Vec<Unbound> {
        self.unbound.clone()
    }
}

/// Refuses an address whose port another program has. The transport shares ports, so that it can dial from the one that it
/// listens on; with two programs on one port each would get some of the connections.
fn refuse_taken(addr: &Multiaddr) -> Result<(), NetError> {
    match try_bind(addr) {
        Some(Err(error)) if error.kind() == io::ErrorKind::AddrInUse => {
            let reason = format!(
                "{error}: another program has the port, perhaps another node; end it, or choose another port"
            );
            Err(NetError::Listen { addr: addr.clone(), reason })
        }
        _ => Ok(()),
    }
}

/// What an address to listen on stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listening {
    /// `/ip4/…/tcp/PORT` or `/ip6/…/tcp/PORT`.
    Tcp(SocketAddr),
    /// `/ip4/…/udp/PORT/quic-v1` or `/ip6/…/udp/PORT/quic-v1`.
    Quic(SocketAddr),
}

impl Listening {
    /// What an address stands for; none for all that no node can listen on: names, and other transports than the two that
    /// are built in. A peer id at its end means nothing.
    pub fn of(addr: &Multiaddr) -> Option<Self> {
        let addr = without_peer(addr);
        let mut parts = addr.iter();
        let ip = match parts.next()? {
            Protocol::Ip4(ip) => IpAddr::V4(ip),
            // sockets of IPv6 are of it alone
            Protocol::Ip6(ip) if ip.to_ipv4_mapped().is_none() => IpAddr::V6(ip),
            _ => return None,
        };
        match (parts.next()?, parts.next(), parts.next()) {
            (Protocol::Tcp(port), None, _) => Some(Self::Tcp(SocketAddr::new(ip, port))),
            (Protocol::Udp(port), Some(Protocol::QuicV1), None) => {
                Some(Self::Quic(SocketAddr::new(ip, port)))
            }
            _ => None,
        }
    }

    /// Whether two sockets want one port of one address. Port 0 is any that is free.
    pub fn meet(one: SocketAddr, other: SocketAddr) -> bool {
        let (a, b) = (one.ip(), other.ip());
        let same = a == b || a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified());
        one.port() != 0 && one.port() == other.port() && same
    }
}

/// Refuses addresses that no node can listen on, whatever its machine has: of other transports than TCP and QUIC, of
/// names, and two of QUIC that take one port from each other.
pub fn check_listen(addrs: &[Multiaddr]) -> Result<(), NetError> {
    let mut quic: Vec<(SocketAddr, &Multiaddr)> = Vec::new();
    for addr in addrs {
        let refuse = |reason: String| Err(NetError::Listen { addr: addr.clone(), reason });
        match Listening::of(addr) {
            None => {
                return refuse(
                    "a node listens by TCP and QUIC, on IP addresses: write it as /ip4/…/tcp/PORT or \
                     /ip4/…/udp/PORT/quic-v1"
                        .to_owned(),
                );
            }
            Some(Listening::Tcp(_)) => {}
            Some(Listening::Quic(socket)) => {
                if let Some((_, other)) = quic.iter().find(|(taken, _)| Listening::meet(socket, *taken)) {
                    return refuse(format!("{other} takes the same port: keep one of the two"));
                }
                quic.push((socket, addr));
            }
        }
    }
    Ok(())
}

/// Binds an address to listen on for a moment, shared with nobody; none for what is no such address.
pub fn try_bind(addr: &Multiaddr) -> Option<io::Result<()>> {
    Some(match Listening::of(addr)? {
        Listening::Tcp(socket) => TcpListener::bind(socket).map(drop),
        Listening::Quic(socket) => UdpSocket::bind(socket).map(drop),
    })
}

/// Whether this machine has the IP address of an address to listen on, whatever the port; an address without one counts as
/// had.
pub fn has_address(addr: &Multiaddr) -> io::Result<()> {
    let ip = addr.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    });
    ip.map_or(Ok(()), |ip| UdpSocket::bind(SocketAddr::new(ip, 0)).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::PeerId;

    #[test]
    fn what_this_machine_has_is_told_apart() {
        assert!(has_address(&"/ip4/127.0.0.1/tcp/1".parse().unwrap()).is_ok());
        assert!(has_address(&"/dns4/example.org/tcp/1".parse().unwrap()).is_ok());
        // a network for documentation
        assert!(has_address(&"/ip4/192.0.2.7/udp/1/quic-v1".parse().unwrap()).is_err());
        assert!(has_address(&"/ip6/2001:db8::7/tcp/1".parse().unwrap()).is_err());
    }

    #[test]
    fn only_what_is_built_in_is_listened_on() {
        let check = |texts: &[&str]| {
            let addrs: Vec<Multiaddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
            check_listen(&addrs).map_err(|error| error.to_string())
        };
        for text in [
            "/ip4/0.0.0.0/udp/0",
            "/ip4/0.0.0.0/udp/0/quic",
            "/ip4/0.0.0.0/tcp/0/ws",
            "/ip4/0.0.0.0/tcp/0/tls/ws",
            "/ip4/0.0.0.0/udp/0/quic-v1/webtransport",
            "/ip4/0.0.0.0/udp/0/webrtc-direct",
            "/ip4/0.0.0.0",
            "/ip4/0.0.0.0/sctp/1",
            "/dns4/localhost/tcp/1",
            "/ip4/127.0.0.1/tcp/1/p2p-circuit",
            "/unix/x",
            "/ip6/::ffff:127.0.0.1/tcp/1",
            "/memory/7",
            "/ip4/127.0.0.1/ip4/127.0.0.1/tcp/1",
        ] {
            let error = check(&[text]).unwrap_err();
            assert!(error.contains(text) && error.contains("quic-v1"), "{error}");
        }
        let peer = PeerId::random();
        for texts in [
            &["/ip4/0.0.0.0/tcp/4701", "/ip4/0.0.0.0/udp/4701/quic-v1", "/ip6/::/udp/4701/quic-v1"][..],
            &["/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/udp/0/quic-v1"],
            &["/ip4/127.0.0.1/udp/4701/quic-v1", "/ip4/127.0.0.2/udp/4701/quic-v1"],
            &[&format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}"), &format!("/ip6/::1/udp/1/quic-v1/p2p/{peer}")],
            &[],
        ] {
            assert_eq!(check(texts), Ok(()), "{texts:?}");
        }
        let error = check(&["/ip4/0.0.0.0/udp/4701/quic-v1", "/ip4/127.0.0.1/udp/4701/quic-v1"]).unwrap_err();
        assert!(error.contains("takes the same port"), "{error}");
    }

    #[test]
    fn a_port_in_use_is_seen_and_another_kind_of_address_is_not_looked_at() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port()).parse().unwrap();
        assert!(try_bind(&addr).unwrap().is_err());
        let error = refuse_taken(&addr).unwrap_err().to_string();
        assert!(error.contains("another program has the port"), "{error}");
        for free in ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"] {
            assert!(try_bind(&free.parse().unwrap()).unwrap().is_ok(), "{free}");
        }
        assert!(try_bind(&"/dns4/example.org/tcp/1".parse().unwrap()).is_none());
    }
}
