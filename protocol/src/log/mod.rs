//! Transparency logs in the C2SP formats.
