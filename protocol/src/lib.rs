//! The pure core of Vantage: encoding, logs, jobs, rounds, proofs and comparison.
