//! Planted violations, one for each check.
