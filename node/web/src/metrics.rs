//! Health and metrics over HTTP, for the machine itself: `/healthz`, `/readyz` and `/metrics` in the OpenMetrics text
//! format. Off unless configured, on loopback unless said otherwise, and nothing private in it: counts and states, no
//! address, no prompt, no answer, no name of a peer.

mod limited_listener;
mod page;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use limited_listener::LimitedListener;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vantage_api::{Refusal, Snapshot};

/// Longest time for the node to answer a look. A guess: it answers in milliseconds.
const LOOK_PATIENCE: Duration = Duration::from_secs(2);
/// Longest time since the engine has shown how it stands: it does so every second. A guess, for disks that are slow.
const SILENT_MAX: Duration = Duration::from_secs(15);
/// The text format (OpenMetrics 1.0).
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Looks at the node.
pub type Look = Arc<dyn Fn() -> BoxFuture<'static, Result<Snapshot, Refusal>> + Send + Sync>;

/// The bound address, before anything is served.
#[derive(Debug)]
pub struct Metrics {
    listener: TcpListener,
    address: SocketAddr,
}

/// The address could not be had.
#[derive(Debug, thiserror::Error)]
#[error(
    "metrics at {address}: {source}; end the program that has the address, or choose another under [metrics] listen"
)]
pub struct MetricsError {
    /// As configured.
    pub address: SocketAddr,
    /// What the system said.
    pub source: std::io::Error,
}

impl Metrics {
    /// Takes the address; port 0 picks one.
    pub async fn bind(address: SocketAddr) -> Result<Self, MetricsError> {
        let failed = |source| MetricsError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the node stops.
    pub async fn serve(self, look: Look, stop: CancellationToken) {
        let routes = Router::new()
            .route("/healthz", get(health))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(look);
        let served = axum::serve(LimitedListener::new(self.listener, stop.clone()), routes);
        // connections that are open end with the same token
        tokio::select! {
            served = served => if let Err(error) = served {
                tracing::warn!(%error, "metrics are no longer served");
            },
            () = stop.cancelled() => {}
        }
    }
}

/// Whether the node is alive: network and store answer, and the engine goes on.
async fn health(State(node): State<Look>) -> Response {
    match look(&node).await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

/// Whether it can do its work: what it says can be certified.
async fn ready(State(node): State<Look>) -> Response {
    let reasons = match look(&node).await {
        Ok(snapshot) => page::not_ready(&snapshot),
        Err(why) => vec![why.to_owned()],
    };
    if reasons.is_empty() {
        return (StatusCode::OK, "ready\n").into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n").into_response()
}

async fn metrics(State(node): State<Look>) -> Response {
    match look(&node).await {
        Ok(snapshot) => ([(header::CONTENT_TYPE, OPENMETRICS)], page::text(&snapshot)).into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn look(node: &Look) -> Result<Snapshot, &'static str> {
    match tokio::time::timeout(LOOK_PATIENCE, node()).await {
        Ok(Ok(snapshot)) if snapshot.age > SILENT_MAX => Err("the engine has done nothing for too long"),
        Ok(Ok(snapshot)) => Ok(snapshot),
        // what failed is in the node's log; it may name files
        Ok(Err(_)) => Err("the node is stopping, or its store fails"),
        Err(_) => Err("the node does not answer in time"),
    }
}
