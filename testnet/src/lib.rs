//! Test networks of Vantage: simulator, real processes, simulated vendors, demo, benchmarks.

pub mod bench;
pub mod calibrate;
pub mod cluster;
pub mod demo;
pub mod golem;
pub mod kill;
pub mod sim;
pub mod vendors;
