//! The node's own log: appending, checkpoints, gathering cosignatures, gossiping the head.

use super::log_view::LogView;
use super::restored::Unsure;
use super::step::Step;
use super::{Attester, Effect, Notice, Pending, Record, Stream};
use crate::id::NodeId;
use crate::leaf::{Leaf, Statement};
use crate::log::{AddCheckpoint, Checkpoint, Cosignature, SignedCheckpoint};
use crate::message::{Heads, ProvenLeaf, WitnessAnswer, WitnessRequest};
use crate::params::{BATCH_MS, GOSSIP_BYTES_MAX, HEAD_AGAIN_MS, PUSH_LEAVES_MAX, RETRY_MS_MAX, RETRY_MS_MIN};
use crate::wire;
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

/// A witness is asked this often for a date past a deadline: times are in seconds.
const DATE_AGAIN_MS: u64 = 1_000;

/// Where the own log stands with its witnesses. Volatile: everything here can be asked for again.
#[derive(Debug, Default)]
pub(crate) struct Own {
    /// There are leaves that no checkpoint covers yet.
    pub(crate) dirty: bool,
    /// When the last head over new leaves was made.
    head_ms: u64,
    /// Size of the head that is being certified.
    pub(crate) target: u64,
    /// Size up to which leaves were gossiped under a certified head.
    gossiped: u64,
    /// When the head was gossiped last.
    pub(crate) gossip_ms: u64,
    pub(crate) witnesses: BTreeMap<NodeId, WitnessState>,
    /// Peers have seen this many leaves of ours, more than we hold: nothing may be signed.
    pub(crate) lost: Option<u64>,
    /// This is a restored backup, and not enough members were asked yet: nothing may be signed.
    pub(crate) unsure: Option<Unsure>,
    /// This was a restored backup once: what it cosigned since the backup is not remembered.
    pub(crate) restored: bool,
}

/// Where one witness stands with our log.
#[derive(Debug, Default)]
pub(crate) struct WitnessState {
    /// Size that it has cosigned, as far as we know: where it wants to be asked from.
    pub(crate) size: u64,
    busy: bool,
    /// When it was last asked to date an unchanged head anew.
    dated_ms: u64,
    /// It says that it has cosigned this many leaves, more than we hold. Its word alone.
    beyond: u64,
    pub(crate) next_ms: u64,
    fails: u32,
}

impl WitnessState {
    fn back_off(&mut self, now_ms: u64, wait_ms: Option<u64>) {
        self.busy = false;
        let doubled = RETRY_MS_MIN << self.fails.min(8);
        self.fails = self.fails.saturating_add(1);
        self.next_ms = now_ms + wait_ms.unwrap_or(doubled.min(RETRY_MS_MAX));
    }
}

impl Attester {
    /// Appends a statement to the own log; on disk before anything that follows.
    pub(super) fn say(&mut self, step: &mut Step<'_>, statement: Statement) {
        let (typ, job) = (statement.typ(), statement.job());
        let bytes = Leaf { net: self.net, author: self.node, statement }.encode();
        let Some(log) = self.logs.get_mut(&self.node) else { return };
        let index = log.size();
        if let Err(why) = log.push(&bytes) {
            debug_assert!(false, "own leaf refused: {why}");
            return;
        }
        step.persist(Record::OwnLeaf(ByteBuf::from(bytes)));
        step.notice(Notice::Said { index, typ, job });
        self.own.dirty = true;
        self.changes.logs.insert(self.node);
    }

    /// Moves the own log on: new checkpoint, requests to witnesses, gossip.
    pub(super) fn drive_own(&mut self, step: &mut Step<'_>) {
        if !self.may_sign() {
            return;
        }
        self.new_checkpoint(step);
        let late = self.late_wanted(step.now_s());
        self.refresh_own_cosignature(step, late);
        self.ask_witnesses(step, late);
        self.gossip_own(step);
    }

    /// When a head over new leaves is due; none if there are no such leaves, or the head before is still being
    /// certified. At once after a quiet time, so that a single statement does not wait; else a batch later.
    pub(super) fn head_due_ms(&self, now_ms: u64) -> Option<u64> {
        let log = self.own_log().filter(|_| self.own.dirty && self.may_sign())?;
        let due_ms = self.own.head_ms + BATCH_MS;
        // a clock that was set back does not make leaves wait
        let due_ms = if now_ms < self.own.head_ms { now_ms } else { due_ms };
        (log.certified() >= self.own.target).then_some(due_ms)
    }

    fn new_checkpoint(&mut self, step: &mut Step<'_>) {
        if self.head_due_ms(step.now_ms).is_none_or(|due_ms| step.now_ms < due_ms) {
            return;
        }
        self.own.target = self.own_log().map_or(0, LogView::size);
        self.own.dirty = false;
        self.own.head_ms = step.now_ms;
        self.sign_head(step, self.own.target);
    }

    /// Signs the head of this size, cosigns it as a member, and keeps it.
    fn sign_head(&mut self, step: &mut Step<'_>, size: u64) {
        let Some(mut head) = self.checkpoint(size) else { return };
        self.cosign_own(step, &mut head);
        self.merge_own(step, &head);
    }

    fn cosign_own(&mut self, step: &mut Step<'_>, head: &mut SignedCheckpoint) {
        if !self.is_member() || self.clocks.ahead(&self.node, step.now_ms).is_some() {
            return;
        }
        let extends =
            self.own_log().and_then(|l| l.witnessed).is_none_or(|(size, _)| size <= head.checkpoint.size);
        if !extends {
            return;
        }
        let cosignature = self.cosign(step, &head.checkpoint);
        let (origin, key) = (self.origin.clone(), self.config.witness.public());
        if head.add(&origin, &key, cosignature).is_err() {
            debug_assert!(false, "own cosignature does not verify");
        }
    }

    /// Records what is about to be cosigned, then cosigns it. Times of this key never go back.
    pub(super) fn cosign(&mut self, step: &mut Step<'_>, checkpoint: &Checkpoint) -> Cosignature {
        let time_s = step.now_s().max(self.witness_time_s);
        self.witness_time_s = time_s;
        let (node, size, root) = (checkpoint.origin.node, checkpoint.size, checkpoint.root);
        if let Some(log) = self.logs.get_mut(&node) {
            log.witnessed = Some((size, root));
        }
        step.persist(Record::Witnessed { node, size, root, time_s });
        self.clocks.hear_live(self.node, time_s, step.now_ms);
        self.changes.logs.insert(self.node);
        Cosignature::make(checkpoint, &self.config.witness, time_s)
    }

    fn checkpoint(&self, size: u64) -> Option<SignedCheckpoint> {
        let root = self.own_log()?.root_at(size)?;
        Some(Checkpoint { origin: self.origin.clone(), size, root }.sign(&self.config.log))
    }

    fn merge_own(&mut self, step: &mut Step<'_>, head: &SignedCheckpoint) {
        let node = self.node;
        self.merge_head(step, &node, head);
    }

    /// A member dates its unchanged head anew when a deadline has passed, and before it gossips.
    fn refresh_own_cosignature(&mut self, step: &mut Step<'_>, late: Option<u64>) {
        let due = step.now_ms >= self.own.gossip_ms + HEAD_AGAIN_MS;
        let latest = self.clocks.latest_s(&self.node).unwrap_or(0);
        let past = late.is_some_and(|deadline| latest <= deadline);
        let size = self.own.target;
        if size > 0 && self.is_member() && latest < step.now_s() && (due || past) {
            self.sign_head(step, size);
        }
    }

    fn ask_witnesses(&mut self, step: &mut Step<'_>, late: Option<u64>) {
        let target = self.own.target;
        let members: Vec<NodeId> = self.config.genesis.committee.iter().map(|m| m.root.node_id()).collect();
        let node = self.node;
        for member in members.into_iter().filter(|m| *m != node) {
            let stale =
                late.is_some_and(|deadline| self.clocks.latest_s(&member).is_none_or(|t| t <= deadline));
            let cosigned =
                self.own_log().and_then(|l| l.head(target)).is_some_and(|h| h.times.contains_key(&member));
            let state = self.own.witnesses.entry(member).or_default();
            // its answer may have been lost: what counts is whether we hold its cosignature. A head
            // below what it has cosigned is refused; the next one will not be
            let wanted = !cosigned || stale && step.now_ms >= state.dated_ms + DATE_AGAIN_MS;
            if !wanted || state.busy || step.now_ms < state.next_ms || target == 0 || state.size > target {
                continue;
            }
            if cosigned {
                state.dated_ms = step.now_ms;
            }
            let (old, fails) = (state.size, state.fails);
            let Some((request, head)) = self.witness_request(&member, old) else { continue };
            let Some(peer) = self.route(&member, fails) else { continue };
            if let Some(state) = self.own.witnesses.get_mut(&member) {
                state.busy = true;
            }
            let direct = self.peer_of(&member) == Some(peer);
            let pending = Pending::Witness { member, head, direct };
            self.ask(step, peer, Stream::Witness, wire::encode(&request), pending);
        }
    }

    /// The peer to ask: the member itself, or, where it does not answer, another one that relays.
    fn route(&self, member: &NodeId, fails: u32) -> Option<[u8; 32]> {
        let direct = self.peer_of(member);
        if fails < 2 || fails.is_multiple_of(2) {
            return direct;
        }
        let others: Vec<[u8; 32]> = self
            .config
            .genesis
            .committee
            .iter()
            .map(|m| m.root.node_id())
            .filter(|m| m != member && *m != self.node)
            .filter_map(|m| self.peer_of(&m))
            .collect();
        others.get(fails as usize / 2 % others.len().max(1)).copied().or(direct)
    }

    fn witness_request(&self, member: &NodeId, old: u64) -> Option<(WitnessRequest, SignedCheckpoint)> {
        let log = self.own_log()?;
        let size = self.own.target.min(old + PUSH_LEAVES_MAX as u64);
        let head = match log.head(size) {
            Some(head) => SignedCheckpoint { cosignatures: Vec::new(), ..head.signed.clone() },
            None => self.checkpoint(size)?,
        };
        let leaves = (old..size).filter_map(|i| Some(ByteBuf::from(log.entry(i)?.bytes.clone()))).collect();
        let add = AddCheckpoint { old, proof: log.tree().consistency(old, size)?, checkpoint: head.clone() };
        Some((WitnessRequest { net: self.net, to: *member, add: add.to_text(), leaves }, head))
    }

    /// A witness answered, or nobody did.
    pub(super) fn witness_answered(
        &mut self,
        step: &mut Step<'_>,
        member: NodeId,
        head: SignedCheckpoint,
        direct: bool,
        bytes: Option<Vec<u8>>,
    ) {
        let now_ms = step.now_ms;
        let target = self.own.target;
        let held = self.own_log().map_or(0, LogView::size);
        let answer = bytes.and_then(|b| wire::decode::<WitnessAnswer>(&b).ok());
        let (key, origin) = (self.keyset_of(&member).map(|k| k.witness), self.origin_of(member));
        let Some(state) = self.own.witnesses.get_mut(&member) else { return };
        let Some(answer) = answer else {
            state.back_off(now_ms, None);
            return;
        };
        match (answer.status, answer.cosignature, answer.size) {
            (200, Some(cosignature), _) => {
                let time_s = cosignature.time;
                let mut cosigned = head;
                let good = key.is_some_and(|key| cosigned.add(&origin, &key, cosignature).is_ok());
                if !good {
                    state.back_off(now_ms, None);
                    return;
                }
                let size = cosigned.checkpoint.size;
                let (size, dated_ms) = (state.size.max(size), state.dated_ms);
                *state = WitnessState { size, dated_ms, ..WitnessState::default() };
                self.clocks.hear_live(member, time_s, now_ms);
                self.changes.logs.insert(member);
                self.merge_own(step, &cosigned);
            }
            (409, _, Some(size)) if size > held && direct => {
                state.back_off(now_ms, None);
                state.beyond = size;
                self.note_lost(step, held);
            }
            (409, _, Some(size)) => {
                // a relay's word must not keep the member from being asked
                let size = if direct { size } else { size.min(target) };
                // the same size again would be asked for at once, for ever
                let told = state.size != size;
                state.back_off(now_ms, told.then_some(0));
                state.size = size;
            }
            (503, ..) => {
                let wait_ms = u64::from(answer.retry_s.unwrap_or(2)).clamp(1, 30) * 1000;
                state.back_off(now_ms, Some(wait_ms));
            }
            _ => state.back_off(now_ms, None),
        }
    }

    /// A member shows that it is there: what it did not answer is asked for again at once.
    pub(super) fn is_back(&mut self, step: &Step<'_>, member: &NodeId) {
        if let Some(state) = self.own.witnesses.get_mut(member).filter(|state| state.fails > 0) {
            state.fails = 0;
            state.next_ms = step.now_ms;
        }
    }

    /// More members than may be faulty have cosigned a longer log than the one held: it is lost. A
    /// certified head was cosigned by so many honest ones, and liars alone silence nobody.
    fn note_lost(&mut self, step: &mut Step<'_>, held: u64) {
        let mut claims: Vec<u64> =
            self.own.witnesses.values().map(|w| w.beyond).filter(|b| *b > held).collect();
        claims.sort_unstable_by_key(|b| std::cmp::Reverse(*b));
        if let Some(seen) = claims.get(self.config.genesis.faults()).copied() {
            self.lose(step, seen, held);
        }
    }

    /// Sends the own head when it has just been certified, and again every so often.
    fn gossip_own(&mut self, step: &mut Step<'_>) {
        let Some(log) = self.own_log() else { return };
        let certified = log.certified();
        let fresh = certified > self.own.gossiped;
        let due = step.now_ms >= self.own.gossip_ms + HEAD_AGAIN_MS || self.own.gossip_ms == 0;
        if !(fresh || due) {
            return;
        }
        let Some(head) = log.best_head() else { return };
        let message = self.heads_message(step.now_s(), head.signed.clone(), self.own.gossiped);
        self.own.gossiped = certified;
        self.own.gossip_ms = step.now_ms;
        if let Some(bytes) = message {
            step.out.push(Effect::Gossip(bytes));
        }
    }

    /// The head, leaf 0, and as many leaves from `from` on as fit.
    fn heads_message(&self, sent_s: u64, head: SignedCheckpoint, from: u64) -> Option<Vec<u8>> {
        let log = self.own_log()?;
        let size = head.checkpoint.size;
        let mut heads = Heads { net: self.net, sent_s, note: head.to_note(), leaves: Vec::new() };
        let mut room = GOSSIP_BYTES_MAX.checked_sub(heads.note.len() + 256)?;
        for index in std::iter::once(0).chain(from.max(1)..size).take(PUSH_LEAVES_MAX) {
            let leaf = log.entry(index)?.bytes.clone();
            let path = log.tree().inclusion(index, size)?;
            let cost = leaf.len() + path.len() * 40 + 64;
            let Some(left) = room.checked_sub(cost) else { break };
            room = left;
            heads.leaves.push(ProvenLeaf { index, leaf: ByteBuf::from(leaf), path });
        }
        Some(wire::encode(&heads))
    }
}
