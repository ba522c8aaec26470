//! What the network tells its caller.

use bytes::Bytes;
use libp2p::gossipsub::MessageId;
use libp2p::request_response::ResponseChannel;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::OwnedSemaphorePermit;

use crate::streams::{Frame, Stream};

/// Something that happened on the network.
#[derive(Debug)]
pub enum NetEvent {
    /// Others may now reach this node here (without `/p2p/`).
    Listening(Multiaddr),
    /// The first connection with this peer stands.
    PeerUp {
        /// Who.
        peer: PeerId,
    },
    /// The last connection with this peer is gone.
    PeerDown {
        /// Who.
        peer: PeerId,
    },
    /// A gossip message that waits for exactly one verdict.
    Gossip {
        /// Goes back with the verdict.
        token: GossipToken,
        /// Who passed it on to us; not who wrote it.
        from: PeerId,
        /// The message.
        data: Bytes,
    },
    /// A request that waits for an answer.
    Request {
        /// Which protocol.
        stream: Stream,
        /// Who asks.
        peer: PeerId,
        /// The question.
        data: Bytes,
        /// Goes back with the answer. Dropping it refuses the request.
        reply: ReplyToken,
    },
}

/// The right to judge one gossip message, once. Dropped without a verdict, the message is ignored in the end.
#[derive(Debug)]
pub struct GossipToken {
    pub(crate) id: MessageId,
    pub(crate) source: PeerId,
}

/// What becomes of a gossip message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass it on.
    Accept,
    /// Drop it and hold it against those who sent it: it can never have been valid.
    Reject,
    /// Drop it and blame nobody: stale, over rate, or not to be judged here.
    Ignore,
}

/// The right to answer one request, once. Dropped without an answer, the stream is closed.
#[derive(Debug)]
pub struct ReplyToken {
    pub(crate) stream: Stream,
    pub(crate) channel: ResponseChannel<Frame>,
    /// Holds the request's share of the read buffer until it is answered.
    pub(crate) _permit: Option<OwnedSemaphorePermit>,
}
