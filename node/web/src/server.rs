//! The node's end of its socket: HTTP with JSON, for a bounded number of connections.

use crate::connection::Connection;
use crate::route::{nowhere, other_method, routes};
use axum::extract::DefaultBodyLimit;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vantage_api::{BODY_BYTES_MAX, Handler};

/// Connections at once; others wait in the system's queue. A guess: an operator and some scripts.
pub const CONNECTIONS_MAX: usize = 64;
/// How long a stopping node lets its clients read their last answer.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Serves clients by these handlers until the node stops.
pub async fn serve(listener: UnixListener, handlers: Vec<Handler>, stop: CancellationToken) {
    let router = routes(handlers)
        .fallback(nowhere)
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    let served = axum::serve(Limited::new(listener, stop.clone()), router)
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let served = async { served.await };
    tokio::select! {
        served = served => if let Err(error) = served {
            tracing::error!(%error, "the control socket is not served any more");
        },
        () = async { stop.cancelled().await; tokio::time::sleep(LAST_WORDS).await } => {}
    }
}

/// A listener with a limited number of connections.
struct Limited {
    listener: UnixListener,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Limited {
    fn new(listener: UnixListener, stop: CancellationToken) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), stop }
    }
}

impl axum::serve::Listener for Limited {
    type Io = Connection<UnixStream>;
    type Addr = tokio::net::unix::SocketAddr;

    async fn accept(&mut self) -> (Connection<UnixStream>, Self::Addr) {
        loop {
            // the semaphore is never closed
            let Ok(place) = self.places.clone().acquire_owned().await else { std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, addr)) => {
                    let stop = self.stop.clone();
                    // a client that reads no more would hold what it was being told from, and with it the store
                    let end = async move {
                        stop.cancelled().await;
                        tokio::time::sleep(LAST_WORDS).await;
                    };
                    return (Connection::new(stream, end, place), addr);
                }
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
