//! Which peer is asked for which block, when: a state machine without I/O.
//!
//! A fetch asks hinted peers for the block one after the other; with no hint left it asks everybody connected whether
//! they have it, and the DHT who does. Whoever has it is asked for the block. A peer that is silent for too long is
//! passed over, but its answer is still welcome. Everything repeats, at growing pauses, until the block is here or
//! nobody waits for it any more.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use cid::Cid;
use libp2p::PeerId;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::message::Want;
use crate::limits::BITSWAP_PEER_TIMEOUT;

/// How long those connected may take to say whether they have it, before the DHT is asked; a guess.
const PRESENCE_TIME: Duration = Duration::from_millis(500);
/// First pause between two rounds of asking.
const ROUND_PAUSE_MIN: Duration = Duration::from_secs(2);
/// Longest pause between two rounds: shorter than peers' patience with an answer ([`super::handler::ANSWER_TIME`]).
const ROUND_PAUSE_MAX: Duration = Duration::from_secs(30);
/// A peer that sends other things is not silent, yet it may have lost our want: it is passed over after this long.
const SERVING_TIME_MAX: Duration = Duration::from_secs(30);
/// Peers asked by one fetch in a round; a guess.
const ASKED_MAX: usize = 64;
/// Peers noted by one fetch as probable sources; a guess.
const CANDIDATES_MAX: usize = 64;
/// Times that one fetch asks the same peer for the block before it leaves it alone for the round.
const TRIES_MAX: u8 = 3;

/// What is to be done on the network.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Tell a peer what we want.
    Want(PeerId, Want),
    /// Connect with a peer.
    Connect(PeerId),
    /// Ask the DHT.
    FindProviders(Cid),
}

/// State of what was asked of a peer.
#[derive(Debug)]
struct Asked {
    since: Instant,
    block: bool,
    /// It said that it does not have it.
    denied: bool,
}

#[derive(Debug)]
struct Fetch {
    waiting: Vec<oneshot::Sender<Bytes>>,
    candidates: VecDeque<PeerId>,
    connecting: HashSet<PeerId>,
    asked: HashMap<PeerId, Asked>,
    tries: HashMap<PeerId, u8>,
    everybody_asked: bool,
    searching: bool,
    next_round: Instant,
    pause: Duration,
}

#[derive(Debug)]
struct Peer {
    last_heard: Instant,
    speaks: bool,
}

/// All fetches under way. Their number is bounded by whoever starts them.
#[derive(Debug, Default)]
pub(super) struct Client {
    fetches: HashMap<Cid, Fetch>,
    peers: HashMap<PeerId, Peer>,
    actions: VecDeque<Action>,
}

impl Client {
    /// What to do next.
    pub(super) fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Starts a fetch, or joins the one under way.
    pub(super) fn fetch(
        &mut self,
        cid: Cid,
        hints: Vec<PeerId>,
        waiting: oneshot::Sender<Bytes>,
        now: Instant,
    ) {
        let fetch = self.fetches.entry(cid).or_insert_with(|| Fetch::new(now));
        fetch.waiting.push(waiting);
        for hint in hints {
            fetch.note(hint);
        }
        self.advance(cid, now);
    }

    /// A block came: `true` if it was wanted.
    pub(super) fn received(&mut self, from: PeerId, cid: Cid, data: &Bytes) -> bool {
        let Some(fetch) = self.fetches.remove(&cid) else { return false };
        for waiting in fetch.waiting {
            let _gone = waiting.send(data.clone());
        }
        // Whoever served a want for the block has dropped it; the others must be told.
        let others = fetch.asked.iter().filter(|(peer, asked)| **peer != from || !asked.block);
        self.actions.extend(others.map(|(peer, _)| Action::Want(*peer, Want::cancel(cid))));
        true
    }

    /// A peer says whether it has a block.
    pub(super) fn presence(&mut self, from: PeerId, cid: Cid, have: bool, now: Instant) {
        let Some(fetch) = self.fetches.get_mut(&cid) else { return };
        let Some(asked) = fetch.asked.get_mut(&from) else { return };
        asked.denied = !have;
        if have && !asked.block {
            fetch.candidates.retain(|p| *p != from);
            fetch.candidates.push_front(from);
        }
        self.advance(cid, now);
    }

    /// Something came from this peer.
    pub(super) fn heard(&mut self, peer: &PeerId, now: Instant) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.last_heard = now;
        }
    }

    /// A peer is here. Those who hoped for it ask it for the block, those who asked everybody ask it too.
    pub(super) fn connected(&mut self, peer: PeerId, now: Instant) {
        self.peers.insert(peer, Peer { last_heard: now, speaks: true });
        for cid in self.fetches.keys().copied().collect::<Vec<_>>() {
            let Some(fetch) = self.fetches.get_mut(&cid) else { continue };
            if fetch.connecting.remove(&peer) {
                fetch.candidates.push_front(peer);
                self.advance(cid, now);
            } else if fetch.everybody_asked && fetch.asked.len() < ASKED_MAX {
                fetch.ask(peer, false, now);
                self.actions.push_back(Action::Want(peer, Want::have(cid)));
            }
        }
    }

    /// A peer is gone, with all that we asked of it. Those who waited for a block of it hope for its return.
    pub(super) fn disconnected(&mut self, peer: PeerId, now: Instant) {
        self.peers.remove(&peer);
        self.forget_asked(peer, true, now);
    }

    /// A peer does not speak bitswap.
    pub(super) fn unsupported(&mut self, peer: PeerId, now: Instant) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.speaks = false;
        }
        self.forget_asked(peer, false, now);
    }

    /// A message to the peer was lost.
    pub(super) fn failed(&mut self, peer: PeerId, now: Instant) {
        self.forget_asked(peer, true, now);
    }

    /// A peer could not be reached.
    pub(super) fn unreachable(&mut self, peer: PeerId, now: Instant) {
        for cid in self.fetches.keys().copied().collect::<Vec<_>>() {
            let Some(fetch) = self.fetches.get_mut(&cid) else { continue };
            if fetch.connecting.remove(&peer) {
                self.advance(cid, now);
            }
        }
    }

    /// The DHT named providers; `last` if it will name no more.
    pub(super) fn providers(&mut self, cid: Cid, providers: Vec<PeerId>, last: bool, now: Instant) {
        let Some(fetch) = self.fetches.get_mut(&cid) else { return };
        if last {
            fetch.searching = false;
        }
        for provider in providers {
            fetch.note(provider);
        }
        self.advance(cid, now);
    }

    /// Looks at deadlines: fetches nobody waits for are dropped, silent peers passed over, rounds begun.
    pub(super) fn tick(&mut self, now: Instant) {
        for cid in self.fetches.keys().copied().collect::<Vec<_>>() {
            let Some(fetch) = self.fetches.get_mut(&cid) else { continue };
            fetch.waiting.retain(|waiting| !waiting.is_closed());
            if fetch.waiting.is_empty() {
                if let Some(fetch) = self.fetches.remove(&cid) {
                    let asked = fetch.asked.keys();
                    self.actions.extend(asked.map(|peer| Action::Want(*peer, Want::cancel(cid))));
                }
                continue;
            }
            self.advance(cid, now);
        }
    }

    /// Takes the next step of a fetch, if it is time for one.
    fn advance(&mut self, cid: Cid, now: Instant) {
        let Some(fetch) = self.fetches.get_mut(&cid) else { return };
        if fetch.serving(&self.peers, now) {
            return;
        }
        while let Some(candidate) = fetch.candidates.pop_front() {
            match self.peers.get(&candidate) {
                None => {
                    fetch.connecting.insert(candidate);
                    self.actions.push_back(Action::Connect(candidate));
                }
                Some(peer) if peer.speaks && fetch.try_again(candidate) => {
                    fetch.ask(candidate, true, now);
                    self.actions.push_back(Action::Want(candidate, Want::block(cid)));
                    return;
                }
                Some(_) => {}
            }
        }
        if !fetch.everybody_asked && fetch.connecting.is_empty() {
            fetch.everybody_asked = true;
            fetch.next_round = now + PRESENCE_TIME;
            let asked = fetch.ask_everybody(&self.peers, now);
            self.actions.extend(asked.into_iter().map(|peer| Action::Want(peer, Want::have(cid))));
        }
        let undecided = fetch.asked.values().any(|asked| !asked.denied);
        if now >= fetch.next_round || (fetch.everybody_asked && !undecided && fetch.pause == ROUND_PAUSE_MIN)
        {
            self.begin_round(cid, now);
        }
    }

    /// Asks the DHT, and everybody anew: lists are bounded, and peers may have dropped ours.
    fn begin_round(&mut self, cid: Cid, now: Instant) {
        let Some(fetch) = self.fetches.get_mut(&cid) else { return };
        let first = fetch.pause == ROUND_PAUSE_MIN;
        fetch.next_round = now + fetch.pause;
        fetch.pause = (fetch.pause * 2).min(ROUND_PAUSE_MAX);
        fetch.tries.clear();
        if !fetch.searching {
            fetch.searching = true;
            self.actions.push_back(Action::FindProviders(cid));
        }
        if !first {
            fetch.everybody_asked = true;
            fetch.connecting.clear();
            fetch.asked.clear();
            let asked = fetch.ask_everybody(&self.peers, now);
            self.actions.extend(asked.into_iter().map(|peer| Action::Want(peer, Want::have(cid))));
        }
    }

    /// What was asked of a peer will not be answered. If `again`, it is a candidate once more where it was to serve.
    fn forget_asked(&mut self, peer: PeerId, again: bool, now: Instant) {
        for cid in self.fetches.keys().copied().collect::<Vec<_>>() {
            let Some(fetch) = self.fetches.get_mut(&cid) else { continue };
            if let Some(asked) = fetch.asked.remove(&peer) {
                if again && asked.block && !asked.denied {
                    fetch.note(peer);
                }
                self.advance(cid, now);
            }
        }
    }
}

impl Fetch {
    fn new(now: Instant) -> Self {
        Self {
            waiting: Vec::new(),
            candidates: VecDeque::new(),
            connecting: HashSet::new(),
            asked: HashMap::new(),
            tries: HashMap::new(),
            everybody_asked: false,
            searching: false,
            next_round: now + ROUND_PAUSE_MIN,
            pause: ROUND_PAUSE_MIN,
        }
    }

    /// Notes a probable source.
    fn note(&mut self, peer: PeerId) {
        let known = self.candidates.contains(&peer) || self.connecting.contains(&peer);
        let serving = self.asked.get(&peer).is_some_and(|asked| asked.block && !asked.denied);
        if !known && !serving && self.candidates.len() < CANDIDATES_MAX {
            self.candidates.push_back(peer);
        }
    }

    fn ask(&mut self, peer: PeerId, block: bool, now: Instant) {
        self.asked.insert(peer, Asked { since: now, block, denied: false });
    }

    fn ask_everybody(&mut self, peers: &HashMap<PeerId, Peer>, now: Instant) -> Vec<PeerId> {
        let room = ASKED_MAX.saturating_sub(self.asked.len());
        let speaking = peers.iter().filter(|(peer, state)| state.speaks && !self.asked.contains_key(peer));
        let chosen: Vec<_> = speaking.map(|(peer, _)| *peer).take(room).collect();
        for peer in &chosen {
            self.ask(*peer, false, now);
        }
        chosen
    }

    fn try_again(&mut self, peer: PeerId) -> bool {
        let tries = self.tries.entry(peer).or_default();
        *tries = tries.saturating_add(1);
        *tries <= TRIES_MAX
    }

    /// Whether some peer was asked for the block and is not silent yet.
    fn serving(&self, peers: &HashMap<PeerId, Peer>, now: Instant) -> bool {
        let mut serving = self.asked.iter().filter(|(_, asked)| asked.block && !asked.denied);
        serving.any(|(peer, asked)| {
            let heard = peers.get(peer).map(|peer| asked.since.max(peer.last_heard));
            now < asked.since + SERVING_TIME_MAX && heard.is_some_and(|at| now < at + BITSWAP_PEER_TIMEOUT)
        })
    }
}

#[cfg(test)]
mod tests;
