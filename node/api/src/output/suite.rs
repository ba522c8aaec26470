//! `vantage suite` and `job`.

use crate::vendor::VendorView;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use vantage_protocol::attester::JobView;
use vantage_protocol::cid::Cid;
use vantage_protocol::id::JobId;
use vantage_protocol::study::{Measure, Scope};
use vantage_protocol::target::Target;

/// A job was ordered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct JobOrdered {
    /// Job id.
    pub id: JobId,
    /// The suite's block.
    pub suite: Cid,
    /// It was ordered under this key before, and nothing new was said.
    pub again: bool,
}

/// All jobs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct JobsListed {
    /// Newest first.
    pub jobs: Vec<JobView>,
}

/// A suite that reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SuiteChecked {
    /// The suite's block.
    pub suite: Cid,
    /// Name.
    pub name: String,
    /// What the suite says of itself.
    pub label: String,
    /// Longest answer, tokens.
    pub tokens_max: u32,
    /// Sampling temperature, thousandths; null if none is sent.
    pub temperature_milli: Option<u32>,
    /// Seed for vendors that take one.
    pub seed: Option<u32>,
    /// Prompts.
    pub prompts: usize,
    /// Their bytes.
    pub prompt_bytes: usize,
    /// Prompts by kind.
    pub kinds: BTreeMap<String, usize>,
    /// Topics.
    pub topics: BTreeSet<String>,
    /// What its author should think about.
    pub remarks: Vec<String>,
}

/// What a job takes, before anything is spent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SuitePlanned {
    /// The suite's block.
    pub suite: Cid,
    /// Prompts.
    pub prompts: u64,
    /// Slots.
    pub slots: u64,
    /// Cells.
    pub cells: u64,
    /// Calls, if nothing has to be tried again.
    pub calls_least: u64,
    /// Calls, as many as the job allows.
    pub calls_most: u64,
    /// Tokens of all answers at most.
    pub output_tokens_most: u64,
    /// Tokens of all prompts at most.
    pub prompt_tokens_most: u64,
    /// Cost at the prices asked, millionths of a US dollar; null where one is not known.
    pub cost_least_microusd: Option<u64>,
    /// The same for as many calls as the job allows.
    pub cost_most_microusd: Option<u64>,
    /// Time of the longest slot, cell after cell, nothing tried again, seconds.
    pub time_s: u64,
    /// Time until the commits are due, seconds.
    pub commit_s: u64,
    /// The one fits into the other.
    pub fits: bool,
    /// A running node was asked who offers what.
    pub asked: bool,
    /// Regions and targets.
    pub rows: Vec<SuiteRow>,
    /// What each registered contrast takes; empty without a study plan.
    pub power: Vec<ContrastPlanned>,
    /// What will not go as asked, or is not sure.
    pub remarks: Vec<String>,
    /// What vendors bill, one a target of an API.
    pub prices: Vec<PriceListed>,
    /// What the budgets of the node that was asked leave today; null if none was.
    pub vendors: Option<Vec<VendorView>>,
}

/// What registered contrasts of one kind take to be shown nine times of ten.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ContrastPlanned {
    /// Contrasts of this kind.
    pub contrasts: u64,
    /// What is compared.
    pub measure: Measure,
    /// Of whom they speak.
    pub scope: Scope,
    /// Prompts of each.
    pub prompts: u64,
    /// Operators a side, and how often one answers.
    pub operators: u64,
    /// Answers of one operator to a prompt.
    pub repeats: u64,
    /// How often a difference of the size that was asked for would be shown, percent, by simulation; null for texts.
    pub power_percent: Option<u32>,
    /// Prompts that it takes for 90%; null for texts, and where 512 are too few.
    pub prompts_needed: Option<u64>,
    /// Operators that it takes at least, where these are too few for anything to be shown.
    pub operators_needed: Option<u64>,
}

/// One region and target of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SuiteRow {
    /// Region.
    pub region: String,
    /// Target.
    pub target: Target,
    /// Slots.
    pub slots: u64,
    /// Cells.
    pub cells: u64,
    /// Calls at most.
    pub calls_most: u64,
    /// Operators who offer it there until the commits are due; null if nobody was asked.
    pub operators: Option<BTreeSet<String>>,
    /// Highest price asked for one call, millionths of a US dollar; null if it is not known.
    pub call_microusd: Option<u64>,
    /// Cost at most, millionths of a US dollar; null if no price is known.
    pub cost_most_microusd: Option<u64>,
    /// Time of one slot, seconds.
    pub time_s: u64,
}

impl SuiteRow {
    /// Calls of one slot at most.
    pub fn slot_calls(&self) -> u64 {
        self.calls_most.checked_div(self.slots).unwrap_or(0)
    }
}

/// What a vendor bills for a target, by which list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PriceListed {
    /// Target that a vendor bills.
    pub target: Target,
    /// Price list or table of this node; null if no price is known.
    pub source: Option<String>,
    /// Day on which the list was made, where it says so.
    pub recorded: Option<String>,
    /// How old the list is, days.
    pub age_days: Option<i64>,
    /// One call at most by that list: the longest prompt with a token a byte, the longest answer; millionths of a US dollar.
    pub call_most_microusd: Option<u64>,
}
