//! Control of a running node over a Unix socket in its data directory, mode 0600.

pub mod client;
pub mod golem;
pub mod protocol;
mod requests;
mod server;
mod socket;
mod upkeep;
mod vendors;
mod wire;

pub use client::{Client, ClientError};
pub use requests::Snapshot;
pub use server::{About, Context, Upkeep, serve};
pub(crate) use socket::{STAGED, STAGING};
pub use socket::{Socket, SocketError};

#[cfg(test)]
mod tests;
