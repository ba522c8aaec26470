//! A running node's interface: HTTP over a Unix socket in its data directory, mode 0600. Its types, paths and client are
//! the crate `vantage-api`.

mod orders;
mod reads;
mod route;
mod server;
mod snapshot;
mod socket;
mod streams;

pub use server::{About, CONNECTIONS_MAX, Context, Upkeep, serve};
pub use snapshot::Snapshot;
pub(crate) use socket::{STAGED, STAGING};
pub use socket::{Socket, SocketError};

#[cfg(test)]
mod tests;
