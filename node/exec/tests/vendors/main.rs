//! The client against simulated vendors on loopback: what it does, and what it makes of what comes back.

mod addresses;
mod client;
mod dialects;
mod framing;
mod oddities;
mod support;
mod waits;
mod wire;
