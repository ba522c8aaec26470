//! Control of a running node over a Unix socket in its data directory, mode 0600.

pub mod client;
pub mod protocol;
pub(crate) mod view;
mod wire;

pub use client::{Client, ClientError};
