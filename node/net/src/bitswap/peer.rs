//! Bitswap's state with one connected peer.

use std::collections::VecDeque;

use cid::Cid;
use libp2p::swarm::ConnectionId;

use super::ledger::Ledger;
use super::message::{Message, Want};
use crate::limits::BITSWAP_ITEMS_MAX;

/// Messages on their way to one peer: enough to keep its connection busy while the next one is looked up.
const SENDING_MAX: usize = 2;

/// What a message on its way carried.
#[derive(Debug)]
pub(super) struct Sent {
    connection: ConnectionId,
    /// Blocks served by it.
    pub(super) blocks: Vec<Cid>,
    /// Bytes of those.
    pub(super) bytes: usize,
    /// Whether it carried wants of ours.
    pub(super) wants: bool,
}

/// One connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    /// Distinguishes this time of the peer with us from earlier ones.
    pub(super) session: u64,
    /// Open connections; the first is used.
    pub(super) connections: Vec<ConnectionId>,
    /// What it wants.
    pub(super) ledger: Ledger,
    presences: Vec<(Cid, bool)>,
    /// Whether a lookup for it is under way.
    pub(super) reading: bool,
    wants: VecDeque<Want>,
    on_their_way: VecDeque<Sent>,
}

impl Peer {
    pub(super) fn new(session: u64) -> Self {
        Self {
            session,
            connections: Vec::new(),
            ledger: Ledger::default(),
            presences: Vec::new(),
            reading: false,
            wants: VecDeque::new(),
            on_their_way: VecDeque::new(),
        }
    }

    /// Queues a want of ours. A peer that takes nothing off the queue loses the oldest ones; fetches ask again.
    pub(super) fn want(&mut self, want: Want) {
        if self.wants.len() >= BITSWAP_ITEMS_MAX {
            self.wants.pop_front();
        }
        self.wants.push_back(want);
    }

    /// Queues our word on a block. A peer that takes nothing off the queue is told no more.
    pub(super) fn presence(&mut self, cid: Cid, have: bool) {
        if self.presences.len() < BITSWAP_ITEMS_MAX {
            self.presences.push((cid, have));
        }
    }

    /// What is to be told, to go along with blocks.
    pub(super) fn take_presences(&mut self) -> Vec<(Cid, bool)> {
        std::mem::take(&mut self.presences)
    }

    /// The wants and presences that are due, if the peer can take a message.
    pub(super) fn next_message(&mut self) -> Option<Message> {
        if self.on_their_way.len() >= SENDING_MAX || (self.wants.is_empty() && self.presences.is_empty()) {
            return None;
        }
        let wants = std::mem::take(&mut self.wants).into();
        let presences = self.take_presences();
        Some(Message { wants, presences, ..Message::default() })
    }

    /// Whether a lookup for this peer makes sense now.
    pub(super) fn ready_to_read(&self) -> bool {
        !self.reading && self.on_their_way.len() < SENDING_MAX && self.ledger.has_queued()
    }

    /// Notes a message as on its way; tells which connection is to take it.
    pub(super) fn sending(&mut self, message: &Message) -> Option<ConnectionId> {
        let connection = *self.connections.first()?;
        self.on_their_way.push_back(Sent {
            connection,
            blocks: message.blocks.iter().map(|(cid, _)| *cid).collect(),
            bytes: message.block_bytes(),
            wants: !message.wants.is_empty(),
        });
        Some(connection)
    }

    /// The oldest message on that connection arrived, or was given up.
    pub(super) fn sent(&mut self, connection: ConnectionId) -> Option<Sent> {
        let oldest = self.on_their_way.iter().position(|sent| sent.connection == connection)?;
        self.on_their_way.remove(oldest)
    }

    /// All messages on a connection that closed.
    pub(super) fn lost(&mut self, connection: ConnectionId) -> Vec<Sent> {
        let (lost, kept) = self.on_their_way.drain(..).partition(|sent| sent.connection == connection);
        self.on_their_way = kept;
        Vec::from_iter::<VecDeque<_>>(lost)
    }
}
