//! Requests about backups and pruning.

use super::protocol::{Fault, Response};
use super::server::Context;
use crate::backup;
use crate::upkeep;
use std::path::PathBuf;

impl Context {
    /// Writes a backup while the node runs.
    pub(super) async fn backup(&self, out: PathBuf, root_key: bool) -> Result<Response, Fault> {
        let (store, data) = (self.store.clone(), self.upkeep.data.clone());
        let place = out.display().to_string();
        let write = move || backup::write(&store, &data, &out, root_key).map_err(|error| error.to_string());
        let written = tokio::task::spawn_blocking(write).await.map_err(|error| error.to_string());
        written.and_then(|written| written).map(Response::Backup).map_err(|what| Fault {
            what,
            place,
            help: "choose another place, where the node may write".to_owned(),
        })
    }

    /// Prunes now, or says what would go.
    pub(super) async fn prune(&self, dry: bool) -> Result<Response, Fault> {
        let pruned = upkeep::prune(&self.events, &self.store, self.upkeep.keep, dry).await;
        pruned.map(Response::Pruned).map_err(|what| Fault {
            what,
            place: "node".to_owned(),
            help: "try again; see the node's log".to_owned(),
        })
    }
}
