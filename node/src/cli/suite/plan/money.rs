//! What a plan says of money: the price lists that this node goes by, and what the day's budgets leave.

use super::super::super::args::SuitePlanArgs;
use super::super::super::render::{Out, Table};
use super::super::super::spending;
use super::Row;
use crate::config::checked::vendor_name;
use crate::control::protocol::VendorView;
use crate::ledger::Prices;
use serde::Serialize;
use std::collections::BTreeSet;
use time::Date;
use vantage_protocol::suite::Suite;
use vantage_protocol::target::{Surface, Target};

/// Age from which a price list is said to be old, days. A guess: vendors change prices a few times a year.
const OLD_DAYS: i64 = 90;

/// Prices by list and budgets, as this node has them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Money {
    /// One a target that is called for money.
    prices: Vec<Listed>,
    /// This node's vendors today, and all together; none if no node was asked.
    vendors: Option<Vec<VendorView>>,
}

/// What a vendor bills for a target, by which list.
#[derive(Debug, Serialize)]
struct Listed {
    target: Target,
    /// The list or table, for people; none if no price is known.
    source: Option<String>,
    /// When somebody looked, where the list says so.
    recorded: Option<String>,
    age_days: Option<i64>,
    /// One call at most: the longest prompt with a token a byte, the longest answer.
    call_most_microusd: Option<u64>,
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
            Listed {
                target: target.clone(),
                recorded: recorded.map(|day| day.to_string()),
                age_days: recorded.map(|day| (on - day).whole_days()),
                call_most_microusd: known
                    .as_ref()
                    .map(|known| known.cost_microusd(input, suite.tokens_max.into())),
                source: known.map(|known| known.source),
            }
        };
        let called = targets.into_iter().filter(|target| target.surface() != Surface::Open);
        Self { prices: called.map(listed).collect(), vendors }
    }

    /// What will not go as asked, or is not sure.
    pub(super) fn remarks(&self, rows: &[Row]) -> Vec<String> {
        let mut remarks = Vec::new();
        for listed in &self.prices {
            if let (Some(source), Some(days @ OLD_DAYS..)) = (&listed.source, listed.age_days) {
                remarks.push(format!("{}: the price list {source}, is {days} days old", listed.target));
            }
            // one slot for each region and target is the most that one operator runs
            let slot_calls =
                rows.iter().filter(|row| row.target == listed.target).map(Row::slot_calls).max().unwrap_or(0);
            let Some(most) = listed.call_most_microusd.map(|call| call.saturating_mul(slot_calls)) else {
                continue;
            };
            let vendors = [vendor_name(&listed.target), VendorView::ALL];
            for view in self.vendors.iter().flatten().filter(|view| vendors.contains(&view.vendor.as_str())) {
                if let Some(free) = view.free_microusd.filter(|free| *free < most) {
                    remarks.push(format!(
                        "{}: this node's budget ({}) leaves {} today, and one slot may take {}",
                        listed.target,
                        view.vendor,
                        spending::dollars(free),
                        spending::dollars(most)
                    ));
                }
            }
        }
        remarks
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
