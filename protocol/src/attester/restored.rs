//! A node on a restored backup: it asks before it signs.
//!
//! A backup may be older than what the node has said since. Whoever speaks on it could say something else at a place of
//! its log where it has spoken already. So a restored node signs nothing, neither its own heads nor others', until
//! enough members have told it how much of its log they have ever seen. An ordinary restart asks nobody: its records are
//! its own, complete ones.
//!
//! *How many.* Any statement that counts was cosigned by q members. Of the members other than this node at least q - 1
//! are among them, and up to f of those may lie. So many must be heard that at least one of them is honest and has
//! cosigned: n - q + f + 1 of the others (n = 3f + 1: q). With f + 1 the ones heard could all have missed it; with q - 1
//! all who have not missed it could be liars.

use super::step::Step;
use super::{Attester, Notice, PeerKey, Pending, Record, Stream};
use crate::id::NodeId;
use crate::log::SignedCheckpoint;
use crate::message::{LogAnswer, LogRequest};
use crate::params::{RETRY_MS_MAX, RETRY_MS_MIN};
use crate::wire;
use std::collections::{BTreeMap, BTreeSet};

/// What members have told of this node's log. Volatile: a restart asks again.
#[derive(Debug, Default)]
pub(crate) struct Unsure {
    members: BTreeMap<NodeId, Asked>,
    /// Peers that have told all their heads, so that what the committee has certified is known here.
    told: BTreeSet<PeerKey>,
    noticed: bool,
}

/// Where one member stands.
#[derive(Debug, Default)]
struct Asked {
    /// It has seen no more of this node's log than is held, and has told its heads.
    clear: bool,
    busy: bool,
    next_ms: u64,
    fails: u32,
    /// It says that it has cosigned this many leaves, more than are held.
    beyond: u64,
}

impl Unsure {
    /// Members that hold no longer log.
    pub(crate) fn heard(&self) -> usize {
        self.members.values().filter(|asked| asked.clear).count()
    }

    /// A peer has told all its heads.
    pub(crate) fn told_heads(&mut self, peer: PeerKey) {
        self.told.insert(peer);
    }
}

impl Attester {
    /// Whether this node may sign anything: not on a lost log, and not on a backup before enough members were asked.
    pub fn may_sign(&self) -> bool {
        self.own.lost.is_none() && self.own.unsure.is_none()
    }

    /// Why nothing is signed, for people.
    pub(super) fn silence(&self) -> Option<String> {
        if let Some(seen) = self.own.lost {
            return Some(format!(
                "peers have seen {seen} leaves of this node's log, more than it holds: it signs nothing"
            ));
        }
        let unsure = self.own.unsure.as_ref()?;
        Some(format!(
            "this node is a restored backup and signs nothing before {} members have told how long its log is; {} have",
            self.vouchers_needed(),
            unsure.heard()
        ))
    }

    /// Members that a restored node has to hear; see the module's text. In a network of one there is nobody to ask.
    pub(super) fn vouchers_needed(&self) -> usize {
        let genesis = &self.config.genesis;
        let others = genesis.size() - usize::from(self.is_member());
        (genesis.size() - genesis.quorum() + genesis.faults() + 1).min(others)
    }

    /// More of the own log exists than is held: for good, whatever restarts there may be.
    pub(super) fn lose(&mut self, step: &mut Step<'_>, seen: u64, held: u64) {
        if self.own.lost.is_none() {
            step.persist(Record::Lost { seen });
        }
        self.own.lost = self.own.lost.max(Some(seen));
        step.notice(Notice::LostOwnLog { seen, held });
    }

    /// Asks the members, again and again, until enough have answered.
    pub(super) fn drive_unsure(&mut self, step: &mut Step<'_>) {
        let needed = self.vouchers_needed();
        let node = self.node;
        let others: Vec<NodeId> =
            self.config.genesis.committee.iter().map(|m| m.root.node_id()).filter(|m| *m != node).collect();
        let peers: Vec<(NodeId, PeerKey)> =
            others.into_iter().filter_map(|m| Some((m, self.peer_of(&m)?))).collect();
        let Some(unsure) = self.own.unsure.as_mut().filter(|_| self.own.lost.is_none()) else { return };
        if !std::mem::replace(&mut unsure.noticed, true) {
            step.notice(Notice::Restored { needed });
        }
        let heard = unsure.heard();
        // a certified head whose leaves are still on their way would be forgotten by a restart
        let caught_up = self.logs.values().all(|log| log.pending.is_none());
        if heard >= needed && caught_up {
            self.own.unsure = None;
            self.news = true;
            step.persist(Record::Vouched);
            step.notice(Notice::Vouched { heard });
            return;
        }
        let mut due = Vec::new();
        for (member, peer) in peers {
            let told = unsure.told.contains(&peer);
            let asked = unsure.members.entry(member).or_default();
            if !asked.clear && !asked.busy && step.now_ms >= asked.next_ms {
                asked.busy = true;
                due.push((member, peer, told));
            }
        }
        for (member, peer, told) in due {
            if !told {
                self.ask_heads(step, peer, None, 0);
            }
            let request = wire::encode(&LogRequest::Longest { net: self.net, node });
            self.ask(step, peer, Stream::Log, request, Pending::Longest { member });
        }
    }

    /// A member told how much it has seen of the own log, or nobody answered.
    pub(super) fn longest_answered(&mut self, step: &mut Step<'_>, member: NodeId, bytes: Option<Vec<u8>>) {
        let held = self.own_log().map_or(0, super::log_view::LogView::size);
        let answer = bytes.and_then(|b| wire::decode::<LogAnswer>(&b).ok());
        let peer = self.peer_of(&member);
        let mut seen = None;
        if let Some(LogAnswer::Longest { note, witnessed }) = answer {
            let head = note.map(|note| SignedCheckpoint::parse(&note));
            if let Some(Ok(head)) = &head
                && head.checkpoint.origin == self.origin
            {
                // a head beyond what is held proves itself by this node's own signature
                self.absorb_own(step, head);
            }
            seen = (!matches!(head, Some(Err(_)))).then_some(witnessed);
        }
        let Some(unsure) = &mut self.own.unsure else { return };
        let told = peer.is_some_and(|peer| unsure.told.contains(&peer));
        let asked = unsure.members.entry(member).or_default();
        asked.busy = false;
        match seen {
            Some(witnessed) if witnessed > held => asked.beyond = witnessed,
            Some(_) => {
                asked.beyond = 0;
                asked.clear = told;
            }
            None => {}
        }
        let doubled = RETRY_MS_MIN << asked.fails.min(8);
        // its heads may still be on their way
        let wait_ms = if seen.is_some() && !told { RETRY_MS_MIN / 4 } else { doubled };
        asked.fails = asked.fails.saturating_add(u32::from(seen.is_none()));
        asked.next_ms = step.now_ms + wait_ms.min(RETRY_MS_MAX);
        let mut claims: Vec<u64> = unsure.members.values().map(|a| a.beyond).filter(|b| *b > held).collect();
        claims.sort_unstable_by_key(|beyond| std::cmp::Reverse(*beyond));
        if let Some(seen) = claims.get(self.config.genesis.faults()).copied() {
            self.lose(step, seen, held);
        }
    }
}

#[cfg(test)]
mod tests;
