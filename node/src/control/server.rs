//! The node's end of its socket: HTTP with JSON, for a bounded number of connections.

use super::route::fault;
use super::socket::Socket;
use super::{orders, reads, streams};
use crate::engine::{Command, Event, Published};
use crate::execution::Spending;
use crate::store::Store;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use vantage_api::{BODY_BYTES_MAX, Fault};
use vantage_net::NetHandle;
use vantage_protocol::genesis::Genesis;
use vantage_protocol::id::NodeId;

/// Connections at once; others wait in the system's queue. A guess: an operator and some scripts.
pub const CONNECTIONS_MAX: usize = 64;
/// How long a stopping node lets its clients read their last answer.
const LAST_WORDS: Duration = Duration::from_millis(500);

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

/// Serves clients until the node stops.
pub async fn serve(socket: Socket, context: Context) {
    let stop = context.stop.clone();
    let router = Router::new()
        .merge(reads::routes())
        .merge(streams::routes())
        .merge(orders::routes())
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(context);
    let (listener, path) = socket.into_parts();
    let served =
        axum::serve(Limited::new(listener), router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let served = async { served.await };
    tokio::select! {
        served = served => if let Err(error) = served {
            tracing::error!(%error, "the control socket is not served any more");
        },
        () = async { stop.cancelled().await; tokio::time::sleep(LAST_WORDS).await } => {}
    }
    drop(path);
}

async fn nowhere(uri: Uri) -> Response {
    let what = format!("there is no {}", uri.path());
    fault(
        StatusCode::NOT_FOUND,
        Fault::new("path", what, "see docs/openapi.json: do program and node have the same version?"),
    )
}

/// A connection that holds its place.
pub(super) struct Connection {
    stream: UnixStream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A listener with a limited number of connections.
struct Limited {
    listener: UnixListener,
    places: Arc<Semaphore>,
}

impl Limited {
    fn new(listener: UnixListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)) }
    }
}

impl axum::serve::Listener for Limited {
    type Io = Connection;
    type Addr = tokio::net::unix::SocketAddr;

    async fn accept(&mut self) -> (Connection, Self::Addr) {
        loop {
            // the semaphore is never closed
            let Ok(place) = self.places.clone().acquire_owned().await else { std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, addr)) => return (Connection { stream, _place: place }, addr),
                Err(error) => {
                    tracing::warn!(%error, "a control client could not be accepted");
                    // out of file descriptors, mostly: the next attempt fails as quickly
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Context {
    /// Asks the engine; none once it has ended.
    pub(super) async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.events.send(Event::Command(command(reply))).await.ok()?;
        answer.await.ok()
    }
}
