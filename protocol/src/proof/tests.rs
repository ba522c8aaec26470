//! Whole bundles, verified.

mod edits;
mod endings;
mod flips;
mod judging;
mod outcomes;
mod rehash;
mod rented;
pub(crate) mod world;
