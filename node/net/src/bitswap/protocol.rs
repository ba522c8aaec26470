//! The two protocol names, newest first. The messages are the same but for what 1.1 does not know and skips.

use std::convert::Infallible;
use std::future::{Ready, ready};

use libp2p::StreamProtocol;
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade};
use libp2p::swarm::Stream;

const VERSIONS: [StreamProtocol; 2] =
    [StreamProtocol::new("/ipfs/bitswap/1.2.0"), StreamProtocol::new("/ipfs/bitswap/1.1.0")];

/// Agrees on a version and hands out the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Versions;

impl UpgradeInfo for Versions {
    type Info = StreamProtocol;
    type InfoIter = [StreamProtocol; 2];

    fn protocol_info(&self) -> Self::InfoIter {
        VERSIONS
    }
}

impl InboundUpgrade<Stream> for Versions {
    type Output = Stream;
    type Error = Infallible;
    type Future = Ready<Result<Stream, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, _: StreamProtocol) -> Self::Future {
        ready(Ok(stream))
    }
}

impl OutboundUpgrade<Stream> for Versions {
    type Output = Stream;
    type Error = Infallible;
    type Future = Ready<Result<Stream, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, _: StreamProtocol) -> Self::Future {
        ready(Ok(stream))
    }
}
