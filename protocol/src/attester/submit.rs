//! Putting a job together from an order and the executors that this node knows.

use super::step::Step;
use super::{Attester, JobOrder};
use crate::compare::COMPARE_VERSION;
use crate::id::JobId;
use crate::job::{Executors, Job};
use crate::leaf::{LeafRef, Statement};
use crate::params::EXECUTORS_MAX;
use crate::study::StudyPlan;
use crate::suite::Suite;
use crate::wire::{self, Wire};

impl Attester {
    /// Checks an order, names the executors whose certified announces cover part of it, and says the
    /// job. The error is for people.
    pub(super) fn submit(&mut self, step: &mut Step<'_>, order: JobOrder) -> Result<JobId, String> {
        if let Some(why) = self.silence() {
            return Err(why);
        }
        let suite = step.block(&order.suite).ok_or("the suite is not in the store")?;
        let suite: Suite = wire::decode(&suite).map_err(|e| e.to_string())?;
        let study = match &order.study {
            Some(cid) => Some(step.block(cid).ok_or("the study plan is not in the store")?),
            None => None,
        };
        let study =
            study.map(|bytes| wire::decode::<StudyPlan>(&bytes)).transpose().map_err(|e| e.to_string())?;
        let mut job = self.draft(step.now_s(), order)?;
        let executors = self.listed(&job);
        if executors.announces.is_empty() {
            let targets: Vec<String> = job.targets.iter().map(|t| t.target.to_string()).collect();
            return Err(format!(
                "no executor with a certified announce offers {} in {} until the commit deadline; see `vantage status` for who is known",
                targets.join(", "),
                job.regions.join(", ")
            ));
        }
        executors.check()?;
        job.executors = crate::cid::Cid::dag_cbor(&wire::encode(&executors));
        job.check()?;
        job.check_in(&self.config.genesis)?;
        job.check_with(&suite, study.as_ref())?;
        step.put_value(&executors);
        let before = self.own_log().map_or(0, super::log_view::LogView::size);
        self.say(step, Statement::Job(job));
        let at = self.own_log().and_then(|log| log.reference(before)).ok_or("the own log is full")?;
        Ok(JobId(at.hash.0))
    }

    fn draft(&self, now_s: u64, order: JobOrder) -> Result<Job, String> {
        let add = |a: u64, b: u64| a.checked_add(b).ok_or("a deadline is beyond all bounds");
        let commit_by_s = add(now_s, order.commit_s)?;
        let reveal_by_s = add(commit_by_s, order.reveal_s)?;
        let final_by_s = add(reveal_by_s, order.final_s)?;
        let (mut targets, mut regions) = (order.targets, order.regions);
        targets.sort();
        regions.sort();
        Ok(Job {
            suite: order.suite,
            targets,
            regions,
            replicas: order.replicas,
            executors: order.suite,
            study: order.study,
            from_s: now_s,
            commit_by_s,
            reveal_by_s,
            final_by_s,
            output_bytes_max: order.output_bytes_max,
            slot_calls_max: order.slot_calls_max,
            compare: COMPARE_VERSION,
            beacon: None,
        })
    }

    /// Certified announces that cover some target in some region of the job.
    fn listed(&self, job: &Job) -> Executors {
        let covers = |log: &super::log_view::LogView| -> Option<LeafRef> {
            let (index, entry) = log.latest_announce()?;
            let Statement::Announce(announce) = &entry.leaf.statement else { return None };
            let useful = job
                .regions
                .iter()
                .any(|r| job.targets.iter().any(|t| announce.covers(r, &t.target, job.commit_by_s)));
            useful.then(|| log.reference(index)).flatten()
        };
        Executors { v: 1, announces: self.logs.values().filter_map(covers).take(EXECUTORS_MAX).collect() }
    }
}
