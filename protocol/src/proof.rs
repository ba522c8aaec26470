//! Proofs that need nothing but this crate: content and bundles, their files, the judgement of a
//! reveal, the verification of a whole job, and portable evidence.

mod car;
mod compare_input;
mod content;
mod evidence;
mod executors;
mod judge;
mod links;
mod open_cells;
mod pool;
mod rented;
mod source;
mod verdict;
mod verify;

#[cfg(test)]
pub(crate) mod tests;

pub use car::{CAR_BYTES_MAX, Car, CarError, file_kind};
pub use compare_input::{Compared, Compiled, NotComparable, compare_input, report};
pub use content::{Assembled, Parts, assemble, bundle, certs};
pub use evidence::{Accused, Evidence, Offence};
pub use executors::candidates;
pub use judge::{Get, Judge, Judgement, judge_reveal};
pub use links::{BLOCKS_MAX, Closure, Link, Role, closure, links};
pub use open_cells::{OpenCell, open_cells};
pub use rented::{OnGolem, Rented, SharedProvider};
pub use verdict::{
    Comparison, FinalPart, Independence, Integrity, JobPart, Network, Quorum, Span, Summary, TimeBracket,
    Verdict, Who,
};
pub use verify::{Trust, verify, verify_car};
