//! Checks of the module above.
