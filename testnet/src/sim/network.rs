//! Messages on their way: delays, losses, duplicates, cut links.

use super::event::{Event, Index, Return, Scheduled};
use super::world::World;
use std::rc::Rc;
use vantage_protocol::attester::{PeerKey, Stream};
use vantage_protocol::cid::Cid;
use vantage_protocol::hash::sha256;

/// How long a node waits for an answer, milliseconds: as the real streams do.
const TIMEOUT_MS: u64 = 5_000;

impl World {
    /// Sends an event over the link between two nodes; it may be late, lost or doubled.
    pub(super) fn transmit(&mut self, from: Index, to: Index, event: Event) {
        let (min, max) = self.scenario.delay_ms;
        let lost = self.nodes[from].cut || self.nodes[to].cut;
        if lost || self.dice.permille(self.scenario.drop_permille) {
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

    /// The node behind a transport key, as seen from another one: twins that share a key split the
    /// world in halves.
    pub(super) fn route(&self, from: Index, peer: &PeerKey) -> Option<Index> {
        let mut behind = (0..self.nodes.len()).filter(|i| self.nodes[*i].identity.peer == *peer);
        let (first, second) = (behind.next()?, behind.next());
        let second = second.filter(|i| self.nodes[*i].is_up() && self.is_second_half(from));
        Some(second.unwrap_or(first))
    }

    /// First instances are in the first half, second ones in the second; of the others every other one.
    fn is_second_half(&self, node: Index) -> bool {
        let twins = self.nodes.iter().filter(|n| n.identity.peer == self.nodes[node].identity.peer);
        if twins.count() > 1 { node >= self.cast.identities.len() } else { node % 2 == 1 }
    }

    /// Whether two nodes talk to each other: twins each keep to their half.
    fn linked(&self, a: Index, b: Index) -> bool {
        let peer = |i: Index| self.nodes[i].identity.peer;
        peer(a) != peer(b) && self.route(a, &peer(b)) == Some(b) && self.route(b, &peer(a)) == Some(a)
    }

    /// Spreads a gossip message: to every peer but the one it came from.
    pub(super) fn spread(&mut self, node: Index, from: Option<Index>, bytes: &Rc<[u8]>) {
        self.nodes[node].seen.insert(sha256(bytes));
        for to in 0..self.nodes.len() {
            if Some(to) != from && self.linked(node, to) {
                self.transmit(node, to, Event::Gossip { from: node, bytes: bytes.clone() });
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
        let mut holders: Vec<Index> = named.collect();
        holders.extend(0..self.nodes.len());
        let reachable = |i: &Index| {
            let other = &self.nodes[*i];
            other.is_up() && !other.cut && !self.nodes[node].cut && self.linked(node, *i) && self.serves(*i)
        };
        let found = holders.iter().filter(|i| reachable(i)).find_map(|i| self.nodes[*i].disk.serve(&cid));
        let found = found.map(<[u8]>::to_vec);
        let lost = self.dice.permille(self.scenario.drop_permille);
        let (min, max) = self.scenario.delay_ms;
        let (bytes, wait_ms) = match found.filter(|_| !lost) {
            Some(bytes) => (Some(bytes), 2 * self.dice.between(min, max)),
            None => (None, TIMEOUT_MS),
        };
        self.schedule(self.now_ms + wait_ms, node, Event::Fetched { cid, bytes });
    }

    /// A connection between a node and everybody else that runs.
    pub(super) fn connect(&mut self, node: Index) {
        let (min, max) = self.scenario.delay_ms;
        for other in 0..self.nodes.len() {
            if other == node || !self.nodes[other].is_up() || !self.linked(node, other) {
                continue;
            }
            let at_ms = self.now_ms + self.dice.between(min, max);
            let (a, b) = (self.nodes[node].identity.peer, self.nodes[other].identity.peer);
            self.schedule(at_ms, node, Event::PeerUp(b));
            self.schedule(at_ms, other, Event::PeerUp(a));
        }
    }
}
