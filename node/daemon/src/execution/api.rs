//! Cells that go to a vendor's API.

use super::cell::{Cell, NoCell, Terms};
use super::receipt;
use crate::store::StoreError;
use vantage_exec::{Allowance, Call, Failure, VendorClient};
use vantage_protocol::attester::Task;

/// Sends one cell's request.
pub(super) async fn run(
    vendor: &VendorClient,
    task: &Task,
    terms: &Terms,
    allowance: &Allowance,
) -> Result<Cell, NoCell> {
    let request = &task.request;
    let call = Call::new(&request.method, &request.path, &request.headers, request.body.clone())
        .map_err(|error| NoCell::Unavailable(error.to_string()))?;
    let evidence = vendor
        .execute(&terms.region, &call, allowance)
        .await
        .map_err(|error| NoCell::Failed(StoreError::Unrecorded(error.to_string())))?;
    if evidence.failure == Some(Failure::Cancelled) {
        return Err(NoCell::Cancelled);
    }
    let host = vendor.vendor().own_host(&terms.region);
    Ok(receipt::of_evidence(task, terms, evidence, host))
}

/// Runs a call to the store where it may block.
pub(super) async fn in_store<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result,
        // what a panic says may hold anything; where it was is on standard error
        Err(_) => Err(StoreError::Unrecorded("the task that writes it ended before its time".to_owned())),
    }
}
