//! The Vantage node and command line.
fn main() {}
