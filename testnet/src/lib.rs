//! Test networks of Vantage: simulator, real processes, simulated vendors, demo.

pub mod vendors;
