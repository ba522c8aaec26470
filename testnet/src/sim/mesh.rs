//! Who is connected to whom, and who is behind which key.

use super::cast::Identity;
use super::dice::Dice;
use super::event::Index;
use super::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};
use vantage_protocol::attester::PeerKey;

/// Up to so many nodes everybody passes gossip to everybody.
const FULL_MAX: usize = 12;
/// Neighbours that each node of a larger network picks: with those that pick it, eight on average,
/// between the six and twelve that gossipsub keeps.
const PICKS: u64 = 4;

/// Links between identities; the same through a whole run.
#[derive(Debug)]
pub(super) struct Mesh {
    /// With whom gossip is exchanged.
    gossip: Vec<BTreeSet<usize>>,
    members: usize,
    /// Nodes behind a transport key: two for a member that runs twice.
    behind: BTreeMap<PeerKey, Vec<Index>>,
    /// Identity of each node.
    who: Vec<usize>,
}

impl Mesh {
    pub(super) fn draw(scenario: &Scenario, identities: &[Identity]) -> Self {
        let count = identities.len();
        let mut gossip = vec![BTreeSet::new(); count];
        let mut dice = Dice::new(scenario.seed, 2);
        for node in 0..count {
            let picks: Vec<usize> = if count <= FULL_MAX {
                (0..count).collect()
            } else {
                // a ring holds all together, whatever is drawn
                let drawn = (0..PICKS).map(|_| dice.below(count as u64) as usize);
                drawn.chain([(node + 1) % count]).collect()
            };
            for other in picks.into_iter().filter(|other| *other != node) {
                gossip[node].insert(other);
                gossip[other].insert(node);
            }
        }
        let behind = identities.iter().enumerate().map(|(i, identity)| (identity.peer, vec![i])).collect();
        Self { gossip, members: scenario.members, behind, who: (0..count).collect() }
    }

    /// A second instance of an identity.
    pub(super) fn add_twin(&mut self, of: usize, peer: &PeerKey) {
        let index = self.who.len();
        self.who.push(of);
        self.behind.entry(*peer).or_default().push(index);
    }

    /// Which identity a node is.
    pub(super) fn who(&self, node: Index) -> usize {
        self.who[node]
    }

    /// Nodes behind a key.
    pub(super) fn behind(&self, peer: &PeerKey) -> &[Index] {
        self.behind.get(peer).map_or(&[], Vec::as_slice)
    }

    /// Whether a node's identity runs twice.
    pub(super) fn is_twin(&self, node: Index, peer: &PeerKey) -> bool {
        self.behind(peer).len() > 1 && self.behind(peer).contains(&node)
    }

    /// Whether two nodes exchange gossip.
    pub(super) fn gossips(&self, a: Index, b: Index) -> bool {
        self.gossip[self.who[a]].contains(&self.who[b])
    }

    /// Whether two nodes keep a connection: members with each other, all with whom they gossip.
    pub(super) fn connected(&self, a: Index, b: Index) -> bool {
        self.who[a] < self.members && self.who[b] < self.members || self.gossips(a, b)
    }
}
