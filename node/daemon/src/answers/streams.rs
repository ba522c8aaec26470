//! What is answered with bytes: blocks, files of them, and jobs that are watched.

use super::Context;
use crate::engine::Published;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream as futures_stream;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use vantage_api::{GetBlock, GetCar, Handlers, JobView, Phase, Pieces, Refusal, WatchJob, whole};
use vantage_protocol::proof::Car;

/// A watched job is looked at no more often than this. A guess that no person notices.
const WATCH_PAUSE: Duration = Duration::from_millis(100);

pub(super) fn handlers(handlers: Handlers<Context>) -> Handlers<Context> {
    handlers.stream(block).stream(car).stream(watch)
}

async fn block(context: Context, wanted: GetBlock) -> Result<Pieces, Refusal> {
    let (store, cid) = (context.store.clone(), wanted.cid);
    let found = spawn_blocking(move || store.public_block(&cid)).await.ok().flatten();
    let help = "fetch it from the network with any IPFS client, or ask another node";
    found.map(whole).ok_or_else(|| Refusal::missing("cid", format!("{cid} is not here, or not public"), help))
}

/// A root and everything below it.
async fn car(context: Context, wanted: GetCar) -> Result<Pieces, Refusal> {
    let store = context.store.clone();
    let gather = move || Car::collect(wanted.root, &|cid| store.public_block(cid)).map(|car| car.to_bytes());
    match spawn_blocking(gather).await {
        Ok(Ok(bytes)) => Ok(whole(bytes)),
        Ok(Err(error)) => {
            Err(Refusal::missing("root", error, "wait until the job is done here, or ask another node"))
        }
        Err(error) => Err(Refusal::failed("store", error, "see the node's log")),
    }
}

/// A job again whenever it changes, until it is done or the client leaves.
async fn watch(context: Context, wanted: WatchJob) -> Result<Pieces, Refusal> {
    let mut changed = context.published.clone();
    changed.mark_unchanged();
    let first = context.job(wanted.id).await?;
    let lines =
        futures_stream::unfold(Watched { context, changed, last: None, first: Some(first) }, Watched::next);
    Ok(lines.boxed())
}

struct Watched {
    context: Context,
    changed: tokio::sync::watch::Receiver<Arc<Published>>,
    first: Option<JobView>,
    /// What was told last; a job that is over is not told again.
    last: Option<JobView>,
}

impl Watched {
    async fn next(mut self) -> Option<(Result<Bytes, std::io::Error>, Self)> {
        if let Some(first) = self.first.take() {
            return Some(self.tell(first));
        }
        let last = self.last.take().filter(|view| !is_over(view))?;
        loop {
            if self.changed.changed().await.is_err() {
                return Some((Ok(line(&Refusal::stopping().fault)), self));
            }
            tokio::time::sleep(WATCH_PAUSE).await;
            self.changed.mark_unchanged();
            match self.context.job(last.id.to_string()).await {
                Ok(view) if view == last => {}
                Ok(view) => return Some(self.tell(view)),
                Err(Refusal { fault, .. }) => return Some((Ok(line(&fault)), self)),
            }
        }
    }

    fn tell(mut self, view: JobView) -> (Result<Bytes, std::io::Error>, Self) {
        let line = line(&view);
        self.last = Some(view);
        (Ok(line), self)
    }
}

/// Nothing more is to come: refused, or done and published here.
fn is_over(view: &JobView) -> bool {
    view.phase == Phase::Refused || (view.phase == Phase::Done && view.content.is_some())
}

fn line(value: &impl serde::Serialize) -> Bytes {
    // what is shown here has a form in JSON
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
