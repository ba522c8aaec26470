//! Tests of the comparison as a whole.

mod bounds;
mod canonical;
mod cut;
mod excerpts;
mod hostile;
mod planted;
mod properties;
mod refusing;
mod rule;
mod tables;
mod tally;
mod world;
