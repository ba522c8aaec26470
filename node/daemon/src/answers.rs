//! What a running node answers to calls: reads from what the engine has published and from the store, orders by the engine.
//! What carries the calls is not known here.

mod orders;
mod reads;
mod snapshot;
mod streams;

use crate::engine::{Command, Event, Published};
use crate::execution::Spending;
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use vantage_api::{Handler, Handlers};
use vantage_net::NetHandle;
use vantage_protocol::genesis::Genesis;
use vantage_protocol::id::NodeId;

/// What calls are answered from.
#[derive(Clone, Debug)]
pub struct Context {
    /// Reaches the engine.
    pub events: mpsc::Sender<Event>,
    /// What the engine shows.
    pub published: watch::Receiver<Arc<Published>>,
    /// What was spent.
    pub spending: Spending,
    /// Public blocks, and counts.
    pub store: Arc<Store>,
    /// The network's state.
    pub net: NetHandle,
    /// What does not change while the node runs.
    pub about: Arc<About>,
    /// What pruning and backups need to know.
    pub upkeep: Arc<Upkeep>,
    /// Ends the node.
    pub stop: CancellationToken,
}

/// What pruning and backups need to know.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// The data directory.
    pub data: std::path::PathBuf,
    /// What is kept for how long.
    pub keep: crate::config::upkeep::Keep,
}

/// What does not change while a node runs.
#[derive(Clone, Debug)]
pub struct About {
    /// The network.
    pub genesis: Genesis,
    /// Node id.
    pub node: NodeId,
    /// Region that the node declares.
    pub region: Option<String>,
    /// When the process started, POSIX seconds.
    pub started_s: u64,
}

impl Context {
    /// Handlers of all that changes nothing.
    pub fn reads(&self) -> Vec<Handler> {
        streams::handlers(reads::handlers(Handlers::of(self.clone()))).finish()
    }

    /// Handlers of all that asks for something to be done.
    pub fn orders(&self) -> Vec<Handler> {
        orders::handlers(Handlers::of(self.clone())).finish()
    }

    /// Asks the engine; none once it has ended.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.events.send(Event::Command(command(reply))).await.ok()?;
        answer.await.ok()
    }
}
