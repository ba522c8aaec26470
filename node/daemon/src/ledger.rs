//! The ledger: no call leaves that is not paid for by a budget, and no restart forgets one.
//!
//! Before a call is sent the most that it can cost is set aside on disk ([`Purse::reserve`](Purse)); afterwards what it
//! did cost takes its place, and never more than that. The most is the price of as many tokens as the request has bytes,
//! of the limit of tokens that the request sets, and of some that a vendor may add unasked, as many as it did before. So a
//! budget holds whatever happens in between: a node that is killed amid a call finds the reservation at its next start
//! and counts it as spent, *assumed*, for nobody tells it any more.
//!
//! Budgets are of calls and of money; for a job and for a day (UTC, by this node's clock); at one vendor and at all
//! together. A call needs room in each of them that is set. A budget of money needs a price: where none is known, no
//! call is let through.

mod glm;
mod limits;
mod prices;
mod purse;

pub use glm::{GlmLimits, GlmPurse, glm_today};
pub use limits::{Limit, Limits};
pub use prices::{Known, PriceError, Prices, vendor_name};
pub use purse::{Purpose, Purse};

use crate::clock;
use crate::store::{Booking, Books, Store, StoreError, Sum};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use time::Date;
use vantage_exec::Ticket;
use vantage_protocol::target::Target;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// 1970-01-01 in days of the Julian period, which the calendar counts in.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// Keeps account of everything that this node calls.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<Store>,
    limits: Limits,
    prices: Prices,
    next: AtomicU64,
}

/// One vendor, or all together, on the day that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Today {
    /// What was called and spent.
    pub sum: Sum,
    /// The limits of a day.
    pub limit: Limit,
}

/// Why a call is not let through, for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Ledger {
    /// The ledger of a store. What an earlier process had under way counts as spent from now on.
    pub fn open(store: Arc<Store>, limits: Limits, prices: Prices) -> Result<Self, StoreError> {
        let settled = store.change_books(|books| {
            let unsettled = books.unsettled()?;
            for ticket in &unsettled {
                books.settle(*ticket, None)?;
            }
            Ok(unsettled.len())
        })?;
        if settled > 0 {
            tracing::warn!(
                calls = settled,
                "calls were under way when the node ended; they count at their most"
            );
        }
        Ok(Self { store, limits, prices, next: AtomicU64::new(1) })
    }

    /// What a target costs, as far as that is known today.
    pub fn price(&self, target: &Target) -> Option<Known> {
        self.prices.of(target, today())
    }

    /// What one call after another is paid from.
    pub fn purse(self: &Arc<Self>, target: &Target, vendor: &str, purpose: Purpose) -> Purse {
        let price = self.price(target).map(|known| known.price);
        Purse::new(self.clone(), target.clone(), vendor.to_owned(), price, purpose)
    }

    /// The day that is, each vendor's that has limits or was called, and all together.
    pub fn today(&self) -> Result<(BTreeMap<String, Today>, Today), StoreError> {
        let mut sums = self.store.spent_on(day(today()))?;
        for vendor in self.limits.vendors() {
            sums.entry(vendor.to_owned()).or_default();
        }
        let mut all = Today { sum: Sum::default(), limit: self.limits.day(None) };
        let mut vendors = BTreeMap::new();
        for (vendor, sum) in sums {
            all.sum.add(&sum);
            let limit = self.limits.day(Some(&vendor));
            vendors.insert(vendor, Today { sum, limit });
        }
        Ok((vendors, all))
    }

    /// Lets a call through, or not; durable when it returns.
    fn book(
        &self,
        booking: &Booking,
        purpose: &Purpose,
        is_priced: bool,
    ) -> Result<Result<Ticket, Refusal>, StoreError> {
        let ticket = self.next.fetch_add(1, Ordering::SeqCst);
        self.store.change_books(|books| {
            if let Err(refusal) = self.has_room(books, booking, purpose, is_priced)? {
                return Ok(Err(refusal));
            }
            books.book(ticket, booking)?;
            Ok(Ok(Ticket(ticket)))
        })
    }

    /// Whether every budget has room for one more call.
    fn has_room(
        &self,
        books: &Books<'_>,
        booking: &Booking,
        purpose: &Purpose,
        is_priced: bool,
    ) -> Result<Result<(), Refusal>, redb::Error> {
        let Booking { vendor, day, most_microusd, .. } = booking;
        let most = is_priced.then_some(*most_microusd);
        let on = date(*day);
        let mut asked = vec![
            (self.limits.day(Some(vendor)), books.day(*day, vendor)?, format!("{vendor} on {on} (UTC)")),
            (self.limits.day(None), books.whole_day(*day)?, format!("all vendors on {on} (UTC)")),
        ];
        if let Purpose::Slot { job, slot, calls_max } = purpose {
            let name = job.short();
            let calls = u64::from(books.slot_calls(job, *slot)?);
            let of_slot = Limit { calls_max: Some(u64::from(*calls_max)), microusd_max: None };
            asked.push((of_slot, Sum { calls, ..Sum::default() }, format!("slot {slot} of job {name}")));
            let of_vendor = books.job(job, vendor)?;
            asked.push((self.limits.job(Some(vendor)), of_vendor, format!("{vendor} for job {name}")));
            let of_all = books.whole_job(job)?;
            asked.push((self.limits.job(None), of_all, format!("all vendors for job {name}")));
        }
        Ok(asked.into_iter().try_for_each(|(limit, sum, whose)| limit.check(&sum, most, &whose)))
    }

    /// What was booked, as far as that is known. In a slot the cell's receipt, or the next call's booking, takes it to the disk: a
    /// crash in between leaves the most set aside, which is what a crash during the call leaves, too.
    fn settle(
        &self,
        ticket: Ticket,
        cost_microusd: Option<u64>,
        purpose: &Purpose,
    ) -> Result<Option<u64>, StoreError> {
        let settle = |books: &mut Books<'_>| books.settle(ticket.0, cost_microusd);
        match purpose {
            Purpose::Slot { .. } => self.store.change_books_soon(settle),
            Purpose::Probe => self.store.change_books(settle),
        }
    }
}

/// The day that is, UTC.
pub fn today() -> Date {
    date(u32::try_from(clock::now_ms() / DAY_MS).unwrap_or(0))
}

/// Days after 1970-01-01, by this node's clock.
fn day_number() -> u32 {
    day(today())
}

/// Days after 1970-01-01.
fn day(date: Date) -> u32 {
    u32::try_from(date.to_julian_day() - EPOCH_JULIAN_DAY).unwrap_or(0)
}

fn date(day: u32) -> Date {
    let julian = i32::try_from(day).unwrap_or(0).saturating_add(EPOCH_JULIAN_DAY);
    Date::from_julian_day(julian).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests;
