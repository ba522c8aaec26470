//! Errors, by blame: ours at the start ([`NetError`]), a peer's or the network's later on.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId};

use crate::listen::Unbound;

/// Why the network task could not start. All are of the configuration or of this machine.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The seed gave no key pair.
    #[error("transport key: the seed is not usable as an Ed25519 secret; create the key again")]
    Key,
    /// The network id is not 16 hexadecimal digits.
    #[error("network id {net16:?}: want the first 16 lower-case hex digits of the genesis hash")]
    NetId {
        /// What was given.
        net16: String,
    },
    /// A bootstrap address does not say which peer lives there.
    #[error("bootstrap address {addr}: it must end in /p2p/<peer id>")]
    Bootstrap {
        /// What was given.
        addr: Multiaddr,
    },
    /// A bootstrap address is of a transport that is not built in.
    #[error(
        "bootstrap address {addr} cannot be dialled: write it as /ip4/…/tcp/PORT/p2p/…, \
         /ip4/…/udp/PORT/quic-v1/p2p/…, the same with /dns4/NAME, or /dnsaddr/NAME/p2p/…"
    )]
    BootstrapTransport {
        /// What was given.
        addr: Multiaddr,
    },
    /// A bootstrap address is private and `allow_private` is off.
    #[error(
        "bootstrap address {addr} is private: use a public one, or allow private addresses in a test network"
    )]
    PrivateBootstrap {
        /// What was given.
        addr: Multiaddr,
    },
    /// An address could not be listened on.
    #[error("cannot listen on {addr}: {reason}")]
    Listen {
        /// What was given.
        addr: Multiaddr,
        /// The operating system's or the transport's words.
        reason: String,
    },
    /// None of the addresses could be listened on.
    #[error(
        "there is nothing to listen on, this machine has none of the addresses: {}; name one that it has, such as \
         /ip4/0.0.0.0/tcp/4701", .tried.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Nowhere {
        /// Each with its reason.
        tried: Vec<Unbound>,
    },
    /// A transport or a protocol could not be set up.
    #[error("cannot set up {part}: {reason}")]
    Setup {
        /// Which one.
        part: &'static str,
        /// The library's words.
        reason: String,
    },
}

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Ours: the request is longer than the stream allows.
    #[error("request of {len} bytes; the stream takes at most {max}")]
    TooLarge {
        /// Length of the request.
        len: usize,
        /// The stream's limit.
        max: usize,
    },
    /// Ours: too many requests are under way already.
    #[error("too many requests under way; try again later")]
    Busy,
    /// Ours: the network task has ended.
    #[error("the network is shut down")]
    Closed,
    /// Not yet: no address of the peer is known, not even to the DHT.
    #[error("no address of peer {0} is known")]
    NotFound(PeerId),
    /// Not yet: the peer's addresses did not answer.
    #[error("peer {0} cannot be reached")]
    Unreachable(PeerId),
    /// The peer did not answer in time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The peer does not speak this protocol.
    #[error("the peer does not speak {0}")]
    Unsupported(&'static str),
    /// The peer closed the stream without an answer, or sent an oversized or broken one.
    #[error("the peer gave no valid answer: {0}")]
    Refused(String),
}

/// Why a block was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The CID's hash is none that can be checked here.
    #[error("the CID does not name a SHA-256 hash: its block could not be checked")]
    UnsupportedHash,
    /// Nobody asked had the block in time.
    #[error("block not found within {} s", .0.as_secs_f64())]
    NotFound(Duration),
    /// Ours: the network task has ended.
    #[error("the network is shut down")]
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_seconds() {
        for (told, words) in [(30_000, "30 s"), (1_500, "1.5 s"), (250, "0.25 s")] {
            let told = Duration::from_millis(told);
            for said in [RequestError::Timeout(told).to_string(), FetchError::NotFound(told).to_string()] {
                assert!(said.ends_with(&format!("within {words}")), "{said}");
            }
        }
    }
}
