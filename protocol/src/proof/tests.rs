//! Whole bundles, verified.

mod edits;
mod endings;
mod flips;
mod judging;
mod outcomes;
mod rehash;
mod rented;
mod series;
mod unique;
pub(crate) mod world;
