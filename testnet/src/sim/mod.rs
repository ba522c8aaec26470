//! The seeded simulator: the real core in a world of delays, losses, crashes and liars.
//!
//! Nothing here but [`Dice`] draws a number and nothing looks at a clock: a seed reproduces a run to
//! the byte.

mod carry;
mod cast;
mod dice;
mod disk;
mod ear;
mod event;
mod foreign;
mod invariants;
mod mirror;
mod network;
mod node;
mod outcome;
mod plan;
mod rogue;
mod scenario;
mod trace;
mod work;
mod world;

pub use cast::{Cast, Identity};
pub use dice::Dice;
pub use disk::Disk;
pub use ear::{Ear, Fixed};
pub use invariants::violations;
pub use mirror::{Branch, Cosigned, Mirror};
pub use node::Node;
pub use outcome::{Outcome, run};
pub use rogue::{Rogue, Strategy};
pub use scenario::{Bug, Scenario};
pub use trace::Trace;
pub use world::World;
