//! What leaves honest nodes.

use super::event::Index;
use vantage_protocol::attester::{Config, Effect};

/// Listens at every honest node.
#[derive(Debug, Default)]
pub struct Ear;

impl Ear {
    pub(super) fn hear(&mut self, _now_ms: u64, _node: Index, _config: &Config, _effect: &Effect) -> Vec<String> {
        Vec::new()
    }
    pub(super) fn crashed(&mut self, _node: Index) {}
}
