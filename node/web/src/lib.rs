//! What a node serves over HTTP: calls on its own socket, and health and metrics where they are asked for. How calls are
//! answered is not known here: handlers come from outside.

mod connection;
mod metrics;
mod route;
mod server;

pub use metrics::{Look, Metrics, MetricsError};
pub use server::{CONNECTIONS_MAX, serve};
