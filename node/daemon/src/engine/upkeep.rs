//! What an engine that runs for months looks at besides its inputs: the clock, the disk, and what may go.

use super::carry::library;
use super::{Engine, EngineError};
use crate::clock;
use crate::store::StoreError;
use crate::upkeep::{Brief, Plan};
use vantage_api::{Pruned, Room};
use vantage_protocol::attester::JobView;

impl Engine {
    /// Says so if the clock is behind what an earlier life has acted on. Nothing is signed with an earlier time than
    /// before whatever the clock says: the core sees to that.
    pub(super) fn compare_with_earlier_life(&mut self) -> Result<(), EngineError> {
        self.behind_earlier_s = clock::behind_earlier_life_s(self.store.clock_s()?);
        if let Some(behind_s) = self.behind_earlier_s {
            self.notices.say(
                false,
                format!(
                    "the system's clock is {behind_s} s behind the latest time that this node has acted on: check the clock"
                ),
            );
        }
        Ok(())
    }

    /// Says so when the clock is set back while the node runs.
    pub(super) fn look_at_clock(&mut self) {
        self.clock.now_ms();
        if let Some(behind_s) = self.clock.went_back_s() {
            self.notices.say(
                false,
                format!(
                    "the system's clock was set back by {behind_s} s: this node's time passes slowly until it has caught \
                     up; check the clock"
                ),
            );
        }
    }

    /// By how much the system's clock is behind what this node has acted on, now or in an earlier life.
    pub(super) fn clock_behind_s(&mut self) -> Option<u64> {
        if self.behind_earlier_s.is_some() {
            // the mark on disk moves on with every write once the clock has caught up
            let stored_s = self.store.clock_s().unwrap_or_default();
            self.behind_earlier_s = clock::behind_earlier_life_s(stored_s);
        }
        self.clock.behind_s().max(self.behind_earlier_s)
    }

    /// Whether blocks of others are taken in.
    pub(super) fn takes_blocks(&self) -> bool {
        self.disk.now().1 == Room::Ample
    }

    /// Whether even what is under way may not fetch any more.
    pub(super) fn is_scarce(&self) -> bool {
        self.disk.now().1 == Room::Scarce
    }

    /// All jobs as pruning sees them.
    pub(super) fn briefs(&mut self) -> Vec<Brief> {
        let now_s = self.clock.now_ms() / 1000;
        let node = self.attester.node();
        let brief = |view: JobView| Brief {
            id: view.id,
            final_by_s: view.final_by_s,
            over: self.attester.is_over(&view.id, now_s),
            precious: view.author == node || view.slots.iter().any(|slot| slot.acked_bad > 0),
            roots: self.attester.job_roots(&view.id),
        };
        self.attester.jobs().into_iter().map(brief).collect()
    }

    /// Carries a plan out, if no job has come in since it was made.
    pub(super) fn prune(&mut self, plan: &Plan) -> Result<Option<Result<Pruned, String>>, StoreError> {
        if self.attester.jobs().len() != plan.known {
            return Ok(None);
        }
        let now_s = self.clock.now_ms() / 1000;
        let done = plan.carry_out(&self.store, now_s, false)?;
        let gone = plan.jobs.iter().filter_map(|id| self.attester.job(id));
        let roots = gone.flat_map(|view| [view.content, view.provided]).flatten();
        roots.filter_map(|root| library(&root)).for_each(|root| self.net.stop_providing(root));
        Ok(Some(Ok(done)))
    }
}
