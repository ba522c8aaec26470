//! Listens to every effect of every honest node: what is persisted, and what leaves.

use super::event::Index;
use super::mirror::{Mirror, Reader};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use vantage_protocol::attester::{Config, Effect, Notice, Record, Stream};
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{Hash, JobId, NodeId};
use vantage_protocol::log::{AddCheckpoint, Origin, Policy, SignedCheckpoint};
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
    reader: Reader,
    /// What each honest node has persisted.
    pub mirrors: BTreeMap<Index, Mirror>,
    /// Cosignatures by honest witnesses, in order.
    pub fixed: Vec<Fixed>,
    /// Times at which an honest node noticed a forked log.
    pub forks: u64,
    /// Times at which an honest node held its clock to be ahead.
    pub clock_alarms: u64,
    /// When an honest node first made receipts of a job public.
    pub released: BTreeMap<JobId, u64>,
    order: u64,
    /// Notes that a node may show: what it has persisted only grows.
    shown: BTreeSet<(Index, Hash)>,
}

impl Ear {
    /// Nothing heard yet. The policy holds the keys of the whole committee.
    pub fn new(policy: Policy) -> Self {
        Self {
            reader: Reader::new(policy),
            mirrors: BTreeMap::new(),
            fixed: Vec::new(),
            forks: 0,
            clock_alarms: 0,
            released: BTreeMap::new(),
            order: 0,
            shown: BTreeSet::new(),
        }
    }

    /// Notes an effect just before it is carried out. `asked` is the request that a reply answers.
    /// `released` are the jobs whose receipts it makes public. Says which invariants it breaks on the spot.
    pub fn hear(
        &mut self,
        node: Index,
        config: &Config,
        effect: &Effect,
        asked: Option<&(Stream, Rc<[u8]>)>,
        released: &[JobId],
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
                mirror.persist(record, &mut self.reader)
            }
            Effect::Release(_) => {
                for job in released {
                    self.released.entry(*job).or_insert(self.order);
                }
                Ok(())
            }
            Effect::Notice(Notice::Fork { .. }) => {
                self.forks += 1;
                Ok(())
            }
            Effect::Notice(Notice::ClockAhead { .. }) => {
                self.clock_alarms += 1;
                Ok(())
            }
            Effect::Gossip(bytes) => {
                let heads = wire::decode::<Heads>(bytes).map_err(|e| format!("I7: own gossip: {e}"));
                heads.and_then(|h| Listener { mirror, config, node, shown: &mut self.shown }.note(&h.note))
            }
            Effect::Ask { stream: Stream::Witness, bytes, .. } => {
                Listener { mirror, config, node, shown: &mut self.shown }.request(bytes)
            }
            Effect::Reply { bytes, .. } => asked.map_or(Ok(()), |(stream, request)| {
                Listener { mirror, config, node, shown: &mut self.shown }.reply(*stream, request, bytes)
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
    node: Index,
    shown: &'a mut BTreeSet<(Index, Hash)>,
}

impl Listener<'_> {
    /// A signed head that leaves: the node's own signatures in it must be covered.
    fn note(&mut self, note: &str) -> Result<(), String> {
        let id = (self.node, sha256(note.as_bytes()));
        if self.shown.contains(&id) {
            return Ok(());
        }
        let head =
            SignedCheckpoint::parse(note).map_err(|e| format!("I7: a note that does not parse: {e}"))?;
        self.head(&head)?;
        let own = Origin { node: self.config.keyset.node(), ..head.checkpoint.origin.clone() };
        let name = vantage_protocol::log::witness_name(&own);
        let ours = head.cosignatures.iter().filter(|line| line.name == name);
        ours.into_iter().try_for_each(|line| self.cosignature(&head, line.cosignature.time))?;
        self.shown.insert(id);
        Ok(())
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

    fn reply(&mut self, stream: Stream, request: &[u8], bytes: &[u8]) -> Result<(), String> {
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
                LogAnswer::Range { note, .. } | LogAnswer::Head { note } => self.note(&note),
                LogAnswer::Longest { note: Some(note), .. } => self.note(&note),
                LogAnswer::Longest { note: None, .. } | LogAnswer::Unknown => Ok(()),
            },
            Stream::Certs => {
                wire::decode::<CertsAnswer>(bytes).map(|_| ()).map_err(|e| format!("I7: own answer: {e}"))
            }
        }
    }
}
