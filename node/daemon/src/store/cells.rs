//! Progress of executions: receipts of cells that are done.

use super::{CELLS, Store, StoreError};
use std::collections::BTreeMap;
use vantage_protocol::id::JobId;
use vantage_protocol::receipt::Receipt;

impl Store {
    /// Receipts of a slot's cells that are done, in canonical order (prompt, repeat).
    pub fn cells(&self, job: &JobId, slot: u32) -> Result<BTreeMap<(u32, u32), Receipt>, StoreError> {
        self.read(|transaction| {
            let table = transaction.open_table(CELLS)?;
            let (first, last) = ((&job.0, slot, 0, 0), (&job.0, slot, u32::MAX, u32::MAX));
            let mut cells = BTreeMap::new();
            for entry in table.range(first..=last)? {
                let (key, value) = entry?;
                let (_, _, prompt, repeat) = key.value();
                match serde_ipld_dagcbor::from_slice::<Receipt>(value.value()) {
                    Ok(receipt) => {
                        cells.insert((prompt, repeat), receipt);
                    }
                    // it counts as not done, and is done again
                    Err(error) => tracing::error!(%error, prompt, repeat, "a kept receipt is not readable"),
                }
            }
            Ok(cells)
        })
    }
}
