//! Tests that need no process and no network: models, vectors, and checks on the sources themselves.

mod endings;
mod models;
mod purity;
mod round_trip;
mod sources;
mod tidy;
mod tokens;
mod vectors;
