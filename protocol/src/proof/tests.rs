//! Whole bundles, verified.

mod edits;
mod flips;
mod judging;
mod outcomes;
mod rehash;
pub(crate) mod world;
