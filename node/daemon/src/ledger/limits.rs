//! Limits: how many calls, how much money; for what, and at whom.

use super::Refusal;
use crate::store::Sum;
use std::collections::BTreeMap;
use vantage_exec::VendorConfig;

/// Calls and money that may be used up, each if set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limit {
    /// Most calls, retries included.
    pub calls_max: Option<u64>,
    /// Most that they may cost, millionths of a US dollar.
    pub microusd_max: Option<u64>,
}

/// All limits of a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Of all vendors together on one day.
    pub day: Limit,
    /// Of all vendors together for one job.
    pub job: Limit,
    /// Of each vendor: on one day, and for one job.
    vendors: BTreeMap<String, (Limit, Limit)>,
}

impl Limit {
    /// Whether one more call has room that costs at most `most_microusd`; none: nobody knows. `whose` is for people.
    pub fn check(&self, sum: &Sum, most_microusd: Option<u64>, whose: &str) -> Result<(), Refusal> {
        if let Some(max) = self.calls_max.filter(|max| sum.calls >= *max) {
            return Err(Refusal(format!("{whose}: the limit of {max} calls is used up")));
        }
        let Some(max) = self.microusd_max else { return Ok(()) };
        let Some(most) = most_microusd else {
            let why = format!(
                "{whose}: there is a budget of money, and no price is known for this model; write it under prices"
            );
            return Err(Refusal(why));
        };
        let committed = sum.committed_microusd();
        if committed.saturating_add(most) > max {
            let why = format!(
                "{whose}: {committed} of {max} micro-USD are spent or set aside, and the call may cost {most}"
            );
            return Err(Refusal(why));
        }
        Ok(())
    }

    /// What is left of the money.
    pub fn free_microusd(&self, sum: &Sum) -> Option<u64> {
        self.microusd_max.map(|max| max.saturating_sub(sum.committed_microusd()))
    }
}

impl Limits {
    /// The limits of all vendors together, and those that each vendor's table sets.
    pub fn new<'a>(day: Limit, job: Limit, vendors: impl IntoIterator<Item = &'a VendorConfig>) -> Self {
        let limits = |config: &VendorConfig| {
            let on_a_day = Limit {
                calls_max: config.calls_max_per_day.map(u64::from),
                microusd_max: config.microusd_max_per_day,
            };
            let for_a_job = Limit {
                calls_max: Some(u64::from(config.calls_max_per_job)),
                microusd_max: config.microusd_max_per_job,
            };
            (config.target.clone(), (on_a_day, for_a_job))
        };
        Self { day, job, vendors: vendors.into_iter().map(limits).collect() }
    }

    /// Of one vendor on one day; none: of all together.
    pub fn day(&self, vendor: Option<&str>) -> Limit {
        match vendor {
            None => self.day,
            Some(vendor) => self.vendors.get(vendor).map(|(day, _)| *day).unwrap_or_default(),
        }
    }

    /// Of one vendor for one job; none: of all together.
    pub fn job(&self, vendor: Option<&str>) -> Limit {
        match vendor {
            None => self.job,
            Some(vendor) => self.vendors.get(vendor).map(|(_, job)| *job).unwrap_or_default(),
        }
    }

    /// Vendors that have limits.
    pub fn vendors(&self) -> impl Iterator<Item = &str> {
        self.vendors.keys().map(String::as_str)
    }

    /// Whether a call to this vendor needs a price.
    pub fn need_price(&self, vendor: &str) -> bool {
        let all = [self.day, self.job, self.day(Some(vendor)), self.job(Some(vendor))];
        all.iter().any(|limit| limit.microusd_max.is_some())
    }
}
