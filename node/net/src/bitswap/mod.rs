//! Bitswap 1.2 (and 1.1), client and server: blocks by CID.

mod source;
pub(crate) mod varint;

pub use source::{BlockSource, NoBlocks};
