//! Lies of a witness.

use super::super::event::Index;
use super::super::world::World;
use vantage_protocol::log::{AddCheckpoint, Cosignature, SignedCheckpoint, witness_name};
use vantage_protocol::message::{Heads, WitnessAnswer, WitnessRequest};
use vantage_protocol::wire;

/// How far false dates lie from the clock, seconds: beyond the bound of 60 s and of any job.
const FALSE_S: u64 = 3_600;

/// "I have seen a thousand leaves of yours."
pub(super) fn longer() -> Vec<u8> {
    let answer =
        WitnessAnswer { status: 409, size: Some(1_000), retry_s: None, cosignature: None, why: None };
    wire::encode(&answer)
}

impl World {
    /// Cosigns a head unseen, dated far in the future or in the past.
    pub(super) fn false_time(&mut self, node: Index, bytes: &[u8]) -> Option<Vec<u8>> {
        let request: WitnessRequest = wire::decode(bytes).ok()?;
        let identity = &self.nodes[node].identity;
        if request.to != identity.node {
            return None;
        }
        let add = AddCheckpoint::parse(&request.add).ok()?;
        let key = identity.witness_key().clone();
        let now_s = self.now_ms / 1000;
        let time = if self.dice.permille(500) { now_s + FALSE_S } else { now_s - FALSE_S };
        let cosignature = Some(Cosignature::make(&add.checkpoint.checkpoint, &key, time));
        Some(wire::encode(&WitnessAnswer { status: 200, size: None, retry_s: None, cosignature, why: None }))
    }

    /// A gossiped head of the rogue's own, its own cosignature dated before every deadline.
    pub(super) fn backdated(&mut self, node: Index, bytes: &[u8]) -> Option<Vec<u8>> {
        let heads: Heads = wire::decode(bytes).ok()?;
        let mut head = SignedCheckpoint::parse(&heads.note).ok()?;
        let (config, identity) = (&self.nodes[node].config, &self.nodes[node].identity);
        let origin = config.genesis.origin(identity.node);
        head.cosignatures.retain(|line| line.name != witness_name(&origin));
        let early_s = super::super::cast::START_S;
        let early = Cosignature::make(&head.checkpoint, identity.witness_key(), early_s);
        head.add(&origin, &config.keyset.witness, early).ok()?;
        Some(wire::encode(&Heads { note: head.to_note(), ..heads }))
    }
}
