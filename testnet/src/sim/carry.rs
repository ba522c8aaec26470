//! Carrying out effects, one by one and in order; a crash may fall between any two.

use super::event::{Event, Index, Return};
use super::scenario::Bug;
use super::world::World;
use vantage_protocol::attester::{Effect, Notice, Verdict};
use vantage_protocol::hash::sha256;

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
        self.note_effect(node, &effect);
        self.milestones.effect(self.now_ms, node, &effect);
        let it = &self.nodes[node];
        if it.is_honest() {
            let asked = match &effect {
                Effect::Reply { token, .. } => it.asked.get(token).map(|a| (a.stream, a.bytes.clone())),
                _ => None,
            };
            let released = match &effect {
                Effect::Release(cids) => it.disk.jobs_of(cids),
                _ => Vec::new(),
            };
            let found = self.ear.hear(node, &it.config, &effect, asked.as_ref(), &released);
            self.violations.extend(found);
        }
        self.carry(node, effect);
    }

    /// Counts down to a planned crash.
    fn dies(&mut self, node: Index) -> bool {
        let Some((left, down_ms)) = self.nodes[node].doom else { return false };
        if left > 0 {
            self.nodes[node].doom = Some((left - 1, down_ms));
            return false;
        }
        self.crash(node, down_ms);
        true
    }

    /// Power off now, and on again later.
    fn crash(&mut self, node: Index, down_ms: Option<u64>) {
        self.note_crash(node, down_ms);
        self.nodes[node].stop();
        if let Some(down_ms) = down_ms {
            self.schedule(self.now_ms + down_ms, node, Event::Restart);
        }
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
            Effect::Gossip(bytes) => self.say(node, bytes),
            Effect::Judge { token, verdict } => {
                if let Some((from, bytes)) = self.nodes[node].heard.remove(&token)
                    && verdict == Verdict::Accept
                {
                    let id = sha256(&bytes);
                    self.spread(node, Some(from), &bytes, id);
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
            Effect::Submitted { token, result } => self.submitted(node, token, result),
            Effect::Provide(cid) => drop(self.nodes[node].provided.insert(cid)),
            Effect::Notice(Notice::Outcome { job, content: Some(content), .. }) => {
                self.nodes[node].concluded.insert(job, content);
            }
            Effect::Notice(_) => {}
        }
    }
}
