//! Heads of other logs: heard by gossip, asked for from peers, merged, and their leaves fetched.

use super::log_view::{Head, LogView};
use super::step::{Step, spread};
use super::{Attester, Effect, Notice, Pending, Record, Stream, Token, Verdict};
use crate::hash::sha256;
use crate::id::NodeId;
use crate::log::{Cosigner, SignedCheckpoint, leaf_hash, verify_inclusion};
use crate::message::{Heads, LogAnswer, LogRequest, ProvenLeaf};
use crate::params::{HEAD_AGAIN_MS, LOGS_MAX, RANGE_LEAVES_MAX, RETRY_MS_MAX, RETRY_MS_MIN};
use crate::wire;
use serde_bytes::ByteBuf;

/// A gossiped head older than this is stale, seconds: a guess, twice the clock bound.
const STALE_S: u64 = 120;
/// Gossip of one author within [`RATE_MS`]: a guess, far above what an honest node sends.
const RATE_MAX: u32 = 100;
/// Window of the rate limit, milliseconds.
const RATE_MS: u64 = 10_000;
/// Pages of heads taken from one peer in a row: a guess, more than all logs that are followed need.
const PAGES_MAX: u32 = 64;
/// Notes kept while a member's keyset is missing: a guess.
const UNJUDGED_MAX: usize = 64;

/// Leaves of a log that are wanted. Volatile.
#[derive(Debug, Default)]
pub(crate) struct Want {
    pub(crate) next_ms: u64,
    tries: u32,
    busy: bool,
    /// Leaves up to this size are needed, whether a head tells of them or not.
    size: u64,
}

impl Attester {
    /// Judges a gossip message and learns from it.
    pub(super) fn gossip_heard(&mut self, step: &mut Step<'_>, token: Token, bytes: &[u8]) {
        let verdict = self.judge_gossip(step, bytes);
        self.stirred |= verdict == Verdict::Accept;
        step.out.push(Effect::Judge { token, verdict });
    }

    fn judge_gossip(&mut self, step: &mut Step<'_>, bytes: &[u8]) -> Verdict {
        let Ok(heads) = wire::decode::<Heads>(bytes) else { return Verdict::Reject };
        let Ok(head) = SignedCheckpoint::parse(&heads.note) else { return Verdict::Reject };
        let node = head.checkpoint.origin.node;
        if heads.net != self.net || head.checkpoint.origin != self.origin_of(node) {
            return Verdict::Reject;
        }
        if heads.sent_s.abs_diff(step.now_s()) > STALE_S {
            return Verdict::Ignore;
        }
        if !self.has_effect(&head) {
            return Verdict::Ignore;
        }
        match self.logs.get(&node) {
            Some(log) if head.verify_log_by(&log.keyset.log, &self.memo).is_err() => return Verdict::Reject,
            Some(_) => {}
            None => {
                let Some(first) = heads.leaves.first().filter(|l| l.index == 0) else {
                    return Verdict::Ignore;
                };
                let Ok(view) = self.open_log(node, &first.leaf) else { return Verdict::Reject };
                if head.verify_log_by(&view.keyset.log, &self.memo).is_err() || !proven(&head, first) {
                    return Verdict::Reject;
                }
                if self.add_log(step, view, &first.leaf).is_err() {
                    return Verdict::Ignore;
                }
            }
        }
        if !heads.leaves.iter().all(|leaf| proven(&head, leaf)) || self.policy.cosigners(&head).is_err() {
            return Verdict::Reject;
        }
        // counted once the signature holds, and never against news: a genuine head that is wrapped
        // again and again by others can't silence its author
        let news = self.logs.get(&node).is_some_and(|log| log.certified() < head.checkpoint.size);
        if !news && self.over_rate(step.now_ms, node) {
            return Verdict::Ignore;
        }
        self.hear_author(step, &head);
        self.absorb(step, &head, &heads.leaves);
        Verdict::Accept
    }

    fn over_rate(&mut self, now_ms: u64, node: NodeId) -> bool {
        if now_ms.saturating_sub(self.rates_ms) >= RATE_MS {
            self.rates_ms = now_ms;
            self.rates.retain(|_, (since, _)| now_ms.saturating_sub(*since) < RATE_MS);
        }
        if self.rates.len() >= LOGS_MAX && !self.rates.contains_key(&node) {
            return true;
        }
        let (since, count) = self.rates.entry(node).or_insert((now_ms, 0));
        if now_ms.saturating_sub(*since) >= RATE_MS {
            (*since, *count) = (now_ms, 0);
        }
        *count += 1;
        *count > RATE_MAX
    }

    /// Takes in a head whose log signature holds, with leaves proven under it.
    pub(super) fn absorb(&mut self, step: &mut Step<'_>, head: &SignedCheckpoint, leaves: &[ProvenLeaf]) {
        let (node, size, root) = (head.checkpoint.origin.node, head.checkpoint.size, head.checkpoint.root);
        // the same keys may sign in another network or epoch; such a head says nothing here
        if head.checkpoint.origin != self.origin_of(node) {
            return;
        }
        let Some(held) = self.logs.get(&node).map(LogView::size) else { return };
        if node == self.node {
            return self.absorb_own(step, head);
        }
        if self.policy_size < self.config.genesis.size() && self.unjudged.len() < UNJUDGED_MAX {
            self.unjudged.push(head.clone());
        }
        if size > held {
            let mut next = held;
            let inline: Vec<ByteBuf> = leaves
                .iter()
                .filter(|l| {
                    let fits = l.index == next;
                    next += u64::from(fits);
                    fits
                })
                .map(|l| l.leaf.clone())
                .collect();
            if next == size {
                let _ = self.take_leaves(step, &node, &inline, size, &root);
            }
        }
        if self.logs.get(&node).is_some_and(|log| log.root_at(size) == Some(root)) {
            self.merge_head(step, &node, head);
            return;
        }
        self.note_elsewhere(step, head);
    }

    /// A head that is ahead of the held branch, or beside it.
    fn note_elsewhere(&mut self, step: &mut Step<'_>, head: &SignedCheckpoint) {
        let (node, size) = (head.checkpoint.origin.node, head.checkpoint.size);
        let Ok(cosigners) = self.policy.cosigners(head) else { return };
        let certified = cosigners.len() >= self.policy.quorum();
        self.hear_dates(step, &cosigners);
        let Some(log) = self.logs.get_mut(&node) else { return };
        if size <= log.size() {
            step.notice(Notice::Fork { node });
            if !certified || size <= log.certified() {
                return;
            }
            // what is held beyond the certified part belongs to a branch that will never count
            let keep = log.certified().max(1);
            log.truncate(keep);
            self.changes.logs.insert(node);
            step.persist(Record::Rewind { node, size: keep });
        }
        if certified && log.pending.as_ref().is_none_or(|p| p.checkpoint.size < size) {
            log.pending = Some(head.clone());
            self.want_leaves(node, size);
        }
    }

    /// Peers may hold cosignatures of our heads that we lost, or a longer log of ours than we do.
    pub(super) fn absorb_own(&mut self, step: &mut Step<'_>, head: &SignedCheckpoint) {
        let Some(log) = self.own_log().filter(|_| head.checkpoint.origin == self.origin) else { return };
        if head.verify_log_by(&log.keyset.log, &self.memo).is_err() {
            return;
        }
        let (held, size) = (log.size(), head.checkpoint.size);
        if size > held {
            self.lose(step, size, held);
        } else {
            let node = self.node;
            self.merge_head(step, &node, head);
        }
    }

    /// Merges a head of the held branch; keeps it on disk once it is certified.
    pub(super) fn merge_head(&mut self, step: &mut Step<'_>, node: &NodeId, head: &SignedCheckpoint) {
        let Some(log) = self.logs.get_mut(node) else { return };
        let (before, size) = (log.certified(), head.checkpoint.size);
        let firsts = log.head(size).map(Head::firsts);
        if !log.merge(&self.policy, head) {
            return;
        }
        // what counts for ever is who first cosigned when; later dates are heard again
        let quorum = self.policy.quorum();
        let merged = log.head(size).filter(|h| h.cosigners(None) >= quorum && Some(h.firsts()) != firsts);
        if let Some(note) = merged.map(|h| h.signed.to_note())
            && log.may_keep(size)
        {
            step.persist(Record::Head(note));
        }
        self.changes.logs.insert(*node);
        let grown = log.certified() > before;
        // dates move the committee's clocks, too, and with them what counts in any job that is open
        self.changes.jobs.extend(&self.open);
        self.note_dated(node, size);
        if grown {
            self.note_certified(node, before);
            self.grown.insert(*node);
            self.news = true;
        }
        // the merge has verified every line
        self.hear_dates(step, &self.policy.cosigners_verified(head));
    }

    /// Notes the verified times of a head's cosigners.
    fn hear_dates(&mut self, step: &Step<'_>, cosigners: &[Cosigner]) {
        for cosigner in cosigners {
            self.changes.logs.insert(cosigner.member);
            if self.clocks.hear(cosigner.member, cosigner.last) {
                self.is_back(step, &cosigner.member);
            }
        }
    }

    /// The author's own line under a head that it gossips shows its clock as it is now.
    fn hear_author(&mut self, step: &Step<'_>, head: &SignedCheckpoint) {
        let author = head.checkpoint.origin.node;
        let own = self.policy.cosigners_verified(head).into_iter().find(|c| c.member == author);
        self.changes.logs.insert(author);
        if own.is_some_and(|own| self.clocks.hear_live(author, own.last, step.now_ms)) {
            self.is_back(step, &author);
        }
    }

    /// Somebody has come: what was asked for in vain is asked for again before long.
    pub(super) fn retry_soon(&mut self, step: &Step<'_>) {
        let soon_ms = step.now_ms + RETRY_MS_MIN;
        for want in self.wants.values_mut() {
            want.next_ms = want.next_ms.min(soon_ms);
        }
        self.fetches.retry_by(soon_ms);
    }

    /// Wants leaves of a log up to a size.
    pub(super) fn want_leaves(&mut self, node: NodeId, size: u64) {
        // logs that are not known yet come with their heads; what no log can hold is not waited for
        if self.logs.get(&node).is_some_and(|log| size <= log.leaves_max()) {
            let want = self.wants.entry(node).or_default();
            want.size = want.size.max(size);
        }
    }

    /// Asks for missing leaves, and now and then for everybody's heads.
    pub(super) fn drive_sync(&mut self, step: &mut Step<'_>) {
        let sizes: Vec<NodeId> = self.wants.keys().copied().collect();
        for node in sizes {
            self.drive_want(step, node);
        }
        if step.now_ms >= self.heads_ms + HEAD_AGAIN_MS {
            self.heads_ms = step.now_ms;
            let peers = self.known_peers(None);
            let pick = spread(&crate::id::Hash(self.node.0), step.now_ms / HEAD_AGAIN_MS) as usize;
            if let Some(peer) = peers.get(pick % peers.len().max(1)) {
                self.ask_heads(step, *peer, None, 0);
            }
        }
    }

    fn drive_want(&mut self, step: &mut Step<'_>, node: NodeId) {
        let held = self.logs.get(&node).map_or(0, LogView::size);
        let beside = self.logs.get(&node).is_some_and(|l| l.pending.is_some());
        let Some(want) = self.wants.get_mut(&node) else { return };
        if want.size <= held && !beside {
            self.wants.remove(&node);
            return;
        }
        if want.busy || step.now_ms < want.next_ms {
            return;
        }
        let tries = want.tries as usize;
        want.busy = true;
        let peers = self.known_peers(Some(&node));
        let Some(peer) = peers.get(tries % peers.len().max(1)).copied() else {
            if let Some(want) = self.wants.get_mut(&node) {
                want.busy = false;
                want.next_ms = step.now_ms + RETRY_MS_MIN;
            }
            return;
        };
        let request = LogRequest::Range { net: self.net, node, start: held, count: RANGE_LEAVES_MAX as u32 };
        self.ask(step, peer, Stream::Log, wire::encode(&request), Pending::Range { node, start: held });
    }

    pub(super) fn ask_heads(
        &mut self,
        step: &mut Step<'_>,
        peer: [u8; 32],
        after: Option<NodeId>,
        pages: u32,
    ) {
        let request = LogRequest::Heads { net: self.net, after };
        self.ask(step, peer, Stream::Log, wire::encode(&request), Pending::Heads { peer, after, pages });
    }

    /// A peer told its heads.
    pub(super) fn heads_answered(
        &mut self,
        step: &mut Step<'_>,
        peer: [u8; 32],
        after: Option<NodeId>,
        pages: u32,
        bytes: Option<Vec<u8>>,
    ) {
        let Some(Ok(LogAnswer::Heads { heads, more })) = bytes.map(|b| wire::decode::<LogAnswer>(&b)) else {
            return;
        };
        let mut last = after;
        let told_any = !heads.is_empty();
        for (note, leaf0) in heads {
            let Ok(head) = SignedCheckpoint::parse(&note) else { return };
            let node = head.checkpoint.origin.node;
            if last.is_some_and(|l| node <= l) || head.checkpoint.origin != self.origin_of(node) {
                return;
            }
            last = Some(node);
            // most of what a peer tells is known: the very same note was taken in before
            let told = sha256(note.as_bytes());
            if self.logs.get(&node).is_some_and(|log| log.told == Some(told)) {
                continue;
            }
            if !self.logs.contains_key(&node) {
                if !self.has_place(&node) || !self.has_effect(&head) {
                    continue;
                }
                // whoever tells such a thing once has nothing more to tell
                let Ok(view) = self.open_log(node, &leaf0) else { return };
                if head.verify_log_by(&view.keyset.log, &self.memo).is_err()
                    || self.add_log(step, view, &leaf0).is_err()
                {
                    return;
                }
            }
            let signed =
                self.logs.get(&node).is_some_and(|l| head.verify_log_by(&l.keyset.log, &self.memo).is_ok());
            if signed && self.policy.cosigners(&head).is_ok() {
                self.absorb(step, &head, &[]);
                let all_known = self.policy_size == self.config.genesis.size();
                let (size, root) = (head.checkpoint.size, head.checkpoint.root);
                if let Some(log) = self.logs.get_mut(&node) {
                    log.told = (all_known && log.root_at(size) == Some(root)).then_some(told);
                }
            }
        }
        if more && told_any && pages < PAGES_MAX {
            self.ask_heads(step, peer, last, pages + 1);
        } else if let Some(unsure) = &mut self.own.unsure {
            unsure.told_heads(peer);
        }
    }

    /// A peer told of a head that shows when a leaf was certified, or did not.
    pub(super) fn head_answered(&mut self, step: &mut Step<'_>, bytes: Option<Vec<u8>>) {
        let Some(Ok(LogAnswer::Head { note })) = bytes.map(|b| wire::decode::<LogAnswer>(&b)) else { return };
        let Ok(head) = SignedCheckpoint::parse(&note) else { return };
        let Some(log) = self.logs.get(&head.checkpoint.origin.node) else { return };
        if head.verify_log(&log.keyset.log).is_ok() && self.policy.cosigners(&head).is_ok() {
            self.absorb(step, &head, &[]);
            self.news = true;
        }
    }

    /// A peer sent leaves, or nobody did.
    pub(super) fn range_answered(
        &mut self,
        step: &mut Step<'_>,
        node: NodeId,
        start: u64,
        bytes: Option<Vec<u8>>,
    ) {
        let good = self.take_range(step, node, start, bytes);
        let Some(want) = self.wants.get_mut(&node) else { return };
        want.busy = false;
        if good {
            *want = Want { size: want.size, ..Want::default() };
        } else {
            want.next_ms = step.now_ms + (RETRY_MS_MIN << want.tries.min(6)).min(RETRY_MS_MAX);
            want.tries += 1;
        }
    }

    fn take_range(&mut self, step: &mut Step<'_>, node: NodeId, start: u64, bytes: Option<Vec<u8>>) -> bool {
        let Some(Ok(LogAnswer::Range { note, leaves })) = bytes.map(|b| wire::decode::<LogAnswer>(&b)) else {
            return false;
        };
        let Ok(head) = SignedCheckpoint::parse(&note) else { return false };
        let Some(log) = self.logs.get(&node) else { return false };
        if head.checkpoint.origin.node != node
            || head.verify_log_by(&log.keyset.log, &self.memo).is_err()
            || self.policy.cosigners(&head).is_err()
        {
            return false;
        }
        let (held, size) = (log.size(), head.checkpoint.size);
        if start > held || size <= held {
            self.absorb(step, &head, &[]);
            return size > held;
        }
        let skip = usize::try_from(held - start).unwrap_or(usize::MAX);
        let new = leaves.get(skip..).unwrap_or(&[]);
        let enough = usize::try_from(size - held).is_ok_and(|n| n <= new.len());
        if !enough {
            return self.take_prefix(step, node, new, &head);
        }
        let new = &new[..usize::try_from(size - held).unwrap_or(0)];
        if self.take_leaves(step, &node, new, size, &head.checkpoint.root).is_err() {
            if self.policy.check(&head).is_ok() {
                self.rewind(step, &node);
            }
            return false;
        }
        self.absorb(step, &head, &[]);
        true
    }

    /// Leaves that nothing vouches for did not lead to a certified root: forgets them, first those
    /// beyond what this witness cosigned, then those beyond what is certified.
    fn rewind(&mut self, step: &mut Step<'_>, node: &NodeId) {
        let Some(log) = self.logs.get_mut(node) else { return };
        let signed = log
            .witnessed
            .filter(|(size, root)| log.root_at(*size) == Some(*root))
            .map_or(0, |(size, _)| size);
        let certified = log.certified().max(1);
        let size = if log.size() > signed.max(certified) { signed.max(certified) } else { certified };
        if size < log.size() {
            log.truncate(size);
            self.changes.logs.insert(*node);
            step.persist(Record::Rewind { node: *node, size });
        }
    }

    /// Part of a long log: its leaves are kept although no head ends there; a wrong one is undone by
    /// the certified head's root later on.
    fn take_prefix(
        &mut self,
        step: &mut Step<'_>,
        node: NodeId,
        new: &[ByteBuf],
        head: &SignedCheckpoint,
    ) -> bool {
        if new.is_empty() || self.policy.check(head).is_err() {
            return false;
        }
        if self.has_room(&node, new).is_err() {
            return false;
        }
        let Some(log) = self.logs.get_mut(&node) else { return false };
        let start = log.size();
        let kept: Vec<ByteBuf> = new.iter().take_while(|bytes| log.push(bytes).is_ok()).cloned().collect();
        if kept.is_empty() {
            return false;
        }
        step.persist(Record::Leaves { node, start, leaves: kept });
        self.changes.logs.insert(node);
        true
    }

    /// Transport keys to ask about a log: its author first, then the committee.
    pub(super) fn known_peers(&self, author: Option<&NodeId>) -> Vec<[u8; 32]> {
        let members = self.config.genesis.committee.iter().map(|m| m.root.node_id());
        let nodes = author.copied().into_iter().chain(members).filter(|n| *n != self.node);
        let mut peers: Vec<[u8; 32]> = Vec::new();
        for peer in nodes.filter_map(|n| self.peer_of(&n)) {
            if !peers.contains(&peer) {
                peers.push(peer);
            }
        }
        peers
    }
}

fn proven(head: &SignedCheckpoint, leaf: &ProvenLeaf) -> bool {
    let checkpoint = &head.checkpoint;
    verify_inclusion(&leaf_hash(&leaf.leaf), leaf.index, checkpoint.size, &leaf.path, &checkpoint.root)
        .is_ok()
}
