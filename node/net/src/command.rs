//! What a handle asks of the network task.

use bytes::Bytes;
use cid::Cid;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::oneshot;

use crate::event::{GossipToken, ReplyToken, Verdict};
use crate::status::NetStatus;
use crate::streams::Question;

/// One request of a handle.
#[derive(Debug)]
pub(crate) enum Command {
    /// Gossip this message.
    Publish(Bytes),
    /// Judge a gossip message.
    Verdict(GossipToken, Verdict),
    /// Ask a peer.
    Ask(Question),
    /// Answer a peer.
    Reply(ReplyToken, Bytes),
    /// Fetch a block; dropped when nobody waits any more.
    Fetch {
        /// Which block.
        cid: Cid,
        /// Who probably has it.
        hints: Vec<PeerId>,
        /// Where it goes.
        block: oneshot::Sender<Bytes>,
    },
    /// These blocks are in the block source now.
    BlocksAdded(Vec<Cid>),
    /// Ask the DHT who provides.
    FindProviders(Cid, oneshot::Sender<Vec<PeerId>>),
    /// Connect.
    Dial(Multiaddr),
    /// Tell how things stand.
    Status(oneshot::Sender<NetStatus>),
    /// Close all connections and end.
    Shutdown(oneshot::Sender<()>),
}
