//! Drift over the jobs of a series, by evidence that anybody multiplies from sealed contents alone.
//!
//! Each job of a series names the one before it, and is a **calibration job** or names one that it is held against. Jobs are taken in
//! the order of these names, from the first on: a job's id is a hash over the name of the one before, so the order is signed and
//! nobody's clock enters it.
//!
//! # Evidence
//!
//! A job is held against its calibration job prompt by prompt, with as many answers on both sides ([`Moves`]): a prompt went *up*
//! where the job has more yeses, *down* where it has fewer. Where nothing changed, each prompt that moved goes either way as
//! likely, and the mean of [`Evidence`](crate::compare::infer::Evidence) is one. Pairs of jobs have no job in common, so their
//! evidence multiplies, and by Ville's inequality the product ever reaches 20 times the number of lines, for any line of the
//! series, in at most 5% of series in which nothing changes, however long they go on and whenever they are looked at.
//!
//! That holds for pairs whose partners nobody chose. So a job names the *oldest* calibration job that is unused: whoever may choose
//! among five whose answers are known chooses the oddest.
//!
//! # What voids a product
//!
//! A gap: a job that is missing, or not SEALED. Two jobs that follow the same one. A calibration job that is none of the jobs
//! before, was held against another itself, was used before, or passes an older unused one over. Another author, suite, or list of
//! lines. From there on there is no product for anything that follows; what stood before stands ([`Why`]).
//!
//! # Causes
//!
//! An alarm says that answers changed. [`Cause`] says where, as far as counting can tell.

mod cause;
mod chain;
mod entry;
mod followed;
mod moves;

#[cfg(test)]
mod tests;

pub use cause::Cause;
pub use chain::{Void, Why};
pub use entry::Entry;
pub use followed::{Alarm, Followed, LineFollowed, Link, Next, NotFollowed, Place, Role, follow, heads};
pub use moves::Moves;

/// How much the evidence of one line grows before it alarms, for each line of the series: one chance in 20 for all of them together.
pub const ALARM_FACTOR: u64 = 20;
