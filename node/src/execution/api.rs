//! Cells that go to a vendor's API.

use super::cell::{Cell, NoCell, Terms};
use super::receipt;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use vantage_exec::{Allowance, Call, CallBudget, Failure, OpenAi};
use vantage_protocol::attester::{Execution, Task};

/// Calls set aside for a slot, each counted on disk before it is sent.
pub(super) async fn budget(
    vendor: &OpenAi,
    execution: &Execution,
    store: &Arc<Store>,
) -> Result<Arc<CallBudget>, StoreError> {
    let (config, name) = (vendor.vendor().config(), vendor.vendor().target().to_owned());
    let cells = u32::try_from(execution.tasks.len()).unwrap_or(u32::MAX);
    // More can never be sent, and what is not set aside is left to the job's other slots.
    let wanted = execution.calls_max.min(cells.saturating_mul(config.attempts_max));
    let (job, slot, job_calls_max) = (execution.job, execution.slot, config.calls_max_per_job);
    let kept = store.clone();
    let reserved = in_store(move || kept.reserve_calls(&job, slot, &name, wanted, job_calls_max)).await?;
    let kept = store.clone();
    let record =
        Box::new(move |used: u32| -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
            let kept = kept.clone();
            Box::pin(async move {
                in_store(move || kept.count_calls(&job, slot, used)).await.map_err(|error| error.to_string())
            })
        });
    Ok(Arc::new(CallBudget::new(reserved.calls_max, reserved.used, record)))
}

/// Sends one cell's request.
pub(super) async fn run(
    vendor: &OpenAi,
    task: &Task,
    terms: &Terms,
    allowance: &Allowance,
) -> Result<Cell, NoCell> {
    let request = &task.request;
    let call = Call::new(&request.method, &request.path, request.body.clone())
        .map_err(|error| NoCell::Unavailable(error.to_string()))?;
    let evidence = vendor
        .execute(&terms.region, &call, allowance)
        .await
        .map_err(|error| NoCell::Failed(StoreError::Unrecorded(error.to_string())))?;
    if evidence.failure == Some(Failure::Cancelled) {
        return Err(NoCell::Cancelled);
    }
    Ok(receipt::of_evidence(task, terms, evidence))
}

/// Runs a call to the store where it may block.
pub(super) async fn in_store<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Unrecorded(error.to_string())),
    }
}
