//! The witness rule: verify strictly, extend only, hold every leaf, persist, then cosign.

use super::step::Step;
use super::{Attester, Effect, Notice, PeerKey, Record, Token};
use crate::cid::Cid;
use crate::id::NodeId;
use crate::job::Job;
use crate::leaf::{Leaf, Statement};
use crate::log::{AddCheckpoint, Cosignature, ExtendError, SignedCheckpoint, leaf_hash};
use crate::message::{WitnessAnswer, WitnessRequest};
use crate::wire;
use serde_bytes::ByteBuf;

/// Why a witness does not cosign, as tlog-witness tells it.
enum Refusal {
    /// 400: malformed.
    Malformed(String),
    /// 403: signature, keyset or a fork.
    Forbidden(String),
    /// 404: not a witness, or the log is not known.
    Unknown(String),
    /// 409: the old size is not what was cosigned last.
    Size(u64),
    /// 422: the proof or the leaves do not fit.
    Proof(String),
    /// 503: not now.
    Later(u32, String),
}

impl Attester {
    /// Answers a witness request, passes it on, or says why not.
    pub(super) fn witness_asked(&mut self, step: &mut Step<'_>, token: Token, bytes: &[u8]) {
        let request = match wire::decode::<WitnessRequest>(bytes) {
            Ok(request) => request,
            Err(e) => return reply(step, token, Err(Refusal::Malformed(e.to_string()))),
        };
        if request.net != self.net {
            return reply(step, token, Err(Refusal::Forbidden("another network".into())));
        }
        if request.to != self.node {
            return match self.relay(&request) {
                Ok(peer) => step.out.push(Effect::Relay { token, peer, bytes: bytes.to_vec() }),
                Err(refusal) => reply(step, token, Err(refusal)),
            };
        }
        let answer = self.witness(step, &request);
        reply(step, token, answer);
    }

    /// Whom to pass a request on to: a member of this network, about a log of this network.
    fn relay(&self, request: &WitnessRequest) -> Result<PeerKey, Refusal> {
        let add = AddCheckpoint::parse(&request.add).map_err(|e| Refusal::Malformed(e.to_string()))?;
        let origin = &add.checkpoint.checkpoint.origin;
        if *origin != self.origin_of(origin.node) {
            return Err(Refusal::Unknown("a log of another network or epoch".into()));
        }
        let known = self.config.genesis.member(&request.to).and_then(|_| self.peer_of(&request.to));
        let known = known.filter(|_| self.is_member());
        known.ok_or_else(|| Refusal::Unknown("no way to that witness from here".into()))
    }

    fn witness(&mut self, step: &mut Step<'_>, request: &WitnessRequest) -> Result<Cosignature, Refusal> {
        if !self.is_member() {
            return Err(Refusal::Unknown("this node is no witness".into()));
        }
        if let Some(why) = self.silence() {
            return Err(Refusal::Later(30, why));
        }
        if let Some(ahead_s) = self.clocks.ahead(&self.node, step.now_ms) {
            step.notice(Notice::ClockAhead { ahead_s });
            return Err(Refusal::Later(10, "this witness's clock is ahead of its peers'".into()));
        }
        let add = AddCheckpoint::parse(&request.add).map_err(|e| Refusal::Malformed(e.to_string()))?;
        let head = &add.checkpoint;
        let origin = &head.checkpoint.origin;
        if *origin != self.origin_of(origin.node) {
            return Err(Refusal::Unknown("a log of another network or epoch".into()));
        }
        if origin.node == self.node {
            return Err(Refusal::Forbidden("this witness's own log".into()));
        }
        self.meet(step, request, head)?;
        self.extend(step, request, &add)?;
        let cosignature = self.cosign(step, &head.checkpoint);
        let mut cosigned = SignedCheckpoint { cosignatures: Vec::new(), ..head.clone() };
        let (own, key) = (self.origin.clone(), self.config.witness.public());
        if cosigned.add(&own, &key, cosignature.clone()).is_ok() {
            self.merge_head(step, &head.checkpoint.origin.node, &cosigned);
        }
        Ok(cosignature)
    }

    /// First contact brings the keyset as leaf 0; every request needs the log's signature.
    fn meet(
        &mut self,
        step: &mut Step<'_>,
        request: &WitnessRequest,
        head: &SignedCheckpoint,
    ) -> Result<(), Refusal> {
        let node = head.checkpoint.origin.node;
        if let Some(log) = self.logs.get(&node) {
            return head
                .verify_log_by(&log.keyset.log, &self.memo)
                .map_err(|e| Refusal::Forbidden(e.to_string()));
        }
        let leaf0 = request.leaves.first().ok_or(Refusal::Size(0))?;
        let view = self.open_log(node, leaf0).map_err(Refusal::Forbidden)?;
        head.verify_log_by(&view.keyset.log, &self.memo).map_err(|e| Refusal::Forbidden(e.to_string()))?;
        self.add_log(step, view, leaf0).map_err(|why| Refusal::Later(30, why))
    }

    /// Holds the new leaves, and for a job the blocks that it names; or changes nothing.
    fn extend(
        &mut self,
        step: &mut Step<'_>,
        request: &WitnessRequest,
        add: &AddCheckpoint,
    ) -> Result<(), Refusal> {
        let (node, size) = (add.checkpoint.checkpoint.origin.node, add.checkpoint.checkpoint.size);
        let log = self.logs.get(&node).ok_or_else(|| Refusal::Unknown("unknown log".into()))?;
        let (old, old_root) = log.witnessed.unwrap_or((0, crate::log::empty_root()));
        // whatever else there is to say: a request that goes on from elsewhere is told the size first
        let extends = add.extends(log.witnessed);
        if let Err(ExtendError::Size(size)) = extends {
            return Err(Refusal::Size(size));
        }
        let behind = self.own.restored && log.pending.is_some();
        if old > log.size() || behind {
            self.want_leaves(node, old);
            return Err(Refusal::Later(2, "leaves of this log are being fetched again".into()));
        }
        if old > 0 && log.root_at(old) != Some(old_root) {
            return Err(Refusal::Forbidden(
                "this log has shown a rival branch; this witness has signed another".into(),
            ));
        }
        extends.map_err(|e| Refusal::Proof(e.to_string()))?;
        if request.leaves.len() as u64 != size - old {
            return Err(Refusal::Proof(format!(
                "{} leaves pushed, {} are new",
                request.leaves.len(),
                size - old
            )));
        }
        let certified = log.certified();
        let held = usize::try_from(log.size().saturating_sub(old)).unwrap_or(usize::MAX);
        let beyond = request.leaves.get(held..).unwrap_or(&[]);
        self.has_room(&node, beyond).map_err(|why| Refusal::Later(30, why))?;
        self.hold_jobs(step, &node, &request.leaves)?;
        let Some(log) = self.logs.get(&node) else { return Err(Refusal::Unknown("unknown log".into())) };
        let differs = (old..)
            .zip(&request.leaves)
            .find(|(index, bytes)| log.entry(*index).is_some_and(|entry| entry.hash != leaf_hash(bytes)));
        if let Some((index, _)) = differs {
            step.notice(Notice::Fork { node });
            if index < certified {
                return Err(Refusal::Proof(format!("leaf {index} is not the certified one")));
            }
            // neither certified nor cosigned here: what was held may be anybody's invention
            if let Some(log) = self.logs.get_mut(&node) {
                log.truncate(index);
                self.changes.logs.insert(node);
                step.persist(Record::Rewind { node, size: index });
            }
        }
        let held = self.logs.get(&node).map_or(0, super::log_view::LogView::size);
        let new = request
            .leaves
            .get(usize::try_from(held.saturating_sub(old)).unwrap_or(usize::MAX)..)
            .unwrap_or(&[]);
        self.take_leaves(step, &node, new, size, &add.checkpoint.checkpoint.root).map_err(Refusal::Proof)
    }

    /// Whether the blocks that every job among new leaves names are here. Asked before anything is changed: what
    /// is written is then cosigned, so that nobody can make a witness write two branches in turn for ever.
    fn hold_jobs(&mut self, step: &mut Step<'_>, node: &NodeId, leaves: &[ByteBuf]) -> Result<(), Refusal> {
        let job = |bytes: &ByteBuf| match Leaf::decode(bytes, &self.net).ok()?.statement {
            Statement::Job(job) => Some(job),
            _ => None,
        };
        let jobs: Vec<Job> = leaves.iter().filter_map(job).collect();
        let missing: Vec<Cid> =
            jobs.iter().flat_map(Job::names).filter(|cid| step.block(cid).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        for cid in missing {
            self.want_block(step, cid, &[*node]);
        }
        Err(Refusal::Later(1, "the job's suite, executor list or study plan is being fetched".into()))
    }

    /// Appends leaves that must end at `size` with `root`; otherwise nothing is kept.
    pub(super) fn take_leaves(
        &mut self,
        step: &mut Step<'_>,
        node: &crate::id::NodeId,
        leaves: &[ByteBuf],
        size: u64,
        root: &crate::id::Hash,
    ) -> Result<(), String> {
        self.has_room(node, leaves)?;
        let log = self.logs.get_mut(node).ok_or("unknown log")?;
        let start = log.size();
        let pushed = leaves.iter().try_for_each(|bytes| log.push(bytes));
        let fits = pushed.and_then(|()| {
            if log.root_at(size) == Some(*root) && log.size() == size.max(start) {
                Ok(())
            } else {
                Err("the leaves do not give the checkpoint's root".into())
            }
        });
        match fits {
            Ok(()) if log.size() > start => {
                let leaves = leaves.to_vec();
                step.persist(Record::Leaves { node: *node, start, leaves });
                self.changes.logs.insert(*node);
                Ok(())
            }
            Ok(()) => Ok(()),
            Err(why) => {
                log.truncate(start);
                Err(why)
            }
        }
    }
}

fn reply(step: &mut Step<'_>, token: Token, result: Result<Cosignature, Refusal>) {
    let mut answer = WitnessAnswer { status: 200, size: None, retry_s: None, cosignature: None, why: None };
    let (status, why) = match result {
        Ok(cosignature) => {
            answer.cosignature = Some(cosignature);
            (200, None)
        }
        Err(Refusal::Malformed(why)) => (400, Some(why)),
        Err(Refusal::Forbidden(why)) => (403, Some(why)),
        Err(Refusal::Unknown(why)) => (404, Some(why)),
        Err(Refusal::Size(size)) => {
            answer.size = Some(size);
            (409, None)
        }
        Err(Refusal::Proof(why)) => (422, Some(why)),
        Err(Refusal::Later(retry_s, why)) => {
            answer.retry_s = Some(retry_s);
            (503, Some(why))
        }
    };
    answer.status = status;
    answer.why = why
        .map(|w| w.chars().filter(|c| !c.is_control()).take(200).collect::<String>())
        .filter(|w| !w.is_empty());
    step.out.push(Effect::Reply { token, bytes: wire::encode(&answer) });
}
