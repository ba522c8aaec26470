//! What a plan says of money: the price lists that this node goes by, and what the day's budgets leave.

use super::super::super::args::SuitePlanArgs;
use super::super::super::render::{Out, Table};
use super::super::super::spending;
use std::collections::BTreeSet;
use time::Date;
use vantage_api::VendorView;
use vantage_api::output::{PriceListed, SuiteRow};
use vantage_daemon::ledger::Prices;
use vantage_daemon::ledger::vendor_name;
use vantage_protocol::suite::Suite;
use vantage_protocol::target::{Surface, Target};

/// Age from which a price list is said to be old, days. A guess: vendors change prices a few times a year.
const OLD_DAYS: i64 = 90;

/// Prices by list and budgets, as this node has them.
#[derive(Debug)]
pub(super) struct Money {
    /// One a target that is called for money.
    pub(super) prices: Vec<PriceListed>,
    /// This node's vendors today, and all together; none if no node was asked.
    pub(super) vendors: Option<Vec<VendorView>>,
}

impl Money {
    /// What is known on a day.
    pub(super) fn new(
        args: &SuitePlanArgs,
        suite: &Suite,
        prices: &Prices,
        vendors: Option<Vec<VendorView>>,
        on: Date,
    ) -> Self {
        let input = suite.prompts.iter().map(|prompt| prompt.text.len() as u64).max().unwrap_or(0);
        let targets: BTreeSet<&Target> = args.targets.iter().map(|(target, _)| target).collect();
        let listed = |target: &Target| {
            let known = prices.of(target, on);
            let recorded = known.as_ref().and_then(|known| known.recorded);
            PriceListed {
                target: target.clone(),
                recorded: recorded.map(|day| day.to_string()),
                age_days: recorded.map(|day| (on - day).whole_days()),
                call_most_microusd: known
                    .as_ref()
                    .map(|known| known.cost_microusd(input, suite.tokens_max.into())),
                source: known.map(|known| known.source),
            }
        };
        let called = targets.into_iter().filter(|target| target.surface() == Surface::Api);
        Self { prices: called.map(listed).collect(), vendors }
    }

    /// What will not go as asked, or is not sure.
    pub(super) fn remarks(&self, rows: &[SuiteRow]) -> Vec<String> {
        let old = |listed: &PriceListed| {
            let (source, days) = (listed.source.as_ref()?, listed.age_days.filter(|days| *days >= OLD_DAYS)?);
            Some(format!("{}: the price list {source}, is {days} days old", listed.target))
        };
        let short = self.vendors.iter().flatten().filter_map(|budget| self.short(budget, rows));
        self.prices.iter().filter_map(old).chain(short).collect()
    }

    /// That a budget leaves less than this node may be asked for: one slot for each region and target is the most that one
    /// operator runs, and all slots of a vendor share its budget.
    fn short(&self, budget: &VendorView, rows: &[SuiteRow]) -> Option<String> {
        let (mut calls, mut microusd, mut is_priced) = (0u64, 0u64, true);
        for row in rows.iter().filter(|row| self.is_billed_to(budget, row)) {
            calls = calls.saturating_add(row.slot_calls());
            match self.prices.iter().find(|listed| listed.target == row.target)?.call_most_microusd {
                Some(most) => microusd = microusd.saturating_add(most.saturating_mul(row.slot_calls())),
                None => is_priced = false,
            }
        }
        let calls_left = budget.calls_max.map(|max| max.saturating_sub(budget.calls));
        let few = calls_left
            .filter(|left| *left < calls)
            .map(|left| format!("leaves {left} calls, and the plan may take {calls} here"));
        let poor = budget.free_microusd.filter(|free| *free < microusd).map(|free| {
            let (free, may) = (spending::dollars(free), spending::dollars(microusd));
            format!("leaves {free}, and the plan may take {may} here")
        });
        let refused = budget.microusd_max.filter(|_| !is_priced);
        let refused = refused.map(|_| "refuses calls of a target whose price is not known".to_owned());
        let said = [few, poor, refused].into_iter().flatten().collect::<Vec<_>>().join("; it ");
        (!said.is_empty()).then(|| format!("{}: the day's budget {said}", budget.vendor))
    }

    /// Whether this node would run a row's slot, and at the cost of this budget.
    fn is_billed_to(&self, budget: &VendorView, row: &SuiteRow) -> bool {
        let vendor = vendor_name(&row.target);
        let is_called = |view: &VendorView| view.vendor == vendor && view.regions.contains(&row.region);
        row.target.surface() == Surface::Api
            && [vendor, VendorView::ALL].contains(&budget.vendor.as_str())
            && self.vendors.iter().flatten().any(is_called)
    }

    pub(super) fn print(&self, out: &mut Out) {
        if !self.prices.is_empty() {
            out.heading("what vendors bill, by list");
            let mut table = Table::new(&["target", "a call at most", "price list", "age"]);
            for listed in &self.prices {
                table.row([
                    listed.target.as_str().into(),
                    listed.call_most_microusd.map_or("not known".to_owned(), spending::dollars).into(),
                    listed.source.as_deref().unwrap_or("none").into(),
                    listed.age_days.map_or(String::new(), |days| format!("{days} days")).into(),
                ]);
            }
            out.table(&table);
        }
        if let Some(vendors) = &self.vendors {
            spending::print(vendors, out);
        }
    }
}

#[cfg(test)]
mod tests;
