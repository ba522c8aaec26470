//! Messages on their way: delays, losses, duplicates, partitions.

use super::event::{Event, Index, Return, Scheduled};
use super::world::World;
use std::rc::Rc;
use vantage_protocol::attester::{PeerKey, Stream};
use vantage_protocol::cid::Cid;
use vantage_protocol::hash::sha256;
use vantage_protocol::id::Hash;

/// How long a node waits for an answer, milliseconds: as the real streams do.
const TIMEOUT_MS: u64 = 5_000;

impl World {
    /// Sends an event over the link between two nodes; it may be late, lost or doubled.
    pub(super) fn transmit(&mut self, from: Index, to: Index, event: Event) {
        let (min, max) = self.scenario.delay_ms;
        if self.parted(from, to) || self.dice.permille(self.scenario.drop_permille) {
            return;
        }
        let twice = matches!(event, Event::Gossip { .. } | Event::Request { .. })
            && self.dice.permille(self.scenario.duplicate_permille);
        if twice {
            let at_ms = self.now_ms + self.dice.between(min, max);
            self.schedule(at_ms, to, event.clone());
        }
        let at_ms = self.now_ms + self.dice.between(min, max);
        self.schedule(at_ms, to, event);
    }

    /// Schedules an event for the node's present life.
    pub(super) fn schedule(&mut self, at_ms: u64, node: Index, event: Event) {
        let life = self.nodes[node].life;
        self.queue.push(at_ms, Scheduled { node, life, event });
    }

    /// Whether a partition that holds is between two nodes.
    pub(super) fn parted(&self, a: Index, b: Index) -> bool {
        let (a, b) = (self.mesh.who(a), self.mesh.who(b));
        self.partitions.values().any(|group| group[a] != group[b])
    }

    /// A partition begins. Nodes that no group names form one more.
    pub(super) fn part(&mut self, id: u64, groups: &[Vec<Index>]) {
        let mut group = vec![groups.len(); self.cast.identities.len()];
        for (number, nodes) in groups.iter().enumerate() {
            nodes.iter().for_each(|node| group[*node] = number);
        }
        self.partitions.insert(id, group);
    }

    /// One partition ends, or all: whoever was apart connects again.
    pub(super) fn heal(&mut self, which: Option<u64>) {
        let ended = match which {
            Some(id) => self.partitions.remove(&id).into_iter().collect::<Vec<_>>(),
            None => std::mem::take(&mut self.partitions).into_values().collect(),
        };
        for a in 0..self.nodes.len() {
            for b in a + 1..self.nodes.len() {
                let (x, y) = (self.mesh.who(a), self.mesh.who(b));
                if ended.iter().any(|group| group[x] != group[y]) && !self.parted(a, b) {
                    self.connect_pair(a, b);
                }
            }
        }
    }

    /// The node behind a transport key, as seen from another one: twins that share a key split the
    /// world in halves.
    pub(super) fn route(&self, from: Index, peer: &PeerKey) -> Option<Index> {
        let (first, rest) = self.mesh.behind(peer).split_first()?;
        let second = rest.first().filter(|i| self.nodes[**i].is_up() && self.is_second_half(from));
        Some(*second.unwrap_or(first))
    }

    /// First instances are in the first half, second ones in the second; of the others every other one.
    fn is_second_half(&self, node: Index) -> bool {
        let twin = self.mesh.is_twin(node, &self.nodes[node].identity.peer);
        if twin { node >= self.cast.identities.len() } else { node % 2 == 1 }
    }

    /// Whether two nodes can talk to each other: twins each keep to their half.
    fn linked(&self, a: Index, b: Index) -> bool {
        let peer = |i: Index| &self.nodes[i].identity.peer;
        self.mesh.who(a) != self.mesh.who(b)
            && self.route(a, peer(b)) == Some(b)
            && self.route(b, peer(a)) == Some(a)
    }

    /// Says something by gossip.
    pub(super) fn say(&mut self, node: Index, bytes: Vec<u8>) {
        let id = sha256(&bytes);
        let bytes = Rc::from(bytes);
        self.nodes[node].seen.insert(id);
        self.spread(node, None, &bytes, id);
    }

    /// Passes a gossip message on: to every neighbour but the one it came from.
    pub(super) fn spread(&mut self, node: Index, from: Option<Index>, bytes: &Rc<[u8]>, id: Hash) {
        for to in 0..self.nodes.len() {
            if Some(to) != from && self.mesh.gossips(node, to) && self.linked(node, to) {
                self.transmit(node, to, Event::Gossip { from: node, bytes: bytes.clone(), id });
            }
        }
    }

    /// Sends a request; an answer or its absence comes back in any case.
    pub(super) fn request(
        &mut self,
        node: Index,
        peer: &PeerKey,
        back: Return,
        stream: Stream,
        bytes: Vec<u8>,
    ) {
        self.nodes[node].open.insert(back);
        self.schedule(self.now_ms + TIMEOUT_MS, node, Event::Answer { back, bytes: None });
        if let Some(to) = self.route(node, peer).filter(|to| self.linked(node, *to)) {
            let from_life = self.nodes[node].life;
            let bytes = Rc::from(bytes);
            self.transmit(node, to, Event::Request { from: node, from_life, back, stream, bytes });
        }
    }

    /// Sends the answer to a request.
    pub(super) fn answer(&mut self, node: Index, token: u64, bytes: Vec<u8>) {
        let Some(asker) = self.nodes[node].asked.remove(&token) else { return };
        if self.nodes[asker.node].life == asker.life && asker.back != Return::Nowhere {
            let event = Event::Answer { back: asker.back, bytes: Some(bytes) };
            self.transmit(node, asker.node, event);
        }
    }

    /// Looks for a block with the peers named, then with everybody: what bitswap and the DHT do.
    pub(super) fn fetch(&mut self, node: Index, cid: Cid, peers: &[PeerKey]) {
        let named = peers.iter().filter_map(|p| self.route(node, p));
        let holders = named.chain(0..self.nodes.len());
        let reachable = |i: &Index| {
            let up = self.nodes[*i].is_up() && !self.parted(node, *i);
            up && self.serves(*i) && self.nodes[*i].disk.serve(&cid).is_some() && self.linked(node, *i)
        };
        let holder = holders.into_iter().find(reachable);
        let found = holder.and_then(|i| self.nodes[i].disk.serve(&cid)).map(<[u8]>::to_vec);
        let lost = self.dice.permille(self.scenario.drop_permille);
        let (min, max) = self.scenario.delay_ms;
        let (bytes, wait_ms) = match found.filter(|_| !lost) {
            Some(bytes) => (Some(bytes), self.dice.between(min, max) + self.dice.between(min, max)),
            None => (None, TIMEOUT_MS),
        };
        self.schedule(self.now_ms + wait_ms, node, Event::Fetched { cid, bytes });
    }

    /// A connection between a node and everybody else that runs and is connected to it.
    pub(super) fn connect(&mut self, node: Index) {
        for other in 0..self.nodes.len() {
            if other != node {
                self.connect_pair(node, other);
            }
        }
    }

    fn connect_pair(&mut self, a: Index, b: Index) {
        let up = self.nodes[a].is_up() && self.nodes[b].is_up() && !self.parted(a, b);
        if !up || !self.mesh.connected(a, b) || !self.linked(a, b) {
            return;
        }
        let (min, max) = self.scenario.delay_ms;
        let at_ms = self.now_ms + self.dice.between(min, max);
        let (of_a, of_b) = (self.nodes[a].identity.peer, self.nodes[b].identity.peer);
        self.schedule(at_ms, a, Event::PeerUp(of_b));
        self.schedule(at_ms, b, Event::PeerUp(of_a));
    }
}
