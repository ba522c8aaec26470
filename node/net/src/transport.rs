//! TCP with noise and yamux, and QUIC, behind DNS.

use futures::future::Either;
use libp2p::core::Transport as _;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, OrTransport, global_only};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{PeerId, dns, noise, quic, tcp, yamux};

use crate::error::NetError;

/// Streams per yamux connection. It also keeps receive windows at 256 KiB: js-libp2p sends frames as large as the
/// window, and rust-yamux refuses those over 1 MiB, which is where its windows would grow to with fewer streams.
const YAMUX_STREAMS_MAX: usize = 4096;

type Connected = (PeerId, StreamMuxerBox);

/// Builds the transport. Without `allow_private` it refuses to dial addresses that are not global, also those that
/// a DNS name stands for: peers hand out addresses, and none of them may make us knock inside our own network.
pub(crate) fn build(keypair: &Keypair, allow_private: bool) -> Result<Boxed<Connected>, NetError> {
    match dns::tokio::Transport::system(without_dns(keypair, allow_private)?) {
        Ok(resolving) => Ok(resolving.boxed()),
        Err(error) => {
            tracing::warn!(%error, "no DNS settings on this host: addresses with names cannot be dialled");
            without_dns(keypair, allow_private)
        }
    }
}

fn without_dns(keypair: &Keypair, allow_private: bool) -> Result<Boxed<Connected>, NetError> {
    let noise = noise::Config::new(keypair)
        .map_err(|error| NetError::Setup { part: "noise", reason: error.to_string() })?;
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(YAMUX_STREAMS_MAX);
    let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let quic = quic::tokio::Transport::new(quic::Config::new(keypair))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let either = OrTransport::new(quic, tcp).map(|either, _| match either {
        Either::Left(connected) | Either::Right(connected) => connected,
    });
    Ok(if allow_private { either.boxed() } else { global_only::Transport::new(either).boxed() })
}
