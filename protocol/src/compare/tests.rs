//! Tests of the comparison as a whole.

mod bounds;
mod canonical;
mod properties;
mod rule;
mod tables;
mod world;
