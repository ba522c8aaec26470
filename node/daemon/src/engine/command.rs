//! What people and programs may order of the engine. What they ask is answered from what it publishes.

use super::carry::library;
use super::{Engine, Group};
use crate::policy::Policy;
use crate::store::StoreError;
use crate::upkeep::{Brief, Plan};
use std::sync::Arc;
use tokio::sync::oneshot;
use vantage_api::{Pruned, StoppedHere, Submitted};
use vantage_protocol::attester::{Input, JobOrder};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::JobId;

/// An order. Answers tell of what is on disk.
#[derive(Debug)]
pub enum Command {
    /// Order a job. The suite's bytes are those that the order's id names.
    Submit {
        /// What is wanted.
        order: JobOrder,
        /// The suite's canonical block.
        suite: Vec<u8>,
        /// The study plan's canonical block; empty where the order names none.
        study: Vec<u8>,
        /// Names the order: given again under the same key it is not carried out again.
        key: Option<String>,
        /// Gets the job, or why there is none.
        reply: oneshot::Sender<Result<Submitted, String>>,
    },
    /// Keep a block, public.
    Put {
        /// Its id.
        cid: Cid,
        /// Its bytes, which the id names.
        bytes: Vec<u8>,
        /// Whether to tell the DHT.
        provide: bool,
        /// Told once it is on disk, or why it was not taken.
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// All jobs, for pruning.
    Briefs(oneshot::Sender<Vec<Brief>>),
    /// Give up what a plan names.
    Prune {
        /// The plan.
        plan: Box<Plan>,
        /// Gets what was done; nothing if the plan no longer holds.
        reply: oneshot::Sender<Option<Result<Pruned, String>>>,
    },
    /// Follow another policy from now on.
    Policy(Arc<Policy>),
    /// Run no more of a job here: this node declines those of its slots that it has not committed.
    StopHere {
        /// The job.
        id: JobId,
        /// What came of it, once it is on disk.
        done: Option<StoppedHere>,
        /// Gets it.
        reply: oneshot::Sender<StoppedHere>,
    },
}

/// Reason of the decline of a slot that its operator stopped.
pub const STOPPED_REASON: &str = "stopped by this node's operator";

impl Engine {
    /// Answers a command. Whoever asked may be gone: then the answer is dropped.
    pub(super) fn answer(&mut self, command: Command) -> Result<(), StoreError> {
        match command {
            Command::Submit { reply, .. } => drop(reply.send(Err("orders are handled before".to_owned()))),
            Command::Put { cid, provide, reply, .. } => {
                let taken = if self.takes_blocks() {
                    if let Some(cid) = library(&cid).filter(|_| provide) {
                        self.net.provide(cid);
                    }
                    Ok(())
                } else {
                    Err("there is too little free space to take blocks in".to_owned())
                };
                let _ = reply.send(taken);
            }
            Command::Briefs(reply) => drop(reply.send(self.briefs())),
            Command::Prune { plan, reply } => {
                let done = self.prune(&plan)?;
                drop(reply.send(done));
            }
            Command::Policy(policy) => {
                self.gate.follow(policy);
                self.notices.say(true, "another policy is followed from now on".to_owned());
            }
            Command::StopHere { done, reply, .. } => {
                if let Some(done) = done {
                    let _ = reply.send(done);
                }
            }
        }
        Ok(())
    }

    /// Declines what this node has not committed of a job; the leaves are in `group`.
    pub(super) fn stop_here(&mut self, id: JobId, group: &mut Group) -> StoppedHere {
        let slots = self.attester.own_slots(&id);
        for slot in &slots.open {
            self.abandon(&id, *slot);
            let reason = STOPPED_REASON.to_owned();
            self.hear(Input::Declined { job: id, slot: *slot, reason }, group);
        }
        StoppedHere {
            id,
            declined_now: slots.open,
            declined_before: slots.declined,
            committed: slots.committed,
        }
    }
}
