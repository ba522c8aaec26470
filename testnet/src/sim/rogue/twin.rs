//! A rogue's second instance: same keys, older state.

use super::super::event::{Event, Index};
use super::super::node::Node;
use super::super::world::World;
use super::Strategy;
use vantage_protocol::attester::Record;
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::log::SignedCheckpoint;
use vantage_protocol::message::{Heads, LogAnswer};
use vantage_protocol::wire;

/// When the second instance starts, after the first, milliseconds: between the announce and the end
/// of a job.
const FORK_MS: (u64, u64) = (4_000, 18_000);

impl World {
    /// Plans a second instance of a member.
    pub(super) fn add_twin(&mut self, node: Index) {
        let (identity, config) = (self.nodes[node].identity.clone(), self.nodes[node].config.clone());
        let mut twin = Node::new(identity, config);
        twin.rogue = self.nodes[node].rogue.clone();
        self.nodes.push(twin);
        let peer = self.nodes[node].identity.peer;
        self.mesh.add_twin(node, &peer);
        let at_ms = self.now_ms + self.dice.between(FORK_MS.0, FORK_MS.1);
        self.schedule(at_ms, self.nodes.len() - 1, Event::Restart);
    }

    /// Gives the second instance the first one's past, at its first start: the newest leaves of the own
    /// log are left out, so that the two go on from different states.
    pub(in super::super) fn inherit(&mut self, node: Index) {
        if self.strategy(node) != Some(Strategy::Fork) || self.nodes[node].life > 0 {
            return;
        }
        let peer = self.nodes[node].identity.peer;
        let Some(first) = self.nodes.iter().take(node).find(|n| n.identity.peer == peer) else { return };
        let (mut disk, net) = (first.disk.clone(), self.cast.genesis.net());
        let kept = |record: &Record| match record {
            Record::OwnLeaf(bytes) => Leaf::decode(bytes, &net)
                .is_ok_and(|leaf| matches!(leaf.statement, Statement::Keyset(_) | Statement::Announce(_))),
            _ => true,
        };
        let own = self.nodes[node].identity.node;
        let last = disk.records.iter().position(|r| !kept(r)).unwrap_or(disk.records.len());
        disk.records.truncate(last);
        disk.records.retain(|r| !matches!(r, Record::Witnessed { node, .. } if *node == own));
        disk.journal.clear();
        self.nodes[node].disk = disk;
    }

    /// What an instance of a forked node hears of an answer: nothing about its own log.
    pub(in super::super) fn rogue_hears(&self, node: Index, bytes: Option<Vec<u8>>) -> Option<Vec<u8>> {
        if self.strategy(node) != Some(Strategy::Fork) {
            return bytes;
        }
        let bytes = bytes?;
        let Ok(LogAnswer::Heads { mut heads, more }) = wire::decode(&bytes) else { return Some(bytes) };
        heads.retain(|(note, _)| !self.is_own(node, note));
        Some(wire::encode(&LogAnswer::Heads { heads, more }))
    }

    /// Whether a gossip message is about the log of the forked node that hears it.
    pub(in super::super) fn is_of_twin(&self, node: Index, bytes: &[u8]) -> bool {
        let heads = wire::decode::<Heads>(bytes);
        self.strategy(node) == Some(Strategy::Fork) && heads.is_ok_and(|h| self.is_own(node, &h.note))
    }

    fn is_own(&self, node: Index, note: &str) -> bool {
        let own = self.nodes[node].identity.node;
        SignedCheckpoint::parse(note).is_ok_and(|head| head.checkpoint.origin.node == own)
    }
}
