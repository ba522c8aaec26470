//! Members that break the rules.

use super::event::Index;
use super::world::World;
use vantage_protocol::attester::Stream;

/// How a member breaks the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strategy {
    /// Says nothing at all.
    Silent,
}

/// A member that breaks the rules.
#[derive(Clone, Debug)]
pub struct Rogue {
    /// How.
    pub strategy: Strategy,
}

impl World {
    pub(super) fn plan_rogues(&mut self) {}
    pub(super) fn serves(&self, _node: Index) -> bool {
        true
    }
    pub(super) fn rogue_answer(&mut self, _node: Index, _stream: Stream, _bytes: &[u8]) -> Option<Option<Vec<u8>>> {
        None
    }
    pub(super) fn rogue_hears(&mut self, _node: Index, bytes: Option<Vec<u8>>) -> Option<Vec<u8>> {
        bytes
    }
    pub(super) fn scheme(&mut self, _node: Index) {}
    pub(super) fn executed(
        &mut self,
        node: Index,
        job: vantage_protocol::id::JobId,
        slot: u32,
        salt: vantage_protocol::id::Salt,
        cells: Vec<vantage_protocol::receipt::Receipt>,
    ) {
        self.input(node, vantage_protocol::attester::Input::Executed { job, slot, salt, cells });
    }
}
