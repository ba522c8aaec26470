//! One slot, from its first cell to its salt.

use super::SlotOutcome;
use super::api::in_store;
use super::cell::{Cell, Executor, NoCell, Terms};
use super::receipt;
use crate::clock;
use crate::ledger::vendor_name;
use crate::ledger::{Ledger, Purpose};
use crate::store::{Batch, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use vantage_protocol::attester::Execution;
use vantage_protocol::id::{Hash, Salt};
use vantage_protocol::receipt::Receipt;

/// Of the time that is left for a slot, this part is kept for certifying its commit. A guess.
const MARGIN_DIVISOR: u64 = 10;
/// Shortest time kept for certifying a commit: a batch, and one round trip to the witnesses. A guess.
const MARGIN_MS_MIN: u64 = 500;
/// Longest time kept for certifying a commit: two attempts at slow witnesses. A guess.
const MARGIN_MS_MAX: u64 = 5_000;

/// A slot under way.
pub(super) struct Slot {
    pub(super) execution: Execution,
    pub(super) executor: Executor,
    pub(super) store: Arc<Store>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) gap: Duration,
    pub(super) cancel: CancellationToken,
}

impl Slot {
    /// Runs what is not done yet.
    pub(super) async fn run(self) -> SlotOutcome {
        match self.receipts().await {
            Ok(cells) => match fresh_salt() {
                Ok(salt) if clock::now_ms() < self.until_ms() => SlotOutcome::Executed { salt, cells },
                Ok(_) => SlotOutcome::GivenUp,
                Err(reason) => SlotOutcome::Declined { reason },
            },
            Err(NoCell::Cancelled) => SlotOutcome::GivenUp,
            Err(NoCell::Unavailable(reason)) => SlotOutcome::Declined { reason },
            Err(NoCell::Failed(error)) => SlotOutcome::Failed(self.store.reason(error)),
        }
    }

    /// One receipt for each cell, in canonical order.
    async fn receipts(&self) -> Result<Vec<Receipt>, NoCell> {
        let mut done = self.done().await?;
        let terms = self.terms();
        let mut first = true;
        for task in &self.execution.tasks {
            if done.contains_key(&(task.prompt, task.repeat)) {
                continue;
            }
            if !first {
                self.pause(&terms).await;
            }
            first = false;
            if self.cancel.is_cancelled() || clock::now_ms() >= self.until_ms() {
                return Err(NoCell::Cancelled);
            }
            let mut cell = if terms.is_late() {
                receipt::of_failure(task, &terms, "deadline")
            } else {
                self.executor.run(task, &terms).await?
            };
            receipt::fit(&mut cell.receipt, self.execution.tasks.len());
            done.insert((task.prompt, task.repeat), cell.receipt.clone());
            self.keep(cell).await?;
        }
        Ok(done.into_values().collect())
    }

    /// Cells that an earlier run did. A kept receipt counts if it is of the same request and its blocks are there.
    async fn done(&self) -> Result<BTreeMap<(u32, u32), Receipt>, NoCell> {
        let (job, slot, store) = (self.execution.job, self.execution.slot, self.store.clone());
        let asked: BTreeMap<(u32, u32), Hash> =
            self.execution.tasks.iter().map(|task| ((task.prompt, task.repeat), task.hash)).collect();
        let done = in_store(move || {
            let mut done = store.cells(&job, slot)?;
            done.retain(|key, receipt| {
                let mut blocks = [receipt.output, receipt.response].into_iter().flatten();
                asked.get(key) == Some(&receipt.request) && blocks.all(|cid| store.block(&cid).is_some())
            });
            Ok(done)
        });
        Ok(done.await?)
    }

    fn terms(&self) -> Terms {
        let Execution { job, slot, calls_max, target, .. } = &self.execution;
        let purpose = Purpose::Slot { job: *job, slot: *slot, calls_max: *calls_max };
        let until_ms = self.until_ms();
        let left_ms = until_ms.saturating_sub(clock::now_ms());
        let margin_ms = (left_ms / MARGIN_DIVISOR).clamp(MARGIN_MS_MIN, MARGIN_MS_MAX);
        Terms {
            target: target.clone(),
            region: self.execution.region.clone(),
            output_bytes_max: self.execution.output_bytes_max,
            stop_ms: until_ms.saturating_sub(margin_ms),
            cancel: self.cancel.clone(),
            meter: Arc::new(self.ledger.purse(target, vendor_name(target), purpose)),
        }
    }

    fn until_ms(&self) -> u64 {
        self.execution.until_s.saturating_mul(1000)
    }

    /// The pause between two cells; cut short once it leads nowhere.
    async fn pause(&self, terms: &Terms) {
        let left = Duration::from_millis(terms.stop_ms.saturating_sub(clock::now_ms()));
        tokio::select! {
            () = tokio::time::sleep(self.gap.min(left)) => {}
            () = self.cancel.cancelled() => {}
        }
    }

    /// Receipt and blocks of a cell, on disk together.
    async fn keep(&self, cell: Cell) -> Result<(), NoCell> {
        let mut batch = Batch::default();
        for (cid, bytes) in cell.blocks {
            batch.put(&cid, bytes, false);
        }
        batch.cell(self.execution.job, self.execution.slot, &cell.receipt);
        let store = self.store.clone();
        Ok(in_store(move || store.commit_often(batch)).await?)
    }
}

impl From<StoreError> for NoCell {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn fresh_salt() -> Result<Salt, String> {
    let mut bytes = [0; 32];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(Salt(bytes)),
        Err(error) => Err(format!("the system's random source failed: {error}")),
    }
}
