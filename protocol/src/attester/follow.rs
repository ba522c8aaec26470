//! Which logs are followed, and how much of them: a member's whole, a stranger's as far as there is room.

use super::log_view::LogView;
use super::step::Step;
use super::{Attester, Record};
use crate::id::NodeId;
use crate::keyset::Keyset;
use crate::leaf::{Leaf, Statement};
use crate::log::SignedCheckpoint;
use crate::params::{
    LOG_LEAVES_MAX, LOGS_MAX, STRANGER_BYTES_MAX, STRANGER_LEAVES_MAX, STRANGER_SHARE_BYTES,
    STRANGERS_POOL_BYTES,
};
use serde_bytes::ByteBuf;

impl Attester {
    /// Reads leaf 0 of a log: its keyset, verified in this network.
    pub(super) fn open_log(&self, node: NodeId, leaf0: &[u8]) -> Result<LogView, String> {
        let leaf = Leaf::decode(leaf0, &self.net).map_err(|e| e.to_string())?;
        let Statement::Keyset(keyset) = &leaf.statement else { return Err("leaf 0 is no keyset".into()) };
        let keyset: Keyset = (**keyset).clone();
        keyset.verify_by(&self.net, &self.memo).map_err(|e| e.to_string())?;
        if leaf.author != node || keyset.node() != node {
            return Err("the keyset belongs to another node".into());
        }
        let vouched = self.config.genesis.member(&node).is_some();
        let leaves_max = if vouched { LOG_LEAVES_MAX } else { STRANGER_LEAVES_MAX };
        Ok(LogView::open(keyset, leaf, leaf0.to_vec(), leaves_max))
    }

    /// Members' heads gather cosignatures wherever they come by; a stranger's log is followed for what is certified in
    /// it, else whoever makes keys could fill the places.
    pub(super) fn has_effect(&self, head: &SignedCheckpoint) -> bool {
        let member = self.config.genesis.member(&head.checkpoint.origin.node).is_some();
        member || self.policy.check(head).is_ok()
    }

    /// Whether one more log can be followed: a member's always.
    pub(super) fn has_place(&self, node: &NodeId) -> bool {
        self.logs.len() < LOGS_MAX || self.config.genesis.member(node).is_some()
    }

    /// Whether more leaves of a log can be held. A member's always; those of all other logs share what there is, so that
    /// nobody's logs, however many, take up this node's memory. The error is for people.
    pub(super) fn has_room(&self, node: &NodeId, leaves: &[ByteBuf]) -> Result<(), String> {
        let strange = |node: &NodeId| *node != self.node && self.config.genesis.member(node).is_none();
        if !strange(node) {
            return Ok(());
        }
        let more: u64 = leaves.iter().map(|leaf| leaf.len() as u64).sum();
        let wanted = self.logs.get(node).map_or(0, LogView::bytes) + more;
        if wanted <= STRANGER_SHARE_BYTES {
            return Ok(());
        }
        let beyond = |bytes: u64| bytes.saturating_sub(STRANGER_SHARE_BYTES);
        let others = self.logs.values().filter(|log| log.node != *node && strange(&log.node));
        let pool = beyond(wanted) + others.map(|log| beyond(log.bytes())).sum::<u64>();
        if wanted > STRANGER_BYTES_MAX || pool > STRANGERS_POOL_BYTES {
            return Err("there is no room for more leaves of a log whose author is not in the genesis".into());
        }
        Ok(())
    }

    /// Follows a log from now on.
    pub(super) fn add_log(&mut self, step: &mut Step<'_>, view: LogView, leaf0: &[u8]) -> Result<(), String> {
        if !self.has_place(&view.node) {
            return Err(format!("{LOGS_MAX} logs are followed already"));
        }
        step.persist(Record::Leaves {
            node: view.node,
            start: 0,
            leaves: vec![ByteBuf::from(leaf0.to_vec())],
        });
        self.insert_log(view);
        let unjudged = std::mem::take(&mut self.unjudged);
        for head in unjudged {
            self.absorb(step, &head, &[]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
