//! Tests of series.

mod causes;
mod chain;
mod rates;
mod world;
