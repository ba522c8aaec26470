//! Real swarms in one process, over loopback.

mod bitswap;
mod discovery;
mod gossip;
mod hostile;
mod raw;
mod stranger;
mod streams;
mod world;
