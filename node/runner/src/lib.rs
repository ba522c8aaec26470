//! Runs a small open language model, deterministically, on one CPU thread.
