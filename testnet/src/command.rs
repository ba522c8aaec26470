//! One file for each command that needs more than its library.

pub(crate) mod bench;
pub(crate) mod calibrate;
pub(crate) mod kill;
pub(crate) mod sim;
pub(crate) mod vendor;
