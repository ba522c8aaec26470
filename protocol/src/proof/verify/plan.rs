//! The job and everything that it names, as far as it can be recomputed.

use super::super::executors::candidates;
use super::super::source::{Source, block};
use super::problems::Problems;
use crate::assignment::{Assignment, assign};
use crate::cid::Cid;
use crate::content::Content;
use crate::genesis::Genesis;
use crate::id::{JobId, NetId, NodeId};
use crate::job::{Executors, Job};
use crate::leaf::{Leaf, Statement};
use crate::log::leaf_hash;
use crate::study::StudyPlan;
use crate::suite::Suite;
use crate::wire::Wire;
use std::borrow::Cow;

/// The job, its suite, its executor list, and who takes which slot.
pub(super) struct Plan {
    pub(super) net: NetId,
    pub(super) id: JobId,
    /// Who ordered it. Where it stands in that log is the certs' business: it may stand there twice.
    pub(super) author: NodeId,
    pub(super) job: Job,
    pub(super) suite: Suite,
    pub(super) study: Option<StudyPlan>,
    pub(super) executors: Executors,
    pub(super) assignment: Assignment,
}

impl Plan {
    pub(super) fn read(
        net: &NetId,
        genesis: &Genesis,
        content: &Content,
        source: &dyn Source,
        problems: &mut Problems,
    ) -> Option<Self> {
        let bytes = source.bytes(&content.job)?;
        let read = || {
            let leaf = Leaf::decode(&bytes, net).map_err(|e| e.to_string())?;
            let Statement::Job(job) = leaf.statement else { return Err("the leaf holds no job".to_owned()) };
            if leaf_hash(&bytes).0 != content.id.0 {
                return Err("the leaf is not the one that the content's job id names".to_owned());
            }
            if (job.suite, job.study, job.executors) != (content.suite, content.study, content.executors) {
                return Err(
                    "the content links another suite, study plan or executor list than the job".to_owned()
                );
            }
            job.check_in(genesis)?;
            Ok((leaf.author, job))
        };
        let (author, job) = read().map_err(|why| problems.invalid(format!("job: {why}"))).ok()?;
        let suite: Suite = decoded(source, &content.suite, problems)?;
        let study: Option<StudyPlan> = match &content.study {
            Some(cid) => Some(decoded(source, cid, problems)?),
            None => None,
        };
        let executors: Executors = decoded(source, &content.executors, problems)?;
        if let Err(why) = job.check_with(&suite, study.as_ref()) {
            problems.invalid(format!("job: {why}"));
            return None;
        }
        let announces: Vec<Vec<u8>> = content
            .announces
            .iter()
            .map(|cid| source.bytes(cid).map(Cow::into_owned))
            .collect::<Option<_>>()?;
        let candidates = candidates(net, genesis, &executors, &announces)
            .map_err(|why| problems.invalid(format!("executor list: {why}")))
            .ok()?;
        let assignment = assign(net, &content.id, &job, &candidates);
        Some(Self { net: *net, id: content.id, author, job, suite, study, executors, assignment })
    }

    /// Cells of all slots together.
    pub(super) fn cells_total(&self) -> u64 {
        self.job.slots().map(|slot| self.job.cells(slot, &self.suite).len() as u64).sum()
    }
}

fn decoded<T: Wire>(source: &dyn Source, cid: &Cid, problems: &mut Problems) -> Option<T> {
    block(source, cid)?.map_err(|why| problems.invalid(why.to_string())).ok()
}
