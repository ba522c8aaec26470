//! Bytes of another network.

use super::event::Index;
use super::world::World;

/// A message of another network.
#[derive(Clone, Debug)]
pub enum Message {}

impl World {
    pub(super) fn plan_foreign(&mut self) {}
    pub(super) fn hear_foreign(&mut self, _node: Index, _which: usize) {}
}
