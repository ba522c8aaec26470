//! Carrying out effects, one by one and in order; a crash may fall between any two.

use super::event::{Event, Index, Return};
use super::scenario::Bug;
use super::world::World;
use std::rc::Rc;
use vantage_protocol::attester::{Effect, Verdict};
use vantage_protocol::wire;

/// A crashed node stays down for this long, milliseconds.
const DOWN_MS: (u64, u64) = (200, 5_000);

impl World {
    /// Carries out the effects of one step, unless the node dies on the way.
    pub(super) fn carry_out(&mut self, node: Index, mut effects: Vec<Effect>) {
        if self.scenario.bug == Some(Bug::SendFirst) {
            effects.sort_by_key(|effect| matches!(effect, Effect::Persist(_)));
        }
        let life = self.nodes[node].life;
        for effect in effects {
            let tampered = self.tamper(node, &effect).unwrap_or_else(|| vec![effect]);
            for effect in tampered {
                if self.dies(node) || self.nodes[node].life != life {
                    return;
                }
                self.carry_one(node, effect);
            }
            if self.nodes[node].life != life {
                return;
            }
        }
    }

    fn carry_one(&mut self, node: Index, effect: Effect) {
        self.trace.add(self.now_ms, kind(&effect), node, &payload(&effect));
        let it = &self.nodes[node];
        if it.is_honest() {
            let asked = match &effect {
                Effect::Reply { token, .. } => it.asked.get(token).map(|a| (a.stream, a.bytes.to_vec())),
                _ => None,
            };
            let found = self.ear.hear(node, &it.config, &effect, asked.as_ref());
            self.violations.extend(found);
        }
        self.carry(node, effect);
    }

    /// Counts down to a planned crash.
    fn dies(&mut self, node: Index) -> bool {
        match self.nodes[node].doom {
            Some(0) => {
                self.crash(node);
                true
            }
            Some(left) => {
                self.nodes[node].doom = Some(left - 1);
                false
            }
            None => false,
        }
    }

    /// Power off now, and on again later.
    pub(super) fn crash(&mut self, node: Index) {
        self.trace.add(self.now_ms, "crash", node, &[]);
        self.nodes[node].stop();
        let at_ms = self.now_ms + self.dice.between(DOWN_MS.0, DOWN_MS.1);
        self.schedule(at_ms, node, Event::Restart);
    }

    fn carry(&mut self, node: Index, effect: Effect) {
        let disk = &mut self.nodes[node].disk;
        match effect {
            Effect::Persist(record) => {
                if self.lies(node, &record) {
                    return;
                }
                let disk = &mut self.nodes[node].disk;
                if self.scenario.bug != Some(Bug::SkipPersist) {
                    disk.records.push(record);
                }
            }
            Effect::Put { cid, bytes } => disk.put(cid, bytes, true),
            Effect::PutPrivate { cid, bytes } => disk.put(cid, bytes, false),
            Effect::Release(cids) => disk.release(&cids),
            Effect::Gossip(bytes) => self.spread(node, None, &Rc::from(bytes)),
            Effect::Judge { token, verdict } => {
                if let Some((from, bytes)) = self.nodes[node].heard.remove(&token)
                    && verdict == Verdict::Accept
                {
                    self.spread(node, Some(from), &bytes);
                }
            }
            Effect::Reply { token, bytes } => self.answer(node, token, bytes),
            Effect::Ask { call, peer, stream, bytes } => {
                self.request(node, &peer, Return::Call(call), stream, bytes);
            }
            Effect::Relay { token, peer, bytes } => {
                let stream = vantage_protocol::attester::Stream::Witness;
                self.request(node, &peer, Return::Relay(token), stream, bytes);
            }
            Effect::Fetch { cid, peers } => self.fetch(node, cid, &peers),
            Effect::Execute(execution) => self.execute(node, execution),
            Effect::Abandon { job, slot } => {
                self.nodes[node].running.remove(&(job, slot));
            }
            Effect::Submitted { result, .. } => self.submitted(node, result),
            Effect::Provide(_) | Effect::Notice(_) => {}
        }
    }
}

fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Persist(_) => "persist",
        Effect::Put { .. } => "put",
        Effect::PutPrivate { .. } => "put private",
        Effect::Release(_) => "release",
        Effect::Gossip(_) => "say",
        Effect::Judge { .. } => "judge",
        Effect::Reply { .. } => "reply",
        Effect::Ask { .. } => "ask",
        Effect::Relay { .. } => "relay",
        Effect::Fetch { .. } => "fetch",
        Effect::Execute(_) => "execute",
        Effect::Abandon { .. } => "abandon",
        Effect::Provide(_) => "provide",
        Effect::Submitted { .. } => "submitted",
        Effect::Notice(_) => "notice",
    }
}

fn payload(effect: &Effect) -> Vec<u8> {
    match effect {
        Effect::Persist(record) => wire::encode(record),
        Effect::Put { cid, .. } | Effect::PutPrivate { cid, .. } | Effect::Provide(cid) => cid.to_bytes(),
        Effect::Fetch { cid, .. } => cid.to_bytes(),
        Effect::Release(cids) => cids.iter().flat_map(|c| c.to_bytes()).collect(),
        Effect::Gossip(bytes)
        | Effect::Reply { bytes, .. }
        | Effect::Ask { bytes, .. }
        | Effect::Relay { bytes, .. } => bytes.clone(),
        Effect::Judge { verdict, .. } => vec![*verdict as u8],
        Effect::Execute(execution) => execution.slot.to_be_bytes().to_vec(),
        Effect::Abandon { slot, .. } => slot.to_be_bytes().to_vec(),
        Effect::Submitted { result, .. } => format!("{result:?}").into_bytes(),
        Effect::Notice(notice) => format!("{notice:?}").into_bytes(),
    }
}
