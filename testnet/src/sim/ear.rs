//! Listens to every effect of every honest node: what is persisted, and what leaves.

use super::event::Index;
use super::mirror::Mirror;
use std::collections::BTreeMap;
use vantage_protocol::attester::{Config, Effect, Notice, Record, Stream};
use vantage_protocol::id::{Hash, NodeId};
use vantage_protocol::log::{AddCheckpoint, Policy, SignedCheckpoint};
use vantage_protocol::message::{CertsAnswer, Heads, LogAnswer, WitnessAnswer, WitnessRequest};
use vantage_protocol::wire;

/// A cosignature that an honest witness was free to give from then on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fixed {
    /// When: position among all effects of honest nodes.
    pub order: u64,
    /// Whose log.
    pub log: NodeId,
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// What honest nodes did.
#[derive(Debug)]
pub struct Ear {
    policy: Policy,
    /// What each honest node has persisted.
    pub mirrors: BTreeMap<Index, Mirror>,
    /// Cosignatures by honest witnesses, in order.
    pub fixed: Vec<Fixed>,
    /// Times at which an honest node noticed a forked log.
    pub forks: u64,
    /// When an honest node released what it had hidden for the first time.
    pub released: Option<u64>,
    order: u64,
}

impl Ear {
    /// Nothing heard yet. The policy holds the keys of the whole committee.
    pub fn new(policy: Policy) -> Self {
        Self { policy, mirrors: BTreeMap::new(), fixed: Vec::new(), forks: 0, released: None, order: 0 }
    }

    /// Notes an effect just before it is carried out. `asked` is the request that a reply answers.
    /// Says which invariants it breaks on the spot.
    pub fn hear(
        &mut self,
        node: Index,
        config: &Config,
        effect: &Effect,
        asked: Option<&(Stream, Vec<u8>)>,
    ) -> Option<String> {
        self.order += 1;
        let id = config.keyset.node();
        let mirror = self.mirrors.entry(node).or_insert_with(|| Mirror::new(id));
        let result = match effect {
            Effect::Persist(record) => {
                if let Record::Witnessed { node, size, root, .. } = record {
                    let (log, size, root) = (*node, *size, *root);
                    self.fixed.push(Fixed { order: self.order, log, size, root });
                }
                mirror.persist(record, &self.policy)
            }
            Effect::Release(_) => {
                self.released.get_or_insert(self.order);
                Ok(())
            }
            Effect::Notice(Notice::Fork { .. }) => {
                self.forks += 1;
                Ok(())
            }
            Effect::Gossip(bytes) => {
                let heads = wire::decode::<Heads>(bytes).map_err(|e| format!("I7: own gossip: {e}"));
                heads.and_then(|h| Listener { mirror, config }.note(&h.note))
            }
            Effect::Ask { stream: Stream::Witness, bytes, .. } => Listener { mirror, config }.request(bytes),
            Effect::Reply { bytes, .. } => asked.map_or(Ok(()), |(stream, request)| {
                Listener { mirror, config }.reply(*stream, request, bytes)
            }),
            _ => Ok(()),
        };
        result.err().map(|why| format!("{why} (node {node})"))
    }
}

/// Compares what leaves a node with what it has persisted.
struct Listener<'a> {
    mirror: &'a Mirror,
    config: &'a Config,
}

impl Listener<'_> {
    /// A signed head that leaves: the node's own signatures in it must be covered.
    fn note(&self, note: &str) -> Result<(), String> {
        let head =
            SignedCheckpoint::parse(note).map_err(|e| format!("I7: a note that does not parse: {e}"))?;
        self.head(&head)?;
        let own = self.config.genesis.origin(self.config.keyset.node());
        let name = vantage_protocol::log::witness_name(&own);
        let ours = head.cosignatures.iter().filter(|line| line.name == name);
        ours.into_iter().try_for_each(|line| self.cosignature(&head, line.cosignature.time))
    }

    fn head(&self, head: &SignedCheckpoint) -> Result<(), String> {
        let checkpoint = &head.checkpoint;
        if checkpoint.origin.node != self.config.keyset.node() {
            return Ok(());
        }
        let persisted = self.mirror.own().and_then(|own| own.root_at(checkpoint.size));
        if persisted == Some(checkpoint.root) {
            return Ok(());
        }
        Err(format!(
            "I7: an own head of size {} leaves that the persisted leaves do not give",
            checkpoint.size
        ))
    }

    fn cosignature(&self, head: &SignedCheckpoint, time_s: u64) -> Result<(), String> {
        let checkpoint = &head.checkpoint;
        let given = (checkpoint.origin.node, checkpoint.size, checkpoint.root, time_s);
        if self.mirror.cosigned.contains(&given) {
            return Ok(());
        }
        let (log, size) = (checkpoint.origin.node.short(), checkpoint.size);
        Err(format!("I7: a cosignature of {log} at {size} dated {time_s} leaves and was not persisted"))
    }

    fn request(&self, bytes: &[u8]) -> Result<(), String> {
        let request: WitnessRequest = wire::decode(bytes).map_err(|e| format!("I7: own request: {e}"))?;
        let add = AddCheckpoint::parse(&request.add).map_err(|e| format!("I7: own request: {e}"))?;
        self.head(&add.checkpoint)
    }

    fn reply(&self, stream: Stream, request: &[u8], bytes: &[u8]) -> Result<(), String> {
        match stream {
            Stream::Witness => {
                let answer: WitnessAnswer =
                    wire::decode(bytes).map_err(|e| format!("I7: own answer: {e}"))?;
                let Some(cosignature) = answer.cosignature else { return Ok(()) };
                let request: WitnessRequest = wire::decode(request).map_err(|e| format!("I12: {e}"))?;
                let add = AddCheckpoint::parse(&request.add).map_err(|e| format!("I12: {e}"))?;
                self.cosignature(&add.checkpoint, cosignature.time)
            }
            Stream::Log => match wire::decode(bytes).map_err(|e| format!("I7: own answer: {e}"))? {
                LogAnswer::Heads { heads, .. } => heads.iter().try_for_each(|(note, _)| self.note(note)),
                LogAnswer::Range { note, .. } => self.note(&note),
                LogAnswer::Longest { note: Some(note), .. } => self.note(&note),
                LogAnswer::Longest { note: None, .. } | LogAnswer::Unknown => Ok(()),
            },
            Stream::Certs => {
                wire::decode::<CertsAnswer>(bytes).map(|_| ()).map_err(|e| format!("I7: own answer: {e}"))
            }
        }
    }
}
