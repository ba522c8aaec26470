//! Comparison of answers (see the report).
