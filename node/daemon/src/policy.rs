//! What this node takes on: a pure decision on facts, and the gate that keeps the facts.
//!
//! A refusal becomes a `decline` in the node's log, whose reason begins with a code: `policy/author: …`. What was taken
//! on before, in this or an earlier life, is finished whatever the policy says now.

mod gate;
mod hours;
mod pattern;

pub use gate::{Admission, Gate};
pub use hours::Hours;
pub use pattern::Pattern;

use std::collections::BTreeSet;
use std::fmt;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::NodeId;

/// What an operator allows. Where nothing is said, everything is allowed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// Only jobs of these authors; empty: of all.
    pub authors_allow: BTreeSet<NodeId>,
    /// No jobs of these.
    pub authors_deny: BTreeSet<NodeId>,
    /// Only these suites; empty: all.
    pub suites_allow: BTreeSet<Cid>,
    /// None of these.
    pub suites_deny: BTreeSet<Cid>,
    /// Only these targets; empty: all that are offered.
    pub targets_allow: Vec<Pattern>,
    /// None of these.
    pub targets_deny: Vec<Pattern>,
    /// Most cells of one job.
    pub cells_max: Option<u64>,
    /// Most calls of one job, retries included: what the job allows its slots.
    pub calls_max: Option<u64>,
    /// Most that the cells of one job may cost by the prices that this node asks, millionths of a US dollar.
    pub cost_microusd_max: Option<u64>,
    /// Most jobs taken on in one day, from midnight UTC.
    pub jobs_per_day_max: Option<u64>,
    /// Most slots that run at once; others wait for their turn.
    pub slots_running_max: Option<usize>,
    /// When slots are taken on; empty: always.
    pub hours: Vec<Hours>,
}

/// A slot that a job wants run here, with what of the job was taken on before.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who ordered the job.
    pub author: NodeId,
    /// Its suite.
    pub suite: Cid,
    /// The slot's target.
    pub target: &'a str,
    /// The job's cells here, this slot's included.
    pub cells: u64,
    /// Calls that the job allows them.
    pub calls: u64,
    /// What they cost by this node's prices, millionths of a US dollar.
    pub cost_microusd: u64,
    /// Other jobs taken on since midnight UTC.
    pub other_jobs_today: u64,
    /// POSIX seconds.
    pub now_s: u64,
}

/// Why a slot is not taken on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy/{}: {}", self.code, self.text)
    }
}

impl Policy {
    /// Whether a slot may be taken on. The first rule that speaks against it is named.
    pub fn decide(&self, asked: &Asked<'_>) -> Result<(), Refusal> {
        let (author, suite) = (asked.author, asked.suite);
        let refuse = |code, text: String| Err(Refusal { code, text });
        if self.authors_deny.contains(&author) || !listed(&self.authors_allow, &author) {
            return refuse("author", format!("this node does not work for {}", author.short()));
        }
        if self.suites_deny.contains(&suite) || !listed(&self.suites_allow, &suite) {
            return refuse("suite", format!("this node does not run the suite {suite}"));
        }
        let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(asked.target));
        if matches(&self.targets_deny) || !(self.targets_allow.is_empty() || matches(&self.targets_allow)) {
            return refuse("target", format!("this node does not ask {} for others", asked.target));
        }
        for (code, what, asked, most) in [
            ("cells", "cells", asked.cells, self.cells_max),
            ("calls", "calls", asked.calls, self.calls_max),
            ("cost", "microusd", asked.cost_microusd, self.cost_microusd_max),
        ] {
            if let Some(most) = most.filter(|most| asked > *most) {
                return refuse(code, format!("{asked} {what} of one job, at most {most} are taken on"));
            }
        }
        if let Some(most) = self.jobs_per_day_max.filter(|most| asked.other_jobs_today >= *most) {
            return refuse("jobs-today", format!("{most} jobs were taken on today, no more are"));
        }
        if !self.hours.is_empty() && !self.hours.iter().any(|hours| hours.contain(asked.now_s)) {
            let open: Vec<String> = self.hours.iter().map(ToString::to_string).collect();
            return refuse("hours", format!("this node works at {} UTC", open.join(", ")));
        }
        Ok(())
    }
}

/// An empty list names everybody.
fn listed<T: Ord>(list: &BTreeSet<T>, item: &T) -> bool {
    list.is_empty() || list.contains(item)
}

#[cfg(test)]
mod tests;
