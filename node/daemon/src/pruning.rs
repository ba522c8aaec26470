//! Pruning while the node runs.

use crate::clock;
use crate::config::upkeep::Keep;
use crate::engine::{Command, Event};
use crate::store::Store;
use crate::upkeep::Plan;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use vantage_api::Pruned;

/// How often the node prunes by itself.
const EVERY: Duration = Duration::from_secs(24 * 3600);
/// First time after a start: not while everybody asks for everything. A guess.
const FIRST: Duration = Duration::from_secs(300);
/// Plans that are made before giving up: each time a new job came in between.
const TRIES: usize = 5;

/// Makes a plan and has the engine carry it out between two inputs. The error is for people.
pub async fn prune(
    events: &mpsc::Sender<Event>,
    store: &Arc<Store>,
    keep: Keep,
    dry: bool,
) -> Result<Pruned, String> {
    let stopping = || "the node is stopping".to_owned();
    for _ in 0..TRIES {
        let (reply, answer) = oneshot::channel();
        events.send(Event::Command(Command::Briefs(reply))).await.map_err(|_| stopping())?;
        let briefs = answer.await.map_err(|_| stopping())?;
        let store = store.clone();
        let make = move || {
            let now_s = clock::now_ms() / 1000;
            let plan = Plan::make(&store, &briefs, &keep, now_s).map_err(|error| error.to_string())?;
            let counted = dry.then(|| plan.carry_out(&store, now_s, true)).transpose();
            Ok::<_, String>((plan, counted.map_err(|error| error.to_string())?))
        };
        let made = tokio::task::spawn_blocking(make).await.map_err(|error| error.to_string())?;
        let plan = match made? {
            (_, Some(counted)) => return Ok(counted),
            (plan, None) => plan,
        };
        let (reply, answer) = oneshot::channel();
        let command = Command::Prune { plan: Box::new(plan), reply };
        events.send(Event::Command(command)).await.map_err(|_| stopping())?;
        if let Some(done) = answer.await.map_err(|_| stopping())? {
            return done;
        }
    }
    Err("new jobs came in all the time: try again".to_owned())
}

/// Prunes once a day until the node stops.
pub async fn prune_daily(
    events: mpsc::Sender<Event>,
    store: Arc<Store>,
    keep: Keep,
    stop: CancellationToken,
) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
        wait = EVERY;
        match prune(&events, &store, keep, false).await {
            Ok(done) => tracing::info!(
                jobs = done.jobs,
                blocks = done.blocks,
                block_bytes = done.block_bytes,
                records = done.records,
                record_bytes = done.record_bytes,
                rows = done.rows,
                "pruned"
            ),
            Err(error) => tracing::warn!(error, "nothing was pruned"),
        }
    }
}
