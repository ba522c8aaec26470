//! What the calls of one slot, or one probe, are paid from.

use super::prices::cost_microusd;
use super::{Ledger, Refusal, day, today};
use crate::store::{Booking, StoreError};
use std::sync::Arc;
use vantage_exec::{Charge, Meter, MeterError, Pending, Price, Ticket, Tokens};
use vantage_protocol::id::JobId;
use vantage_protocol::target::Target;

/// What calls are made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A slot of a job.
    Slot {
        /// Which job.
        job: JobId,
        /// Which slot.
        slot: u32,
        /// Most calls of the slot, as the job has it.
        calls_max: u32,
    },
    /// An operator tries a target.
    Probe,
}

/// Pays for calls to one target out of the ledger.
#[derive(Clone, Debug)]
pub struct Purse {
    ledger: Arc<Ledger>,
    target: Target,
    vendor: String,
    price: Option<Price>,
    purpose: Purpose,
}

impl Purse {
    pub(super) fn new(
        ledger: Arc<Ledger>,
        target: Target,
        vendor: String,
        price: Option<Price>,
        purpose: Purpose,
    ) -> Self {
        Self { ledger, target, vendor, price, purpose }
    }

    /// What a call of so many tokens costs, where a price is known.
    pub fn cost_microusd(&self, tokens: Tokens) -> Option<u64> {
        Some(cost_microusd(self.price?, tokens.input, tokens.output))
    }

    fn booking(&self, most: Tokens) -> Booking {
        Booking {
            of: match self.purpose {
                Purpose::Slot { job, slot, .. } => Some((job, slot)),
                Purpose::Probe => None,
            },
            vendor: self.vendor.clone(),
            day: day(today()),
            most_microusd: self.cost_microusd(most).unwrap_or(0),
        }
    }
}

impl Meter for Purse {
    fn reserve(&self, most: Tokens) -> Pending<'_, Ticket> {
        let purse = self.clone();
        Box::pin(async move {
            let target = purse.target.clone();
            let booked = in_store(move || {
                let is_priced = purse.price.is_some();
                purse.ledger.book(&purse.booking(most), &purse.purpose, is_priced)
            });
            booked.await?.map_err(|Refusal(why)| MeterError::Exhausted(format!("{target}: {why}")))
        })
    }

    fn settle(&self, ticket: Ticket, charge: Charge) -> Pending<'_, Option<u64>> {
        let purse = self.clone();
        Box::pin(async move {
            let cost = match charge {
                Charge::Nothing => Some(0),
                Charge::For(tokens) => purse.cost_microusd(tokens),
                Charge::Unknown => None,
            };
            let booked = in_store(move || purse.ledger.settle(ticket, cost, &purse.purpose)).await?;
            // What costs nothing is known to, but a receipt tells only what a price backs.
            Ok(booked.filter(|_| self.price.is_some()))
        })
    }
}

/// Runs a call to the store where it may block.
async fn in_store<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, MeterError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result.map_err(|error| MeterError::NotRecorded(error.to_string())),
        // what a panic says may hold anything; where it was is on standard error
        Err(_) => Err(MeterError::NotRecorded("the task that writes it ended before its time".to_owned())),
    }
}
