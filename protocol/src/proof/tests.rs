//! Whole bundles, verified.

mod edits;
mod flips;
mod judging;
mod outcomes;
pub(crate) mod world;
