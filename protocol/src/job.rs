//! A job: which suite is put to which targets from which regions, by when.

use crate::cid::Cid;
use crate::compare::COMPARE_VERSION;
use crate::genesis::Genesis;
use crate::leaf_ref::LeafRef;
use crate::params::{
    EXECUTORS_MAX, JOB_S_MAX, REGIONS_MAX, REPEATS_MAX, REPLICAS_MAX, SLOT_CELLS_MAX, SLOTS_MAX, TARGETS_MAX,
};
use crate::study::{Registered, StudyPlan};
use crate::suite::Suite;
use crate::target::Target;
use crate::wire::{Wire, rule};
use serde::{Deserialize, Serialize};

/// A job as its author signs it. All times are POSIX seconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The suite's block.
    pub suite: Cid,
    /// What is asked, sorted by target.
    pub targets: Vec<JobTarget>,
    /// From where, sorted.
    pub regions: Vec<String>,
    /// Executors of different operators for each (region, target).
    pub replicas: u32,
    /// The block naming the executors that may be assigned (`executors: author-chosen`).
    pub executors: Cid,
    /// The block of the study plan: what is asked of the answers. None: everything that is found is a candidate.
    pub study: Option<Cid>,
    /// When it was made.
    pub from_s: u64,
    /// Commits count with a quorum of cosignatures dated up to here.
    pub commit_by_s: u64,
    /// Reveals count with a quorum of cosignatures dated up to here.
    pub reveal_by_s: u64,
    /// Members finalise after this at the latest.
    pub final_by_s: u64,
    /// Largest output of one cell, bytes.
    pub output_bytes_max: u64,
    /// Most calls that one executor may send for one slot, retries included.
    pub slot_calls_max: u32,
    /// Version of the comparison.
    pub compare: u32,
    /// Round of the public beacon that seeds assignment. This edition has none: assignment is
    /// labelled `predictable`.
    pub beacon: Option<u64>,
}

/// A target and how often each prompt is put to it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobTarget {
    /// What is asked.
    pub target: Target,
    /// Times that one executor puts each prompt: the floor of noise.
    pub repeats: u32,
}

/// The executors that a job's author chose: references to their announces, sorted by node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executors {
    /// Format version, 1.
    pub v: u32,
    /// One announce per node.
    pub announces: Vec<LeafRef>,
}

/// One place of a job: everything that one executor does for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Slot {
    /// Index into the canonical list.
    pub index: u32,
    /// Index into the job's regions.
    pub region: usize,
    /// Index into the job's targets.
    pub target: usize,
    /// Which of the replicas.
    pub replica: u32,
}

impl Job {
    /// The blocks that it names: suite, executor list, and the study plan if there is one.
    pub fn names(&self) -> impl Iterator<Item = Cid> {
        [Some(self.suite), Some(self.executors), self.study].into_iter().flatten()
    }

    /// The canonical list of slots: by region, then target, then replica.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        let (targets, replicas) = (self.targets.len(), self.replicas as usize);
        (0..self.regions.len() * targets * replicas).map(move |i| Slot {
            index: i as u32,
            region: i / (targets * replicas),
            target: i / replicas % targets,
            replica: (i % replicas) as u32,
        })
    }

    /// The slot of this index.
    pub fn slot(&self, index: u32) -> Option<Slot> {
        self.slots().nth(index as usize)
    }

    /// Cells of a slot as (prompt, repeat), in canonical order: by prompt, then repeat.
    pub fn cells(&self, slot: Slot, suite: &Suite) -> Vec<(u32, u32)> {
        let repeats = self.targets.get(slot.target).map_or(0, |t| t.repeats);
        (0..suite.prompts.len() as u32).flat_map(|p| (0..repeats).map(move |r| (p, r))).collect()
    }

    /// Rules that need the network's genesis.
    pub fn check_in(&self, genesis: &Genesis) -> Result<(), String> {
        let gaps = [
            ("commit_by_s", self.from_s, self.commit_by_s),
            ("reveal_by_s", self.commit_by_s, self.reveal_by_s),
            ("final_by_s", self.reveal_by_s, self.final_by_s),
        ];
        for (what, before, after) in gaps {
            if after < before.saturating_add(genesis.gap_s_min) {
                return Err(format!(
                    "{what}: must be at least {} s after the step before",
                    genesis.gap_s_min
                ));
            }
        }
        if self.final_by_s > self.from_s.saturating_add(JOB_S_MAX) {
            return Err(format!("final_by_s: a job may last {JOB_S_MAX} s at most"));
        }
        rule::within("output_bytes_max", self.output_bytes_max, 1, genesis.output_bytes_max)?;
        if self.compare != COMPARE_VERSION {
            return Err(format!(
                "compare: it asks for version {}, this program compares by version {COMPARE_VERSION}",
                self.compare
            ));
        }
        if !genesis.test && self.targets.iter().any(|t| t.target.is_sim()) {
            return Err("targets: simulated targets exist in test networks only".into());
        }
        Ok(())
    }

    /// Rules that need the suite, and the study plan where the job names one.
    pub fn check_with(&self, suite: &Suite, study: Option<&StudyPlan>) -> Result<(), String> {
        if let Some(study) = study {
            self.registered(study, suite).map_err(|why| format!("study plan: {why}"))?;
        }
        let repeats = self.targets.iter().map(|t| t.repeats as usize).max().unwrap_or(0);
        rule::within(
            "cells of a slot (prompts x repeats)",
            (suite.prompts.len() * repeats) as u64,
            1,
            SLOT_CELLS_MAX as u64,
        )
    }

    /// What a study plan registers for this job, one by one.
    pub fn registered(&self, study: &StudyPlan, suite: &Suite) -> Result<Vec<Registered>, String> {
        let targets: Vec<&Target> = self.targets.iter().map(|asked| &asked.target).collect();
        study.family(&targets, &self.regions, suite)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        rule::some("targets", self.targets.len(), TARGETS_MAX)?;
        let names: Vec<_> = self.targets.iter().map(|t| &t.target).collect();
        rule::ascending("targets", &names)?;
        for target in &self.targets {
            rule::within("targets.repeats", target.repeats.into(), 1, REPEATS_MAX.into())?;
        }
        rule::some("regions", self.regions.len(), REGIONS_MAX)?;
        rule::ascending("regions", &self.regions)?;
        for region in &self.regions {
            rule::name("regions", region)?;
        }
        rule::within("replicas", self.replicas.into(), 1, REPLICAS_MAX.into())?;
        let slots = self.regions.len() * self.targets.len() * self.replicas as usize;
        rule::within("slots (regions x targets x replicas)", slots as u64, 1, SLOTS_MAX as u64)?;
        for (what, s) in [("from_s", self.from_s), ("final_by_s", self.final_by_s)] {
            rule::within(what, s, 1, 1 << 40)?;
        }
        if !(self.from_s < self.commit_by_s
            && self.commit_by_s < self.reveal_by_s
            && self.reveal_by_s < self.final_by_s)
        {
            return Err("deadlines: from_s < commit_by_s < reveal_by_s < final_by_s is needed".into());
        }
        rule::within("slot_calls_max", self.slot_calls_max.into(), 1, 65_536)?;
        // logs hold jobs of earlier versions for ever; that they are not worked on any more is said elsewhere
        rule::within("compare", self.compare.into(), 1, COMPARE_VERSION.into())?;
        if self.beacon.is_some() {
            return Err("beacon: this edition assigns without a beacon; leave it empty".into());
        }
        Ok(())
    }
}

impl Wire for Executors {
    const NAME: &'static str = "executor list";
    const BYTES_MAX: usize = crate::params::BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)?;
        rule::some("announces", self.announces.len(), EXECUTORS_MAX)?;
        let nodes: Vec<_> = self.announces.iter().map(|a| a.author).collect();
        rule::ascending("announces (by node)", &nodes)
    }
}
