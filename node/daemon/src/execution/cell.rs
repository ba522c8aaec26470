//! One cell: put one prompt once, bring back a receipt and its blocks.

use super::api;
use super::golem::GolemSlot;
use super::open::OpenWorker;
use crate::clock;
use crate::store::StoreError;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use vantage_exec::{Allowance, Meter, VendorClient};
use vantage_protocol::attester::Task;
use vantage_protocol::cid::Cid;
use vantage_protocol::receipt::Receipt;
use vantage_protocol::target::Target;

/// What carries prompts to a model.
#[derive(Clone, Debug)]
pub(super) enum Executor {
    /// An open model, run on this machine.
    Open(Arc<OpenWorker>),
    /// A vendor's API.
    Api(Arc<VendorClient>),
    /// An open model, run by providers of the Golem Network.
    Golem(Arc<GolemSlot>),
}

/// A cell that is done.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) receipt: Receipt,
    /// Output and response, as far as there are any.
    pub(super) blocks: Vec<(Cid, Vec<u8>)>,
}

/// Why a cell has no receipt.
#[derive(Debug)]
pub(super) enum NoCell {
    /// Called off.
    Cancelled,
    /// The target cannot be run here after all.
    Unavailable(String),
    /// The node cannot remember.
    Failed(StoreError),
}

/// What all cells of a slot share.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) target: Target,
    pub(super) region: String,
    pub(super) output_bytes_max: u64,
    /// When cells are no longer begun and the running one ends, POSIX milliseconds.
    pub(super) stop_ms: u64,
    pub(super) cancel: CancellationToken,
    /// What calls to APIs are paid from.
    pub(super) meter: Arc<dyn Meter>,
}

impl Terms {
    /// No cell is to be begun any more.
    pub(super) fn is_late(&self) -> bool {
        clock::now_ms() >= self.stop_ms
    }
}

impl Executor {
    /// Runs one cell.
    pub(super) async fn run(&self, task: &Task, terms: &Terms) -> Result<Cell, NoCell> {
        match self {
            Self::Open(worker) => worker.run(task, terms).await,
            Self::Golem(slot) => slot.run(task, terms).await,
            Self::Api(vendor) => {
                let deadline = tokio::time::Instant::now()
                    + std::time::Duration::from_millis(terms.stop_ms.saturating_sub(clock::now_ms()));
                let (meter, cancel) = (terms.meter.clone(), terms.cancel.clone());
                let allowance = Allowance { meter, deadline: Some(deadline), cancel };
                api::run(vendor, task, terms, &allowance).await
            }
        }
    }

    /// Ends what was opened for the slot. What was told of the slot does not wait for it.
    pub(super) async fn close(&self) {
        match self {
            Self::Open(_) | Self::Api(_) => {}
            Self::Golem(slot) => slot.close().await,
        }
    }
}
