//! Rendezvous and DHT entry point of a Vantage network.
fn main() {}
