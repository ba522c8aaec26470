//! The seeded simulator: the real core in a world of delays, losses, crashes and liars.
//!
//! A [`Scenario`] (read from a `file`, or drawn by its `script`) makes a [`World`]: a `cast` with keys,
//! [`Node`]s with [`Disk`]s, a `mesh` and a `network` between them, `work` to do, [`Rogue`]s. Its `plan` fills a
//! queue of `event`s; effects are carried out in `carry`. The [`Ear`] hears them and keeps a [`Mirror`] of
//! each honest node, [`violations`] looks at all of it in the end, [`Trace`] hashes it and `describe`s it in
//! words. [`shrink()`] makes a failing scenario small, [`latency()`] measures a calm one.
//!
//! Nothing here but [`Dice`] draws a number and nothing looks at a clock: a seed reproduces a run to
//! the byte.

mod carry;
mod cast;
mod describe;
mod dice;
mod disk;
mod ear;
mod event;
mod file;
mod follower;
mod foreign;
mod invariants;
mod latency;
mod mesh;
mod mirror;
mod network;
mod node;
mod outcome;
mod plan;
mod rogue;
mod scenario;
mod script;
mod shrink;
mod trace;
mod work;
mod world;

pub use cast::{Cast, Identity};
pub use dice::Dice;
pub use disk::Disk;
pub use ear::{Ear, Fixed};
pub use file::{Expect, ScenarioFile, parse, print};
pub use invariants::violations;
pub use latency::{Latency, latency};
pub use mirror::{Branch, Cosigned, Library, Mirror, Reader};
pub use node::Node;
pub use outcome::{Outcome, run, trace};
pub use rogue::{Rogue, Strategy};
pub use scenario::{Bug, Scenario};
pub use script::{Action, Step};
pub use shrink::{Shrunk, shrink, size};
pub use trace::Trace;
pub use world::World;
